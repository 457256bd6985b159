"""A cancel or an amendment that goes out unrecorded renames its order: after a restart no absence of that order counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import (
    CancelRejected,
    ConnectionLost,
    Failed,
    JournalFailed,
    NotConnected,
    Outcome,
    SpotClient,
)
from binance_wsapi.orders.fate.fence import SETBACK_WAIT_S
from binance_wsapi.orders.journal.sqlite import JournalFile
from binance_wsapi.simulator.faults.faults import Cut
from tests.orders.journal import disk
from tests.orders.processes import Desk, Durability, buy, play
from tests.simulation.house import SYMBOL

Change = Callable[[SpotClient, int], Awaitable[Any]]

CHANGES: dict[str, Change] = {
    "cancel": lambda client, _: client.cancel_order(SYMBOL, orig_client_order_id="renamed"),
    "cancel by number": lambda client, number: client.cancel_order(SYMBOL, order_id=number),
    "cancel all": lambda client, _: client.cancel_open_orders(SYMBOL),
    "amend": lambda client, number: client.amend_order(SYMBOL, "0.005", order_id=number),
}


class Disk:
    """A disk that is full, or not."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        write = JournalFile.write

        def guarded(file: JournalFile, statements: Any) -> None:
            if self.full:
                raise JournalFailed(f"{file.name}: database or disk is full")
            write(file, statements)

        monkeypatch.setattr(JournalFile, "write", guarded)


async def next_process(desk: Desk) -> tuple[list[Any], list[Failed]]:
    """Recover as the next process does, and see that orders go out after it; return the verdicts, and what was told."""
    told: list[Failed] = []
    async with desk.begin(on_error=told.append) as client:
        verdicts = await asyncio.wait_for(client.recover(), 60)
        await buy(client, f"later-{desk.loop.time()}")
        await asyncio.sleep(0.1)
    return verdicts, told


@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fault", ["full before the verdict", "full and back", "hangs"])
def test_an_order_renamed_by_an_unrecorded_change_is_never_called_not_placed(
    tmp_path: Path, fault: str, change: str, killed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.in_virtual_time(monkeypatch)
    full = Disk(monkeypatch)
    hanging = pytest.MonkeyPatch()
    durability: Durability = "power" if fault == "hangs" else "process"

    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        async with desk.begin() as client:
            placing = asyncio.ensure_future(buy(client, "renamed"))
            for _ in range(1000):
                if not exchange.truth.orders["renamed"]:
                    await asyncio.sleep(0.0005)
            if fault == "hangs":
                hanging.setattr(disk, "FSYNC", 1e6)
                hanging.setattr(disk._LoopWriter, "_flush", lambda *_: None)
            else:
                full.full = True  # what became of it cannot be written down
            order = await placing
            await asyncio.sleep(0.2)
            exchange.quote(SYMBOL, asks=[("50000.00", "0.003")])  # part of it is filled
            await asyncio.sleep(0.2)
            if fault == "full and back":
                with pytest.raises(JournalFailed):
                    await buy(client, "refused")
                full.full = False
                with pytest.raises(JournalFailed):
                    await buy(client, "refused, too")
                full.full = True
            exchange.quote(SYMBOL, asks=[("60001.00", "5")])
            await CHANGES[change](client, order.order_id)
            if killed:
                desk.journal.abandon()
        full.full = False
        hanging.undo()
        verdicts, told = await next_process(desk)
        assert len(exchange.truth.orders["renamed"]) == 1
        for verdict in verdicts:
            assert verdict.client_order_id != "renamed" or verdict.outcome is Outcome.ACCEPTED
        if "renamed" not in [verdict.client_order_id for verdict in verdicts]:
            assert [type(each.error) for each in told] == [JournalFailed]

    play(test, tmp_path, durability)


def test_without_an_unrecorded_change_an_absence_counts_after_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Disk(monkeypatch)

    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        exchange.faults.next(Cut(after_execution=False), "order.place")
        async with desk.begin() as client:
            with pytest.raises(ConnectionLost):
                await buy(client, "lost")
            full.full = True
            with pytest.raises(JournalFailed):
                await buy(client, "refused")
            desk.journal.abandon()
        full.full = False
        verdicts, told = await next_process(desk)
        assert [(each.client_order_id, each.outcome) for each in verdicts] == [("lost", Outcome.NOT_PLACED)]
        assert told == []

    play(test, tmp_path)


def test_the_mark_goes_when_all_that_was_left_open_is_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Disk(monkeypatch)
    mark = tmp_path / "orders.journal.unrecorded"

    async def test(desk: Desk) -> None:
        exchange = desk.exchange
        exchange.faults.next(Cut(after_execution=True), "order.place")
        async with desk.begin() as client:
            await asyncio.gather(buy(client, "open"), return_exceptions=True)
            full.full = True
            with pytest.raises(JournalFailed):
                await buy(client, "refused")
            assert not mark.exists()
            with pytest.raises(CancelRejected):
                await client.cancel_order(SYMBOL, orig_client_order_id="another")
            assert mark.exists()
            assert mark.stat().st_size == 0
            assert mark.stat().st_mode & 0o777 == 0o600
            desk.journal.abandon()
        full.full = False
        verdicts, told = await next_process(desk)
        assert [(each.client_order_id, each.outcome) for each in verdicts] == [("open", Outcome.ACCEPTED)]
        assert told == []
        assert not mark.exists()

    play(test, tmp_path)


def test_orders_wait_while_what_may_be_renamed_is_looked_for(tmp_path: Path) -> None:

    async def test(desk: Desk) -> None:
        await desk.leave_open("lost", executed=False)
        (tmp_path / "orders.journal.unrecorded").touch()
        async with desk.begin() as client:
            with pytest.raises(NotConnected, match="not settled"):
                await buy(client, "early", timeout=5.0)
            assert await client.recover() == []
            await buy(client, "late")

    play(test, tmp_path)


def test_a_venue_s_clock_that_goes_back_is_waited_for_two_minutes_where_a_change_is_not_written_down(
    tmp_path: Path,
) -> None:
    """New orders wait for it (docs/fence.md, F2)."""

    async def test(desk: Desk) -> None:
        await desk.leave_open("lost", executed=False)
        (tmp_path / "orders.journal.unrecorded").touch()
        told: list[Failed] = []
        desk.exchange.clock.offset = 3600.0
        async with desk.begin(on_error=told.append) as client:
            desk.exchange.clock.offset = 0.0
            client.rotate()  # the next connection comes to a gateway whose clock is right
            began = desk.loop.time()
            assert await client.recover() == []
            assert SETBACK_WAIT_S < desk.loop.time() - began < SETBACK_WAIT_S + 30
            assert [type(each.error) for each in told] == [JournalFailed]
            await buy(client, "late")

    play(test, tmp_path)
