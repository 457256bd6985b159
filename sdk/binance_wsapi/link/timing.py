"""How long calls take, counted by powers of two of a microsecond: cheap enough for every call, and exact enough to act on.

This file is pure: durations are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from binance_wsapi.errors import UsageError, shown

__all__ = ["Histogram", "Timings"]

BUCKETS: Final = 64
"""More than any duration a float of seconds can hold in microseconds needs."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Durations by size. Bucket *n* counts those below 2 ** n microseconds that no bucket before counts.

    Args:
        counts: of each bucket.
        total: seconds of all together.
    """

    counts: tuple[int, ...]
    total: float

    def __repr__(self) -> str:
        if not self.count:
            return "<Histogram of none>"
        median, most = self.quantile(0.5), self.quantile(0.99)
        return f"<Histogram of {self.count}: half below {median:.6f} s, 99 % below {most:.6f} s>"

    @property
    def count(self) -> int:
        """How many durations there are."""
        return sum(self.counts)

    @property
    def mean(self) -> float | None:
        """Seconds on average; None without any."""
        count = self.count
        return self.total / count if count else None

    def quantile(self, part: float) -> float | None:
        """Return the seconds that this part of the durations stays below: the upper end of its bucket; None without any.

        Args:
            part: from 0 to 1: 0.5 for the median, 0.99.

        Returns:
            Seconds; None while nothing was counted.

        Raises:
            UsageError: it is outside.
        """
        if not 0 <= part <= 1:
            raise UsageError(f"part must be from 0 to 1, got {shown(part)}")
        left = part * self.count
        for bucket, count in enumerate(self.counts):
            left -= count
            if count and left <= 0:
                return _upper(bucket)
        return None

    @property
    def buckets(self) -> list[tuple[float, int]]:
        """Upper end in seconds and durations below it, of every bucket up to the last that counts any."""
        found = []
        below = 0
        last = max((bucket for bucket, count in enumerate(self.counts) if count), default=-1)
        for bucket, count in enumerate(self.counts[: last + 1]):
            below += count
            found.append((_upper(bucket), below))
        return found

    def __sub__(self, earlier: Histogram) -> Histogram:
        """Return what came since an earlier look at the same durations."""
        counts = tuple(now - then for now, then in zip(self.counts, earlier.counts, strict=True))
        return Histogram(counts, self.total - earlier.total)


class Timings:
    """Counts, for every call that got a reply, how long it waited before it was sent and how long the reply took."""

    __slots__ = ("_queued", "_queued_s", "_replied", "_replied_s")

    def __init__(self) -> None:
        self._queued = [0] * BUCKETS
        self._replied = [0] * BUCKETS
        self._queued_s = 0.0
        self._replied_s = 0.0

    def note(self, began: float, sent: float, heard: float) -> None:
        """Count one call.

        Args:
            began: when it was made, in seconds of a clock that never goes back.
            sent: when its frame was made.
            heard: when its reply was read.
        """
        took = heard - sent
        self._replied[int(took * 1e6).bit_length()] += 1
        self._replied_s += took
        if sent != began:  # nearly no call waits: those that do not are the others
            waited = sent - began
            self._queued[int(waited * 1e6).bit_length()] += 1
            self._queued_s += waited

    @property
    def queued(self) -> Histogram:
        """From the call to its frame: limits, a connection, a signer elsewhere."""
        at_once = sum(self._replied) - sum(self._queued)
        return Histogram((self._queued[0] + at_once, *self._queued[1:]), self._queued_s)

    @property
    def replied(self) -> Histogram:
        """From the frame to the reply."""
        return Histogram(tuple(self._replied), self._replied_s)


def _upper(bucket: int) -> float:
    return float(2**bucket) / 1e6
