"""What the id watch keeps of requests under way and in doubt: who shares an id, and what was seen of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import MemoryJournal, Settings
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate.fence import Doubt, Evidence, FateOptions, Moment
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.notes import RenameNotes
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.taken_over import taken_over
from binance_wsapi.orders.fate.unresolved import LiveId, Seen, UnderWay, Unresolved
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.wire.order_calls import Sight
from tests.orders.journal.test_intent import make

SYMBOL = "BTCUSDT"
NOW_MS = 10**9
ORDER = Sight(None, SYMBOL, "mine", None, 7, status="NEW", terms={"side": "BUY"})


def make_watch(error_ms: float = 0.0) -> IdWatch:
    """Return a watch of a session that says nothing but the time."""
    session = SimpleNamespace(
        now_ms=lambda: NOW_MS, clock_error_ms=error_ms, tell=lambda _event: None, listeners=Listeners(),
        settings=Settings(),
    )  # fmt: skip
    return IdWatch(cast("Any", session), SPOT_ORDERS, 1, lambda _connection, _id: None, Listeners())


def begin(watch: IdWatch, *, fresh: bool = False, leaves: bool = True) -> UnderWay:
    request = {"symbol": SYMBOL, "newClientOrderId": "mine"}
    call = watch.begin(SPOT_ORDERS.place, request, ["mine"], {"mine"} if fresh else (), None)
    if leaves:
        watch.leaves(call)
    return call


def in_doubt(watch: IdWatch, token: Token | None = None) -> tuple[Unresolved, Doubt]:
    """Have a request of the id in doubt."""
    doubt = Doubt(token or Token("mine", SYMBOL), 0, 5_000, Moment(0, 0), 0.0)
    intent = Unresolved(SPOT_ORDERS.place, {}, [doubt], 0, None)
    watch.doubt(intent)
    return intent, doubt


@pytest.mark.parametrize(("error_ms", "before_ms"), [(5.0, 1_005), (1e12, 61_000)], ids=["known", "being corrected"])
def test_an_id_named_again_may_be_taken_a_minute_earlier_at_most_than_the_clock_says(
    error_ms: float, before_ms: float
) -> None:
    watch = make_watch(error_ms)
    first = begin(watch)
    begin(watch)
    assert first.live_ids[0].contested_ms == NOW_MS - before_ms


@pytest.mark.parametrize("known_ms", [None, 5.0])
def test_an_id_in_doubt_that_is_named_again_is_contested_on_both_sides(known_ms: float | None) -> None:
    """The second order may be what is found of the first, from the moment at which it was sent, or an earlier rival."""
    watch = make_watch()
    _, doubt = in_doubt(watch, Token("mine", SYMBOL, contested_ms=known_ms))
    again = begin(watch)
    assert again.live_ids[0].contested
    assert (doubt.token.contested, doubt.token.fresh) == (True, False)
    assert doubt.token.contested_ms == (NOW_MS - 1_000 if known_ms is None else known_ms)


@pytest.mark.parametrize("first", ["under way", "in doubt"])
def test_an_id_contested_by_an_earlier_request_stays_so_when_a_third_names_it(first: str) -> None:
    """Both of the others may have made what is found: that the third left later says nothing of the first."""
    watch = make_watch()
    if first == "in doubt":
        in_doubt(watch)
    else:
        begin(watch)
    second = begin(watch)
    begin(watch)
    assert second.live_ids[0].contested_ms == ALWAYS


def test_each_id_of_a_list_has_a_contest_of_its_own() -> None:
    watch = make_watch()
    _, doubt = in_doubt(
        watch, Token("list", SYMBOL, TokenKind.LIST, legs=("mine", "below"), fresh_legs=frozenset({"mine"}))
    )
    begin(watch)
    assert (doubt.token.fresh, doubt.token.fresh_legs) == (True, frozenset())
    assert [watch.contested(each) for each in ("mine", "below", "list")] == [True, False, False]
    assert dict(doubt.token.leg_contests) == {"mine": NOW_MS - 1_000}


@pytest.mark.parametrize("first", ["under way", "in doubt"])
def test_an_id_that_a_call_names_and_never_sends_is_contested_by_nothing(first: str) -> None:
    """The journal, or a limit of this client, refused it: the venue has not heard of it."""
    watch = make_watch()
    if first == "in doubt":
        _, doubt = in_doubt(watch)
        begin(watch, leaves=False)
        assert doubt.token == Token("mine", SYMBOL)
    else:
        call = begin(watch)
        begin(watch, leaves=False)
        assert not call.live_ids[0].contested


def test_a_fresh_id_that_another_names_meanwhile_is_taken_into_doubt_as_contested() -> None:
    watch = make_watch()
    call = begin(watch, fresh=True)
    begin(watch)
    (taken,) = taken_over(call, [Token("mine", SYMBOL)])
    assert (taken.contested, taken.fresh) == (True, False)


@pytest.mark.parametrize("told", [True, False], ids=["it tells an order", "it tells none"])
def test_a_change_that_was_executed_shows_what_bore_the_id(told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = make_watch()
    call = begin(watch)
    sights = [replace(ORDER, id="new")] if told else []
    monkeypatch.setattr(watch, "_calls", SimpleNamespace(sights=lambda _order: sights))
    watch.sighted("mine", "the reply", Evidence.REPLY, None, SYMBOL)
    (seen,) = call.live_ids[0].seen
    assert [(sight.number, sight.whole) for sight in seen.sights()] == ([(7, None)] if told else [(None, "the reply")])


async def test_an_order_that_is_placed_is_another_to_each_call_with_its_id() -> None:
    watch = make_watch()
    first, second = begin(watch), begin(watch)
    watch.placed(second, SimpleNamespace(order_id=7, status="NEW", orig_qty=None), None)
    assert (first.live_ids[0].others, first.live_ids[0].younger) == (frozenset({7}), frozenset({7}))
    assert second.live_ids[0].others == frozenset()


async def test_an_order_that_is_found_is_known_by_the_id_with_which_it_was_placed() -> None:
    watch = make_watch()
    intent, doubt = in_doubt(watch)
    watch.found(intent, doubt, None, ORDER, Evidence.QUERY)
    assert watch.history.placed_as(SYMBOL, 7, False) == "mine"
    assert doubt.number == 7


@pytest.mark.parametrize("noted", [None, 3])
def test_the_number_of_an_order_is_noted_once_before_a_change_takes_its_id(
    noted: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = MemoryJournal()
    marked: list[tuple[Intent, int]] = []
    monkeypatch.setattr(journal, "mark_seen", lambda record, number: marked.append((record, number)))
    record = make("mine")
    record.seen = noted
    live = LiveId("mine", None, SYMBOL, seen=(Seen(Evidence.EVENT, lambda: [ORDER], None, SYMBOL),), record=record)
    RenameNotes(journal, make_watch().renames).numbers([live])
    assert marked == ([(record, 7)] if noted is None else [])


def test_an_order_elsewhere_is_no_sight_of_a_request_of_the_same_account() -> None:
    seen = Seen(Evidence.EVENT, list, None, "ETHUSDT")
    assert [seen.may_be_of(None, symbol) for symbol in (SYMBOL, "ETHUSDT", "")] == [False, True, True]


async def test_the_part_that_is_due_first_is_asked_about_first() -> None:
    later, sooner = (Doubt(Token(name, SYMBOL), 0, 5_000, Moment(0, at), 0.0) for name, at in (("a", 9.0), ("b", 2.0)))
    doubt, pause = Resolver._next(Unresolved(SPOT_ORDERS.place, {}, [later, sooner], 0, None))
    assert doubt is sooner
    assert pause == pytest.approx(sooner.next_at - asyncio.get_running_loop().time(), abs=5)


def test_what_was_not_placed_is_watched_for_a_day() -> None:
    assert FateOptions().watch_ms == 86_400_000
