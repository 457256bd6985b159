"""Lives in which the process dies: its journal stays as it was at that moment, and another client comes after it.

``python -m tests.simulation.crashes SEEDS START`` runs any number of them; exit code 1 where an invariant broke.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from binance_wsapi import FileJournal, Settings, SpotClient, WsapiError
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import KEY, SYMBOL, environment, register, requests, seam
from tests.simulation.loop import VirtualLoop, run

__all__ = ["crash"]

DAY = 24 * 3600.0
Row = tuple[str, list[str], str]


def _rows(path: Path) -> list[Row]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT method, ids, state FROM intent").fetchall()
    return [(method, json.loads(ids), state) for method, ids, state in found]


async def _trade(client: SpotClient) -> None:
    for turn in range(200):
        with contextlib.suppress(WsapiError):
            if turn % 2:
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
            else:
                await client.place_order(
                    SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC"
                )  # fmt: skip


class _Doomed(FileJournal):
    """Dies, if it is told to, just after an order was recorded and before its frame."""

    def __init__(self, path: Path, left: int) -> None:
        super().__init__(path)
        self._left = left
        self.dies: Any = None
        self.dead = asyncio.Event()

    def record(self, intent: Any) -> Any:
        result = super().record(intent)
        self._left -= 1
        if self._left == 0:
            self.dies()
            self.dead.set()
        return result


def _kill(client: SpotClient, journal: FileJournal, path: Path, after: Path) -> None:
    """Take the files as they are now; what the client does from here on it does as nobody."""
    for connection in client._session.connections:
        connection.abort("killed")
    for each in path.parent.iterdir():
        shutil.copy(each, after.parent / each.name.replace(path.name, after.name))
    journal.abandon()


async def _bury(client: SpotClient, tasks: list[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    with contextlib.suppress(WsapiError):
        await client.close()


def _judge(exchange: LocalExchange, rows: list[Row], when: str) -> list[str]:
    truth = exchange.truth
    known = {each for _, ids, _ in rows for each in ids}
    broken = [f"I8: {order} is not in the journal, {when}" for order in truth.all_orders()
              if not known.intersection(order.ids) and order.account == "alice"]  # fmt: skip
    for method, ids, state in rows:
        executed = any(truth.orders[each] for each in ids)
        if state in {"RECORDED", "SENT", "UNKNOWN"}:
            broken.append(f"I8: {method} {ids} is {state}, {when}")
        elif executed != (state == "ACCEPTED"):
            broken.append(f"I2: {method} {ids} is {state}, executed: {executed}, {when}")
        if any(len(truth.orders[each]) > 1 for each in ids):
            broken.append(f"I1: {method} {ids} was executed twice, {when}")
    return broken


async def _live(loop: VirtualLoop, seed: int, folder: Path) -> tuple[list[str], Counter[str]]:
    chance = loop.random
    outcomes: Counter[str] = Counter()
    broken: list[str] = []
    settings = Settings(recv_window=chance.choice([1000, 5000]), limit_policy="off")
    lag, late = (0.0, chance.choice([0.0, 1.0, 5.0])), (0.0, chance.choice([0.0, 0.02, 1.0]))
    async with LocalExchange(seed=seed, market="manual", lag=lag, queue_delay=late) as exchange:
        register(exchange)
        exchange.quote(SYMBOL, bids=[("59999", "100")], asks=[("60001", "100")])
        path = folder / "0" / "life"
        path.parent.mkdir()
        for death in range(1, chance.choice([2, 3])):
            journal = _Doomed(path, chance.choice([0, 1, 2, 5]))
            client = SpotClient(environment(exchange), KEY, settings, seam=seam(loop), journal=journal)
            await client.__aenter__()
            after = folder / str(death) / "life"
            after.parent.mkdir()
            journal.dies = functools.partial(_kill, client, journal, path, after)
            tasks = [asyncio.ensure_future(_trade(client)) for _ in range(2)]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(journal.dead.wait(), chance.uniform(0, 3))
            if not journal.dead.is_set():
                journal.dies()
            await _bury(client, tasks)
            path = after
        last = FileJournal(path)
        async with SpotClient(environment(exchange), KEY, settings, seam=seam(loop), journal=last) as client:
            began = loop.time()
            outcomes.update(verdict.outcome.name for verdict in await client.recover())
            if loop.time() - began > 60:
                broken.append(f"I8: recovery took {loop.time() - began:.0f} s")
            sent = Counter(each["params"]["newClientOrderId"] for each in requests(exchange, "order.place"))
            broken += [f"I1: {each} was sent twice" for each, count in sent.items() if count > 1]
        broken += _judge(exchange, _rows(path), "after recovery")
        await asyncio.sleep(DAY)
        broken += _judge(exchange, _rows(path), "a day later")
    return broken, outcomes


def crash(seed: int) -> tuple[list[str], Counter[str]]:
    """Live, die, come back, and return what broke and what the recovery said."""
    with tempfile.TemporaryDirectory() as folder:
        return run(lambda loop: _live(loop, seed, Path(folder)), seed)


def main() -> int:
    """Run, print, and return the exit code."""
    count, start = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    outcomes: Counter[str] = Counter()
    bad = 0
    for seed in range(start, start + count):
        broken, said = crash(seed)
        outcomes += said
        bad += bool(broken)
        for each in broken[:3]:
            print(f"seed {seed}: {each}")
    print(f"{count} seeds from {start}, {bad} broken, verdicts of the recovery: {dict(outcomes)}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
