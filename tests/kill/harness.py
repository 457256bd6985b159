"""Kills processes at every point and compares what their journals know with what the exchange knows."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import sqlite3
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.access.limits import LimitRules
from tests.kill.points import POINTS, Point
from tests.simulation.scaled import run_scaled

__all__ = ["Row", "kill_many"]

ROOT = Path(__file__).parents[2]
AT_ONCE = 12
"""Victims alive together: most of them only wait for the fence."""

NO_LIMITS = LimitRules(
    weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9, connects_per_5_minutes=10**9
)
MADE_BY = (
    "newClientOrderId",
    "listClientOrderId",
    "cancelNewClientOrderId",
    "aboveClientOrderId",
    "belowClientOrderId",
)


@dataclass
class Row:
    """What came of the kills at one point."""

    point: str
    kills: int = 0
    missed: int = 0
    orders: int = 0
    left_open: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Mould:
    """The process that forks victims."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._reading = asyncio.ensure_future(self._read())

    @classmethod
    async def start(cls) -> Mould:
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.kill.victim", cwd=ROOT, stdin=pipe, stdout=pipe
            )
        )

    async def live(self, job: dict[str, Any]) -> int:
        """Have a victim live, and return how it ended."""
        number = next(self._numbers)
        ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[number] = ended
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job | {"number": number}).encode() + b"\n")
        return await ended

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told = json.loads(line)
            self._waiting.pop(told["number"]).set_result(told["status"])

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reading


_BY_NUMBER = frozenset({"orderId", "cancelOrderId", "orderListId"})


