"""Lives in which the process dies: its journal stays as it was at that moment, and another client comes after it.

Before, around and after the death there are faults of every kind. Where power fails, too, the disk keeps what was synced and
any part of what was written after that, with rubbish behind it (I8). ``python -m tests.simulation.crashes SEEDS START`` runs
any number of lives on every core; exit code 1 where an invariant broke.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from binance_wsapi import FileJournal, LateExecution, Outcome, Settings, SpotClient, WsapiError
from binance_wsapi.orders.journal.base import InTurn
from binance_wsapi.simulator import LocalExchange
from tests.simulation.house import KEY, SYMBOL, environment, frames_by_id, register, runtime
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.mischief import FAULTS, heal_network

__all__ = ["Report", "batch", "crash"]

DAY = 24 * 3600.0
RECOVERY = 30.0 + 60.0 + 10.0 + 6.0 + 5.0
"""Seconds in which a recovery settles everything: a pause between attempts, then the fence of the longest window."""

Row = tuple[str, list[str], str]


@dataclass
class Report:
    """What a life was like."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    timeline: list[str] = field(default_factory=list)


def _rows(path: Path) -> list[Row]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT method, ids, state FROM intent").fetchall()
    return [(method, json.loads(ids), state) for method, ids, state in found]


class _Doomed(FileJournal):
    """Dies, if it is told to, just before an order is recorded, or just after that and before its frame."""

    def __init__(self, path: Path, left: int, *, before: bool, dies: Callable[[], None]) -> None:
        super().__init__(path)
        self.path = path
        self._left = left
        self._before = before
        self._dies = dies
        self.synced = 0
        """Bytes of the log that an fsync for each record would have brought to the disk."""
        self.dead = asyncio.Event()

    @property
    def written(self) -> int:
        log = Path(f"{self.path}-wal")
        return log.stat().st_size if log.exists() else 0

    def opening(self, account: str) -> Generator[None, None, None]:
        yield from super().opening(account)
        self.synced = self.written

    def record(self, intent: Any) -> Any:
        self._left -= 1
        if self._left == 0 and self._before:
            self.die()
        if self.dead.is_set():
            raise asyncio.CancelledError  # the dead do nothing more
        result = super().record(intent)
        self._note_size(None)
        if isinstance(result, InTurn):  # written at the end of this turn, before the caller goes on
            result.add_done_callback(self._note_size)
        if self._left == 0 and not self._before:
            self.die()
            raise asyncio.CancelledError
        return result

    def _note_size(self, _: object) -> None:
        if not self.dead.is_set():
            self.synced = self.written

    def die(self) -> None:
        """End here, unless that happened already."""
        if not self.dead.is_set():
            self.dead.set()
            self._dies()


