"""What the id watch keeps of requests under way and in doubt: who shares an id, and what was seen of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import MemoryJournal, Outcome, Settings, SpotClient
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.listeners import Listeners
from binance_wsapi.orders.fate.contests import taken_over
from binance_wsapi.orders.fate.fence import Doubt, Evidence, FateOptions, Moment
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.listeners import Named
from binance_wsapi.orders.fate.notes import RenameNotes
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import LiveId, Seen, UnderWay, Unresolved
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.wire.order_calls import Sight
from tests.adversary.scripted import Hook, Venue, limit, lose, play, swallow
from tests.adversary.scripted import in_doubt as doubt_of
from tests.orders.journal.test_intent import make
from tests.simulation.house import HMAC, KEY

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


def begin(
    watch: IdWatch,
    *,
    fresh: bool = False,
    leaves: bool = True,
    symbol: str = SYMBOL,
    key: Signer | AsyncSigner | None = None,
) -> UnderWay:
    request = {"symbol": symbol, "newClientOrderId": "mine"}
    call = watch.begin(SPOT_ORDERS.place, request, ["mine"], {"mine"} if fresh else (), key)
    if leaves:
        watch.contests.leaves(call)
    return call


def in_doubt(
    watch: IdWatch, token: Token | None = None, key: Signer | AsyncSigner | None = None
) -> tuple[Unresolved, Doubt]:
    """Have a request of the id in doubt."""
    doubt = Doubt(token or Token("mine", SYMBOL), 0, 5_000, Moment(0, 0), 0.0)
    intent = Unresolved(SPOT_ORDERS.place, {}, [doubt], 0, key)
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
    assert [watch.contests.contested(Named(each, SYMBOL, None)) for each in ("mine", "below", "list")] == [
        True,
        False,
        False,
    ]
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


def test_an_id_is_contested_by_no_request_of_another_symbol() -> None:
    """Numbers are counted for each symbol: what the other request made may have the number of what this one made."""
    watch = make_watch()
    call, (_, doubt) = begin(watch, key=HMAC), in_doubt(watch, Token("mine", SYMBOL), HMAC)
    other = begin(watch, symbol="ETHUSDT", key=HMAC)
    assert not other.live_ids[0].contested
    watch.placed(other, SimpleNamespace(order_id=7, orig_qty=None), 0.0)
    assert (doubt.token.contested, doubt.token.others) == (False, frozenset())
    assert (call.live_ids[0].contested, call.live_ids[0].others) == (False, frozenset())


def test_an_id_is_contested_by_a_request_under_another_key_which_may_be_of_the_same_account() -> None:
    watch = make_watch()
    call, (_, doubt) = begin(watch, key=HMAC), in_doubt(watch, Token("mine", SYMBOL), HMAC)
    other = begin(watch, key=KEY)
    assert other.live_ids[0].contested
    watch.placed(other, SimpleNamespace(order_id=7, orig_qty=None), 0.0)
    assert (doubt.token.contested, doubt.token.others) == (True, frozenset({7}))
    assert (call.live_ids[0].contested, call.live_ids[0].others) == (True, frozenset({7}))


@pytest.mark.parametrize("others", [(), ("under way",), ("in doubt",), ("under way", "in doubt")], ids=str)
def test_an_id_is_contested_where_two_requests_under_way_or_in_doubt_bear_it(others: tuple[str, ...]) -> None:
    watch = make_watch()
    if "under way" in others:
        begin(watch)
        begin(watch)
    if "in doubt" in others:
        in_doubt(watch, Token("mine", SYMBOL, contested_ms=0.0))
    assert watch.contests.contested(Named("mine", SYMBOL, HMAC)) is bool(others)
    assert not watch.contests.contested(Named("another", SYMBOL, HMAC))
    assert not watch.contests.contested(Named("mine", "ETHUSDT", HMAC))


@pytest.mark.parametrize(
    ("symbol", "key", "met"),
    [("ETHUSDT", HMAC, False), (SYMBOL, KEY, True)],
    ids=["another symbol", "another key, perhaps of the same account"],
)
def test_a_change_meets_no_order_of_another_symbol(symbol: str, key: Signer, met: bool) -> None:
    watch = make_watch()
    begin(watch, symbol=symbol, key=key)
    in_doubt(watch, Token("mine", symbol), key)
    begin(watch, symbol=symbol, key=key)
    request = {"symbol": SYMBOL, "origClientOrderId": "mine", "newClientOrderId": "gone"}
    change = watch.begin(SPOT_ORDERS.cancel, request, ["gone"], {"gone"}, HMAC)
    watch.contests.leaves(change)
    assert change.change is not None
    assert change.change.met_again is met


@pytest.mark.parametrize("method", ["order.place", "order.amend.keepPriority"])
@pytest.mark.parametrize("lost", [lose, swallow], ids=["executed", "swallowed"])
def test_two_requests_of_two_symbols_that_name_one_id_have_a_verdict_each(lost: Hook, method: str) -> None:
    symbols = (SYMBOL, "ETHUSDT")

    async def scene(client: SpotClient) -> None:
        def call(symbol: str) -> Awaitable[Any]:
            if method == "order.place":
                return limit(client, symbol, new_client_order_id="mine")
            return client.amend_order(symbol, "1", orig_client_order_id="mine", new_client_order_id="mine")

        if method != "order.place":
            for symbol in symbols:
                await limit(client, symbol, new_client_order_id="mine")
        venue.hooks[method] = lost
        doubts = await asyncio.gather(*(doubt_of(call(symbol)) for symbol in symbols))
        verdicts = [await doubt.resolve() for doubt in doubts]
        wanted = Outcome.ACCEPTED if lost is lose else Outcome.NOT_PLACED
        assert [each.outcome for each in verdicts] == [wanted, wanted]
        if lost is lose:
            assert [each.order.symbol for each in verdicts] == [*symbols]

    venue = Venue()
    play(venue, scene)


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


def test_an_order_elsewhere_is_no_sight_of_a_request() -> None:
    seen = Seen(Evidence.EVENT, list, None, "ETHUSDT")
    assert [seen.is_of(symbol) for symbol in (SYMBOL, "ETHUSDT", "")] == [False, True, True]


async def test_the_part_that_is_due_first_is_asked_about_first() -> None:
    later, sooner = (Doubt(Token(name, SYMBOL), 0, 5_000, Moment(0, at), 0.0) for name, at in (("a", 9.0), ("b", 2.0)))
    doubt, pause = Resolver._next(Unresolved(SPOT_ORDERS.place, {}, [later, sooner], 0, None))
    assert doubt is sooner
    assert pause == pytest.approx(sooner.next_at - asyncio.get_running_loop().time(), abs=5)


def test_what_was_not_placed_is_watched_for_a_day() -> None:
    assert FateOptions().watch_ms == 86_400_000
