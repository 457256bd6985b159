"""The venue's clock, estimated from its own words.

Theory of operation. A sample is a server time together with the local monotonic moments before asking and after the
answer. The venue read its clock somewhere between the two, so at the middle the error is at most half the round trip.
Of the samples of the last minutes the one with the smallest bound counts; the bound of an old one grows by the drift
two clocks may have. A sample that contradicts it may come from one node of the venue whose clock is wrong, so it is set
aside. When the next sample agrees with it, the venue's clock was set, and the older samples are forgotten. When the next one
agrees with them, it is forgotten itself. So one bad sample among good ones changes nothing, and two nodes that disagree and
answer in turn do not move the estimate to and fro. The wall clock of this machine is used once, before the first sample, and
never again: steps of it (NTP, a user) change nothing.

A timestamp must be "less than serverTime + 1000" and not older than ``recvWindow`` (Timing security). When the round
trip is so slow that half of it could put a timestamp a second ahead, the estimate is pulled back: the venue's clock
cannot be earlier than the time it told plus the time since the answer came.
"""

from __future__ import annotations

from collections import deque

__all__ = ["ServerClock"]

_DRIFT = 500e-6
"""Seconds two clocks may drift apart per second: cheap quartz, with room."""

_TICK = 1.0
"""Milliseconds: the venue tells whole ones."""

_KEEP = 600.0
"""Seconds a sample is kept."""

_AHEAD_MS = 800.0
"""Most that a timestamp may be ahead of the earliest time it can be at the venue; the venue allows 1000."""


class _Sample:
    __slots__ = ("at", "earliest", "error", "offset")

    def __init__(self, at: float, offset: float, error: float, earliest: float) -> None:
        self.at = at
        self.offset = offset
        self.error = error
        self.earliest = earliest


class ServerClock:
    """Estimate of the venue's clock. All moments are seconds of one monotonic clock; server times are milliseconds."""

    __slots__ = ("_best", "_odd", "_offset", "_samples", "_stamp_offset", "resets")

    def __init__(self, monotonic: float, wall: float) -> None:
        self._samples: deque[_Sample] = deque(maxlen=64)
        self._best: _Sample | None = None
        self._odd: _Sample | None = None
        self.resets = 0
        self._offset = self._stamp_offset = (wall - monotonic) * 1000.0

    @property
    def synced(self) -> bool:
        """Whether the venue has told its time at least once."""
        return self._best is not None

    @property
    def sampled_at(self) -> float:
        """Moment of the newest sample; minus infinity when there is none."""
        return self._samples[-1].at if self._samples else float("-inf")

    def reset(self) -> None:
        """Forget every sample: the venue said that the estimate is wrong, or the machine was asleep."""
        self._stamp_offset = self._offset
        self._samples.clear()
        self._best = self._odd = None
        self.resets += 1

    def sample(self, asked: float, answered: float, server_ms: float) -> bool:
        """Take in that the venue's clock stood at ``server_ms`` somewhere between the two moments.

        Returns:
            Whether it counts. If not, it contradicts what is known, and another sample is needed to tell which is right.
        """
        half = (answered - asked) * 500.0
        middle = (asked + answered) * 500.0
        sample = _Sample(answered, server_ms - middle, half, server_ms - answered * 1000.0)
        while self._samples and self._samples[0].at < answered - _KEEP:
            self._samples.popleft()
        known = min(self._samples, key=lambda each: self._bound(each, answered), default=None)
        if known is not None and self._contradict(known, sample):
            odd = self._odd
            if odd is None or self._contradict(odd, sample):
                self._odd = sample
                return False
            self._samples.clear()  # two agree: the clock was set, and what was known of it is void
            self._samples.append(odd)
        self._odd = None
        self._samples.append(sample)
        self._best = best = min(self._samples, key=lambda each: self._bound(each, answered))
        self._offset = best.offset
        self._stamp_offset = min(best.earliest + _AHEAD_MS, best.offset)
        return True

    @classmethod
    def _contradict(cls, earlier: _Sample, later: _Sample) -> bool:
        """Return whether both cannot be true of one clock."""
        return abs(later.offset - earlier.offset) > later.error + cls._bound(earlier, later.at) + _TICK

    @staticmethod
    def _bound(sample: _Sample, now: float) -> float:
        return sample.error + (now - sample.at) * _DRIFT * 1000.0

    def error_ms(self, now: float) -> float:
        """Milliseconds by which `now_ms` may be wrong; infinite before the first sample."""
        return float("inf") if self._best is None else self._bound(self._best, now)

    def now_ms(self, now: float) -> float:
        """The venue's time now, in milliseconds, as near as can be told."""
        return now * 1000.0 + self._offset

    def timestamp(self, now: float) -> int:
        """The ``timestamp`` for a request that is sent right now, in milliseconds."""
        return int(now * 1000.0 + self._stamp_offset)
