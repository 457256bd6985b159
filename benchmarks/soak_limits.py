"""Eight processes on one address and account, at twice what the limits allow, through each shared store.

Ten venue minutes against the local exchange, with its real windows, its unfilled-order decrements and no mercy. The bots
are real clients: through a file and through Redis they are processes over real sockets, in accelerated time; through
memory, and with ``--virtual`` through every store, they are eight clients of one process in virtual time. On the way bots
are killed and replaced, and the store goes away for fifteen seconds. The machine's clock of a bot is a day ahead, a process
with such a clock reports to the store and is killed, the records of the store are overwritten with garbage, and a 429 names
the year 5138: what is left of its minute is used by no process, and left out. After the ten minutes the store loses its
memory, and at last the venue bans the address for what another user of it did.

Fails (exit 1) on any 429 the processes made themselves, on less than 95 % of the limits used, on a frame or connection
that came after the ban was known, and on a process that got less than half or more than twice its part.

Run: ``python -m benchmarks.soak_limits [--minutes 10] [--speed 4] [--virtual] [--store memory ...]``
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import selectors
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.limits import redis_server
from benchmarks.soak_trouble import AHEAD_S, answer_absurdly, spoil, visit
from benchmarks.soak_venue import BOTS, EPOCH_MS, ORDERS, WEIGHT, Bot, Meter, Outage, soak_exchange
from binance_wsapi.environments import local
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Store
from binance_wsapi.testing import virtual

__all__ = ["main"]

OUTAGE_S, BAN_S = 15, 90
VIRTUAL_SPEED = 6
"""Venue seconds in a second of the machine, roughly, when all bots run in one process."""
LATE_S = 1.0
"""The exchange's loop is later than this only on a machine that is too busy for the speed."""
STORES = ("memory", "sqlite", "redis")
TROUBLED = 5
"""The bot whose machine's clock is a day ahead."""


class _Faster(selectors.DefaultSelector):
    speed = 1.0

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / self.speed)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop whose seconds are shorter, so that every timeout and beat of client and exchange runs in venue time.

    All loops of a soak count from the same moment of the machine's clock.
    """

    def __init__(self, start_ns: int, speed: float) -> None:
        self._start_ns = start_ns
        self._speed = speed
        selector = _Faster()
        selector.speed = speed
        super().__init__(selector)

    def time(self) -> float:
        return (time.monotonic_ns() - self._start_ns) * self._speed / 1e9


# --------------------------------------------------------------------------- the processes


async def run_venue() -> None:
    """Be the exchange: prints its address, then does what it is told, a line at a time."""
    loop = asyncio.get_running_loop()
    exchange = soak_exchange(EPOCH_MS + round(loop.time() * 1_000))
    meter = Meter(exchange)
    late = [0.0]
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with exchange:
        trading = loop.create_task(meter.trade())
        watching = loop.create_task(_watch(late))
        print(exchange.url, flush=True)
        while line := (await orders.readline()).decode().strip():
            if line == "ban":
                meter.ban(BAN_S)
            elif line == "absurd":
                answer_absurdly(exchange)
            else:
                alive = not trading.done() and not watching.done()
                print(json.dumps(_report(meter, float(line)) | {"trading": alive, "late": late[0]}), flush=True)


async def _watch(late: list[float]) -> None:
    """Measure by how much the loop is late, at most."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.5
        await asyncio.sleep(0.5)
        late[0] = max(late[0], loop.time() - due)


async def run_bot(slot: int, seed: int, url: str, store: Store) -> None:
    """Be one process."""
    loop = asyncio.get_running_loop()
    ahead = AHEAD_S if slot == TROUBLED else 0.0
    await Bot(slot, url, store, seed, wall=lambda: EPOCH_MS / 1_000 + loop.time(), ahead=ahead).run()


async def run_visitor(store: Store) -> None:
    """Be a process with a wrong clock that reports once and is killed."""
    visit(store, EPOCH_MS + round(asyncio.get_running_loop().time() * 1_000))
    os._exit(0)


async def _in_virtual_time(
    minutes: float,
    make: Callable[[str], Store],
    forget: Callable[[], None],
    overwrite: Callable[[], None],
    _: virtual.VirtualLoop,
) -> dict[str, Any]:
    return await run_in_one_process(minutes, make, forget, overwrite)


