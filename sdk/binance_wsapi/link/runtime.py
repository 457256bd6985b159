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
from dataclasses import dataclass

from binance_wsapi.wire.ids import token_of

__all__ = ["Runtime"]


def _slept() -> float:
    """Return for how long this machine has slept while its monotonic clock, which event loops go by, stood still."""
    # The clock that goes on is read first: a pause between the two can only hide a sleep until the next look.
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    return 0.0  # elsewhere the monotonic clock goes on


def _token(length: int) -> str:
    return token_of(os.urandom, length)


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
    token: Callable[[int], str] = _token
    uniform: Callable[[float, float], float] = random.SystemRandom().uniform
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    slept: Callable[[], float] = _slept
