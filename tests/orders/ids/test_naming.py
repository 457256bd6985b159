"""An id that looks as those made here do is no guess of a user's; and by what a replacement is recognised."""

from __future__ import annotations

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.api.spot.order_lists import OrderListMethods
from binance_wsapi.orders.ids.naming import looks_made_here, tokens_of
from binance_wsapi.orders.ids.token import TokenKind
from binance_wsapi.wire.ids import ALPHABET


@pytest.mark.parametrize(
    ("text", "made_here"),
    [
        (ALPHABET[:22], True),
        (ALPHABET[:21], False),
        (ALPHABET[:23], False),
        (ALPHABET[:21] + "a", False),
        (ALPHABET[:21] + "-", False),
        ("", False),
    ],
)
def test_an_id_looks_made_here_by_its_length_and_its_letters(text: str, made_here: bool) -> None:
    assert looks_made_here(text) is made_here


@pytest.mark.parametrize(
    ("cancel", "new", "number", "fresh", "others", "shared"),
    [
        ("gone", "mine", None, True, set(), False),
        ("gone", "mine", 7, True, {7}, False),
        ("same", "same", None, False, set(), True),
        ("same", "same", 7, False, {7}, False),
    ],
)
def test_what_a_replacement_places_is_told_from_what_it_cancels_by_its_number_or_not_where_both_get_one_id(
    cancel: str, new: str, number: int | None, fresh: bool, others: set[int], shared: bool
) -> None:
    request = {
        "symbol": "BTCUSDT", "cancelNewClientOrderId": cancel, "newClientOrderId": new, "cancelOrderId": number,
        "cancelOrigClientOrderId": "old",
    }  # fmt: skip
    made_here = {cancel, new}
    first, second = tokens_of(SPOT_ORDERS, SPOT_ORDERS.cancel_replace, request, str, made_here, 0)
    assert (first.client_id, first.number, first.former, first.fresh) == (cancel, number, "old", True)
    assert (second.client_id, second.fresh, second.shared) == (new, fresh, shared)
    assert second.others == others
    assert not first.gives_former
    again = {**request, "cancelOrigClientOrderId": new}
    assert tokens_of(SPOT_ORDERS, SPOT_ORDERS.cancel_replace, again, str, made_here, 0)[0].gives_former
    (_, users) = tokens_of(SPOT_ORDERS, SPOT_ORDERS.cancel_replace, request, str, (), 0)
    assert not users.fresh


@pytest.mark.parametrize("made_here", [(), ("list",), ("a",), ("list", "a", "b")])
def test_a_list_is_recognised_by_its_id_and_by_those_of_its_orders_each_with_its_terms(
    made_here: tuple[str, ...],
) -> None:
    request = {
        "symbol": "BTCUSDT", "side": "SELL", "quantity": "1", "listClientOrderId": "list", "aboveClientOrderId": "a",
        "aboveType": "LIMIT_MAKER", "abovePrice": "6", "belowClientOrderId": "b", "belowType": "STOP_LOSS",
        "belowStopPrice": "4",
    }  # fmt: skip
    (token,) = tokens_of(SPOT_ORDERS, OrderListMethods.PLACE_OCO, request, str, made_here, 5.0)
    assert (token.client_id, token.kind, token.legs, token.since_ms) == ("list", TokenKind.LIST, ("a", "b"), 5.0)
    assert token.fresh is ("list" in made_here)
    assert token.fresh_legs == {*made_here} - {"list"}
    assert {leg: terms["type"] for leg, terms in token.leg_terms.items()} == {"a": "LIMIT_MAKER", "b": "STOP_LOSS"}
