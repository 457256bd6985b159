"""The requests for which there was no room: who is next, and when it is worth looking again.

Theory of operation
-------------------
Each priority is a queue: first come, first served, and no priority passes a higher one. The head of a priority is never
overtaken by a cheaper request behind it, or the dear ones would starve. What a blocked head lacks is claimed for it: a
lower priority may go on only with requests that do not need the same limit.

The room is served whenever something may have changed: by every reply, by every exchange with a shared store, and by one
timer, which is set to the next moment at which a wait can end by itself: a window ends, the kept share melts, a ban ends,
a deadline comes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from binance_wsapi.errors import Banned, LimitExceeded
from binance_wsapi.limits.ledger import Ledger
from binance_wsapi.limits.policy import NOTHING, Priority, Wanted
from binance_wsapi.limits.ticket import Block, Ticket

__all__ = ["Waiter", "WaitingRoom"]

_WEIGHT, _ORDERS, _CONNECTIONS = 1, 2, 4  # what a blocked head of a priority claims
_LONGEST_NAP: Final = 1.0
"""Seconds after which the room is looked at again at the latest: our picture of the venue's clock may be corrected."""


class Waiter:
    """One request that waits. ``future`` is given its ticket; a connection attempt is given None."""

    __slots__ = ("connects", "deadline", "future", "method", "orders", "priority", "success", "weight")

    def __init__(
        self,
        method: str,
        priority: Priority,
        weight: int,
        *,
        orders: int,
        success: int,
        deadline: float | None,
        connects: int = 0,
    ) -> None:
        self.method = method
        self.priority = priority
        self.weight = weight
        self.orders = orders
        self.success = success
        self.deadline = deadline
        self.connects = connects
        self.future: asyncio.Future[Ticket | None] = asyncio.get_running_loop().create_future()

    @property
    def done(self) -> bool:
        return self.future.done()


