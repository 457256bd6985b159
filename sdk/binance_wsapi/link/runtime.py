"""Clock, chance and sleep: what the library asks of the machine, all of it handed in.

Nothing outside this file and the transport asks the machine for any of them, so that a whole life of the client can be
run in virtual time from one seed. Monotonic time is the event loop's own (``loop.time()``), virtual where the loop is.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from binance_wsapi.wire.ids import token_of

__all__ = ["Runtime"]


# The clock that goes on is read first: a pause between the two can only hide a sleep until the next look.
if sys.platform == "linux":

    def _slept(
        read: Callable[[int], float] = time.clock_gettime,
        all: int = time.CLOCK_BOOTTIME,
        awake: int = time.CLOCK_MONOTONIC,
    ) -> float:
        """Return for how long this machine has slept while its monotonic clock, which event loops go by, stood still."""
        return read(all) - read(awake)

elif sys.platform == "darwin":

    def _slept() -> float:
        """Return for how long this machine has slept while its monotonic clock, which event loops go by, stood still."""
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)

else:

    def _slept() -> float:
        """Return 0: here the monotonic clock goes on while the machine sleeps."""
        return 0.0


class _Tokens:
    """Random symbols, drawn from the operating system by the block: a draw takes as long as all else that makes an id.

    No symbol is given out twice. Each client has its own: it runs in one thread, and no client goes through a fork.
    """

    __slots__ = ("_at", "_block")

    def __init__(self) -> None:
        self._block = ""
        self._at = 0

    def __call__(self, length: int) -> str:
        at, self._at = self._at, self._at + length
        if self._at > len(self._block):
            self._block = token_of(os.urandom, max(_BLOCK, length))
            at, self._at = 0, length
        return self._block[at : self._at]


_BLOCK: Final = 4_096


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the client takes from the world.

    Args:
        wall: seconds since the epoch; asked once, before the venue has told its own time.
        token: that many unguessable symbols of `wire.ids.ALPHABET`.
        uniform: a random number between two bounds, for jitter.
        sleep: wait that many seconds.
        slept: seconds this machine has slept, since any moment, without the event loop's clock counting them.
    """

    wall: Callable[[], float] = time.time
    token: Callable[[int], str] = field(default_factory=_Tokens)
    uniform: Callable[[float, float], float] = random.SystemRandom().uniform
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    slept: Callable[[], float] = _slept