class _Life:
    """Clients that die one after another, and one that does not."""

    def __init__(self, loop: VirtualLoop, seed: int, folder: Path) -> None:
        self.loop = loop
        self.chance = loop.random
        self.folder = folder
        self.report = Report(seed)
        self.banned: dict[int, float] = {}
        self.resting: list[str] = []
        self.calls: list[asyncio.Task[Any]] = []
        self.late: list[LateExecution] = []
        self.undecided: set[str | None] = set()
        self.former_ids = True
        self.exchange: LocalExchange
        self.client: SpotClient
        self.journal: _Doomed

    def note(self, text: str) -> None:
        self.report.timeline.append(f"{self.loop.time() - 100_000:10.3f}  {text}")

    def violated(self, what: str) -> None:
        self.note(f"VIOLATION {what}")
        self.report.violations.append(what)

    # ------------------------------------------------------------------ what the faults lay hands on

    def later(self, seconds: float, change: Callable[[], object]) -> None:
        self.loop.call_later(seconds, change)

    def cancel_one(self) -> None:
        living = [call for call in self.calls if not call.done()]
        if living:
            self.chance.choice(living).cancel()

    def block_consumer(self) -> None:
        """No task consumes anything here."""

    # ------------------------------------------------------------------ the life

    async def live(self) -> None:
        chance = self.chance
        lag, late = (0.0, chance.choice([0.0, 1.0, 5.0])), (0.0, chance.choice([0.0, 0.02, 1.0]))
        self.former_ids = chance.random() < 0.5
        async with LocalExchange(
            seed=self.report.seed, market="manual", lag=lag, queue_delay=late, former_ids=self.former_ids
        ) as self.exchange:
            register(self.exchange)
            self.exchange.quote(SYMBOL, bids=[("59999", "100")], asks=[("60001", "100")])
            path = self.folder / "0" / "life"
            path.parent.mkdir()
            for death in range(1, chance.choice([2, 3])):
                path = await self._die(path, self.folder / str(death) / "life")
            await self._come_back(path)
            self._judge(path, "after recovery")
            await asyncio.sleep(DAY)
            self._judge(path, "a day later")

    def _settings(self) -> Settings:
        return Settings(recv_window=self.chance.choice([1000, 5000]), timeout=3.0, limit_policy="off")

    async def _die(self, path: Path, after: Path) -> Path:
        """Trade until the end comes; return where the journal is that was left behind."""
        chance = self.chance
        after.parent.mkdir()
        power = chance.random() < 0.5

        def die() -> None:
            self.note(f"the process dies{', and the power fails' if power else ''}")
            for connection in self.client._session.connections:
                connection.abort("killed")
            self._keep(path, after, power=power)
            self.journal.abandon()

        self.journal = _Doomed(path, chance.choice([0, 1, 2, 5, 9]), before=chance.random() < 0.5, dies=die)
        self.client = client = SpotClient(
            environment(self.exchange), KEY, self._settings(), runtime=runtime(self.loop), journal=self.journal
        )
        try:
            await client.__aenter__()
        except WsapiError as error:
            self.note(f"the client did not come up: {error!r}")
            self._heal()  # a person sees to it, and starts another
            after.parent.rmdir()
            return path
        tasks = [asyncio.ensure_future(self._trade(client)) for _ in range(2)]
        tasks.append(asyncio.ensure_future(self._trouble()))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.journal.dead.wait(), chance.uniform(0, 6))
        self.journal.die()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(WsapiError):
            await client.close()
        return after

    def _keep(self, path: Path, after: Path, *, power: bool) -> None:
        """Keep of the files what a dying process leaves, or a power cut."""
        for each in path.parent.iterdir():
            if not (power and each.name.endswith("-shm")):
                shutil.copy(each, after.parent / each.name.replace(path.name, after.name))
        log = Path(f"{after}-wal")
        if power and log.exists() and self.journal.synced <= log.stat().st_size:
            kept = self.chance.randint(self.journal.synced, log.stat().st_size)
            rubbish = self.chance.randbytes(self.chance.choice([0, 1, 100, 5000]))
            log.write_bytes(log.read_bytes()[:kept] + rubbish)

    async def _come_back(self, path: Path) -> None:
        """Recover with a client that lives on."""
        if self.chance.random() < 0.3:
            self._heal()  # else the new process meets what the old one left
        while True:
            last = FileJournal(path)
            client = SpotClient(
                environment(self.exchange), KEY, self._settings(), runtime=runtime(self.loop), journal=last
            )
            try:
                await client.__aenter__()
            except WsapiError as error:
                self.note(f"the client did not come up: {error!r}")
                self._heal()
            else:
                break
        self.client = client
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(client.close)
            watching = asyncio.ensure_future(self._watch(client))
            recovering = asyncio.ensure_future(client.recover())
            await self._trouble()
            await asyncio.sleep(self.chance.choice([0.0, 1.0, 20.0]))
            self._heal()
            began = self.loop.time()
            verdicts = await recovering
            self.report.outcomes.update(verdict.outcome.name for verdict in verdicts)
            self.undecided |= {each.client_order_id for each in verdicts if each.outcome is Outcome.UNDECIDED}
            self.note(f"recovered: {[(each.client_order_id, each.outcome.name) for each in verdicts]}")
            if self.loop.time() - began > RECOVERY:
                self.violated(f"I3: recovery took {self.loop.time() - began:.0f} s")
            await asyncio.sleep(30)
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if self.late:
            self.violated(f"I2: executed after the verdict: {self.late}")

    async def _watch(self, client: SpotClient) -> None:
        async for event in client.events():
            if isinstance(event, LateExecution):
                self.late.append(event)

    # ------------------------------------------------------------------ what happens before the end

    async def _trouble(self) -> None:
        for name in self.chance.choices(sorted(FAULTS), k=self.chance.randint(0, 3)):
            await asyncio.sleep(self.chance.choice([0.0, 0.05, 0.5]) * self.chance.random())
            self.report.faults[name] += 1
            self.note(f"FAULT {name}")
            FAULTS[name](self)

    def _heal(self) -> None:
        self.note("everything is healed")
        self.exchange.faults.clear()
        self.exchange.faults.heal()
        heal_network(self.loop.network)

    async def _trade(self, client: SpotClient) -> None:
        for _ in range(200):
            call = asyncio.ensure_future(self._act(client))
            self.calls.append(call)
            try:
                await asyncio.shield(call)
            except asyncio.CancelledError:
                if not call.cancelled():
                    call.cancel()
                    raise
            except WsapiError:
                pass
            await asyncio.sleep(self.chance.choice([0.0, 0.0, 0.05]))

    async def _act(self, client: SpotClient) -> None:
        chance = self.chance
        limit: dict[str, Any] = {"quantity": "0.01", "price": "50000", "time_in_force": "GTC"}
        what = chance.choice(["market", "limit", "limit", "oco", "cancel", "replace", "amend", "all"])
        resting = chance.choice(self.resting) if self.resting else None
        if what == "market":
            await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
        elif what == "oco":
            await client.place_oco(SYMBOL, "SELL", "0.01", above_type="LIMIT_MAKER", above_price="70000",
                                   below_type="STOP_LOSS", below_stop_price="50000")  # fmt: skip
        elif what == "limit" or resting is None:
            order = await client.place_order(SYMBOL, "BUY", "LIMIT", **limit)
            self.resting.append(order.client_order_id)
        elif what == "cancel":
            await client.cancel_order(SYMBOL, orig_client_order_id=resting)
        elif what == "replace":
            await client.cancel_replace_order(
                SYMBOL, chance.choice(["STOP_ON_FAILURE", "ALLOW_FAILURE"]), "BUY", "LIMIT",
                cancel_orig_client_order_id=resting, **limit,
            )  # fmt: skip
        elif what == "amend":
            await client.amend_order(SYMBOL, "0.005", orig_client_order_id=resting)
        elif self.former_ids:  # else what it renames, no other source can tell: see `orders.fate`
            await client.cancel_open_orders(SYMBOL)
        assert client._tracked._recovery is not None
        recovery = client._tracked._recovery._recovery
        if what in {"market", "limit", "oco"} and (recovery is None or not recovery.done()):
            self.violated("I8: a new order went out before it was known what became of the old ones")

    # ------------------------------------------------------------------ judging

    def _judge(self, path: Path, when: str) -> None:
        truth, rows = self.exchange.truth, _rows(path)
        known = {each for _, ids, _ in rows for each in ids}
        # A cancel of everything does not tell what it renamed: an order in doubt beside it may stay undecided (F8, F21).
        swept = any(method == "openOrders.cancelAll" and state in {"ACCEPTED", "UNKNOWN"} for method, _, state in rows)
        for order in truth.all_orders():
            if not known.intersection(order.ids) and order.account == "alice":
                self.violated(f"I8: {order} is not in the journal, {when}")
        for method, ids, state in rows:
            if state == "UNKNOWN" and swept and self.undecided.intersection(ids):
                if method == "openOrders.cancelAll" and not any(order.is_open for order in truth.all_orders()):
                    self.violated(f"I3: {method} {ids} is undecided, and nothing is open, {when}")
                continue
            if state in {"RECORDED", "SENT", "UNKNOWN"}:
                self.violated(f"I8: {method} {ids} is {state}, {when}")
            elif method != "openOrders.cancelAll":  # which nothing bears the id of
                executed = any(truth.orders[each] for each in ids)
                if executed != (state == "ACCEPTED"):
                    self.violated(f"I2: {method} {ids} is {state}, executed: {executed}, {when}")
            if any(len(truth.orders[each]) > 1 for each in ids):
                self.violated(f"I1: {method} {ids} was executed twice, {when}")
        codes = truth.counters
        if not codes["error -1021"]:  # a refused timestamp is corrected, and sent once more
            for each, count in frames_by_id(self.exchange).items():
                if count > 1:
                    self.violated(f"I1: {each} was sent {count} times, {when}")


