"""Eight processes on one address and account, at twice what the limits allow, through each shared store.

Ten venue minutes in accelerated time against a model of the venue with real aligned windows, unfilled-order decrements
and no mercy. On the way one process in eight is killed and replaced, again and again; the store goes away for fifteen
seconds, and later loses its memory; at last the venue bans the address from outside.

Fails (exit 1) on any 429 the processes made themselves, on less than 95 % of the limits used, on a frame or connection
that came after the ban was known, and on a process that got less than half or more than twice its part.

Run: ``python -m benchmarks.soak_limits [--minutes 10] [--speed 8] [--store sqlite --store redis]``

The model is one process behind a socket of its own; a bot needs nothing of it but `Link`. To soak against another
venue, give `bot` another link.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import selectors
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.limits import redis_server
from binance_wsapi.errors import NotSent
from binance_wsapi.limits.gate import Gate
from binance_wsapi.limits.redis_store import RedisStore
from binance_wsapi.limits.sqlite_store import SqliteStore
from binance_wsapi.limits.store import Store
from binance_wsapi.wire.endpoint import Endpoint, Security
from binance_wsapi.wire.ratelimit import RateLimit

BOTS = 8
WEIGHT, ORDERS, DAY, CONNECTIONS = 6_000, 50, 160_000, 300
GRACE_MS = 500
"""From the reply that tells one process of a ban to the moment at which all must know: one beat and its transport."""

READS: tuple[Endpoint[Any], ...] = tuple(
    Endpoint(f"read.{weight}", dict, security=Security.USER_DATA, weight=weight) for weight in (2, 4, 6, 20, 40)
)
PLACE: Endpoint[Any] = Endpoint(
    "order.place", dict, security=Security.TRADE, weight=1, weight_on_success=0, orders=1, replay_safe=False
)
CANCEL: Endpoint[Any] = Endpoint(
    "order.cancel", dict, security=Security.TRADE, weight=1, weight_on_success=0, replay_safe=False
)


class Clock:
    """The venue's clock: it starts at a minute and runs ``speed`` times as fast as the machine's."""

    def __init__(self, start_ns: int, speed: float) -> None:
        self.start_ns = start_ns
        self.speed = speed

    def now_ms(self) -> int:
        return 1_700_000_040_000 + int((time.monotonic_ns() - self.start_ns) * self.speed) // 1_000_000


class _Faster(selectors.DefaultSelector):
    speed = 1.0

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / self.speed)


class FastLoop(asyncio.SelectorEventLoop):
    """A loop whose seconds are shorter, so that every timeout and beat of the client runs in venue time."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        selector = _Faster()
        selector.speed = speed
        super().__init__(selector)

    def time(self) -> float:
        return super().time() * self._speed


# --------------------------------------------------------------------------- the venue


