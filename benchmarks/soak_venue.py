"""The local exchange for the soak of the limits, with a meter beside it, and the bots that want too much of it.

The meter sees what the exchange counts and refuses, and by whose doing. It changes nothing: it stands around four calls
inside the exchange. Everything here takes its time from the event loop, so it runs in virtual time (the tests) and in
accelerated time (`benchmarks.soak_limits`) alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from binance_wsapi.client.spot import SpotClient
from binance_wsapi.errors import NotSent, OutcomeUnknown, VenueError, WsapiError
from binance_wsapi.keys import HmacKey
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.store import Reply, Report, Store, StoreUnavailable
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.simulator.access.refusal import Refusal
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.exchange import LocalExchange
from binance_wsapi.simulator.faults.actions import Refuse

__all__ = ["BOTS", "EPOCH_MS", "GRACE_MS", "ORDERS", "WEIGHT", "Bot", "Meter", "Outage", "key_of", "soak_exchange"]

BOTS = 8
WEIGHT, ORDERS = 6_000, 50
EPOCH_MS = 1_767_225_600_000
"""The beginning of a minute, and of a day."""
GRACE_MS = 500
"""From the reply that tells one process of a ban to the moment at which all must know: one beat and its transport."""
SYMBOL = "BTCUSDT"
BIDS, ASKS = [("60000", "100")], [("60001", "100")]
NEAR, FAR = "60000.50", "50000"
ROOM_AGAIN = 1.3
"""Fills give room for so many times the orders of the limit: 8 % take (1 off the count), 3 % make (5 off)."""


def key_of(slot: int) -> HmacKey:
    """Return the key of one bot; all of them are the same account's."""
    return HmacKey(f"bot-{slot}", f"secret-of-bot-{slot}")


def soak_exchange(start_ms: int = EPOCH_MS) -> LocalExchange:
    """Return the exchange: the documented limits, one account, a key for each bot."""
    exchange = LocalExchange(5, "manual", Clock(start_ms=start_ms), keep_frames=0)
    for slot in range(BOTS):
        exchange.register_key(f"bot-{slot}", "hmac", secret=f"secret-of-bot-{slot}")
    return exchange