def crash(seed: int) -> Report:
    """Live, die, come back, and return what it was like."""
    held: list[_Life] = []

    async def main(loop: VirtualLoop) -> None:
        held.append(_Life(loop, seed, Path(folder)))
        await held[0].live()

    with tempfile.TemporaryDirectory() as folder:
        try:
            run(main, seed)
        except Exception as error:  # noqa: BLE001 - whatever ends a life is a finding, told with its seed
            held[0].violated(f"I4: {type(error).__name__}: {error}"[:500])
    return held[0].report


def batch(seeds: range) -> list[Report]:
    """Live these seeds."""
    return [crash(seed) for seed in seeds]


def main() -> int:
    """Run, print, and return the exit code."""
    count, start = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    if count == 1:
        report = crash(start)
        print("\n".join(report.timeline))
        return 1 if report.violations else 0
    begun = time.perf_counter()
    faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    bad = 0
    batches = [range(at, min(at + 25, start + count)) for at in range(start, start + count, 25)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for reports in pool.map(batch, batches):
            for report in reports:
                faults += report.faults
                outcomes += report.outcomes
                bad += bool(report.violations)
                if report.violations and bad <= 20:
                    print(f"seed {report.seed}: {report.violations[0]}")
                    print(f"    replay: python -m tests.simulation.crashes 1 {report.seed}")
    took = time.perf_counter() - begun
    print(f"{sum(faults.values())} faults of {len(faults)} kinds, verdicts of the recovery: {dict(outcomes)}")
    print(f"{count} lives from {start}, {took:.0f} s, {bad} broken")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
