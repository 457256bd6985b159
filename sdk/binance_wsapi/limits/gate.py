"""The door every request passes: the ledger and the policy, with the waiting around them.

This is the one file of `limits` that knows asyncio; everything it decides is decided in `ledger`, `bucket`, `policy`
and `lease`, which are pure. The clock and the sleep are handed in.

Theory of operation
-------------------
`Gate.try_admit` is the way of nearly every request: one look at a few sums, no task, no future, no await. Only when
there is no room, or when others wait already, `Gate.admit` puts the request into its lane. One task, the *pump*, lives
as long as anybody waits: it sleeps until the next time at which something can change (a window ends, the kept share
melts, a ban ends, a deadline comes), then serves the lanes. Every reply serves them too, without a task, for it may
have brought room back.

A request that cannot be sent before its deadline is refused at once, with the time at which it is worth trying again,
unless a reply in flight could still bring room.

With a shared store the ledger works on a lease (`binance_wsapi.limits.lease`), and a second task, the *courier*, brings
reports to the store and leases back. Stores block; the courier therefore goes to them in a thread, and no request ever
waits for a store while its lease lasts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from binance_wsapi.errors import Banned, LimitExceeded
from binance_wsapi.limits.bans import FIREWALL_MS
from binance_wsapi.limits.courier import Courier
from binance_wsapi.limits.events import BanLatched, LimitEvent, LimitState, WaitEnded, WaitStarted
from binance_wsapi.limits.ledger import CONNECT_WEIGHT, DEFAULT_LIMITS, Block, Ledger, Ticket
from binance_wsapi.limits.policy import DEFAULT_KEPT, Lane, Lanes, Policy, lane_of
from binance_wsapi.limits.store import Store
from binance_wsapi.wire.endpoint import Endpoint, Params, weigh
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["Gate"]

_FIRST: Final = Lane.FIRST
_WEIGHT, _ORDERS, _CONNECTIONS = 1, 2, 4  # what a blocked head of a lane claims
_MOST_PLANS: Final = 1_024
_LONGEST_NAP_MS: Final = 1_000
"""The pump looks again at least this often: the picture of the venue's clock may be corrected while it sleeps."""


class _Plan:
    """What an endpoint costs, worked out once."""

    __slots__ = ("endpoint", "first", "lane", "orders", "success", "weight")

    def __init__(self, endpoint: Endpoint[Any]) -> None:
        self.endpoint = endpoint
        self.lane = lane_of(endpoint)
        self.first = self.lane is Lane.FIRST
        self.orders = endpoint.orders
        self.weight = endpoint.weight if isinstance(endpoint.weight, int) else -1  # -1: by the parameters
        self.success = endpoint.weight_on_success


class _Waiter:
    """One request that waits. ``future`` is given its ticket; a connection attempt is given None."""

    __slots__ = ("connects", "deadline", "future", "lane", "method", "orders", "success", "weight")

    def __init__(
        self, method: str, lane: Lane, weight: int, orders: int, success: int, connects: int, deadline: float | None,
        future: asyncio.Future[Ticket | None],
    ) -> None:  # fmt: skip
        self.method = method
        self.lane = lane
        self.weight = weight
        self.orders = orders
        self.success = success
        self.connects = connects
        self.deadline = deadline
        self.future = future

    @property
    def done(self) -> bool:
        return self.future.done()


