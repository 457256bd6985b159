"""A change that tells no former id, settled before its process ends: the next process knows whose id it may have taken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi import Environment, FileJournal, Outcome, Settings, SpotClient, UsageError
from binance_wsapi.orders.fate.fence import Evidence
from binance_wsapi.orders.fate.notes import RenameNotes
from binance_wsapi.orders.fate.unresolved import LiveId, Seen
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.wire.order_calls import Sight
from tests.adversary.scripted import KEY, SYMBOL, Row, Venue, in_doubt, limit, lose, play, swallow
from tests.orders.processes import buy
from tests.simulation.house import KEY as LOCAL
from tests.simulation.house import environment, register, runtime
from tests.simulation.loop import VirtualLoop, run

Change = Callable[[SpotClient, int], Awaitable[Any]]

CHANGES: dict[str, Change] = {
    "order.cancel": lambda client, number: client.cancel_order(SYMBOL, order_id=number),
    "order.amend.keepPriority": lambda client, number: client.amend_order(SYMBOL, "1", order_id=number),
    "order.cancelReplace": lambda client, number: client.cancel_replace_order(
        SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=number, quantity="3", price="99", time_in_force="GTC"
    ),
}


def process(venue: Venue, path: Path) -> tuple[SpotClient, FileJournal]:
    """Return a client of its own, as a process has it, with the journal that all of them share."""
    journal = FileJournal(path)
    where = Environment("local", (venue.url,), (venue.url,), "")
    return SpotClient(where, KEY, Settings(timeout=0.3), journal=journal), journal


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("target", ["the order in doubt", "another"])
@pytest.mark.parametrize("killed_after", [0.0, 3.0], ids=["killed at once", "killed later"])
def test_a_settled_change_of_unknown_extent_is_remembered_by_the_next_processes(
    tmp_path: Path, method: str, target: str, killed_after: float
) -> None:
    """The venue finds nothing under an id that a change took."""
    path = tmp_path / "orders.journal"
    hidden = target == "the order in doubt"

    async def scene(_: SpotClient) -> None:
        client, journal = process(venue, path)
        async with client:
            other = await limit(client, new_client_order_id="other")
            venue.events = False
            venue.hooks |= {"order.place": lose if hidden else swallow, method: lose, "order.status": deaf}
            placing = asyncio.ensure_future(in_doubt(limit(client, new_client_order_id="doubted")))
            await asyncio.sleep(0.05)
            number = venue.orders[-1]["orderId"] if hidden else other.order_id
            change = await in_doubt(CHANGES[method](client, number))
            await placing
            venue.hooks = {}
            assert (await asyncio.wait_for(change.resolve(), 15)).outcome is Outcome.ACCEPTED
            await asyncio.sleep(killed_after)
            journal.abandon()
        for _process in range(2):
            client, _journal = process(venue, path)
            async with client:
                verdicts = {each.client_order_id: each.outcome for each in await client.recover()}
            if hidden:
                assert verdicts["doubted"] is Outcome.UNDECIDED
            elif not _process:
                assert verdicts["doubted"] is Outcome.NOT_PLACED

    async def deaf(_: Venue, _connection: Any, _request: Row) -> bool:
        return True

    venue = Venue()
    play(venue, scene)


def test_an_amendment_that_keeps_its_id_is_refused_with_its_remedy_where_there_is_a_journal(tmp_path: Path) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            journal = FileJournal(tmp_path / "orders.journal")
            async with SpotClient(environment(exchange), LOCAL, runtime=runtime(loop), journal=journal) as client:
                order: Any = await buy(client, "mine")
                with pytest.raises(UsageError, match="name none, and the client makes one"):
                    await client.amend_order(SYMBOL, "0.005", order_id=order.order_id, new_client_order_id="mine")
                amended = await client.amend_order(SYMBOL, "0.005", order_id=order.order_id)
                assert str(amended.amended_order.qty) == "0.00500000"

    run(main)


def seen_under_way(*sights: Sight, record: Intent | None) -> LiveId:
    """Return the id of an order that is under way, of which these were seen."""
    seen = Seen(Evidence.EVENT, lambda: sights, None, SYMBOL)
    return LiveId("mine", None, SYMBOL, seen=(seen,), record=record)


def recorded(name: str, number: int | None = None) -> Intent:
    """Return the record of an order that was sent."""
    return Intent(name, "order.place", SYMBOL, ("mine",), {}, 0, 5_000.0, seen=number)


def test_the_number_of_an_order_seen_under_way_is_noted_once_and_no_other() -> None:
    noted: list[tuple[str, int]] = []
    journal: Any = SimpleNamespace(mark_seen=lambda record, number: noted.append((record.intent_id, number)))
    renames: Any = None
    own = Sight(None, SYMBOL, "mine", None, 7)
    strange = [
        Sight(None, SYMBOL, "mine", None, None),
        Sight(None, SYMBOL, "mine", None, 1, listed=True),
        Sight(None, SYMBOL, "another", "its former id", 2),
    ]
    RenameNotes(journal, renames).numbers(
        [
            seen_under_way(own, record=None),
            seen_under_way(own, record=recorded("known already", 7)),
            seen_under_way(*strange, record=recorded("never seen")),
            seen_under_way(*strange, own, own, record=recorded("seen twice")),
            seen_under_way(Sight(None, SYMBOL, "new", "mine", 8), record=recorded("renamed")),
        ]
    )
    assert noted == [("seen twice", 7), ("renamed", 8)]


def test_nothing_is_noted_without_a_journal() -> None:
    renames: Any = None
    live = seen_under_way(Sight(None, SYMBOL, "mine", None, 7), record=recorded("one"))
    RenameNotes(None, renames).numbers([live])
    assert live.record is not None
    assert live.record.seen is None


class Hiding:
    """Renames that may have hidden these ids, and what a journal is told of them."""

    def __init__(self, *hidden: str) -> None:
        self.noted: list[str] = []
        journal: Any = SimpleNamespace(mark_hidden=lambda record: self.noted.append(record.intent_id))
        wanted = [(name, 5.0) for name in hidden]
        renames: Any = SimpleNamespace(hid=lambda token, since: (token.client_id, since) in wanted)
        self.notes = RenameNotes(journal, renames)

    def in_doubt(self, record: Intent | None, *parts: tuple[str, Any]) -> Any:
        """Return a request in doubt, with the id and the verdict of each part."""
        doubts = [SimpleNamespace(token=Token(name, SYMBOL), verdict=verdict, sent_at=5.0) for name, verdict in parts]
        return SimpleNamespace(record=record, key=LOCAL, doubts=doubts)


def test_it_is_noted_of_each_request_in_doubt_whether_a_change_may_have_taken_an_id_of_it() -> None:
    hiding = Hiding("hidden")
    hiding.notes.hidden(
        [
            hiding.in_doubt(None, ("hidden", None)),
            hiding.in_doubt(recorded("one of its ids"), ("seen", None), ("hidden", None)),
            hiding.in_doubt(recorded("settled"), ("seen", None), ("hidden", "a verdict")),
            hiding.in_doubt(recorded("another id"), ("seen", None)),
            hiding.in_doubt(recorded("its id"), ("hidden", None)),
        ],
        [],
        9.0,
    )
    assert hiding.noted == ["one of its ids", "its id"]


def test_it_is_noted_of_each_order_under_way_whether_a_change_may_have_taken_its_id_just_now() -> None:
    hiding = Hiding("hidden")
    lives = [
        LiveId("hidden", LOCAL, SYMBOL),
        LiveId("seen", LOCAL, SYMBOL, record=recorded("another id")),
        LiveId("hidden", LOCAL, SYMBOL, record=recorded("its id")),
    ]
    hiding.notes.hidden([], lives, 5.0)
    assert hiding.noted == ["its id"]
    hiding.notes.hidden([], lives, 6.0)
    assert hiding.noted == ["its id"]


def test_without_a_journal_nothing_is_noted_of_what_a_change_hid() -> None:
    renames: Any = SimpleNamespace(hid=lambda *_: True)
    record = recorded("its id")
    RenameNotes(None, renames).hidden([Hiding().in_doubt(record, ("hidden", None))], [], 5.0)
    assert not record.hidden
