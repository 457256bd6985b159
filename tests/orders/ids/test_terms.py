"""What each order of a list was asked for with."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.orders.ids.terms import terms_of

OCO: dict[str, Any] = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "4", "listClientOrderId": "list",
    "aboveType": "LIMIT_MAKER", "aboveClientOrderId": "above", "abovePrice": "110",
    "belowType": "STOP_LOSS_LIMIT", "belowClientOrderId": "below", "belowPrice": "89", "belowStopPrice": "90",
    "belowTimeInForce": "GTC", "belowIcebergQty": "",
}  # fmt: skip
OTOCO: dict[str, Any] = {
    "symbol": "BTCUSDT", "listClientOrderId": "list",
    "workingType": "LIMIT", "workingSide": "BUY", "workingQuantity": "4", "workingPrice": "100",
    "workingTimeInForce": "GTC", "workingClientOrderId": "working",
    "pendingSide": "SELL", "pendingQuantity": "3", "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "110",
    "pendingBelowType": "STOP_LOSS", "pendingBelowTrailingDelta": 50,
}  # fmt: skip
FORMER_OCO: dict[str, Any] = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "4", "price": "110", "stopPrice": "90", "limitClientOrderId": "a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "parameter", "terms"),
    [
        (OCO, "aboveClientOrderId", {"side": "SELL", "quantity": "4", "type": "LIMIT_MAKER", "price": "110"}),
        (
            OCO,
            "belowClientOrderId",
            {
                "side": "SELL", "quantity": "4", "type": "STOP_LOSS_LIMIT", "price": "89", "stopPrice": "90",
                "timeInForce": "GTC",
            },
        ),
        (
            OTOCO,
            "workingClientOrderId",
            {"side": "BUY", "quantity": "4", "type": "LIMIT", "price": "100", "timeInForce": "GTC"},
        ),
        (
            OTOCO,
            "pendingAboveClientOrderId",
            {"side": "SELL", "quantity": "3", "type": "LIMIT_MAKER", "price": "110"},
        ),
        (
            OTOCO,
            "pendingBelowClientOrderId",
            {"side": "SELL", "quantity": "3", "type": "STOP_LOSS", "trailingDelta": 50},
        ),
        (FORMER_OCO, "limitClientOrderId", {"side": "SELL", "quantity": "4"}),
    ],
    ids=["above", "below", "working", "pending above", "pending below", "a list that names no types"],
)  # fmt: skip
def test_an_order_of_a_list_has_its_own_terms_and_those_that_it_shares(
    request_: dict[str, Any], parameter: str, terms: dict[str, Any]
) -> None:
    assert terms_of(request_, parameter) == terms
