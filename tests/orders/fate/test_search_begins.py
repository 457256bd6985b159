"""The search for what became of a request: what it is taken up with, and by which way each question goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from binance_wsapi import NotConnected, NotFollowed, Outcome
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Moment, Verdict
from binance_wsapi.orders.fate.lookups import ASK_TIMEOUT_S
from binance_wsapi.orders.fate.questions import Answer
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Sent, Unresolved
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.session.session import UNKNOWN_CLOCK_MS
from binance_wsapi.wire.caller import CallOptions
from tests.orders.fate.searches import ALL, MINE, NEWEST, PLACE, SENT, Search, doubted, journal
from tests.orders.fate.watches import NOW_MS, SYMBOL
from tests.orders.journal.test_intent import make
from tests.simulation.house import HMAC

# --------------------------------------------------------------------------- it begins


async def test_a_doubt_holds_when_its_frame_left_and_what_it_is_recognised_by() -> None:
    search = Search()
    intent = search.open(SPOT_ORDERS.place, PLACE, SENT)
    (doubt,) = intent.doubts
    assert (doubt.token.client_id, doubt.timestamp_ms, doubt.recv_window_ms, doubt.sent_at) == (
        "mine",
        17,
        5_000.0,
        7.0,
    )
    assert (intent.connection, intent.key, intent.request_id, intent.change) == (NEWEST, HMAC, "r", None)
    assert doubt.since.ms == NOW_MS - 5
    assert doubt.since.at == pytest.approx(asyncio.get_running_loop().time(), abs=1)
    assert intent.task in search.tasks
    assert search.watch.in_doubt == search.heard.doubts == [intent]
    assert intent.task is not None
    intent.task.cancel()


async def test_a_frame_of_which_one_knows_not_when_it_left_may_have_left_just_now() -> None:
    search = Search()
    search.closed = True
    (doubt,) = search.open(SPOT_ORDERS.place, PLACE, Sent(HMAC, 5_000.0)).doubts
    assert (doubt.timestamp_ms, doubt.sent_at) == (NOW_MS, doubt.since.at)


@pytest.mark.parametrize("called", [True, False], ids=["a call", "of an earlier process"])
async def test_a_change_in_doubt_is_under_way_until_that_is_over(called: bool) -> None:
    search = Search()
    call = search.watch.call(SPOT_ORDERS.cancel, "gone", fresh=["gone"], orderId=7) if called else None
    change = None if call is None else call.change
    intent = search.open(SPOT_ORDERS.cancel, {**PLACE, "orderId": 7}, SENT, call)
    assert intent.change is not None
    assert call is None or (intent.change is change and call.change is None)
    assert search.watch.renames.under_way
    assert intent.task is not None
    await asyncio.sleep(0)
    intent.task.cancel()
    await asyncio.wait([intent.task])
    assert not search.watch.renames.under_way
    assert search.watch.in_doubt == []


@pytest.mark.parametrize("record", [make("r"), None])
@pytest.mark.parametrize("has_journal", [True, False])
async def test_a_doubt_is_noted_in_the_journal_where_its_request_is_written_down(
    record: Intent | None, has_journal: bool
) -> None:
    told: list[tuple[str, str]] = []
    search = Search(journal=journal(told) if has_journal else None)
    search.closed = True
    search.open(SPOT_ORDERS.place, PLACE, Sent(HMAC, 5_000.0, record=record))
    assert told == ([("unknown", record.intent_id)] if has_journal and record is not None else [])


async def test_a_client_that_is_closed_looks_for_nothing_and_says_so_to_who_waits() -> None:
    search = Search()
    search.closed = True
    call = search.watch.call(SPOT_ORDERS.cancel_replace, "gone", "mine", orderId=7)
    request = {**PLACE, "cancelNewClientOrderId": "gone"}
    intent = search.open(SPOT_ORDERS.cancel_replace, request, SENT, call)
    search.begin(intent)
    assert (intent.task, search.heard.doubts, search.watch.in_doubt, search.tasks) == (None, [], [], [])
    with pytest.raises(NotFollowed) as caught:
        await search.verdict(intent)
    told = caught.value
    assert (told.method, told.request_id, told.client_order_id) == ("order.cancelReplace", "r", "mine")


async def test_what_an_earlier_process_left_open_is_taken_up_and_asked_about_when_that_is_begun() -> None:
    search, record = Search(), make("r")
    record.recovered = True
    intent = search.open(SPOT_ORDERS.place, PLACE, Sent(HMAC, 5_000.0, record=record))
    assert (intent.task, search.heard.doubts) == (None, [intent])
    search.begin(intent)
    assert intent.task is not None
    intent.task.cancel()


async def test_user_data_is_followed_from_the_first_doubt_on_and_failing_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    followed: list[int] = []

    async def follow() -> None:
        followed.append(len(followed))
        raise NotConnected("no connection")

    search = Search(follow=follow)
    intents = [search.open(SPOT_ORDERS.place, PLACE, SENT) for _ in range(2)]
    assert len(search.tasks) == 3
    await asyncio.sleep(0)
    assert followed == [0]
    await asyncio.gather(*(each for each in search.tasks if each.get_name() != "binance-wsapi fate"))
    assert "polled instead: no connection" in caplog.text
    for each in intents:
        assert each.task is not None
        each.task.cancel()


def test_the_error_of_a_clock_that_is_not_known_yet_has_a_bound() -> None:
    search = Search()
    assert search._clock_error_ms() == 5.0
    cast("Any", search._session).clock_error_ms = 1e12
    assert search._clock_error_ms() == UNKNOWN_CLOCK_MS


def test_a_record_of_an_earlier_process_is_recognised_by_its_ids() -> None:
    record = make("r")
    record.params = PLACE
    (token,) = Search().tokens_of_record(SPOT_ORDERS.place, record)
    assert (token.client_id, token.recovered) == ("mine", True)


def test_the_account_that_sent_it_is_asked_with_its_key_unless_the_session_has_it() -> None:
    search = Search()
    assert search.ways.as_whom(doubted(MINE)) == CallOptions(key=HMAC)
    cast("Any", search._session).credentials.key = HMAC
    assert search.ways.as_whom(doubted(MINE)) == CallOptions()


# --------------------------------------------------------------------------- the turn and the way of a question


class Turning(Search):
    """A search whose questions have their turn at once, or are not needed any more."""

    def __init__(self, *, needed: bool = True, way: Any = ("over it", None), answer: Answer | None = None) -> None:
        super().__init__()
        self.turned: list[tuple[int, bool, bool]] = []
        self.brought: list[Any] = []
        self._given, self._answer = way, answer

        @asynccontextmanager
        async def turn(weight: int, *, left_open: bool, needed: Callable[[], bool]) -> AsyncIterator[bool]:
            self.turned.append((weight, left_open, needed()))
            yield is_needed

        async def given(*_: Any) -> Any:
            self.brought.append("way")
            return self._given

        is_needed = needed
        self.ways = cast("Any", SimpleNamespace(next=given))
        self._turns = cast("Any", SimpleNamespace(turn=turn))

    async def _ask_now(self, intent: Unresolved, doubt: Doubt) -> None:
        self.brought.append("asked")

    def _questions(self, ask: Any, made_ms: float, key: Any) -> Any:
        async def about(token: Token) -> Any:
            self.brought.append((ask, made_ms, token.client_id))
            return self._answer

        return SimpleNamespace(about=about)


@pytest.mark.parametrize("needed", [True, False])
@pytest.mark.parametrize("record", ["none", "of this process", "left open"])
@pytest.mark.parametrize(("token", "weight"), [(MINE, 4), (ALL, 6)])
async def test_a_question_has_the_turn_of_its_weight_behind_those_of_this_process_where_it_was_left_open(
    token: Token, weight: int, record: str, needed: bool
) -> None:
    search, known = Turning(needed=needed), None if record == "none" else make("r")
    if known is not None:
        known.recovered = record == "left open"
    intent = doubted(token, record=known)
    for verdict in (None, Verdict(Outcome.ACCEPTED, Evidence.EVENT, token.client_id)):
        intent.doubts[0].verdict = verdict
        await Resolver._ask(search, intent, intent.doubts[0])
    left_open = record == "left open"
    assert search.turned == [(weight, left_open, True), (weight, left_open, False)]
    assert search.brought == (["asked"] * 2 if needed else [])


@pytest.mark.parametrize(
    ("needed", "way", "reading", "holds", "told"),
    [
        (True, "over it", Reading.YES, True, True),
        (True, "over it", Reading.YES, False, False),
        (True, "over it", Reading.MAYBE, True, False),
        (True, None, Reading.YES, True, False),
        (False, "over it", Reading.YES, True, False),
    ],
)
async def test_what_is_found_after_it_was_called_not_placed_is_told_where_it_is_still_watched_for(
    needed: bool, way: Any, reading: Reading, holds: bool, told: bool
) -> None:
    search = Turning(needed=needed, way=(way, None), answer=Answer(reading, "an order"))
    verdict, intent = Verdict(Outcome.NOT_PLACED, Evidence.FENCE, "mine"), doubted(MINE)
    if holds:
        search.watch.watched.add(verdict, NOW_MS, HMAC, SYMBOL)
    await search._ask_again(intent, intent.doubts[0], verdict)
    assert [(each.verdict, each.order) for each in search.watch.told_late] == ([(verdict, "an order")] if told else [])
    assert search.turned == [(4, True, holds)]
    assert search.brought == ["way"] * needed + [("over it", 0, "mine")] * (needed and way is not None)


async def test_a_question_over_a_connection_has_five_seconds_and_the_key_of_its_request() -> None:
    search, intent = Search(connection=SimpleNamespace(number=5)), doubted(MINE)
    search.begin(intent)
    loop = asyncio.get_running_loop()
    ask, path = await search.ways.next(intent, intent.doubts[0], Moment(0, 0.0))
    ((number, deadline, endpoint),) = search.sought
    assert (number, endpoint, path) == (0, SPOT_ORDERS.order_status, ("socket", 5))
    assert deadline == pytest.approx(loop.time() + ASK_TIMEOUT_S, abs=2)
    assert ask is not None
    over, asked, params, options, until = await ask(SPOT_ORDERS.order_status, {"a": 1})
    assert (over.number, asked, params, options) == (5, SPOT_ORDERS.order_status, {"a": 1}, CallOptions(key=HMAC))
    assert until == pytest.approx(loop.time() + ASK_TIMEOUT_S, abs=2)
    assert intent.task is not None
    intent.task.cancel()


async def test_after_the_fence_only_a_connection_counts_that_is_newer_than_any_before() -> None:
    search, intent = Search(), doubted(MINE)
    intent.connection = 0
    assert await search.ways.next(intent, intent.doubts[0], Moment(1e9, 1e9)) == (None, None)
    assert [number for number, *_ in search.sought] == [0]


async def test_a_question_over_rest_has_five_seconds_and_the_key_of_its_request() -> None:
    async def reader() -> Any:
        return SimpleNamespace(call=call)

    async def call(*asked: Any) -> Any:
        return asked

    ask = Search(fallback=reader).ways._over_rest(doubted(MINE))
    assert ask is not None
    told = await ask(SPOT_ORDERS.order_status, {"a": 1})
    assert told == (SPOT_ORDERS.order_status, {"a": 1}, CallOptions(timeout=ASK_TIMEOUT_S, key=HMAC))
    assert Search().ways._over_rest(doubted(MINE)) is None
