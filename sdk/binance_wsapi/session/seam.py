"""The seam to the world: wall clock, chance, sleep and the network, all handed in.

Nothing outside this file and the transport asks the machine for any of them, so that a whole life of the client can be
run in virtual time from one seed. Monotonic time is the event loop's own (``loop.time()``), virtual where the loop is.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from binance_wsapi.wire.ids import ALPHABET

__all__ = ["Seam"]


def _token(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Seam:
    """What the client takes from the world.

    Args:
        wall: seconds since the epoch; asked once, before the venue has told its own time.
        token: that many unguessable symbols of `ALPHABET`.
        uniform: a random number between two bounds, for jitter.
        sleep: wait that many seconds.
    """

    wall: Callable[[], float] = time.time
    token: Callable[[int], str] = _token
    uniform: Callable[[float, float], float] = random.SystemRandom().uniform
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
