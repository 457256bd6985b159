"""How the questions of a look at an account are asked.

Theory of operation. Several questions are under way at a time. Each spends of an allowance first; when that is used up, or
the limits have no room, the look waits and goes on where it was. Questions use the first priority of the limits, and are
signed with the key of the account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from binance_wsapi.errors import Banned, LimitExceeded, RateLimited, UnreadableReply
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import shows_another
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint, weigh

__all__ = ["LOOK_WEIGHT_SHARE", "Asking"]

R = TypeVar("R")
T = TypeVar("T")

LOOK_WEIGHT_SHARE: Final = 0.5
"""Part of the request weight of a minute that looks may spend."""

QUESTIONS_AT_ONCE: Final = 8
"""Questions under way at a time."""

ROOM_WAIT_S: Final = 90.0
"""Seconds a look that is under way waits for room: longer than a window of the request weight, shorter than any ban."""


class Asking:
    """Asks about one account.

    Args:
        session: asks.
        key: the account.
        allowance: how much may be asked.
        runtime: sleeps.
    """

    def __init__(self, session: Session, key: Signer | AsyncSigner, allowance: Allowance, runtime: Runtime) -> None:
        self._session = session
        self._key = key
        self._allowance = allowance
        self._sleep = runtime.sleep

    @property
    def own(self) -> bool:
        """Whether it is the client's own account."""
        return self._key is self._session.credentials.key

    def begin(self) -> int:
        """Begin a look; return milliseconds of the venue's clock."""
        self._allowance.follow(self._session.limiter.snapshot())
        return self._session.now_ms()

    async def each(self, ask: Callable[..., Awaitable[T]], arguments: Iterable[tuple[Any, ...]]) -> list[T]:
        """Ask several at a time; the first failure ends all."""
        room = asyncio.Semaphore(QUESTIONS_AT_ONCE)

        async def one(each: tuple[Any, ...]) -> T:
            async with room:
                return await ask(*each)

        tasks = [asyncio.create_task(one(each)) for each in arguments]
        try:
            return await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def ask(self, endpoint: Endpoint[R], params: Mapping[str, Any]) -> R:
        """Ask one question, when the allowance and the limits have room for it.

        Raises:
            WsapiError: no answer came, or room is far off; `UnreadableReply` where it is about another order or symbol.
        """
        session, loop = self._session, asyncio.get_running_loop()
        options = CallOptions(key=None if self.own else self._key)
        # A question that no connection can carry spends nothing.
        await session.connections.home_ready(loop.time() + session.settings.timeout)
        if (wait := self._allowance.book(weigh(endpoint.weight, params), loop.time())) > 0:
            await self._sleep(wait)
        while True:
            deadline = loop.time() + session.settings.timeout
            connection = await session.connections.home_ready(deadline)
            try:
                answer = await session.exchange_on(connection, endpoint, params, options, deadline)
                if shows_another(params, answer):
                    raise UnreadableReply("the answer is about another order, or another symbol")
                return answer
            except (LimitExceeded, Banned, RateLimited) as error:
                # What was answered so far is good: a look that began anew whenever there is no room would never end.
                at = error.retry_after if isinstance(error, RateLimited) else error.retry_at
                wait = ROOM_WAIT_S if at is None else (at - session.now_ms()) / 1000.0
                if wait >= ROOM_WAIT_S:
                    raise
                await self._sleep(max(0.2, wait))