class WaitingRoom:
    """All requests that wait. See the module's text.

    Args:
        ledger: knows what has room.
        now_ms: the venue's clock in milliseconds.
        grant: reserves for a waiter: a ticket, True for a connection attempt, False when there is no room.
        refusal: why a blocked waiter need not wait any longer, None when it may.
        starved: is called when a head is held back by nothing but the lease of this process; returns whether more room
            came of it at once.
    """

    def __init__(
        self,
        ledger: Ledger,
        now_ms: Callable[[], int],
        *,
        grant: Callable[[Waiter, int], Ticket | bool],
        refusal: Callable[[Waiter, Block, int], LimitExceeded | Banned | None],
        starved: Callable[[], bool],
    ) -> None:
        self.size = 0
        self._ledger = ledger
        self._now = now_ms
        self._grant = grant
        self._refusal = refusal
        self._starved = starved
        self._lanes: tuple[deque[Waiter], ...] = tuple(deque() for _ in Priority)
        self._claims = [0] * len(Priority)
        self._timer: asyncio.TimerHandle | None = None

    def __iter__(self) -> Iterator[Waiter]:
        for priority in self._lanes:
            yield from priority

    def add(self, waiter: Waiter) -> None:
        """Add a waiter; `serve` looks whether it has to wait."""
        self._lanes[waiter.priority].append(waiter)
        self.size += 1
        if waiter.deadline is not None:
            self._wake_at(waiter.deadline)

    def discard(self, waiter: Waiter) -> None:
        """Take a waiter out of its queue."""
        try:
            self._lanes[waiter.priority].remove(waiter)
        except ValueError:
            return
        self.size -= 1

    def close(self) -> None:
        """End every wait with `LimitExceeded`."""
        for waiter in list(self):
            if not waiter.done:
                waiter.future.set_exception(LimitExceeded(f"{waiter.method}: the client is closed"))
            self.discard(waiter)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def may_pass(self, priority: Priority, *, orders: bool = False) -> bool:
        """Whether a request may go although others wait: none of its priority do, and no higher one needs what it takes."""
        if self._head(priority) is not None:
            return False
        return not self._claims[priority] & (_WEIGHT | (_ORDERS if orders else 0))

    def block(self, waiter: Waiter, now: int) -> Block | None:
        """Return what holds a waiter back at ``now``, None when nothing does."""
        return self._ledger.block(waiter.weight, waiter.orders, now, waiter.priority, waiter.connects)

    def wanted(self) -> dict[str, Wanted]:
        """Return what waits, for each type of limit. Of the orders only those want weight that there is room for."""
        found: dict[str, Wanted] = {}
        orders_room = min((bucket.free for bucket in self._ledger.orders), default=0)
        for waiter in self:
            if waiter.done:
                continue
            costs = {"REQUEST_WEIGHT": waiter.weight, "ORDERS": waiter.orders, "CONNECTIONS": waiter.connects}
            if waiter.orders:
                orders_room -= waiter.orders
                if orders_room < 0:
                    costs["REQUEST_WEIGHT"] = 0
            for limit, cost in costs.items():
                first, orders, rest, least = found.get(limit, NOTHING)
                if waiter.priority is Priority.FIRST:
                    first += cost
                elif waiter.priority is Priority.ORDERS and limit == "REQUEST_WEIGHT":
                    orders += cost
                elif cost:
                    least = min(least, cost) if rest else cost
                    rest += cost
                found[limit] = Wanted(first, orders, rest, least)
        return found

    # ------------------------------------------------------------------ serving

    def serve(self) -> None:
        """Give tickets to the heads of the priorities as far as there is room."""
        if self._serve_lanes() and self._starved():
            self._serve_lanes()
        if self.size:
            self._wake_at(self._next_chance())
        elif self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def end_hopeless(self) -> None:
        """Refuse those whose deadline has come, or comes before a ban ends."""
        now, time = self._now(), asyncio.get_running_loop().time()
        for waiter in list(self):
            if waiter.done or waiter.deadline is None:
                continue
            block = self.block(waiter, now)
            due = time >= waiter.deadline
            if not due and not (block is not None and block.banned):
                continue
            error = self._refusal(waiter, block, now) if block is not None else None
            if error is None and due:
                error = LimitExceeded(f"{waiter.method}: others were waiting before it until its deadline")
            if error is not None:
                waiter.future.set_exception(error)

    def _serve_lanes(self) -> bool:
        """Serve the priorities once; returns whether a head is held back by nothing but the lease of this process."""
        now = self._now()
        claimed = 0
        starved = False
        for priority in Priority:
            self._claims[priority] = claimed
            while (waiter := self._head(priority)) is not None:
                needs = _WEIGHT | (_ORDERS if waiter.orders else 0) | (_CONNECTIONS if waiter.connects else 0)
                if needs & claimed:
                    break
                ticket = self._grant(waiter, now)
                if ticket is False:
                    block = self.block(waiter, now)
                    starved = starved or (block is not None and block.by_lease)
                    claimed |= self._lacks(waiter, now)
                    break
                self._lanes[priority].popleft()
                self.size -= 1
                waiter.future.set_result(None if ticket is True else ticket)
        return starved

    def _head(self, priority: Priority) -> Waiter | None:
        """Return the first of a priority that still waits."""
        queue = self._lanes[priority]
        while queue and queue[0].done:
            queue.popleft()
            self.size -= 1
        return queue[0] if queue else None

    def _lacks(self, waiter: Waiter, now: int) -> int:
        """Return the limits a blocked waiter lacks; no lower priority may take them away from it."""
        ledger, priority = self._ledger, waiter.priority
        lacks = 0
        if not all(bucket.fits(waiter.weight, now, priority) for bucket in ledger.weight):
            lacks |= _WEIGHT
        if waiter.orders and not all(bucket.fits(waiter.orders, now, priority) for bucket in ledger.orders):
            lacks |= _ORDERS
        if waiter.connects and not all(bucket.fits(1, now, priority) for bucket in ledger.connections):
            lacks |= _CONNECTIONS
        return lacks

    # ------------------------------------------------------------------ the timer

    def _next_chance(self) -> float:
        """Return the next time, of the loop's clock, at which there may be room by itself."""
        now = self._now()
        nap = _LONGEST_NAP
        for priority in Priority:
            waiter = self._head(priority)
            if waiter is not None:
                block = self.block(waiter, now)
                if block is not None and block.retry_at is not None and not block.by_lease:
                    nap = min(nap, (block.retry_at - now) / 1_000)
        return asyncio.get_running_loop().time() + max(nap, 0.001)

    def _wake_at(self, when: float) -> None:
        """Look again at this time, or earlier."""
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(when, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._ledger.expire(self._now())
        self.serve()
        self.end_hopeless()
        deadlines = [waiter.deadline for waiter in self if waiter.deadline is not None and not waiter.done]
        if deadlines:
            self._wake_at(min(deadlines))
