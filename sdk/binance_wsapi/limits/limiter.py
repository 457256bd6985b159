"""The request limiter, which every request passes: the ledger and the policy, with the waiting around them.

Theory of operation
-------------------
`RequestLimiter.try_admit` is the way of nearly every request: one look at a few sums, no task, no future, no await.
Only when there is no room, or when others wait already, `RequestLimiter.admit` puts the request into the `WaitingRoom`.
A request that cannot be sent before its deadline is refused at once, with the time at which it is worth trying again,
unless a reply in flight could still bring room.

With a shared store the ledger works on a lease (`binance_wsapi.limits.shared.lease`), and a task, the `StoreSync`,
brings reports to the store and leases back. No request ever waits for a store while its lease lasts. A connection
attempt always asks it first: a ban that ended this process's connection may have been told to another one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from binance_wsapi.errors import Banned, LimitExceeded, printable
from binance_wsapi.limits.bans import FIREWALL_MS
from binance_wsapi.limits.events import BanLatched, LimitEvent, LimitState, StoreLost, WaitEnded, WaitStarted
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import DEFAULT_KEPT, Cost, Policy, Priority
from binance_wsapi.limits.rows import CONNECT_WEIGHT, DEFAULT_LIMITS, MOST_BUCKETS, key_of
from binance_wsapi.limits.shared.lease import leased_types
from binance_wsapi.limits.shared.store import Store
from binance_wsapi.limits.shared.sync import StoreSync
from binance_wsapi.limits.ticket import Block, Ticket
from binance_wsapi.limits.waiting import Waiter, WaitingRoom
from binance_wsapi.wire.endpoint import Endpoint, Params
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["RequestLimiter"]

log = logging.getLogger("binance_wsapi")

_MOST_COSTS: Final = 1_024
_OF_REST: Final = "RAW_REQUESTS"
"""Counts requests to REST, which this library sends few of."""


class RequestLimiter:
    """Holds requests and connection attempts back until the venue's limits have room for them.

    Args:
        store: where the budget is shared with other processes and clients; None when all of it is this limiter's.
        policy: what happens when there is no room.
        now_ms: the venue's clock in milliseconds, as well as it is known.
        sleep: ``asyncio.sleep`` or one in virtual time.
        on_event: is told when a wait begins and ends, of bans and of the store; it must not block.
        kept: share of the request weight that only the first priority may use, 0 to 1.
        eps_ms: how wrong ``now_ms`` may be; `eps_ms` can be set again at any time.
        limits: the limits to begin with, until `configure` brings the venue's own.
        clock_known: whether ``now_ms`` was ever compared with the venue's clock. Until it was, the shared store is told of
            bans alone, and this process lives on a few requests.
        on_full: is told when a request finds the orders of a long window used up: the venue may count fewer by now.
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
        clock_known: Callable[[], bool] = lambda: True,
        on_full: Callable[[], None] = lambda: None,
    ) -> None:
        self._on_full = on_full
        self.policy = Policy(policy)
        self._now = now_ms
        self._on_event = on_event
        self._ledger = Ledger(limits, kept=kept, eps_ms=eps_ms, on_lease=() if store is None else leased_types(store))
        self._costs: dict[Endpoint[Any], Cost] = {}
        self._left_alone: set[tuple[str, str, int]] = set()
        self._room = WaitingRoom(
            self._ledger, now_ms, grant=self._grant, refusal=self._refusal, starved=self._ask_for_more
        )
        self._store_sync: StoreSync | None = None
        if store is not None:
            self._store_sync = StoreSync(
                store,
                self._ledger,
                now_ms=now_ms,
                sleep=sleep,
                wanted=self._room.wanted,
                clock_known=clock_known,
                on_news=self._room.serve,
                on_event=self._tell,
            )

    async def open(self) -> None:
        """Fetch the first lease from the shared store, if there is one, and keep it fresh from now on."""
        if self._store_sync is not None:
            await self._store_sync.open()

    async def lease(self) -> None:
        """Fetch a lease now that the venue's time is known, so that the first request need not wait for it.

        Raises:
            UsageError: the shared store cannot be used, now or later.
        """
        if self._store_sync is not None:
            await self._store_sync.fetch()
            self._store_sync.check()

    async def aclose(self) -> None:
        """End every wait with `LimitExceeded`, give the lease back and stop. A closed limiter can be opened again."""
        self._room.close()
        if self._store_sync is not None:
            await self._store_sync.aclose()

    @property
    def eps_ms(self) -> int:
        """How wrong the picture of the venue's clock may be, in milliseconds."""
        return self._ledger.eps_ms

    @eps_ms.setter
    def eps_ms(self, value: int) -> None:
        self._ledger.set_eps(value)

    # ------------------------------------------------------------------ the fast path

    def try_admit(
        self, endpoint: Endpoint[Any], params: Params, priority: Priority | None = None, now: int | None = None
    ) -> Ticket | None:
        """Return a ticket to send a request now, or None when it must wait.

        Args:
            endpoint: the method.
            params: its parameters, which may decide its weight.
            priority: its priority when it is not the method's own.
            now: the venue's time in milliseconds, where it was asked just before.
        """
        cost = self._costs.get(endpoint) or self._cost_of(endpoint)
        now = self._now() if now is None else now
        weight, success = cost.fixed or cost.weights(params)
        priority = cost.priority if priority is None else priority
        if not self._room.size or self._room.may_pass(priority, orders=cost.orders > 0):
            ticket = self._ledger.reserve(weight, cost.orders, success, now, priority)
            if ticket is not None:
                return ticket
            ticket = self._second_look(weight, cost.orders, success, priority)
            if ticket is not None:
                return ticket
        if cost.orders and params.get("orderRateLimitExceededMode") == "CANCEL_ONLY":
            # With the orders used up the venue cancels, and places nothing: that is what was asked for.
            return self._ledger.reserve(weight, 0, success, now, Priority.FIRST)
        return None

    def settle(
        self,
        ticket: Ticket,
        status: int,
        rate_limits: Sequence[RateLimit] | None = None,
        error_code: int | None = None,
        retry_after: int | None = None,
        now: int | None = None,
    ) -> None:
        """Take note of the reply to a request. A late reply, after `lost`, is news as well.

        Args:
            ticket: of the request.
            status: status of the reply.
            rate_limits: the reply's ``rateLimits``; None when it has none.
            error_code: code of the venue's error.
            retry_after: ``error.data.retryAfter`` of the reply, an epoch.
            now: the venue's time in milliseconds at which the reply came, where it is known.
        """
        now = self._now() if now is None else now
        self._ledger.settle(ticket, status == 200, rate_limits, now)
        if status == 429 or status == 418:
            self._latch(status, error_code, retry_after, rate_limits, now)
        if self._room.size:
            self._room.serve()

    def overheard(self, status: int, error_code: int | None, retry_after: int | None) -> None:
        """Take note of a refusal that names no call, or whose caller has gone: its ban still holds."""
        if status == 429 or status == 418:
            self._latch(status, error_code, retry_after, None, self._now())

    def lost(self, ticket: Ticket) -> None:
        """Say that no reply will come: the connection ended, or the deadline passed. The charge stays."""
        self._ledger.lost(ticket, self._now())
        if self._room.size:
            self._room.serve()

    def release(self, ticket: Ticket) -> None:
        """Say that no byte of the request was sent."""
        self._ledger.release(ticket)
        if self._room.size:
            self._room.serve()

    def _cost_of(self, endpoint: Endpoint[Any]) -> Cost:
        if len(self._costs) >= _MOST_COSTS:  # endpoints made for one call each, by `client.call("any.method")`
            self._costs.clear()
        cost = self._costs[endpoint] = Cost(endpoint)
        return cost

    # ------------------------------------------------------------------ the slow path

    async def admit(
        self, endpoint: Endpoint[Any], params: Params, deadline: float | None = None, priority: Priority | None = None
    ) -> Ticket:
        """Wait for a ticket to send a request.

        Cancelling the await gives up the place in the queue.

        Args:
            endpoint: the method.
            params: its parameters, which may decide its weight.
            deadline: when waiting ends, in seconds of the event loop's clock; None waits as long as it takes.
            priority: its priority when it is not the method's own.

        Returns:
            The ticket.

        Raises:
            LimitExceeded: there is no room before the deadline, or the policy is not to wait.
            Banned: the venue wants nothing from here before the deadline.
        """
        ticket = self.try_admit(endpoint, params, priority)
        if ticket is not None:
            return ticket
        cost = self._costs.get(endpoint) or self._cost_of(endpoint)
        weight, success = cost.weights(params)
        waiter = Waiter(
            endpoint.method,
            cost.priority if priority is None else priority,
            weight,
            orders=cost.orders,
            success=success,
            deadline=deadline,
        )
        ticket = await self._wait(waiter)
        if ticket is None:  # pragma: no cover - a request is only ever given a ticket
            raise AssertionError("a request was admitted without a ticket")
        return ticket

    async def admit_connect(self, deadline: float | None = None) -> None:
        """Wait until one connection may be tried: 300 in 5 minutes, 2 request weight each, none during a ban.

        Args:
            deadline: when waiting ends, in seconds of the event loop's clock.

        Raises:
            LimitExceeded: there is no room before the deadline, or the policy is not to wait.
            Banned: the venue wants no connection before the deadline.
        """
        if self._store_sync is not None:
            await self._store_sync.hear()
        if self._room.may_pass(Priority.FIRST) and self._try_connect():
            return
        waiter = Waiter("connect", Priority.FIRST, CONNECT_WEIGHT, orders=0, success=0, deadline=deadline, connects=1)
        await self._wait(waiter)

    def connect_refused(self, status: int, retry_after: int | None = None) -> None:
        """Take note of an HTTP status with which a connection attempt was refused.

        Args:
            status: 418 and 429 close everything from this address, 403 closes connecting.
            retry_after: when trying again is allowed, an epoch; None when the venue does not say.
        """
        now = self._now()
        if status == 403:
            self._ledger.bans.close("connect", now + FIREWALL_MS, now)
            self._closed("connect", status)
        else:
            self._latch(status, None, retry_after, None, now)

    @property
    def banned_until(self) -> int | None:
        """When a connection may be opened again, in milliseconds of the venue's clock; None when one may be now."""
        return self._ledger.bans.closed_until(self._now(), connects=True)

    def configure(self, rate_limits: Sequence[RateLimit]) -> None:
        """Take over the limits of ``exchangeInfo``. A limit that cannot be kept to is logged as a warning, once."""
        for row in self._ledger.configure(rate_limits):
            name = key_of(row)
            if row.rateLimitType != _OF_REST and name not in self._left_alone and len(self._left_alone) < MOST_BUCKETS:
                self._left_alone.add(name)
                log.warning("this client keeps to no limit of this kind, yet the venue has it: %s", printable(str(row)))
        if self._room.size:
            self._room.serve()

    def asking(self) -> Ticket:
        """Return what `learn` is told: when the counts of the orders were asked for."""
        return self._ledger.asking(self._now())

    def learn(self, rate_limits: Sequence[RateLimit], asked: Ticket) -> None:
        """Take over the counts of ``account.rateLimits.orders``: a process that starts anew knows none of its own."""
        self._ledger.learn(rate_limits, asked, self._now())

    def snapshot(self) -> list[LimitState]:
        """Return every limit as it stands now."""
        now = self._now()
        self._ledger.expire(now)
        return self._ledger.snapshot(now)

    # ------------------------------------------------------------------ waiting

    async def _wait(self, waiter: Waiter) -> Ticket | None:
        now = self._now()
        block = self._room.block(waiter, now)
        day = None if block is None else block.day
        if day is not None and (self._store_sync is None or not self._store_sync.has_room(day)):
            self._on_full()
        if self.policy is Policy.RAISE and self._store_sync is not None and block is not None and block.by_lease:
            # The lease ran out, not the limit: the store is asked once.
            self._room.add(waiter)
            try:
                await self._store_sync.fetch()
            except asyncio.CancelledError:
                self._give_back(waiter)
                raise
            finally:
                self._room.discard(waiter)
            if waiter.future.done():
                return waiter.future.result()
            now = self._now()
            block = self._room.block(waiter, now)
        error = None if block is None else self._refusal(waiter, block, now)
        if error is not None:
            raise error
        self._room.add(waiter)
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._tell(
            WaitStarted(
                waiter.method, "queue" if block is None else block.limit, None if block is None else block.retry_at
            )
        )
        admitted = False
        try:
            self._room.serve()
            ticket = await waiter.future
            admitted = True
        except asyncio.CancelledError:
            self._give_back(waiter)
            raise
        finally:
            self._room.discard(waiter)
            self._tell(WaitEnded(waiter.method, loop.time() - began, admitted))
            if not admitted:
                self._room.serve()
        return ticket

    def _give_back(self, waiter: Waiter) -> None:
        """Release the ticket that a cancelled wait was given before it could take it."""
        future = waiter.future
        if future.done() and not future.cancelled() and future.exception() is None:
            ticket = future.result()
            if ticket is not None:
                self._ledger.release(ticket)

    def _second_look(self, weight: int, orders: int, success: int, priority: Priority) -> Ticket | None:
        """Look again where the fast path found no room."""
        now = self._now()
        ledger = self._ledger
        if ledger.expire(now):
            ticket = ledger.reserve(weight, orders, success, now, priority)
            if ticket is not None:
                return ticket
        if self.policy is Policy.OFF:
            block = ledger.block(weight, orders, now, priority)
            if block is None or not block.banned:
                return ledger.force(weight, orders, success, now)
        return None

    def _try_connect(self) -> bool:
        now = self._now()
        if self._ledger.reserve_connect(now):
            return True
        if self.policy is Policy.OFF:
            block = self._ledger.block(CONNECT_WEIGHT, 0, now, Priority.FIRST, connects=1)
            if block is None or not block.banned:
                self._ledger.force_connect(now)
                return True
        return False

    def _grant(self, waiter: Waiter, now: int) -> Ticket | bool:
        """Reserve for a waiter: a ticket, True for a connection attempt, False when there is no room."""
        if waiter.connects:
            return self._try_connect()
        ledger = self._ledger
        ticket = ledger.reserve(waiter.weight, waiter.orders, waiter.success, now, waiter.priority)
        return False if ticket is None else ticket

    def _refusal(self, waiter: Waiter, block: Block, now: int) -> LimitExceeded | Banned | None:
        """Return why waiting cannot help: never, not by this policy, or not before the deadline."""
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
        text = f"{waiter.method}: {block.limit} has no room before {retry_at}"
        lost = self.store_lost
        if block.by_lease and lost is not None:
            text += f" in this process's part, 1/{lost.processes}: the shared limits are away: {printable(lost.reason)}"
        return LimitExceeded(text, retry_at)

    @property
    def store_lost(self) -> StoreLost | None:
        """Why the shared store is away; None while it answers, or when there is none."""
        return None if self._store_sync is None else self._store_sync.lost

    def _ask_for_more(self) -> bool:
        """Ask the shared store for a greater lease; returns whether it came at once."""
        if self._store_sync is None:
            return False
        if self._store_sync.fetch_now():
            return True
        self._store_sync.poke()
        return False

    # ------------------------------------------------------------------ bans and events

    def _latch(
        self, status: int, code: int | None, retry_after: int | None, rows: Sequence[RateLimit] | None, now: int
    ) -> None:
        scope = self._ledger.latch(status, code, retry_after, rows, now)
        if scope is not None:
            self._closed(scope, status)

    def _closed(self, scope: str, status: int) -> None:
        self._tell(BanLatched(scope, status, self._ledger.bans.scopes[scope]))
        if self._store_sync is not None:
            self._store_sync.poke(urgent=True)
        if self._room.size:
            self._room.end_hopeless()

    def _tell(self, event: LimitEvent) -> None:
        if self._on_event is not None:
            self._on_event(event)
