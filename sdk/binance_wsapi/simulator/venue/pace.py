"""How fast the venue is, and how long it keeps a connection: what is set at the start and can be set anew."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Pace"]

LONGEST = 1_000_000_000.0
"""Seconds."""


@dataclass(slots=True)
class Pace:
    """Times, in seconds.

    Attributes:
        queue_delay: least and most that a request waits in front of the matching engine.
        ping_every: between two pings; 0 sends none.
        pong_patience: without a pong until a connection is cut.
        lifetime: until a connection is closed because of its age; 0 is never.
    """

    queue_delay: tuple[float, float] = (0.0, 0.0)
    ping_every: float = 20.0
    pong_patience: float = 60.0
    lifetime: float = 86_400.0

    def __post_init__(self) -> None:
        least, most = (_seconds("queue_delay", each) for each in self.queue_delay)
        if least > most:
            raise ValueError(f"queue_delay must be the least and the most seconds, got {least} and {most}")
        for name in ("ping_every", "pong_patience", "lifetime"):
            _seconds(name, getattr(self, name))


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
        raise ValueError(f"{name} must be seconds from 0 to {LONGEST:.0f}, got {value!r}")
    return value
