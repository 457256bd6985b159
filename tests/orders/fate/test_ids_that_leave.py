"""What is known of the ids of a call when its frame leaves: who bore them before, who else names them, what a change meets."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import Outcome
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.fence import Evidence, Verdict
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.unresolved import LiveId, Seen, UnderWay
from binance_wsapi.orders.ids.token import ALWAYS, Token
from binance_wsapi.orders.journal.base import Journal
from tests.orders.fate.watches import NOW_MS, SYMBOL, Watch, live, sight
from tests.orders.journal.test_intent import make

PLACE, CANCEL, AMEND, REPLACE = SPOT_ORDERS.place, SPOT_ORDERS.cancel, SPOT_ORDERS.amend, SPOT_ORDERS.cancel_replace
OCO = SPOT_ORDERS.methods()["orderList.place.oco"]
SINCE_MS = NOW_MS - 1_000


def bearing(name: str, *numbers: int, ended: bool = False, quantity: str | None = None) -> Watch:
    """Return a watch that knows that these orders had an id."""
    watch = Watch()
    for number in numbers:
        watch.history.remember(
            None, SYMBOL, name, number, None if quantity is None else Decimal(quantity), ended=ended, placed=True
        )
    return watch


# --------------------------------------------------------------------------- why the venue may call it a duplicate


@pytest.mark.parametrize(
    ("lives", "explains"),
    [
        ([{"others": frozenset({1})}], True),
        ([{}], False),
        ([{"others": frozenset({1}), "contested_ms": ALWAYS}], False),
        ([{"others": frozenset({1}), "bearer_ended": True}], False),
        ([{}, {"others": frozenset({1})}], True),
        ([], False),
    ],
    ids=["an open order", "nothing", "another request", "an order that has ended", "one of two ids", "no id"],
)
def test_only_an_open_order_that_bore_an_id_before_explains_a_duplicate(
    lives: list[dict[str, Any]], explains: bool
) -> None:
    call = UnderWay((), (), [LiveId("mine", None, SYMBOL, **known) for known in lives], None)
    assert IdWatch.explains(call) is explains


# --------------------------------------------------------------------------- before it leaves


def test_a_call_under_way_has_its_ids_those_that_were_made_for_it_as_good_as_sent() -> None:
    watch = Watch()
    call = watch.call(REPLACE, "gone", "mine", fresh=["gone"], leaves=False)
    assert [(each.token, each.sent, each.listed) for each in call.live_ids] == [
        ("gone", True, False), ("mine", False, False)
    ]  # fmt: skip
    assert call.change is not None
    assert watch.renames.under_way
    watch.end(call)
    assert not watch.renames.under_way
    assert watch.call(PLACE, "mine").change is None


def test_of_a_list_that_is_placed_its_own_id_is_known_from_those_of_its_orders() -> None:
    call = Watch().call(OCO, *OCO.client_ids)
    assert [each.token for each in call.live_ids if each.listed] == ["listClientOrderId"]


def test_before_a_change_may_take_ids_the_numbers_are_noted_of_what_was_seen_under_way() -> None:
    noted: list[int] = []
    journal: Any = SimpleNamespace(mark_seen=lambda _record, number: noted.append(number))
    watch = Watch(cast("Journal", journal))
    first = live(watch.call(PLACE, "mine"))
    first.record = make("mine")
    first.seen = (Seen(Evidence.EVENT, lambda: [sight()], None, SYMBOL),)
    watch.call(PLACE, "another")
    assert noted == []
    watch.call(CANCEL, "gone", orderId=7)
    assert noted == [7]


# --------------------------------------------------------------------------- the quantity before an amendment


@pytest.mark.parametrize(
    ("request_", "before"),
    [
        ({"origClientOrderId": "old"}, Decimal(5)),
        ({"orderId": 7}, Decimal(5)),
        ({"orderId": 8}, None),
        ({"origClientOrderId": "other"}, None),
    ],
)
def test_what_the_order_had_before_is_known_by_the_number_of_what_is_changed(
    request_: dict[str, Any], before: Decimal | None
) -> None:
    watch = bearing("old", 7, quantity="5")
    assert live(watch.call(AMEND, "new", **request_)).before == before
    cancel, new = watch.call(
        REPLACE, "gone", "new", **{f"cancel{k[0].upper()}{k[1:]}": v for k, v in request_.items()}
    ).live_ids
    assert (cancel.before, new.before) == (before, None)


def test_a_list_that_is_cancelled_has_no_quantity_though_an_order_has_its_number() -> None:
    watch = bearing("old", 7, quantity="5")
    assert live(watch.call(SPOT_ORDERS.cancel_list, "gone", orderListId=7)).before is None
    assert watch.call(SPOT_ORDERS.cancel_all).live_ids == []


# --------------------------------------------------------------------------- who bore an id before


@pytest.mark.parametrize("ended", [True, False])
def test_the_orders_that_bore_an_id_are_known_and_whether_the_last_has_ended(ended: bool) -> None:
    watch = bearing("mine", 5, 6, ended=ended)
    named = live(watch.call(PLACE, "mine"))
    assert (named.others, named.bearer_ended, named.ended) == (
        frozenset({5, 6}),
        ended,
        frozenset({5, 6}) if ended else frozenset(),
    )
    fresh = live(watch.call(PLACE, "mine", fresh=["mine"]))
    assert (fresh.others, fresh.contested) == (frozenset(), False)


def test_the_lists_that_bore_an_id_are_known_and_explain_no_duplicate() -> None:
    watch = Watch()
    watch.history.placed(SYMBOL, 9, "list", listed=True)
    watch.history.remember(None, SYMBOL, "list", 5, None)
    named = dict(
        zip(OCO.client_ids, ("list" if name == "listClientOrderId" else name for name in OCO.client_ids), strict=True)
    )
    call = watch.call(OCO, *named.values())
    (listed,) = (each for each in call.live_ids if each.listed)
    assert (listed.others, listed.bearer_ended, listed.ended) == (frozenset({9}), True, frozenset())


def test_each_id_of_the_users_is_taken_up_also_behind_an_id_made_here() -> None:
    watch = bearing("mine", 5)
    _, new = watch.call(REPLACE, "gone", "mine", fresh=["gone"], cancelOrderId=1).live_ids
    assert (new.sent, new.others) == (True, frozenset({5}))


# --------------------------------------------------------------------------- who else names it


def test_a_call_contests_no_id_of_its_own_and_that_of_each_other_call_that_left() -> None:
    watch = Watch()
    own = watch.call(PLACE, "mine", leaves=False)
    unsent = watch.call(PLACE, "mine", leaves=False)
    other = watch.call(PLACE, "mine")
    assert live(other).contested_ms is None
    watch.contests.leaves(own)
    assert [live(each).contested_ms for each in (own, unsent, other)] == [ALWAYS, None, SINCE_MS]


def test_the_first_contest_of_an_id_counts() -> None:
    watch = Watch()
    first = watch.call(PLACE, "mine")
    live(first).contested_ms = 5.0
    watch.call(PLACE, "mine")
    assert live(first).contested_ms == 5.0


@pytest.mark.parametrize("in_doubt", [True, False], ids=["in doubt", "under way"])
@pytest.mark.parametrize("keeps", [True, False])
def test_an_amendment_that_keeps_the_id_gives_it_to_no_other_order(keeps: bool, in_doubt: bool) -> None:
    watch = Watch()
    first = live(watch.call(PLACE, "mine"))
    doubts = watch.doubted(Token("mine", SYMBOL)).doubts if in_doubt else []
    amendment = watch.call(AMEND, "mine", origClientOrderId="mine" if keeps else "another")
    assert live(amendment).contested_ms == ALWAYS
    assert first.contested is not keeps
    assert [each.token.contested for each in doubts] == [not keeps] * len(doubts)


def test_a_replacement_takes_the_id_that_its_cancel_keeps() -> None:
    """The order that is cancelled keeps the id; the new order is given it, too."""
    watch = Watch()
    first = live(watch.call(PLACE, "mine"))
    watch.call(REPLACE, "mine", "other", cancelOrigClientOrderId="mine")
    assert not first.contested
    watch.call(REPLACE, "mine", "mine", cancelOrigClientOrderId="mine")
    assert first.contested


def test_an_id_that_is_sent_again_is_no_longer_watched_for() -> None:
    watch = Watch()
    watch.watched.add(Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine"), NOW_MS, None, SYMBOL)
    call = watch.call(PLACE, "mine", leaves=False)
    assert "mine" in watch.watched.ids
    watch.contests.leaves(call)
    assert not watch.watched.ids


def test_a_change_that_names_an_id_may_meet_the_order_that_is_given_it_while_it_is_under_way() -> None:
    watch = Watch()
    cancel = watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine")
    assert cancel.change is not None
    assert not cancel.change.met_again
    watch.call(PLACE, "mine")
    assert cancel.change.met_again


# --------------------------------------------------------------------------- which order a change is sent for


@pytest.mark.parametrize(
    ("bearers", "unsure", "rivals", "target", "met_again"),
    [
        ((), False, (), None, False),
        ((5, 6), False, (), 6, False),
        ((5, 6), True, (), None, True),
        ((), False, ("under way",), None, False),
        ((), False, ("in doubt",), None, False),
        ((5, 6), False, ("under way",), None, True),
        ((5, 6), False, ("in doubt",), None, True),
        ((), False, ("under way", "in doubt"), None, True),
        ((5, 6), False, ("not sent",), 6, False),
    ],
)
def test_a_change_by_id_is_sent_for_the_last_bearer_unless_another_may_have_the_id_by_then(
    bearers: tuple[int, ...], unsure: bool, rivals: tuple[str, ...], target: int | None, met_again: bool
) -> None:
    watch = bearing("mine", *bearers)
    if unsure:
        watch.history.doubtful(None, SYMBOL, "mine")
    if "in doubt" in rivals:
        watch.doubted(Token("mine", SYMBOL))
    if "under way" in rivals or "not sent" in rivals:
        watch.call(PLACE, "mine", leaves="under way" in rivals)
    change = watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine").change
    assert change is not None
    assert (change.target, change.met_again) == (target, met_again)


def test_a_change_that_names_its_own_new_id_is_no_rival_of_itself() -> None:
    change = bearing("mine", 5).call(AMEND, "mine", origClientOrderId="mine").change
    assert change is not None
    assert (change.target, change.met_again) == (5, False)


def test_a_cancel_of_a_list_is_sent_for_no_order_that_bears_its_id() -> None:
    change = bearing("mine", 5).call(SPOT_ORDERS.cancel_list, "gone", fresh=["gone"], listClientOrderId="mine").change
    assert change is not None
    assert (change.target, change.met_again) == (None, False)


def test_what_was_met_again_before_it_left_stays_so() -> None:
    watch = Watch()
    call = watch.call(CANCEL, "gone", fresh=["gone"], origClientOrderId="mine", leaves=False)
    watch.call(PLACE, "mine")
    watch.contests.leaves(call)
    assert call.change is not None
    assert call.change.met_again