async def run_in_one_process(
    minutes: float, make: Callable[[str], Store], forget: Callable[[], None], overwrite: Callable[[], None]
) -> dict[str, Any]:
    """Run exchange and bots in one process, in virtual time; returns the report of the meter."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    stores: dict[int, Outage] = {}
    exchange = soak_exchange()
    meter = Meter(exchange)

    def start(slot: int, seed: int) -> Bot:
        stores[slot] = Outage(make(f"bot {slot}"))
        ahead = AHEAD_S if slot == TROUBLED else 0.0
        bot = Bot(slot, exchange.url, stores[slot], seed, wall=lambda: exchange.clock.now_ms() / 1_000, ahead=ahead)
        bot.start()
        return bot

    async def crash(slot: int) -> None:
        await bots[slot].kill()
        bots[slot] = start(slot, 100 + slot)

    async def outage() -> None:
        for store in stores.values():
            store.away = True
        await asyncio.sleep(OUTAGE_S)
        for store in stores.values():
            store.away = False

    async def lose_memory() -> None:
        forget()

    async def trouble() -> None:
        visitor = make("visitor")
        if not isinstance(
            visitor, MemoryStore
        ):  # memory is one process's, and knows no time of its own to compare with
            visitor.claim(local(exchange.url).budget)
            visit(visitor, exchange.clock.now_ms())
        visitor.close()

    async def garbage() -> None:
        overwrite()

    async def absurd() -> None:
        answer_absurdly(exchange)

    async def ban() -> None:
        meter.ban(BAN_S)

    async with exchange:
        trading = loop.create_task(meter.trade())
        bots = [start(slot, slot) for slot in range(BOTS)]
        plan: list[tuple[float, Callable[[], Awaitable[None]] | None]] = [
            (minutes * 0.12, lambda: crash(0)),
            (minutes * 0.22, lambda: crash(1)),
            (minutes * 0.33, outage),
            (minutes * 0.47, lambda: crash(2)),
            (minutes * 0.55, trouble),
            (minutes * 0.66, lambda: crash(3)),
            (minutes * 0.75, garbage),
            (minutes * 0.85, absurd),
            (minutes + 0.2, lose_memory),
            (minutes + 2.4, ban),
            (minutes + 4.1, None),
        ]
        for minute, what in plan:
            await asyncio.sleep(minute * 60 - (loop.time() - began))
            if what is not None:
                await what()
        report = _report(meter, minutes) | {"trading": not trading.done()}
        for bot in bots:
            await bot.stop()
        trading.cancel()
        await asyncio.sleep(0)
    return report


def _report(meter: Meter, minutes: float) -> dict[str, Any]:
    begin, end = EPOCH_MS + 60_000, EPOCH_MS + round(minutes * 60_000)
    return meter.report() | {"shares": {name: meter.shares(name, begin, end) for name in ("REQUEST_WEIGHT", "ORDERS")}}


# --------------------------------------------------------------------------- the soak


class Soak:
    """One store that is shared by processes, from first to last minute."""

    def __init__(self, kind: str, folder: Path, redis_url: str | None, minutes: float, speed: float) -> None:
        self.kind = kind
        self.file = folder / f"{kind}.db"
        self.redis_url = redis_url
        self.minutes = minutes
        self.speed = speed
        self.start_ns = time.monotonic_ns() + int(2e9)
        self.seeds = 0
        self.url = ""
        self.venue: subprocess.Popen[bytes] | None = None
        self.bots: list[subprocess.Popen[bytes]] = []

    def run(self) -> bool:
        """Live through it; returns whether all held."""
        self.venue = self._spawn("venue", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.url = self._heard()
            self.bots = [self._bot(slot) for slot in range(BOTS)]
            last = self.minutes
            plan: list[tuple[float, Callable[[], None]]] = [
                (last * 0.12, lambda: self._crash(0)),
                (last * 0.22, lambda: self._crash(1)),
                (last * 0.33, self._outage),
                (last * 0.47, lambda: self._crash(2)),
                (last * 0.55, self._visit),
                (last * 0.66, lambda: self._crash(3)),
                (last * 0.75, self._spoil),
                (last * 0.85, self._absurd),
                (last + 0.2, self._forget),
                (last + 2.4, self._ban),
                (last + 4.1, lambda: None),
            ]
            for minute, what in plan:
                time.sleep(max(0.0, (self.start_ns + minute * 60e9 / self.speed - time.monotonic_ns()) / 1e9))
                what()
            self._tell(str(last))
            return judge(json.loads(self._heard()))
        finally:
            for process in (*self.bots, self.venue):
                process.kill()
                process.wait()

    # ------------------------------------------------------------------ processes

    def _spawn(self, role: str, *more: str, **pipes: Any) -> subprocess.Popen[bytes]:
        common = ("--role", role, "--start", str(self.start_ns), "--speed", str(self.speed))
        return subprocess.Popen([sys.executable, "-m", "benchmarks.soak_limits", *common, *more], **pipes)

    @property
    def _where(self) -> tuple[str, str]:
        return ("--redis", self.redis_url) if self.kind == "redis" and self.redis_url else ("--file", str(self.file))

    def _bot(self, slot: int) -> subprocess.Popen[bytes]:
        self.seeds += 1
        return self._spawn("bot", "--slot", str(slot), "--seed", str(self.seeds), "--url", self.url, *self._where)

    def _heard(self) -> str:
        assert self.venue is not None
        assert self.venue.stdout is not None
        line = self.venue.stdout.readline().decode()
        if not line:
            raise RuntimeError("the exchange ended")
        return line.strip()

    def _tell(self, line: str) -> None:
        assert self.venue is not None
        assert self.venue.stdin is not None
        self.venue.stdin.write(line.encode() + b"\n")
        self.venue.stdin.flush()

    # ------------------------------------------------------------------ what befalls them

    def _say(self, what: str) -> None:
        minute = (time.monotonic_ns() - self.start_ns) * self.speed / 60e9
        print(f"    minute {minute:4.1f}: {what}", flush=True)

    def _crash(self, slot: int) -> None:
        self.bots[slot].kill()
        self.bots[slot].wait()
        self.bots[slot] = self._bot(slot)
        self._say(f"killed bot {slot}, started another in its place")

    def _outage(self) -> None:
        """Take the store away without losing it: a lock that is never let go of, a server that hangs."""
        self._say(f"the store is away for {OUTAGE_S} s")
        seconds = OUTAGE_S / self.speed
        if self.redis_url and self.kind == "redis":
            server = _server_pid(self.redis_url)
            os.kill(server, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(server, signal.SIGCONT)
            return
        db = sqlite3.connect(self.file, isolation_level=None, timeout=5)
        db.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        db.execute("ROLLBACK")
        db.close()

    def _visit(self) -> None:
        self._say("a process whose clock is a day ahead reports to the store and is killed")
        self._spawn("visitor", "--url", self.url, *self._where).wait()

    def _spoil(self) -> None:
        self._say("the records of the store are overwritten with garbage")
        spoil(self.kind, self.file, self.redis_url or "")

    def _absurd(self) -> None:
        self._say("a 429 names the year 5138")
        self._tell("absurd")

    def _forget(self) -> None:
        """Make the store lose its memory while it is in use."""
        self._say("the store loses its memory")
        _forget(self.kind, self.file, self.redis_url or "")

    def _ban(self) -> None:
        self._say(f"the venue bans the address for {BAN_S} s")
        self._tell("ban")


def judge(report: dict[str, Any]) -> bool:
    """Print what came of it; returns whether all held."""
    good = bool(report["trading"])
    for name, limit in (("REQUEST_WEIGHT", WEIGHT), ("ORDERS", ORDERS)):
        shares = report["shares"][name]
        mean = sum(shares) / len(shares)
        good = good and mean >= 0.95
        print(f"    {name:<15} {mean:6.1%} of {limit} used in {len(shares)} windows, least {min(shares):.0%}")
        if len(shares) < 20:
            print(f"                    {' '.join(f'{share:.1%}' for share in shares)}")
    for name in ("weight_of", "orders_of"):
        parts = [report[name].get(f"bot-{slot}", 0) for slot in range(BOTS)]
        fair = sum(parts) / BOTS
        good = good and min(parts) > fair / 2 and max(parts) < fair * 2
        print(f"    {name.partition('_')[0]:<15} {min(parts) / fair:.2f} to {max(parts) / fair:.2f} of an equal part")
    print(
        f"    {report['frames']} frames, {report['connects']} connects; self-made 429: {len(report['self_made'])}; "
        f"in the ban: {len(report['in_ban'])}, and {report['in_grace']} before all could know; "
        f"after it: {report['after_the_ban']} frames",
        flush=True,
    )
    if report.get("late", 0.0) > LATE_S:
        print(
            f"    the exchange was late by {report['late']:.1f} s: the machine is too busy, try --speed 1 or --virtual"
        )
    for line in (report["self_made"] + report["in_ban"])[:10]:
        print(f"      {line}")
    return good and not report["self_made"] and not report["in_ban"] and report["after_the_ban"] > 0


def _forget(kind: str, file: Path, redis_url: str) -> None:
    if kind == "redis":
        import redis

        client = redis.Redis.from_url(redis_url)
        client.flushall()
        client.close()
    else:
        for ending in ("", "-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)


FAR = 600.0
"""Seconds. The bots' time runs at another speed than the stores': their clocks drift apart while a store is away."""


def _shared(kind: str, file: Path, redis_url: str) -> tuple[Callable[[str], Store], Callable[[], None]]:
    """Return what makes a store for one more bot in virtual time, and what makes it lose its memory."""
    if kind == "memory":
        root = MemoryStore(processes=BOTS)
        return root.join, root._states.clear
    forget = lambda: _forget(kind, file, redis_url)  # noqa: E731
    if kind == "sqlite":
        return lambda label: SqliteStore(
            file, account="soak", processes=BOTS, label=label, timeout=5.0, far=FAR
        ), forget
    # The server goes by its own clock, on which a venue minute is a few seconds.
    return (
        lambda label: RedisStore(
            redis_url,
            account="soak",
            processes=BOTS,
            label=label,
            timeout=5.0,
            forget_after=30 / VIRTUAL_SPEED,
            far=FAR,
        ),
        forget,
    )


def _server_pid(url: str) -> int:
    import redis

    client = redis.Redis.from_url(url)
    info: Any = client.info("server")
    client.close()
    return int(info["process_id"])


def _be(options: argparse.Namespace) -> None:
    """Be one of the processes of a soak."""
    if options.role != "venue":
        time.sleep(max(0.0, (options.start - time.monotonic_ns()) / 1e9))
    loop = FastLoop(options.start, options.speed)
    if options.role == "venue":
        loop.run_until_complete(run_venue())
        return
    # Timeouts are in seconds of the loop, what a server on the machine's clock measures is not.
    shared: dict[str, Any] = {
        "account": "soak", "processes": BOTS, "label": f"bot {options.slot}", "timeout": 0.25 * options.speed,
        "far": FAR,
    }  # fmt: skip
    store: Store
    if options.redis:
        store = RedisStore(options.redis, forget_after=30 / options.speed, **shared)
    else:
        store = SqliteStore(options.file, **shared)
    if options.role == "visitor":
        store.claim(local(options.url).budget)
        loop.run_until_complete(run_visitor(store))
    loop.run_until_complete(run_bot(options.slot, options.seed, options.url, store))


def main() -> int:
    """Run the soak, or one of its processes; returns 1 when something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="venue minutes for each store")
    parser.add_argument("--speed", type=float, default=4, help="venue seconds in a second")
    parser.add_argument("--virtual", action="store_true", help="all bots in one process, however busy the machine is")
    parser.add_argument("--store", action="append", choices=STORES, help="only this store")
    for hidden in ("--role", "--url", "--file", "--redis"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    for hidden in ("--start", "--slot", "--seed"):
        parser.add_argument(hidden, type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        _be(options)
        return 0
    print("limits, soak")
    virtual.MOST_TURNS = 1_000_000_000
    good = True
    with tempfile.TemporaryDirectory() as name, redis_server(Path(name)) as url:
        for kind in options.store or STORES:
            if kind == "redis" and url is None:
                print("  redis: NOT RUN, there is no redis-server on this machine")
                good = False
                continue
            print(f"  {kind}: {BOTS} bots, {options.minutes:g} venue minutes", flush=True)
            if kind == "memory" or options.virtual:
                make, forget = _shared(kind, Path(name) / "virtual.db", url or "")
                overwrite = partial(spoil, kind, Path(name) / "virtual.db", url or "")
                main = partial(_in_virtual_time, options.minutes, make, forget, overwrite)
                good = judge(virtual.run_in_virtual_time(main)) and good
            else:
                good = Soak(kind, Path(name), url, options.minutes, options.speed).run() and good
    print("  held" if good else "  BROKEN")
    return int(not good)


if __name__ == "__main__":
    raise SystemExit(main())