class Gate:
    """Holds requests and connection attempts back until the venue's limits have room for them.

    Args:
        store: where the budget is shared with other processes and clients; None when all of it is this gate's.
        policy: what happens when there is no room.
        now_ms: the venue's clock in milliseconds, as well as it is known.
        sleep: ``asyncio.sleep`` or one in virtual time.
        on_event: is told when a wait begins and ends, of bans and of the store; it must not block.
        kept: share of the request weight that only the first lane may use, 0 to 1.
        eps_ms: how wrong ``now_ms`` may be; `eps_ms` can be set again at any time.
        limits: the limits to begin with, until `configure` brings the venue's own.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        policy: Policy | str = Policy.WAIT,
        now_ms: Callable[[], int],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_event: Callable[[LimitEvent], None] | None = None,
        kept: float = DEFAULT_KEPT,
        eps_ms: int = 100,
        limits: Sequence[RateLimit] = DEFAULT_LIMITS,
    ) -> None:
        self.policy = Policy(policy)
        self._now = now_ms
        self._sleep = sleep
        self._on_event = on_event
        self._ledger = Ledger(limits, kept=kept, eps_ms=eps_ms)
        self._plans: dict[Endpoint[Any], _Plan] = {}
        self._waiting: Lanes[_Waiter] = Lanes()
        self._claims = [0] * len(Lane)
        self._pump: asyncio.Task[None] | None = None
        self._pump_until = 0.0
        self._courier: Courier | None = None
        if store is not None:
            self._courier = Courier(
                store,
                self._ledger,
                now_ms=now_ms,
                sleep=sleep,
                wanted=self._wanted,
                on_news=self._serve,
                on_event=self._tell,
            )

    async def open(self) -> None:
        """Fetch the first lease from the shared store, if there is one, and keep it fresh from now on."""
        if self._courier is not None:
            await self._courier.open()

    async def aclose(self) -> None:
        """End every wait with `LimitExceeded`, give the lease back and stop. A closed gate can be opened again."""
        for waiter in list(self._waiting):
            if not waiter.done:
                waiter.future.set_exception(LimitExceeded(f"{waiter.method}: the client is closed"))
            self._waiting.discard(waiter)
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)
        if self._courier is not None:
            await self._courier.aclose()

    @property
    def eps_ms(self) -> int:
        """How wrong the picture of the venue's clock may be, in milliseconds."""
        return self._ledger.eps_ms

    @eps_ms.setter
    def eps_ms(self, value: int) -> None:
        self._ledger.set_eps(value)

    # ------------------------------------------------------------------ the fast path

    def try_admit(self, endpoint: Endpoint[Any], params: Params, lane: Lane | None = None) -> Ticket | None:
        """Return leave to send a request now, or None when it must wait.

        Args:
            endpoint: the method.
            params: its parameters, which may decide its weight.
            lane: its lane when it is not the method's own.
        """
        plan = self._plans.get(endpoint) or self._plan(endpoint)
        weight = plan.weight
        if weight < 0:
            weight = weigh(endpoint.weight, params)
        success = plan.success
        if success is None:
            success = weight
        if self._waiting.size and not self._may_pass(plan, lane):
            return None
        now = self._now()
        ticket = self._ledger.reserve(weight, plan.orders, success, now, plan.first if lane is None else lane is _FIRST)
        if ticket is not None:
            return ticket
        return self._second_look(weight, plan.orders, success, plan.lane if lane is None else lane)

    def settle(
        self,
        ticket: Ticket,
        status: int,
        rate_limits: Sequence[RateLimit] | None = None,
        error_code: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        """Take note of the reply to a request. A late reply, after `lost`, is news as well.

        Args:
            ticket: the leave the request was sent with.
            status: status of the reply.
            rate_limits: the reply's ``rateLimits``, or the rows that ``account.rateLimits.orders`` answers; None
                when there are none.
            error_code: code of the venue's error.
            retry_after: ``error.data.retryAfter`` of the reply, an epoch.
        """
        now = self._now()
        self._ledger.settle(ticket, status == 200, rate_limits, now)
        if status == 429 or status == 418:
            self._latch(status, error_code, retry_after, rate_limits, now)
        if self._waiting.size:
            self._serve()

    def lost(self, ticket: Ticket) -> None:
        """Say that no reply will come: the connection ended, or the deadline passed. The charge stays."""
        self._ledger.lost(ticket, self._now())
        if self._waiting.size:
            self._serve()

    def release(self, ticket: Ticket) -> None:
        """Say that no byte of the request was sent."""
        self._ledger.release(ticket)
        if self._waiting.size:
            self._serve()

    def _plan(self, endpoint: Endpoint[Any]) -> _Plan:
        if len(self._plans) >= _MOST_PLANS:  # endpoints made for one call each, by `client.call("any.method")`
            self._plans.clear()
        plan = self._plans[endpoint] = _Plan(endpoint)
        return plan

    # ------------------------------------------------------------------ the slow path

    async def admit(
        self, endpoint: Endpoint[Any], params: Params, deadline: float | None = None, lane: Lane | None = None
    ) -> Ticket:
        """Wait for leave to send a request.

        Cancelling the await gives up the place in the queue.

        Args:
            endpoint: the method.
            params: its parameters, which may decide its weight.
            deadline: when waiting ends, in seconds of the event loop's clock; None waits as long as it takes.
            lane: its lane when it is not the method's own.

        Returns:
            The ticket.

        Raises:
            LimitExceeded: there is no room before the deadline, or the policy is not to wait.
            Banned: the venue wants nothing from here before the deadline.
        """
        ticket = self.try_admit(endpoint, params, lane)
        if ticket is not None:
            return ticket
        plan = self._plans.get(endpoint) or self._plan(endpoint)
        weight = weigh(endpoint.weight, params)
        success = weight if plan.success is None else plan.success
        waiter = _Waiter(
            endpoint.method, plan.lane if lane is None else lane, weight, plan.orders, success, 0, deadline, _future()
        )
        ticket = await self._wait(waiter)
        if ticket is None:  # pragma: no cover - a request is only ever given a ticket
            raise AssertionError("a request was admitted without a ticket")
        return ticket

    async def admit_connect(self, deadline: float | None = None) -> None:
        """Wait for leave to try one connection: 300 in 5 minutes, 2 request weight each, none during a ban.

        Args:
            deadline: when waiting ends, in seconds of the event loop's clock.

        Raises:
            LimitExceeded: there is no room before the deadline, or the policy is not to wait.
            Banned: the venue wants no connection before the deadline.
        """
        first = self._waiting.head(_FIRST)
        if first is None and self._try_connect():
            return
        await self._wait(_Waiter("connect", _FIRST, CONNECT_WEIGHT, 0, 0, 1, deadline, _future()))

    def connect_refused(self, status: int, retry_after: int | None = None) -> None:
        """Take note of an HTTP status with which a connection attempt was refused.

        Args:
            status: 418 and 429 close everything from this address, 403 closes connecting.
            retry_after: when trying again is allowed, an epoch; None when the venue does not say.
        """
        now = self._now()
        if status == 403:
            self._ledger.bans.close("connect", now + FIREWALL_MS)
            self._closed("connect", status)
        else:
            self._latch(status, None, retry_after, None, now)

    def configure(self, rate_limits: Sequence[RateLimit]) -> None:
        """Take over the limits of ``exchangeInfo``."""
        self._ledger.configure(rate_limits)
        if self._waiting.size:
            self._serve()

    def snapshot(self) -> list[LimitState]:
        """Return every limit as it stands now."""
        now = self._now()
        self._ledger.expire(now)
        return self._ledger.snapshot(now)

    # ------------------------------------------------------------------ waiting

    async def _wait(self, waiter: _Waiter) -> Ticket | None:
        now = self._now()
        block = self._block(waiter, now)
        if self.policy is Policy.RAISE and self._courier is not None and block is not None and block.by_lease:
            # The lease ran out, not the limit: the store is asked once.
            self._waiting.add(waiter)
            try:
                await self._courier.fetch()
            except asyncio.CancelledError:
                self._give_back(waiter)
                raise
            finally:
                self._waiting.discard(waiter)
            if waiter.future.done():
                return waiter.future.result()
            now = self._now()
            block = self._block(waiter, now)
        if block is not None:
            self._refuse_hopeless(waiter, block, now)
        self._waiting.add(waiter)
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._tell(
            WaitStarted(
                waiter.method, "queue" if block is None else block.limit, None if block is None else block.retry_at
            )
        )
        admitted = False
        try:
            self._serve()
            ticket = await waiter.future
            admitted = True
        except asyncio.CancelledError:
            self._give_back(waiter)
            raise
        finally:
            self._waiting.discard(waiter)
            self._tell(WaitEnded(waiter.method, loop.time() - began, admitted))
            if not admitted:
                self._serve()
        return ticket

    def _give_back(self, waiter: _Waiter) -> None:
        """Release the ticket that a cancelled wait was given before it could take it."""
        future = waiter.future
        if future.done() and not future.cancelled() and future.exception() is None:
            ticket = future.result()
            if ticket is not None:
                self._ledger.release(ticket)

    def _second_look(self, weight: int, orders: int, success: int, lane: Lane) -> Ticket | None:
        """Look again where the fast path found no room."""
        now = self._now()
        ledger = self._ledger
        if ledger.expire(now):
            ticket = ledger.reserve(weight, orders, success, now, lane is _FIRST)
            if ticket is not None:
                return ticket
        if self.policy is Policy.OFF:
            block = ledger.block(weight, orders, now, lane is _FIRST)
            if block is None or not block.banned:
                return ledger.force(weight, orders, success, now)
        return None

    def _try_connect(self) -> bool:
        now = self._now()
        if self._ledger.reserve_connect(now):
            return True
        if self.policy is Policy.OFF:
            block = self._ledger.block(CONNECT_WEIGHT, 0, now, True, connects=1)
            if block is None or not block.banned:
                self._ledger.force_connect(now)
                return True
        return False

    def _grant(self, waiter: _Waiter, now: int) -> Ticket | bool:
        """Reserve for a waiter: a ticket, True for a connection attempt, False when there is no room."""
        if waiter.connects:
            return self._try_connect()
        ledger = self._ledger
        ticket = ledger.reserve(waiter.weight, waiter.orders, waiter.success, now, waiter.lane is _FIRST)
        return False if ticket is None else ticket

    def _block(self, waiter: _Waiter, now: int) -> Block | None:
        return self._ledger.block(waiter.weight, waiter.orders, now, waiter.lane is _FIRST, waiter.connects)

    def _refuse_hopeless(self, waiter: _Waiter, block: Block, now: int) -> None:
        """Raise when waiting cannot help: never, not by this policy, or not before the deadline."""
        error = self._refusal(waiter, block, now)
        if error is not None:
            raise error

    def _refusal(self, waiter: _Waiter, block: Block, now: int) -> LimitExceeded | Banned | None:
        retry_at, bucket = block.retry_at, block.bucket
        if retry_at is None:
            return LimitExceeded(f"{waiter.method} costs more than {block.limit} allows at all")
        if self.policy is Policy.WAIT:
            if waiter.deadline is None:
                return None
            left = (waiter.deadline - asyncio.get_running_loop().time()) * 1_000
            if now + left >= retry_at:
                return None
            if bucket is not None and left > 0 and (bucket.reserved or block.by_lease):
                return None  # a reply in flight, or the store, may bring room before
        if block.banned:
            return Banned(f"{waiter.method}: the venue wants nothing from here before {retry_at}", retry_at)
        return LimitExceeded(f"{waiter.method}: {block.limit} has no room before {retry_at}", retry_at)

    def _may_pass(self, plan: _Plan, lane: Lane | None) -> bool:
        """Whether a request may go although others wait: none of its lane do, and no higher one needs what it takes."""
        own = plan.lane if lane is None else lane
        if self._waiting.head(own) is not None:
            return False
        return not self._claims[own] & (_WEIGHT | (_ORDERS if plan.orders else 0))

    def _serve(self) -> None:
        """Give tickets to the heads of the lanes as far as there is room."""
        starved = self._serve_lanes()
        if starved and self._courier is not None:
            if self._courier.fetch_now():
                self._serve_lanes()
            else:
                self._courier.poke()
        self._arm()

    def _serve_lanes(self) -> bool:
        """Serve the lanes once; returns whether a head is held back by nothing but the lease of this process."""
        now = self._now()
        claimed = 0
        starved = False
        for lane in Lane:
            self._claims[lane] = claimed
            while (waiter := self._waiting.head(lane)) is not None:
                needs = _WEIGHT | (_ORDERS if waiter.orders else 0) | (_CONNECTIONS if waiter.connects else 0)
                if needs & claimed:
                    break
                ticket = self._grant(waiter, now)
                if ticket is False:
                    block = self._block(waiter, now)
                    starved = starved or (block is not None and block.by_lease)
                    claimed |= self._lacks(waiter, now)
                    break
                self._waiting.pop(lane)
                waiter.future.set_result(None if ticket is True else ticket)
        return starved

    def _lacks(self, waiter: _Waiter, now: int) -> int:
        """Return the limits a blocked waiter lacks; no lower lane may take them away from it."""
        ledger = self._ledger
        first = waiter.lane is _FIRST
        lacks = 0
        if not all(bucket.fits(waiter.weight, now, first) for bucket in ledger.weight):
            lacks |= _WEIGHT
        if waiter.orders and not all(bucket.fits(waiter.orders, now, first) for bucket in ledger.orders):
            lacks |= _ORDERS
        if waiter.connects and not all(bucket.fits(1, now, first) for bucket in ledger.connections):
            lacks |= _CONNECTIONS
        return lacks

    def _wanted(self) -> dict[str, tuple[int, int, int]]:
        """Return what waits, for each type of limit: all of it, what of it is in the first lane, and the least."""
        wanted: dict[str, tuple[int, int, int]] = {}
        for waiter in self._waiting:
            if waiter.done:
                continue
            for limit, cost in (
                ("REQUEST_WEIGHT", waiter.weight),
                ("ORDERS", waiter.orders),
                ("CONNECTIONS", waiter.connects),
            ):
                if cost:
                    waiting, first, least = wanted.get(limit, (0, 0, cost))
                    in_first = cost if waiter.lane is _FIRST else 0
                    wanted[limit] = waiting + cost, first + in_first, min(least, cost)
        return wanted

    # ------------------------------------------------------------------ the pump

    def _arm(self) -> None:
        """Have the pump look again when something can change."""
        if self._pump is None and not self._waiting.size:
            return
        if self._pump is not None and asyncio.current_task() is self._pump:
            return  # it works out its next nap by itself
        if not self._waiting.size:
            if self._pump is not None:
                self._pump.cancel()
                self._pump = None
            return
        loop = asyncio.get_running_loop()
        wake = loop.time() + self._nap()
        if self._pump is None or self._pump.done():
            self._pump = loop.create_task(self._run_pump(), name="limits-pump")
            self._pump_until = wake
        elif wake < self._pump_until - 0.001:
            self._pump.cancel()
            self._pump = loop.create_task(self._run_pump(), name="limits-pump")
            self._pump_until = wake

    def _nap(self) -> float:
        """Return the seconds until the next time at which a wait can end by itself."""
        now = self._now()
        time = asyncio.get_running_loop().time()
        nap = float(_LONGEST_NAP_MS)
        for lane in Lane:
            waiter = self._waiting.head(lane)
            if waiter is not None:
                block = self._block(waiter, now)
                if block is not None and block.retry_at is not None and not block.by_lease:
                    nap = min(nap, block.retry_at - now)
        seconds = max(nap, 1.0) / 1_000
        for waiter in self._waiting:
            if waiter.deadline is not None and not waiter.done:
                seconds = min(seconds, waiter.deadline - time)
        return max(seconds, 0.0)

    async def _run_pump(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting.size:
            nap = self._nap()
            self._pump_until = loop.time() + nap
            await self._sleep(nap)
            now = self._now()
            self._ledger.expire(now)
            self._serve()
            self._end_waits(now, loop.time())
        if self._pump is asyncio.current_task():
            self._pump = None

    def _end_waits(self, now: int, time: float) -> None:
        """Refuse the waiting requests whose deadline has come, or comes before a ban ends."""
        for waiter in list(self._waiting):
            if waiter.done or waiter.deadline is None:
                continue
            block = self._block(waiter, now)
            due = time >= waiter.deadline
            if not due and not (block is not None and block.banned):
                continue
            error = self._refusal(waiter, block, now) if block is not None else None
            if error is None and due:
                error = LimitExceeded(f"{waiter.method}: others were waiting before it until its deadline")
            if error is not None:
                waiter.future.set_exception(error)

    # ------------------------------------------------------------------ bans and events

    def _latch(
        self, status: int, code: int | None, retry_after: int | None, rows: Sequence[RateLimit] | None, now: int
    ) -> None:
        scope = self._ledger.latch(status, code, retry_after, rows, now)
        if scope is not None:
            self._closed(scope, status)

    def _closed(self, scope: str, status: int) -> None:
        self._tell(BanLatched(scope, status, self._ledger.bans.scopes[scope]))
        if self._courier is not None:
            self._courier.poke(urgent=True)
        if self._waiting.size:
            self._end_waits(self._now(), asyncio.get_running_loop().time())

    def _tell(self, event: LimitEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)


def _future() -> asyncio.Future[Ticket | None]:
    return asyncio.get_running_loop().create_future()
