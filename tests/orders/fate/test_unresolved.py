"""A request under way and in doubt: what is kept of it, by which way it is asked about, and what it waits for."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.errors import NotFollowed
from binance_wsapi.orders.fate.fence import Evidence, Outcome, Verdict
from binance_wsapi.orders.fate.unresolved import Held, LiveId, Seen, Sent, Unresolved, outlive
from binance_wsapi.orders.ids.token import Token, TokenKind
from tests.simulation.house import HMAC, KEY


def in_doubt(change: Any) -> Unresolved:
    """Return a request of two parts, the first of which makes this change."""
    doubts: Any = [SimpleNamespace(), SimpleNamespace()]
    return Unresolved(SPOT_ORDERS.cancel_replace, {}, doubts, 1, None, change=change)


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("waits", [True, False, None], ids=["waits", "would wait for itself", "changes nothing"])
async def test_a_part_waits_for_changes_unless_one_of_them_waits_for_it(waits: bool | None, part: int) -> None:
    change = None if waits is None else SimpleNamespace(wait_for=lambda _changes: waits)
    intent = in_doubt(change)
    earlier = asyncio.Event()
    others: Any = [SimpleNamespace(waiters=None, over=False), SimpleNamespace(waiters=[earlier], over=False)]
    held = intent.hold(intent.doubts[part], others)
    assert held is (waits is not False or part == 1)
    assert (intent.held is not None) is held
    assert others[0].waiters == ([intent.wake] if held else None)
    assert others[1].waiters == ([earlier, intent.wake] if held else [earlier])


@pytest.mark.parametrize("himself", [True, False], ids=["the caller was cancelled too", "only the search was"])
async def test_a_caller_hears_that_the_client_was_closed_unless_he_was_cancelled_himself(himself: bool) -> None:
    search = asyncio.create_task(asyncio.Event().wait())
    caller = asyncio.create_task(outlive(search))
    await asyncio.sleep(0)
    search.cancel()
    if himself:
        caller.cancel()
    with pytest.raises(asyncio.CancelledError if himself else NotFollowed):
        await caller
    assert caller.cancelled() is himself


# --------------------------------------------------------------------------- a frame that leaves


@pytest.mark.parametrize("known", ["now", "leaves", "journal", "also", "all", "nothing"])
def test_a_frame_that_leaves_is_told_to_each_who_asked_for_it(known: str) -> None:
    told: list[Any] = []
    journal: Any = SimpleNamespace(mark_sent=lambda record, timestamp: told.append((record, timestamp)))
    record: Any = "the record"
    everything: dict[str, Any] = {
        "now": lambda: 7.5,
        "leaves": lambda: told.append("left"),
        "journal": journal,
        "also": lambda request_id, timestamp: told.append((request_id, timestamp)),
    }
    parts = everything if known == "all" else {name: each for name, each in everything.items() if name == known}
    sent = Sent(None, 5_000.0, record=record, **parts)
    sent("r", 17)
    assert (sent.request_id, sent.timestamp, sent.at) == ("r", 17, 7.5 if "now" in parts else None)
    expected = {"leaves": "left", "journal": ("the record", 17), "also": ("r", 17)}
    assert told == [each for name, each in expected.items() if name in parts]


def test_a_frame_of_a_request_that_is_not_written_down_marks_nothing_in_the_journal() -> None:
    marked: list[Any] = []
    journal: Any = SimpleNamespace(mark_sent=lambda *told: marked.append(told))
    Sent(None, 5_000.0, journal=journal)("r", 17)
    assert marked == []


# --------------------------------------------------------------------------- whose an id is


@pytest.mark.parametrize("shown", ["BTCUSDT", "ETHUSDT", ""])
@pytest.mark.parametrize("symbol", ["BTCUSDT", ""])
def test_what_is_seen_may_be_of_a_symbol_unless_it_is_of_another(shown: str, symbol: str) -> None:
    seen = Seen(Evidence.EVENT, lambda: (), KEY, shown)
    assert seen.is_of(symbol) is (shown == "BTCUSDT" or not shown or not symbol)


FRESH, NAMED_BY_THE_USER = Token("mine", "BTCUSDT"), Token("mine", "BTCUSDT", fresh=False)
A_LIST = Token("list", "BTCUSDT", TokenKind.LIST, fresh=False, legs=("a", "b"), fresh_legs=frozenset({"a"}))


@pytest.mark.parametrize(
    ("token", "name", "known"),
    [
        (FRESH, "mine", True),
        (FRESH, "other", False),
        (NAMED_BY_THE_USER, "mine", False),
        (FRESH.recover(0, 1, unguessable=False), "mine", False),
        (A_LIST, "a", True),
        (A_LIST, "b", False),
    ],
)
def test_under_another_key_only_what_nothing_else_can_bear_is_known_to_be_of_the_account(
    token: Token, name: str, known: bool
) -> None:
    seen = Seen(Evidence.EVENT, lambda: (), KEY, "BTCUSDT")
    assert seen.is_known_of(HMAC, token, name) is known
    assert seen.is_known_of(KEY, token, name)
    assert seen.is_known_of(None, token, name)


def test_an_id_under_way_is_contested_from_some_moment() -> None:
    live = LiveId("mine", KEY, "BTCUSDT")
    assert not live.contested
    live.contested_ms = 5.0
    assert live.contested


def test_a_doubt_waits_until_the_last_of_the_changes_is_over() -> None:
    changes: Any = [SimpleNamespace(over=False), SimpleNamespace(over=False)]
    doubt: Any = SimpleNamespace()
    held = Held(doubt, changes)
    over = []
    for change in changes:
        over.append(held.over)
        change.over = True
    assert (over, held.over) == ([False, False], True)


# --------------------------------------------------------------------------- by which way it is asked about


def test_the_next_question_takes_the_way_that_the_answer_to_be_confirmed_did_not_take() -> None:
    intent = in_doubt(None)
    assert not intent.asks_rest(None)
    assert intent.asks_rest(("socket", 4))
    assert not intent.asks_rest(("rest", 0))


def test_a_way_that_said_nothing_twice_is_left_for_the_other_until_that_says_as_little() -> None:
    intent = in_doubt(None)
    intent.heard(("socket", 4), says_nothing=True)
    assert not intent.asks_rest(None)
    intent.heard(("socket", 4), says_nothing=True)
    assert intent.asks_rest(None)
    assert intent.asks_rest(("rest", 0))
    for _ in range(3):
        intent.heard(("rest", 0), says_nothing=True)
    assert not intent.asks_rest(("socket", 4))
    intent.heard(("rest", 0), says_nothing=False)
    assert intent.asks_rest(("socket", 4))


def test_one_answer_that_says_nothing_leaves_neither_way() -> None:
    intent = in_doubt(None)
    intent.heard(("rest", 0), says_nothing=True)
    assert intent.asks_rest(("socket", 4))
    intent.heard(("socket", 4), says_nothing=True)
    assert not intent.asks_rest(None)


def test_a_connection_that_said_nothing_twice_is_passed_over_and_so_are_two_of_them_and_no_more() -> None:
    intent = in_doubt(None)
    passed_over = [intent.passed_over]
    for number in (5, 5, 6, 6, 7, 7, 8, 8):
        intent.heard(("rest", 0), says_nothing=True)
        intent.heard(("socket", number), says_nothing=True)
        passed_over.append(intent.passed_over)
    assert passed_over == [0, 0, 5, 5, 6, 6, 6, 6, 6]


def test_an_answer_that_says_something_begins_the_count_anew() -> None:
    intent = in_doubt(None)
    for says_nothing in (True, False, True):
        intent.heard(("socket", 5), says_nothing=says_nothing)
        assert intent.passed_over == 0
    intent.heard(("socket", 5), says_nothing=True)
    assert intent.passed_over == 5


@pytest.mark.parametrize(
    ("socket", "rest", "with_rest", "without"),
    [
        (0, 2, False, False),
        (1, 2, False, False),
        (2, 1, False, False),
        (2, 2, True, False),
        (5, 0, False, False),
        (6, 0, False, True),
    ],
)
def test_nothing_is_said_when_both_ways_are_silent_or_several_connections_where_there_is_but_one_way(
    socket: int, rest: int, with_rest: bool, without: bool
) -> None:
    intent = in_doubt(None)
    intent.silent = {"socket": socket, "rest": rest}
    assert intent.says_nothing(rest=True) is with_rest
    assert intent.says_nothing(rest=False) is without


# --------------------------------------------------------------------------- the whole and its parts


def settled(*outcomes: Outcome | None) -> Unresolved:
    """Return a request each part of which has this outcome, or none yet."""
    doubts: Any = [
        SimpleNamespace(
            verdict=None if each is None else Verdict(each, Evidence.QUERY, f"part {number}"), token=f"token {number}"
        )
        for number, each in enumerate(outcomes)
    ]
    return Unresolved(SPOT_ORDERS.cancel_replace, {}, doubts, 1, None)


def test_a_request_is_recognised_by_the_token_of_each_part() -> None:
    assert [str(each) for each in settled(None, None).tokens] == ["token 0", "token 1"]


def test_a_request_is_settled_when_each_part_is() -> None:
    assert [settled(*each).settled for each in ((None, None), (Outcome.ACCEPTED, None))] == [False, False]
    assert settled(Outcome.ACCEPTED, Outcome.REJECTED).settled


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ((Outcome.ACCEPTED, Outcome.ACCEPTED), 0),
        ((Outcome.REJECTED, Outcome.ACCEPTED), 1),
        ((Outcome.ACCEPTED, Outcome.UNDECIDED), 0),
        ((Outcome.UNDECIDED, Outcome.ACCEPTED), 1),
        ((Outcome.UNDECIDED, Outcome.NOT_PLACED), 0),
        ((Outcome.NOT_PLACED, Outcome.UNDECIDED), 1),
        ((Outcome.REJECTED, Outcome.NOT_PLACED), 1),
    ],
)
def test_the_verdict_on_the_whole_is_that_of_what_was_executed_else_of_what_is_undecided_else_of_the_last(
    outcomes: tuple[Outcome, Outcome], whole: int
) -> None:
    intent = settled(*outcomes)
    verdict = intent.verdict()
    assert (verdict.outcome, verdict.client_order_id) == (outcomes[whole], f"part {whole}")
    assert verdict.parts == tuple(each.verdict for each in intent.doubts)


def test_the_verdict_on_a_request_of_one_part_is_that_of_the_part() -> None:
    intent = settled(Outcome.NOT_PLACED)
    assert intent.verdict() is intent.doubts[0].verdict
    assert intent.verdict().parts == ()


async def test_who_waits_for_a_search_has_what_it_brings_and_going_away_does_not_end_it() -> None:
    begun = asyncio.Event()

    async def search() -> str:
        await begun.wait()
        return "the verdict"

    task = asyncio.create_task(search())
    gone = asyncio.create_task(outlive(task))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    assert gone.cancelled()
    begun.set()
    assert await outlive(task) == "the verdict"