class Meter:
    """Watches an exchange count. Made before the exchange starts.

    Attributes:
        peaks: what a window held at most, by limit and window.
        accepted: what came into a window, whatever filled later, by limit and window.
        weight_of: request weight by key.
        orders_of: orders placed by key.
        self_made: refusals for which the bots alone are to blame.
        in_ban: frames and connection attempts during a ban, after all had had time to hear of it.
        in_grace: those before that.
        after_the_ban: frames that came when it was over.
        closed_at: when the venue refused with a 429 of its own accord, which ends the minute for all; 0 before.
    """

    def __init__(self, exchange: LocalExchange) -> None:
        self.exchange = exchange
        self.peaks: dict[str, Counter[int]] = defaultdict(Counter)
        self.accepted: dict[str, Counter[int]] = defaultdict(Counter)
        self.weight_of: Counter[str] = Counter()
        self.orders_of: Counter[str] = Counter()
        self.self_made: list[str] = []
        self.in_ban: list[str] = []
        self.frames = self.connects = self.in_grace = self.after_the_ban = 0
        self.banned_until = self.ban_known_at = 0
        self._limits = exchange._venue.limits
        self.closed_at = 0
        self._around_requests(exchange._server.gateway)
        self._around_connects()
        self._around_faults(exchange.faults)

    def now(self) -> int:
        return self.exchange.clock.now_ms()

    def ban(self, seconds: float) -> None:
        """Ban the address, for what another program did."""
        self._limits.ban("127.0.0.1", seconds)
        self.banned_until, self.ban_known_at = self.now() + round(seconds * 1_000), 0

    # ------------------------------------------------------------------ around the exchange's own calls

    def _around_requests(self, gateway: Any) -> None:
        charge, run = gateway._charge, gateway.run

        def charged(request: Any) -> None:
            self.frames += 1
            who = str(request.sent.get("apiKey", "nobody"))
            try:
                charge(request)
            except Refusal as refusal:
                self._refused(who, f"{request.name} ", refusal)
                raise
            self.weight_of[who] += request.charged
            self.after_the_ban += 0 < self.banned_until <= self.now()
            self._look("REQUEST_WEIGHT", 60_000, self._limits.rows("127.0.0.1", None)[0]["count"])

        def ran(call: Any) -> Any:
            try:
                result = run(call)
            except Refusal as refusal:
                self._refused(str(call.sent.get("apiKey")), f"{call.method.name} ", refusal)
                raise
            finally:
                if call.method.orders:
                    short = self._limits.order_rows(call.account)[0]
                    self._look("ORDERS", 10_000, short["count"])
            if call.method.orders:
                self.accepted["ORDERS"][self.now() // 10_000] += call.method.orders
                self.orders_of[str(call.sent.get("apiKey"))] += call.method.orders
            return result

        gateway._charge, gateway.run = charged, ran

    def _around_faults(self, faults: Any) -> None:
        take = faults.take

        def taken(*method: str, **more: bool) -> Any:
            action = take(*method, **more)
            if isinstance(action, Refuse) and action.status == 429:
                self.closed_at = self.now()
            return action

        faults.take = taken

    def _around_connects(self) -> None:
        limits: Any = self._limits
        connect = limits.connect

        def connected(ip: str, *, weighs: bool = True) -> tuple[int, int] | None:
            self.connects += 1
            refused: tuple[int, int] | None = connect(ip, weighs=weighs)
            if refused is not None:
                self._refused("somebody", "connect ", Refusal(refused[0], 0, "connect"))
            return refused

        limits.connect = connected

    def _look(self, name: str, length: int, count: int) -> None:
        window = self.now() // length
        self.peaks[name][window] = max(self.peaks[name][window], count)

    def _refused(self, who: str, what: str, refusal: Refusal) -> None:
        now = self.now()
        if now < self.banned_until:
            self.ban_known_at = self.ban_known_at or now
            self.in_grace += now <= self.ban_known_at + GRACE_MS
            if now > self.ban_known_at + GRACE_MS:
                self.in_ban.append(f"{who}: {what}{self.banned_until - now} ms before the ban ends")
        elif refusal.status in (418, 429):
            self.self_made.append(f"{who} at {now}: {what}{refusal.status} {refusal.msg}")

    # ------------------------------------------------------------------ what a venue does by itself

    async def trade(self) -> None:
        """Fill the bots' resting bids near the touch now and then: they are makers, their first fill takes 5 off."""
        while True:
            self.exchange.quote(SYMBOL, bids=BIDS, asks=[(NEAR, "1"), *ASKS])
            self.exchange.quote(SYMBOL, bids=BIDS, asks=ASKS)
            await asyncio.sleep(1.7)

    # ------------------------------------------------------------------ what it came to

    def shares(self, name: str, since_ms: int, until_ms: int) -> list[float]:
        """Return the used part of the limit in every whole window between two times.

        A minute that the venue closed by a 429 is left out from there on: to use it would be to disobey.
        """
        length, limit = (60_000, WEIGHT) if name == "REQUEST_WEIGHT" else (10_000, ORDERS)
        closed = range(self.closed_at // length, -(-self.closed_at // 60_000) * 60_000 // length)
        windows = range(-(-since_ms // length), until_ms // length)
        return [self.peaks[name][window] / limit for window in windows if window not in closed]

    def report(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "self_made": self.self_made,
            "in_ban": self.in_ban,
            "in_grace": self.in_grace,
            "after_the_ban": self.after_the_ban,
            "frames": self.frames,
            "connects": self.connects,
            "weight_of": dict(self.weight_of),
            "orders_of": dict(self.orders_of),
        }


_tasks: contextvars.ContextVar[list[asyncio.Task[Any]]] = contextvars.ContextVar("tasks")


def _remember(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **more: Any) -> asyncio.Task[Any]:
    task = asyncio.Task(coroutine, loop=loop, **more)
    _tasks.get([]).append(task)
    return task


class Outage:
    """A store that can be taken away; it is asked in the loop, for a thread has no virtual time."""

    blocking = False

    def __init__(self, store: Store) -> None:
        self.away = False
        self._store = store
        self.processes, self.timeout = store.processes, store.timeout
        self.member, self.label = store.member, store.label

    @property
    def ip(self) -> str:
        return self._store.ip

    @property
    def account(self) -> str | None:
        return self._store.account

    def claim(self, environment: str) -> None:
        self._store.claim(environment)

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        if self.away:
            raise StoreUnavailable("taken away", maybe=False)
        return self._store.exchange(reports)

    def inspect(self) -> list[ScopeState]:
        return self._store.inspect()

    def close(self) -> None:
        self._store.close()


class Bot:
    """One process that wants twice its part of every limit, for ever; what it cannot have in time it gives up.

    Args:
        slot: which of the bots.
        url: the exchange's.
        store: where the budget is shared.
        seed: of its whims.
        wall: the machine's clock, in seconds since the epoch.
        ahead: seconds by which that clock is wrong.
    """

    def __init__(
        self, slot: int, url: str, store: Store, seed: int, *, wall: Callable[[], float], ahead: float = 0.0
    ) -> None:
        self._dice = random.Random(seed)
        self._own: list[asyncio.Task[Any]] = []
        skew = self._dice.uniform(-0.4, 0.4) + ahead
        self.client = SpotClient.local(
            key_of(slot),
            Settings(timeout=15.0, limit_store=store),
            url=url,
            runtime=Runtime(
                wall=lambda: wall() + skew,
                token=lambda length: "".join(self._dice.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length)),
                uniform=self._dice.uniform,
            ),
        )

    def start(self) -> None:
        """Run as a task of its own; everything it starts from then on belongs to it."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(_remember)  # type: ignore[arg-type]  # a generator is no coroutine, and none comes
        context = contextvars.copy_context()
        context.run(_tasks.set, self._own)
        self._own.append(loop.create_task(self.run(), context=context))

    async def kill(self) -> None:
        """End all of it at once, as a killed process ends: nothing is given back, nothing is told."""
        for connection in self.client._session.connections:
            connection.abort("killed")
        for _ in range(10):  # a call whose connection ends begins to ask for its fate before it is ended, too
            for task in self._own:
                task.cancel()
            await asyncio.sleep(0)

    async def stop(self) -> None:
        """End in good order."""
        await self.client.close()
        await self.kill()

    async def run(self) -> None:
        """Connect, and want."""
        while True:
            try:
                await self.client.__aenter__()
                break
            except WsapiError:
                await asyncio.sleep(1.0)
        reads: list[tuple[int, Callable[[], Awaitable[Any]]]] = [
            (4, lambda: self.client.order_status(SYMBOL, order_id=1)),
            (5, lambda: self.client.my_trades(SYMBOL, order_id=1)),
            (6, lambda: self.client.open_orders(SYMBOL)),
            (20, lambda: self.client.account_status(omit_zero_balances=True)),
            (20, lambda: self.client.my_trades(SYMBOL, limit=1)),
            (40, lambda: self.client.order_rate_limits()),
        ]
        mean = sum(weight for weight, _ in reads) / len(reads)
        await asyncio.gather(
            self._want(lambda: self._dice.choice(reads)[1](), 2 * WEIGHT / BOTS / mean),
            self._want(self._order, 2 * ROOM_AGAIN * 6 * ORDERS / BOTS),
        )

    async def _want(self, what: Callable[[], Awaitable[Any]], per_minute: float) -> None:
        while True:
            await asyncio.sleep(self._dice.expovariate(per_minute / 60))
            self._own[:] = [task for task in self._own if not task.done()]
            self._own.append(asyncio.ensure_future(self._one(what)))

    async def _one(self, what: Callable[[], Awaitable[Any]]) -> None:
        with contextlib.suppress(NotSent, OutcomeUnknown, VenueError):  # no room in time, cut by a ban, refused
            await what()

    async def _order(self) -> None:
        """Place an order: it fills at once, or rests until it fills or is cancelled, or is refused."""
        kind = self._dice.random()
        if kind < 0.08:
            await self.client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            return
        price = "50000.001" if kind < 0.12 else NEAR if kind < 0.15 else FAR  # the first has too many decimals
        order = await self.client.place_order(
            SYMBOL, "BUY", "LIMIT", quantity="0.001", price=price, time_in_force="GTC"
        )
        await asyncio.sleep(self._dice.uniform(0.5, 3.0))
        await self.client.cancel_order(SYMBOL, order_id=order.order_id)
