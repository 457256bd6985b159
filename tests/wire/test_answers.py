"""Whether an answer is of what was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.wire.answers import reply_shows_another, shows_another
from binance_wsapi.wire.endpoint import Endpoint

ROW: dict[str, Any] = {"symbol": "BTCUSDT", "order_id": 7, "order_list_id": 3}


@pytest.mark.parametrize(
    ("question", "another"),
    [
        ({"symbol": "BTCUSDT", "orderId": 7}, False),
        ({"symbol": "BTCUSDT", "orderId": "7"}, False),
        ({"symbol": "BTCUSDT", "origClientOrderId": "mine", "orderId": None}, False),
        ({"orderListId": 3}, False),
        ({"symbol": "ETHUSDT", "orderId": 7}, True),
        ({"symbol": "ETHUSDT", "origClientOrderId": "mine"}, True),
        ({"symbol": "BTCUSDT", "orderId": 8}, True),
        ({"orderListId": 4}, True),
    ],
)
def test_an_answer_is_of_the_symbol_and_the_number_that_were_asked_for(question: Any, another: bool) -> None:
    assert shows_another(question, SimpleNamespace(**ROW)) is another
    assert shows_another(question, [SimpleNamespace(), SimpleNamespace(**ROW)]) is another
    assert not shows_another(question, [])


CANCELLED: dict[str, Any] = {
    "symbol": "BTCUSDT", "order_id": 7, "orig_client_order_id": "mine", "client_order_id": "gone",
}  # fmt: skip
PLACED: dict[str, Any] = {"symbol": "BTCUSDT", "order_id": 8, "client_order_id": "new", "side": "BUY"}
LISTED: dict[str, Any] = {
    "symbol": "BTCUSDT", "order_list_id": 3, "list_client_order_id": "list",
    "orders": [SimpleNamespace(client_order_id="above"), SimpleNamespace(client_order_id="below")],
}  # fmt: skip
BY_NUMBER = {"symbol": "BTCUSDT", "orderId": "7", "newClientOrderId": "gone"}
BY_ID = {"symbol": "BTCUSDT", "origClientOrderId": "mine", "newClientOrderId": "gone"}
REPLACE = {
    "symbol": "BTCUSDT", "side": "BUY", "cancelOrigClientOrderId": "mine", "newClientOrderId": "new",
    "cancelNewClientOrderId": "gone",
}  # fmt: skip
OCO = {
    "symbol": "BTCUSDT", "listClientOrderId": "list", "aboveClientOrderId": "above", "belowClientOrderId": "below",
}  # fmt: skip


def row(base: dict[str, Any], **shown: Any) -> SimpleNamespace:
    return SimpleNamespace(**{**base, **shown})


def amended(**shown: Any) -> SimpleNamespace:
    return SimpleNamespace(transact_time=1, amended_order=row(CANCELLED, **shown))


def replaced(cancel: Any = None, new: Any = None, **words: str) -> SimpleNamespace:
    return SimpleNamespace(
        cancel_result=words.get("cancel_word", "SUCCESS"), new_order_result=words.get("new_word", "SUCCESS"),
        cancel_response=row(CANCELLED, **(cancel or {})), new_order_response=row(PLACED, **(new or {})),
    )  # fmt: skip


def of_list(**shown: Any) -> SimpleNamespace:
    return row(
        LISTED, order_reports=[row(CANCELLED, **shown), row(CANCELLED, order_id=8, orig_client_order_id="other")]
    )


ELSEWHERE = {"symbol": "ETHUSDT"}


@pytest.mark.parametrize(
    ("endpoint", "request_", "result", "another"),
    [
        (SPOT_ORDERS.place, REPLACE, row(PLACED), False),
        (SPOT_ORDERS.place, REPLACE, row(PLACED, client_order_id="another"), True),
        (SPOT_ORDERS.place, REPLACE, row(PLACED, side="SELL"), True),
        (SPOT_ORDERS.place, REPLACE, row(PLACED, **ELSEWHERE), True),
        *((SPOT_ORDERS.cancel, each, row(CANCELLED), False) for each in (BY_NUMBER, BY_ID)),
        *((SPOT_ORDERS.cancel, each, row(CANCELLED, **ELSEWHERE), True) for each in (BY_NUMBER, BY_ID)),
        (SPOT_ORDERS.cancel, BY_NUMBER, row(CANCELLED, order_id=8), True),
        (SPOT_ORDERS.cancel, BY_ID, row(CANCELLED, orig_client_order_id="another"), True),
        *((SPOT_ORDERS.cancel, each, of_list(), False) for each in (BY_NUMBER, BY_ID)),
        (SPOT_ORDERS.cancel, BY_NUMBER, of_list(order_id=9), True),
        (SPOT_ORDERS.cancel, BY_ID, of_list(orig_client_order_id="another"), True),
        (SPOT_ORDERS.cancel, BY_ID, of_list(**ELSEWHERE), True),
        *((SPOT_ORDERS.amend, each, amended(), False) for each in (BY_NUMBER, BY_ID)),
        (SPOT_ORDERS.amend, BY_NUMBER, amended(order_id=8), True),
        (SPOT_ORDERS.amend, BY_NUMBER, amended(**ELSEWHERE), True),
        (SPOT_ORDERS.amend, BY_ID, amended(orig_client_order_id="another"), True),
        (SPOT_ORDERS.cancel_replace, REPLACE, replaced(), False),
        (SPOT_ORDERS.cancel_replace, REPLACE, replaced({"orig_client_order_id": "another"}), True),
        (SPOT_ORDERS.cancel_replace, REPLACE, replaced(None, {"client_order_id": "another"}), True),
        (SPOT_ORDERS.cancel_replace, REPLACE, replaced(None, ELSEWHERE), True),
        (SPOT_ORDERS.cancel_replace, REPLACE, replaced(cancel_word="FAILURE"), True),
        (SPOT_ORDERS.cancel_replace, REPLACE, replaced(new_word="NOT_ATTEMPTED"), True),
        (OrderListMethods.PLACE_OCO, OCO, row(LISTED), False),
        (OrderListMethods.PLACE_OCO, OCO, row(LISTED, orders=[]), False),
        (OrderListMethods.PLACE_OCO, OCO, row(LISTED, list_client_order_id="another"), True),
        (OrderListMethods.PLACE_OCO, OCO, row(LISTED, orders=[SimpleNamespace(client_order_id="another")]), True),
        (OrderListMethods.PLACE_OCO, OCO, row(LISTED, **ELSEWHERE), True),
        (SPOT_ORDERS.cancel_list, {"symbol": "BTCUSDT", "orderListId": "3"}, of_list(), False),
        (SPOT_ORDERS.cancel_list, {"symbol": "BTCUSDT", "orderListId": "4"}, of_list(), True),
        (SPOT_ORDERS.cancel_list, {"symbol": "BTCUSDT", "listClientOrderId": "mine"}, of_list(), False),
        (SPOT_ORDERS.cancel_all, {"symbol": "BTCUSDT"}, [row(CANCELLED), of_list()], False),
        (SPOT_ORDERS.cancel_all, {"symbol": "BTCUSDT"}, [row(CANCELLED), row(CANCELLED, **ELSEWHERE)], True),
        (SPOT_ORDERS.cancel_all, {"symbol": "BTCUSDT"}, [], False),
    ],
)
def test_a_reply_is_about_what_the_request_named_and_made(
    endpoint: Endpoint[Any], request_: Any, result: Any, another: bool
) -> None:
    assert reply_shows_another(endpoint, request_, result) is another
