"""What every journal promises, whatever it is kept in."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.errors import NotSent, UsageError
from binance_wsapi.orders.fate.fence import Evidence, Outcome, Verdict
from binance_wsapi.orders.journal.base import DAY_MS, InTurn, Journal, JournalFailed, MemoryJournal
from binance_wsapi.orders.journal.file import FileJournal
from binance_wsapi.orders.journal.intent import Intent, IntentState, Settlement
from tests.orders.journal.test_intent import make

ACCOUNT = "tag"
ACCEPTED = Settlement(Outcome.ACCEPTED, Evidence.REPLY, 5, 1, "NEW")
NOT_PLACED = Settlement(Outcome.NOT_PLACED, Evidence.FENCE, 6)
REJECTED = Settlement(Outcome.REJECTED, Evidence.REPLY, 7, code=-2010)
NOT_SENT = Settlement(Outcome.NOT_SENT, Evidence.LOCAL, 8)

Opener = Callable[..., Journal]


@pytest.fixture(params=["memory", "process", "power"])
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    numbers = itertools.count()
    journals: list[Journal] = []

    def make_one(**options: Any) -> Journal:
        path = tmp_path / f"{next(numbers)}.journal"
        journal: Journal
        journal = MemoryJournal(**options) if request.param == "memory" else FileJournal(path, request.param, **options)
        journal.open(ACCOUNT)
        journals.append(journal)
        return journal

    yield make_one
    for each in journals:
        each.close()


async def record(journal: Journal, intent: Intent) -> Intent:
    waiting = journal.record(intent)
    if isinstance(waiting, InTurn):
        waiting = await waiting
    if waiting is not None:
        await waiting
    return intent


def state_of(intent: Intent) -> IntentState:
    return intent.state


async def test_what_is_recorded_is_open_until_it_is_settled(opener: Opener) -> None:
    journal = opener()
    first, second = await record(journal, make("b")), await record(journal, make("c"))
    assert journal.open_intents() == [first, second], "the oldest first"
    assert state_of(first) is IntentState.RECORDED
    journal.mark_sent(first, 123)
    assert (state_of(first), first.timestamp_ms) == (IntentState.SENT, 123)
    journal.mark_unknown(first)
    assert state_of(first) is IntentState.UNKNOWN
    assert journal.open_intents() == [first, second]
    assert journal.settle(first, ACCEPTED)
    assert journal.open_intents() == [second]


@pytest.mark.parametrize("settlement", [ACCEPTED, NOT_PLACED, REJECTED], ids=lambda s: s.outcome.value)
async def test_a_verdict_twice_is_one(opener: Opener, settlement: Settlement) -> None:
    journal = opener()
    intent = await record(journal, make())
    journal.mark_sent(intent, 1)
    assert journal.settle(intent, settlement)
    assert not journal.settle(intent, settlement)
    assert intent.settlement is settlement


async def test_a_verdict_of_the_fate_machine_is_taken_as_it_is(opener: Opener) -> None:
    journal = opener()
    intent = await record(journal, make())
    journal.settle(intent, Verdict(Outcome.NOT_SENT, Evidence.LOCAL, "bcdf", at_ms=9))
    assert intent.settlement == Settlement(Outcome.NOT_SENT, Evidence.LOCAL, 9)


async def test_what_should_never_be_seen_is_watched_and_what_was_accepted_is_not(opener: Opener) -> None:
    journal = opener()
    intents = [await record(journal, make(name, created_ms=at)) for at, name in enumerate("bcdf", 100)]
    for intent, settlement in zip(intents, (ACCEPTED, REJECTED, NOT_PLACED, NOT_SENT), strict=True):
        if settlement is not NOT_SENT:
            journal.mark_sent(intent, 1)
        journal.settle(intent, settlement)
    assert journal.watched(0) == intents[1:]
    assert journal.watched(102) == intents[2:]
    journal.settle(intents[2], ACCEPTED)
    assert journal.watched(0) == [intents[1], intents[3]], "it turned up: no more to watch for"


async def test_an_id_is_used_once(opener: Opener) -> None:
    journal = opener()
    intent = await record(journal, make("b"))
    with pytest.raises(UsageError, match="used before") as caught:
        journal.record(make("b"))
    assert caught.value.client_order_id == "b"
    journal.mark_sent(intent, 1)
    journal.settle(intent, ACCEPTED)
    with pytest.raises(UsageError, match="used before"):
        journal.record(make("b"))


async def test_every_id_of_a_list_is_taken(opener: Opener) -> None:
    journal = opener()
    listed = Intent("b", "orderList.place.oco", "BTCUSDT", ("b", "c", "d"), {}, 1, 5_000)
    await record(journal, listed)
    for name in "bcd":
        with pytest.raises(UsageError):
            journal.record(make(name))
    assert journal.open_intents() == [listed], "a refused one leaves nothing behind"
    await record(journal, make("f"))


async def test_the_id_of_what_was_never_sent_is_free_again(opener: Opener) -> None:
    journal = opener()
    journal.settle(await record(journal, make("b")), NOT_SENT)
    again = await record(journal, make("b"))
    assert journal.open_intents() == [again]


async def test_the_id_of_what_was_refused_is_not_free(opener: Opener) -> None:
    """ "Duplicate order sent." (-2010) means that an open order bears the id."""
    journal = opener()
    intent = await record(journal, make("b"))
    journal.mark_sent(intent, 1)
    journal.settle(intent, REJECTED)
    with pytest.raises(UsageError):
        journal.record(make("b"))


async def test_an_intent_is_recorded_once(opener: Opener) -> None:
    journal = opener()
    intent = await record(journal, make("b"))
    with pytest.raises(UsageError, match="recorded once"):
        journal.record(intent)
    nameless = Intent("b", "openOrders.cancelAll", "BTCUSDT", (), {}, 1, 5_000)
    with pytest.raises(UsageError, match="recorded once"):
        journal.record(nameless)


async def test_what_could_not_be_recorded_can_be_settled_all_the_same(opener: Opener) -> None:
    journal = opener()
    intent = make("b")
    assert journal.settle(intent, NOT_SENT)
    assert journal.open_intents() == journal.watched(0) == []
    await record(journal, make("b"))


async def test_nothing_is_marked_that_was_not_recorded(opener: Opener) -> None:
    journal = opener()
    with pytest.raises(UsageError):
        journal.mark_sent(make(), 1)
    with pytest.raises(UsageError):
        journal.settle(make(), ACCEPTED)


async def test_settled_intents_are_forgotten_and_open_ones_never(opener: Opener) -> None:
    journal = opener()
    intents = [await record(journal, make(name, created_ms=at)) for at, name in enumerate("bcdf", 100)]
    for each in intents[:3]:
        journal.mark_sent(each, 1)
    journal.settle(intents[0], ACCEPTED)
    journal.settle(intents[2], REJECTED)
    assert journal.forget(103) == 2
    assert journal.open_intents() == [intents[1], intents[3]]
    assert journal.watched(0) == []
    await record(journal, make("b"))
    await record(journal, make("d"))
    with pytest.raises(UsageError):
        journal.record(make("c"))


async def test_old_ones_go_by_themselves_so_that_a_journal_is_as_large_as_a_day(opener: Opener) -> None:
    journal = opener(keep_ms=50)
    slow = await record(journal, make("slow", created_ms=0))
    for number in range(1_000):
        intent = await record(journal, make(f"b{number}", created_ms=number))
        journal.mark_sent(intent, 1)
        journal.settle(intent, REJECTED)
    assert len(journal.watched(0)) == 50 + 1
    assert journal.open_intents() == [slow]
    await record(journal, make("b1", created_ms=1_000))
    with pytest.raises(UsageError):
        journal.record(make("b999", created_ms=1_000))


def test_a_failed_journal_means_that_nothing_was_sent() -> None:
    assert issubclass(JournalFailed, NotSent)


def test_ids_are_kept_for_the_day_they_are_watched_for() -> None:
    assert DAY_MS == 86_400_000
    with pytest.raises(UsageError):
        MemoryJournal(keep_ms=0)