class Venue:
    """Counts by the rules of the documentation, and remembers who did what."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.dice = random.Random(5)
        self.windows: dict[tuple[str, int], list[int]] = defaultdict(lambda: [-1, 0])
        self.used: dict[str, Counter[int]] = defaultdict(Counter)  # limit -> window -> what was accepted in it
        self.peaks: dict[str, Counter[int]] = defaultdict(Counter)
        self.by_bot: Counter[str] = Counter()
        self.self_made: list[str] = []
        self.in_ban: list[str] = []
        self.banned_until = 0
        self.ban_known_at = 0
        self.ban_next = False
        self.frames = 0

    def count(self, name: str, length: int, now: int) -> list[int]:
        window = self.windows[name, length]
        if window[0] != now // length:
            window[:] = [now // length, 0]
        return window

    def add(self, name: str, length: int, now: int, cost: int) -> int:
        window = self.count(name, length, now)
        window[1] += cost
        key = f"{name} {length}"
        self.used[key][window[0]] += cost
        self.peaks[key][window[0]] = max(self.peaks[key][window[0]], window[1])
        return window[1]

    def banned(self, now: int, bot: str, what: str) -> bool:
        if now >= self.banned_until:
            return False
        if now > self.ban_known_at + GRACE_MS:
            self.in_ban.append(f"{bot}: {what} {self.banned_until - now} ms before the ban ends")
        return True

    def connect(self, bot: str) -> None:
        now = self.clock.now_ms()
        self.banned(now, bot, "connect")
        for name, length, cost, limit in (
            ("CONNECTIONS", 300_000, 1, CONNECTIONS),
            ("REQUEST_WEIGHT", 60_000, 2, WEIGHT),
        ):
            if self.add(name, length, now, cost) > limit:
                self.self_made.append(f"{bot}: {name}")

    def request(self, bot: str, weight: int, orders: int, success: int) -> dict[str, Any]:
        now = self.clock.now_ms()
        self.frames += 1
        if self.banned(now, bot, "frame"):
            return {"status": 418, "code": -1003, "retryAfter": self.banned_until, "rows": []}
        if self.ban_next:
            self.ban_next = False
            self.banned_until, self.ban_known_at = now + 90_000, now
            return {"status": 418, "code": -1003, "retryAfter": self.banned_until, "rows": []}
        ok = self.dice.random() < 0.95
        limits = [("REQUEST_WEIGHT", 60_000, weight, WEIGHT)]
        if orders:
            limits += [("ORDERS", 10_000, orders, ORDERS), ("ORDERS", 86_400_000, orders, DAY)]
        for name, length, cost, limit in limits:
            if self.count(name, length, now)[1] + cost > limit:
                self.self_made.append(f"{bot} at {now}: {name} {self.count(name, length, now)[1]}+{cost} of {limit}")
                return {"status": 429, "code": -1015 if name == "ORDERS" else -1003, "retryAfter": None, "rows": []}
        total = self.add("REQUEST_WEIGHT", 60_000, now, success if ok else weight)
        self.by_bot[bot] += weight
        rows = []
        if orders:
            if ok:
                for length in (10_000, 86_400_000):
                    self.add("ORDERS", length, now, orders)
                if self.dice.random() < 0.3:
                    asyncio.get_running_loop().call_later(self.dice.random() * 2, self.fill)
            rows = [
                ("ORDERS", "SECOND", 10, ORDERS, self.count("ORDERS", 10_000, now)[1]),
                ("ORDERS", "DAY", 1, DAY, self.count("ORDERS", 86_400_000, now)[1]),
            ]
        rows.append(("REQUEST_WEIGHT", "MINUTE", 1, WEIGHT, total))
        return {"status": 200 if ok else 400, "code": None if ok else -2010, "retryAfter": None, "rows": rows}

    def fill(self) -> None:
        """A first fill takes one off as taker, more as maker, never below 0, from the present windows."""
        less = self.dice.choice([1, 1, 1, 5])
        now = self.clock.now_ms()
        for length in (10_000, 86_400_000):
            window = self.count("ORDERS", length, now)
            window[1] = max(0, window[1] - less)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bot = "?"
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                message = json.loads(line)
                if "hello" in message:
                    bot = message["hello"]
                    self.connect(bot)
                    continue
                if "ban" in message:
                    self.ban_next = True
                    continue
                if "report" in message:
                    writer.write(json.dumps(self.report()).encode() + b"\n")
                    continue
                answer = self.request(bot, *message["cost"])
                answer["id"] = message["id"]
                writer.write(json.dumps(answer).encode() + b"\n")
        writer.close()

    def report(self) -> dict[str, Any]:
        return {
            "self_made": self.self_made,
            "in_ban": self.in_ban,
            "used": {name: dict(windows) for name, windows in self.used.items()},
            "by_bot": dict(self.by_bot),
            "frames": self.frames,
            "ban": [self.ban_known_at, self.banned_until],
        }


async def run_venue(clock: Clock, path: str) -> None:
    server = await asyncio.start_unix_server(Venue(clock).serve, path)
    async with server:
        await server.serve_forever()


# --------------------------------------------------------------------------- a bot


class Link:
    """A connection to the venue: one request, one reply, matched by id."""

    def __init__(self) -> None:
        self.waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.last = 0

    async def connect(self, path: str, name: str) -> None:
        self.reader, self.writer = await asyncio.open_unix_connection(path)
        self.writer.write(json.dumps({"hello": name}).encode() + b"\n")
        self.task = asyncio.ensure_future(self.read())

    async def read(self) -> None:
        while line := await self.reader.readline():
            answer = json.loads(line)
            self.waiting.pop(answer["id"]).set_result(answer)

    async def request(self, weight: int, orders: int, success: int) -> dict[str, Any]:
        self.last += 1
        future = self.waiting[self.last] = asyncio.get_running_loop().create_future()
        self.writer.write(json.dumps({"id": self.last, "cost": [weight, orders, success]}).encode() + b"\n")
        answer: dict[str, Any] = await future
        return answer


async def bot(clock: Clock, path: str, name: str, store: Store, seed: int) -> None:
    """Want twice this process's part of every limit, for ever. Wants what it cannot have for 20 s at most."""
    dice = random.Random(seed)
    skew = dice.randint(-80, 80)
    loop = asyncio.get_running_loop()
    gate = Gate(store, now_ms=lambda: clock.now_ms() + skew, eps_ms=100)
    await gate.open()
    link = Link()
    while True:
        try:
            await gate.admit_connect(loop.time() + 120)
        except NotSent:
            continue
        await link.connect(path, name)
        break
    tasks: set[asyncio.Task[None]] = set()

    async def one(endpoint: Endpoint[Any]) -> None:
        try:
            ticket = gate.try_admit(endpoint, {}) or await gate.admit(endpoint, {}, loop.time() + 20)
        except NotSent:
            return
        answer = await link.request(ticket.weight, ticket.orders, ticket.success)
        rows = [RateLimit(*row) for row in answer["rows"]]
        gate.settle(ticket, answer["status"], rows or None, answer["code"], answer["retryAfter"])

    async def want(pick: Callable[[], Endpoint[Any]], per_minute: float) -> None:
        while True:
            await asyncio.sleep(dice.expovariate(per_minute / 60))
            task = asyncio.ensure_future(one(pick()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    mean = sum(endpoint.weight for endpoint in READS if isinstance(endpoint.weight, int)) / len(READS)
    await asyncio.gather(
        want(lambda: dice.choice(READS), 2 * WEIGHT / BOTS / mean),
        want(lambda: PLACE, 2 * 6 * ORDERS / BOTS),
        want(lambda: CANCEL, 60),
    )


# --------------------------------------------------------------------------- the soak


class Soak:
    """One store, from first to last minute."""

    def __init__(self, kind: str, folder: Path, url: str | None, minutes: float, speed: float) -> None:
        self.kind = kind
        self.folder = folder
        self.url = url
        self.minutes = minutes
        self.speed = speed
        self.clock = Clock(time.monotonic_ns() + int(2e9), speed)
        self.common = ("--start", str(self.clock.start_ns), "--speed", str(speed))
        self.socket = str(folder / f"{kind}.sock")
        self.file = folder / f"{kind}.db"
        self.started = 0
        self.bots: list[tuple[str, subprocess.Popen[bytes]]] = []
        self.disturbed: list[tuple[int, int]] = []

    def spawn(self, role: str, *more: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.soak_limits",
                "--role",
                role,
                "--socket",
                self.socket,
                *self.common,
                *more,
            ]
        )

    def add_bot(self, slot: int) -> tuple[str, subprocess.Popen[bytes]]:
        self.started += 1
        where = ["--url", self.url] if self.kind == "redis" and self.url else ["--file", str(self.file)]
        return f"bot {slot}", self.spawn("bot", "--name", f"bot {slot}", "--seed", str(self.started), *where)

    def wait_until(self, minute: float) -> None:
        target = self.clock.start_ns + int(minute * 60e9 / self.speed)
        time.sleep(max(0.0, (target - time.monotonic_ns()) / 1e9))

    def crash(self, slot: int) -> None:
        name, process = self.bots[slot]
        process.kill()
        process.wait()
        print(f"    minute {self.minute():4.1f}: killed {name}, started another in its place")
        self.bots[slot] = self.add_bot(slot)

    def minute(self) -> float:
        return (self.clock.now_ms() - 1_700_000_040_000) / 60_000

    def tell(self, message: dict[str, Any]) -> dict[str, Any]:
        import socket

        with socket.socket(socket.AF_UNIX) as link:
            link.connect(self.socket)
            link.sendall(json.dumps(message).encode() + b"\n")
            if "report" not in message:
                return {}
            data = b""
            while not data.endswith(b"\n"):
                data += link.recv(1 << 20)
        report: dict[str, Any] = json.loads(data)
        return report

    def outage(self, seconds: float) -> None:
        """Take the store away without losing it: a lock that nobody lets go of, a server that hangs."""
        print(f"    minute {self.minute():4.1f}: the store is away for {seconds:.0f} s")
        begin = self.clock.now_ms()
        if self.kind == "redis" and redis_process is not None:
            redis_process.send_signal(signal.SIGSTOP)
            time.sleep(seconds / self.speed)
            redis_process.send_signal(signal.SIGCONT)
        else:
            db = sqlite3.connect(self.file, isolation_level=None, timeout=5)
            db.execute("BEGIN EXCLUSIVE")
            time.sleep(seconds / self.speed)
            db.execute("ROLLBACK")
            db.close()
        self.disturbed.append((begin, self.clock.now_ms()))

    def amnesia(self) -> None:
        """Make the store forget everything while it is in use."""
        print(f"    minute {self.minute():4.1f}: the store loses its memory")
        begin = self.clock.now_ms()
        if self.kind == "redis" and self.url:
            import redis

            client = redis.Redis.from_url(self.url)
            client.flushall()
            client.close()
        else:
            for path in (
                self.file,
                self.file.with_name(f"{self.file.name}-wal"),
                self.file.with_name(f"{self.file.name}-shm"),
            ):
                path.unlink(missing_ok=True)
        self.disturbed.append((begin, begin + 60_000))

    def run(self) -> bool:
        print(f"  {self.kind}: {BOTS} processes, {self.minutes:g} venue minutes at {self.speed:g} times the speed")
        venue = self.spawn("venue")
        try:
            while not Path(self.socket).exists():
                time.sleep(0.02)
            self.bots = [self.add_bot(slot) for slot in range(BOTS)]
            last = self.minutes
            plan: list[tuple[float, Callable[[], None]]] = [
                (last * 0.12, lambda: self.crash(0)),
                (last * 0.22, lambda: self.crash(1)),
                (last * 0.33, lambda: self.outage(15)),
                (last * 0.47, lambda: self.crash(2)),
                (last * 0.55, self.amnesia),
                (last * 0.66, lambda: self.crash(3)),
                (last * 0.8, self.ban),
            ]
            for when, what in plan:
                self.wait_until(when)
                what()
            self.wait_until(last)
            report = self.tell({"report": True})
        finally:
            for _, process in self.bots:
                process.kill()
            venue.kill()
            for _, process in [*self.bots, ("venue", venue)]:
                process.wait()
        return self.judge(report)

    def ban(self) -> None:
        print(f"    minute {self.minute():4.1f}: the venue bans the address for 90 s")
        self.tell({"ban": True})

    def judge(self, report: dict[str, Any]) -> bool:
        if report["ban"][1]:
            self.disturbed.append((report["ban"][0], report["ban"][1]))
        good = True
        for name, limit in (("REQUEST_WEIGHT 60000", WEIGHT), ("ORDERS 10000", ORDERS)):
            length = int(name.split()[1])
            first = 1_700_000_040_000 // length + max(60_000 // length, 1)
            final = self.clock.now_ms() // length
            last = min(final, (1_700_000_040_000 + int(self.minutes * 60_000)) // length)
            used = {int(window): count for window, count in report["used"].get(name, {}).items()}
            calm, all_of_them = [], []
            for window in range(first, last):
                share = used.get(window, 0) / limit
                all_of_them.append(share)
                begin, end = window * length, (window + 1) * length
                # A kill leaves what the process held charged to its window: only what is away is left out.
                if not any(begin < to and end > since for since, to in self.disturbed):
                    calm.append(share)
            if not calm:
                print(f"    {name}: no undisturbed window; let it run longer")
                return False
            mean = sum(calm) / len(calm)
            good = good and mean >= 0.95
            print(
                f"    {name:<22} used {mean:6.1%} of {limit} in {len(calm)} undisturbed windows "
                f"(least {min(calm):.1%}), {sum(all_of_them) / len(all_of_them):.1%} in all {len(all_of_them)}"
            )
        bots = sorted(report["by_bot"].values())
        part = sum(bots) / BOTS
        fair = len(bots) == BOTS and bots[0] > part / 2 and bots[-1] < part * 2
        print(
            f"    {report['frames']} frames; self-made 429: {len(report['self_made'])}; after the ban was known: "
            f"{len(report['in_ban'])}; what a process got: {bots[0] / part:.2f} to {bots[-1] / part:.2f} of its part"
        )
        for line in (report["self_made"] + report["in_ban"])[:10]:
            print(f"      {line}")
        return good and fair and not report["self_made"] and not report["in_ban"]


redis_process: Any = None


class _Signals:
    """Sends signals to the redis-server that listens on a port, found by asking the server itself."""

    def __init__(self, url: str) -> None:
        import redis

        client = redis.Redis.from_url(url)
        info: Any = client.info("server")
        self.pid = int(info["process_id"])
        client.close()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


def main() -> int:
    """Run the soak, or one of its processes."""
    global redis_process
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10, help="venue minutes for each store")
    parser.add_argument("--speed", type=float, default=8, help="venue seconds in a second")
    parser.add_argument("--store", action="append", choices=["sqlite", "redis"], help="only this store")
    for hidden in ("--role", "--socket", "--name", "--file", "--url"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--start", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        clock = Clock(options.start, options.speed)
        loop = FastLoop(options.speed)
        if options.role == "venue":
            loop.run_until_complete(run_venue(clock, options.socket))
            return 0
        shared: dict[str, Any] = {
            "account": "soak", "processes": BOTS, "label": options.name, "timeout": 0.25 * options.speed
        }  # fmt: skip
        store: Store
        if options.url:
            store = RedisStore(options.url, forget_after=30 / options.speed, **shared)  # it goes by the server's clock
        else:
            store = SqliteStore(options.file, **shared)
        time.sleep(max(0.0, (options.start - time.monotonic_ns()) / 1e9))
        loop.run_until_complete(bot(clock, options.socket, options.name, store, options.seed))
        return 0
    print("limits, soak")
    good = True
    with tempfile.TemporaryDirectory() as name, redis_server(Path(name)) as url:
        for kind in options.store or ["sqlite", "redis"]:
            if kind == "redis":
                if url is None:
                    print("  redis: not run, there is no redis-server on this machine")
                    good = False
                    continue
                redis_process = _Signals(url)
            good = Soak(kind, Path(name), url, options.minutes, options.speed).run() and good
    print("  held" if good else "  BROKEN")
    return int(not good)


if __name__ == "__main__":
    raise SystemExit(main())
