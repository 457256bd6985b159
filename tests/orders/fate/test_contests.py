"""What a doubt knows of what bore the ids of its request before: taken over from the call when it becomes a doubt."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.contests import taken_over
from binance_wsapi.orders.fate.unresolved import LiveId, UnderWay
from binance_wsapi.orders.ids.renames import Change
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.wire.order_calls import Act
from tests.orders.fate.watches import Watch

SYMBOL = "BTCUSDT"
MINE = Token("mine", SYMBOL)
USERS = replace(MINE, fresh=False, others=frozenset({1}))


def live(name: str, **known: Any) -> LiveId:
    """Return an id under way, and what is known of it."""
    return LiveId(name, None, SYMBOL, **known)


def call(*lives: LiveId, change: Change | None = None) -> UnderWay:
    """Return a call under way with these ids."""
    return UnderWay([each.token for each in lives], (), lives, change)


KNOWN: dict[str, Any] = {
    "others": frozenset({7}), "younger": frozenset({8}), "ended": frozenset({9}), "before": Decimal(2), "contested_ms": None,
}  # fmt: skip


def test_what_is_known_of_the_bearers_of_a_users_id_goes_with_its_doubt() -> None:
    (taken,) = taken_over(call(live("mine", **KNOWN)), [USERS])
    assert taken == replace(USERS, **{**KNOWN, "others": frozenset({1, 7})})


def test_of_an_id_that_only_this_request_can_bear_nothing_else_is_taken() -> None:
    assert taken_over(call(live("mine", **KNOWN)), [MINE]) == [MINE]


def test_of_an_id_that_is_not_of_the_call_nothing_is_known() -> None:
    assert taken_over(call(live("other", **KNOWN)), [USERS]) == [USERS]


@pytest.mark.parametrize("token", [MINE, USERS])
def test_an_id_that_another_request_names_is_no_longer_of_this_one_alone(token: Token) -> None:
    (taken,) = taken_over(call(live("mine", others=frozenset({7}), contested_ms=ALWAYS)), [token])
    assert (taken.fresh, taken.contested_ms, taken.others) == (False, ALWAYS, token.others | {7})


def test_each_part_of_a_request_is_taken_over() -> None:
    parts = [replace(MINE, client_id="made here"), replace(USERS, client_id="the user's")]
    taken = taken_over(call(live("made here"), live("the user's", **KNOWN)), parts)
    assert [(each.client_id, each.ended) for each in taken] == [
        ("made here", frozenset()),
        ("the user's", frozenset({9})),
    ]


def test_each_order_of_a_list_has_a_contest_of_its_own_and_earlier_bearers_of_its_id_are_known() -> None:
    legs = ("a", "b", "c")
    token = Token("list", SYMBOL, TokenKind.LIST, legs=legs, fresh_legs=frozenset(legs))
    lives = live("list"), live("a", others=frozenset({1})), live("b", others=frozenset({2}), contested_ms=5.0)
    (taken,) = taken_over(call(*lives), [token])
    assert (taken.fresh_legs, taken.leg_others) == (frozenset({"a", "c"}), frozenset({1, 2}))
    assert dict(taken.leg_contests) == {"b": 5.0}


CANCEL = Token("new", SYMBOL, act=Act.CANCEL, former="old")


@pytest.mark.parametrize(
    ("fresh", "contested_ms", "named", "number"),
    [
        (True, None, False, None),
        (True, None, True, 7),
        (True, ALWAYS, False, 7),
        (False, None, False, 7),
    ],
    ids=["an id of its own", "it gives its former id away", "another may have its id", "the user's id"],
)
def test_a_change_is_looked_for_by_number_where_another_may_have_its_ids_by_now(
    fresh: bool, contested_ms: float | None, named: bool, number: int | None
) -> None:
    change = Change(SYMBOL, None, "old")
    change.target = 7
    lives = [live("new", contested_ms=contested_ms), *([live("old")] if named else [])]
    (taken,) = taken_over(call(*lives, change=change), [replace(CANCEL, fresh=fresh)])
    assert (taken.target, taken.number) == (7, number)


# --------------------------------------------------------------------------- changes that may leave an id as it is


def change_of(under_way: UnderWay) -> Change:
    """Return the change of a call."""
    assert under_way.change is not None
    return under_way.change


def test_a_change_that_names_an_id_of_the_users_is_rivalled_by_each_that_leaves_beside_it_and_no_other_is() -> None:
    watch = Watch()
    named = change_of(watch.call(SPOT_ORDERS.cancel, "mine", orderId=7))
    assert not named.rivalled
    made = change_of(watch.call(SPOT_ORDERS.cancel, "made here", fresh=["made here"], orderId=8))
    assert (named.rivalled, made.rivalled) == (True, False)
    last = change_of(watch.call(SPOT_ORDERS.cancel, "also mine", orderId=9))
    assert (last.rivalled, made.rivalled) == (True, False)
