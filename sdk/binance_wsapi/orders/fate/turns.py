"""Turns for questions about fate: however many requests are in doubt, orders and cancels have room.

Theory of operation. Questions use the first priority of the limits, so nothing there would stop them from using up all of
the request weight. So each takes its turn here first. Requests of this process that are in doubt, and those that an earlier
process left open, stand in queues of their own: ten thousand of the latter do not delay a question about the former. A
question books its weight with an allowance when its turn comes, and not before: what was settled while it stood in the queue
costs nothing.

An allowance knows what this process spends. What a process before it, or beside it, spent of the same limit the venue tells
with each reply; where that leaves no room, a question waits for the next minute. Sent all the same, as the policy ``"off"``
would, a refusal for each of so many questions ends in a ban.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.limits.events import LimitState
from binance_wsapi.wire.endpoint import Endpoint, Params, weigh

__all__ = ["Ask", "Turns"]

Ask: TypeAlias = Callable[[Endpoint[Any], Params], Awaitable[Any]]
"""Brings a question to the venue."""

WEIGHT_SHARE: Final = 0.8
"""Part of the request weight of a minute that questions about fate may use: cancels and reads have the rest."""

LEFT_OPEN_WEIGHT_SHARE: Final = 0.7
"""Likewise, of those about what an earlier process left open: new orders wait for them and need no weight meanwhile."""

ROUNDS_AT_ONCE: Final = 64
"""Rounds of questions under way in each queue: sending so many takes the event loop some 10 ms."""

QUESTIONS_PER_ROUND: Final = 4
"""Questions of a round, as a rule at most: those of the rounds under way may not be among what the venue has counted."""

FULL_PAUSE_S: Final = 1.0
"""Seconds until the limit is looked at again where it leaves no room."""


class Turns:
    """Gives turns to questions.

    Args:
        limits: tells the venue's limits.
        sleep: wait that many seconds.
    """

    def __init__(self, limits: Callable[[], Iterable[LimitState]], sleep: Callable[[float], Awaitable[None]]) -> None:
        self._limits = limits
        self._sleep = sleep
        self._all = Allowance(WEIGHT_SHARE)
        self._left_open = Allowance(LEFT_OPEN_WEIGHT_SHARE)
        self._queues = asyncio.Semaphore(ROUNDS_AT_ONCE), asyncio.Semaphore(ROUNDS_AT_ONCE)
        self._under_way = 0  # rounds

    @asynccontextmanager
    async def turn(self, weight: int, *, left_open: bool, needed: Callable[[], bool]) -> AsyncIterator[bool]:
        """Wait for a turn, and hold it.

        Args:
            weight: request weight of the first question of the round.
            left_open: whether it is about what an earlier process left open.
            needed: tells whether the question is still to be asked.

        Yields:
            Whether to ask: it has its turn, and is still needed.
        """
        async with self._queues[left_open]:
            for allowance in (self._left_open, self._all) if left_open else (self._all,):
                if not needed():
                    break
                wait = self._book(allowance, weight)
                if wait > 0:
                    await self._sleep(wait)
            while needed() and self._is_full(weight):
                await self._sleep(FULL_PAUSE_S)
            self._under_way += 1
            try:
                yield needed()
            finally:
                self._under_way -= 1

    def counted(self, ask: Ask) -> Ask:
        """Return what brings the questions of one round to the venue: all but the first, which was booked, spend weight.

        What follows in the queue waits for it, so that a round is never held up between two questions.
        """
        asked = 0

        async def counting(endpoint: Endpoint[Any], params: Params) -> Any:
            nonlocal asked
            asked += 1
            if asked > 1:
                self._book(self._all, weigh(endpoint.weight, params))
            return await ask(endpoint, params)

        return counting

    def _is_full(self, weight: int) -> bool:
        """Return whether the venue's limit has no room for a round, with what other processes spent."""
        due = weight * (1 + QUESTIONS_PER_ROUND * self._under_way)
        return any(
            spent + due > limit.limit
            for limit in self._limits()
            if limit.type == "REQUEST_WEIGHT" and (spent := limit.used + limit.reserved) > 0
        )

    def _book(self, allowance: Allowance, weight: int) -> float:
        allowance.follow(self._limits())
        return allowance.book(weight, asyncio.get_running_loop().time())