class Judge:
    """One exchange, and the cases that are tried on it."""

    def __init__(self, exchange: LocalExchange, mould: Mould, folder: Path, chance: random.Random) -> None:
        self._exchange = exchange
        self._mould = mould
        self._folder = folder
        self._chance = chance
        private = ed25519.Ed25519PrivateKey.generate()
        self._pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self._public = private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._cases = itertools.count()

    def _job(self, case: int, account: str) -> dict[str, Any]:
        """Return what a process that trades for a new account is told."""
        api_key = f"kill{case:06}x".ljust(64, "0")
        self._exchange.register_key(api_key, "ed25519", public_pem=self._public, account=account)
        self._exchange.deposit(account, "USDT", 1_000_000)
        self._exchange.deposit(account, "BTC", 100)
        return {
            "url": self._exchange.url, "api_key": api_key, "pem": self._pem, "journal": str(self._folder / f"{case}.db"),
            "durability": self._chance.choice(["process", "power"]), "told": str(self._folder / f"{case}.json"),
            "seed": self._chance.randrange(1 << 30), "phase": "trade", "point": "", "nth": 1, "cut": False,
        }  # fmt: skip

    async def warm(self) -> None:
        """Have the mould live once itself."""
        case = next(self._cases)
        await self._mould.live(self._job(case, f"account{case}") | {"warm": True})

    async def case(self, point: Point, row: Row) -> None:
        """Kill one process at a point, let another one come after it, and judge."""
        case = next(self._cases)
        account = f"account{case}"
        job = self._job(case, account) | {
            "point": point.name,
            "nth": self._chance.randint(1, point.most),
            "cut": point.method in {"mark_unknown", "prepare"},
        }
        first = job
        if point.phase == "recover":
            first = job | {"point": "frame handed to the network", "nth": self._chance.randint(1, 4)}
        killed = await self._mould.live(first) == -9
        if point.phase == "recover" and killed:
            killed = await self._mould.live(job | {"phase": "recover"}) == -9
        row.kills += killed
        row.missed += not killed
        row.left_open += self._open(Path(job["journal"]))
        if await self._mould.live(job | {"phase": "recover", "point": ""}) != 0:
            row.violations.append(f"case {case}: the process that came after did not settle it")
            return
        self._judge(case, account, Path(job["journal"]), Path(job["told"]), row)

    @staticmethod
    def _rows(journal: Path) -> list[tuple[str, list[str], dict[str, Any], str]]:
        if not journal.exists():
            return []
        with contextlib.closing(sqlite3.connect(journal)) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'intent'").fetchall():
                return []  # killed before the journal was opened
            found = db.execute("SELECT method, ids, params, state FROM intent").fetchall()
        return [(method, json.loads(ids), json.loads(params), state) for method, ids, params, state in found]

    def _open(self, journal: Path) -> int:
        return sum(state in {"RECORDED", "SENT", "UNKNOWN"} for _, _, _, state in self._rows(journal))

    def _judge(self, case: int, account: str, journal: Path, told_in: Path, row: Row) -> None:
        truth = self._exchange.truth
        told = json.loads(told_in.read_text())
        rows = self._rows(journal)
        known = {each for _, ids, _, _ in rows for each in ids}
        # A change by number does not tell which ids it took away: an order in doubt beside it may stay undecided (F17).
        by_number = any(
            state == "ACCEPTED" or state == "UNKNOWN" for _, _, params, state in rows if _BY_NUMBER & params.keys()
        )
        undecided = {each for each, outcome in told if outcome == "UNDECIDED"} if by_number else set()
        # A cancel that no slow disk may hold up goes out unwritten, and marks the journal: what it may have renamed is set
        # aside on the next start, and told (F6).
        marked = journal.with_name(f"{journal.name}.unrecorded").exists()
        settled = {each for each, _ in told}
        done = {each: self._executed(account, method, ids, params) for method, ids, params, _ in rows for each in ids}
        for order in truth.all_orders():
            if order.account == account:
                row.orders += 1
                if not known.intersection(order.ids):
                    row.violations.append(f"case {case}: {order} is not in the journal")
        for client_order_id, outcome in told:
            row.outcomes[outcome] += 1
            executed = bool(truth.orders[client_order_id]) or done.get(client_order_id, False)
            if executed != (outcome == "ACCEPTED") and client_order_id not in undecided:
                row.violations.append(f"case {case}: {client_order_id} is called {outcome}, executed: {executed}")
        for method, ids, _, state in rows:
            executed = done[ids[0]]
            if state == "UNKNOWN" and undecided.intersection(ids):
                continue
            if state == "UNKNOWN" and marked and not settled.intersection(ids):
                row.outcomes["SET_ASIDE"] += 1
                continue
            if state in {"RECORDED", "SENT", "UNKNOWN"}:
                row.violations.append(f"case {case}: {method} {ids} is {state} after recovery")
            elif executed != (state == "ACCEPTED"):
                row.violations.append(f"case {case}: {method} {ids} is written down as {state}, executed: {executed}")
            if any(len(truth.orders[each]) > 1 for each in ids):
                row.violations.append(f"case {case}: {method} {ids} was executed twice")
        self._count_frames(case, known, row)

    def _executed(self, account: str, method: str, ids: list[str], params: dict[str, Any]) -> bool:
        """Whether the exchange did it: an order bears the id, or, of a list that was cancelled, its orders are."""
        truth = self._exchange.truth
        if method != "orderList.cancel":
            return any(truth.orders[each] for each in ids)
        legs = [each for each in truth.all_orders() if each.account == account]
        return any(each.order_list_id == params["orderListId"] and each.status == "CANCELED" for each in legs)

    def _count_frames(self, case: int, known: set[str], row: Row) -> None:
        sent: Counter[str] = Counter()
        asked: dict[str, list[str]] = {}
        for frame in self._exchange.truth.frames:
            if frame.direction == "in":
                request = json.loads(frame.data)
                params = request.get("params", {})
                named = [params[name] for name in MADE_BY if params.get(name) in known]
                if named:
                    asked[request["id"]] = named
                    sent.update(named)
            elif '"status":4' in str(frame.data):  # refused for certain: a corrected timestamp is sent anew
                sent.subtract(asked.get(json.loads(frame.data).get("id"), ()))
        doubled = [each for each, count in sent.items() if count > 1]
        if doubled:
            row.violations.append(f"case {case}: sent twice: {doubled}")


TRIES = 5
"""How often as many lives are begun as there were kills missing."""


async def _kill_many(points: list[Point], times: int, seed: int) -> list[Row]:
    chance = random.Random(seed)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        mould = await Mould.start()
        try:
            for point in points:
                row = Row(point.name)
                rows.append(row)
                exchange = LocalExchange(
                    seed=seed, market="manual", lag=(0.0, 0.5), limits=NO_LIMITS, ping_every=0, keep_frames=4_000
                )
                async with exchange:
                    exchange.quote("BTCUSDT", bids=[("59999", "100")], asks=[("60001", "100")])
                    judge = Judge(exchange, mould, Path(tempfile.mkdtemp(dir=folder)), chance)
                    await judge.warm()
                    room = asyncio.Semaphore(AT_ONCE)

                    async def one(point: Point = point, row: Row = row, judge: Judge = judge,
                                  room: asyncio.Semaphore = room) -> None:  # fmt: skip
                        async with room:
                            await judge.case(point, row)

                    for _ in range(TRIES):  # a process may get to its end without meeting the point
                        await asyncio.gather(*(one() for _ in range(times - row.kills)))
        finally:
            await mould.close()
    return rows


def kill_many(names: list[str], times: int, seed: int) -> list[Row]:
    """Kill so many processes at each of these points, against an exchange of their own."""
    return run_scaled(_kill_many([point for point in POINTS if point.name in names], times, seed))
