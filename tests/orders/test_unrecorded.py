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
    FileJournal,
    JournalFailed,
    NotConnected,
    Outcome,
    SpotClient,
)
from binance_wsapi.orders.journal.sqlite import JournalFile
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut
from tests.orders.journal import disk
from tests.simulation.house import KEY, SYMBOL, environment, register, runtime
from tests.simulation.loop import VirtualLoop, run

Change = Callable[[SpotClient, int], Awaitable[Any]]

CHANGES: dict[str, Change] = {
    "cancel": lambda client, _: client.cancel_order(SYMBOL, orig_client_order_id="renamed"),
    "cancel by number": lambda client, number: client.cancel_order(SYMBOL, order_id=number),
    "cancel all": lambda client, _: client.cancel_open_orders(SYMBOL),
    "amend": lambda client, number: client.amend_order(SYMBOL, "0.005", order_id=number),
}


async def buy(client: SpotClient, name: str, timeout: float | None = None) -> Any:
    return await client.place_order(
        SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC", new_client_order_id=name,
        timeout=timeout,
    )  # fmt: skip


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


async def next_process(
    loop: VirtualLoop, exchange: LocalExchange, path: Path, durability: Any
) -> tuple[list[Any], list[Failed]]:
    """Recover as the next process does, and see that orders go out after it; return the verdicts, and what was told."""
    told: list[Failed] = []
    async with SpotClient(
        environment(exchange), KEY, runtime=runtime(loop), journal=FileJournal(path, durability), on_error=told.append
    ) as client:
        verdicts = await asyncio.wait_for(client.recover(), 60)
        await buy(client, f"later-{loop.time()}")
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
    path = tmp_path / "orders.journal"
    durability: Any = "power" if fault == "hangs" else "process"

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            journal = FileJournal(path, durability)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                placing = asyncio.ensure_future(buy(client, "renamed"))
                for _ in range(1000):
                    if not exchange.truth.orders["renamed"]:
                        await asyncio.sleep(0.0005)
                if fault == "hangs":
                    hanging.setattr(disk, "FSYNC", 1e6)
                    hanging.setattr(disk._LoopWriter, "_flush", lambda _writer: None)
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
                    journal.abandon()
            full.full = False
            hanging.undo()
            verdicts, told = await next_process(loop, exchange, path, durability)
            assert len(exchange.truth.orders["renamed"]) == 1
            for verdict in verdicts:
                assert verdict.client_order_id != "renamed" or verdict.outcome is Outcome.ACCEPTED
            if "renamed" not in [verdict.client_order_id for verdict in verdicts]:
                assert [type(each.error) for each in told] == [JournalFailed]

    run(main)


def test_without_an_unrecorded_change_an_absence_counts_after_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = Disk(monkeypatch)
    path = tmp_path / "orders.journal"

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.faults.next(Cut(after_execution=False), "order.place")
            journal = FileJournal(path)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
                with pytest.raises(ConnectionLost):
                    await buy(client, "lost")
                full.full = True
                with pytest.raises(JournalFailed):
                    await buy(client, "refused")
                journal.abandon()
            full.full = False
            verdicts, told = await next_process(loop, exchange, path, "process")
            assert [(each.client_order_id, each.outcome) for each in verdicts] == [("lost", Outcome.NOT_PLACED)]
            assert told == []

    run(main)


def test_the_mark_goes_when_all_that_was_left_open_is_settled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Disk(monkeypatch)
    path = tmp_path / "orders.journal"
    mark = path.with_name("orders.journal.unrecorded")

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.faults.next(Cut(after_execution=True), "order.place")
            journal = FileJournal(path)
            async with SpotClient(environment(exchange), KEY, runtime=runtime(loop), journal=journal) as client:
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
                journal.abandon()
            full.full = False
            verdicts, told = await next_process(loop, exchange, path, "process")
            assert [(each.client_order_id, each.outcome) for each in verdicts] == [("open", Outcome.ACCEPTED)]
            assert told == []
            assert not mark.exists()

    run(main)


def test_orders_wait_while_what_may_be_renamed_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "orders.journal"

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.faults.next(Cut(after_execution=False), "order.place")
            async with SpotClient(
                environment(exchange), KEY, runtime=runtime(loop), journal=FileJournal(path)
            ) as client:
                await asyncio.gather(buy(client, "lost"), return_exceptions=True)
            path.with_name("orders.journal.unrecorded").touch()
            async with SpotClient(
                environment(exchange), KEY, runtime=runtime(loop), journal=FileJournal(path)
            ) as client:
                with pytest.raises(NotConnected, match="not settled"):
                    await buy(client, "early", timeout=5.0)
                assert await client.recover() == []
                await buy(client, "late")

    run(main)
