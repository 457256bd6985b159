"""What `SpotClient.stats` tells: one frozen value of how a client is doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from binance_wsapi.limits.events import LimitState
from binance_wsapi.link.timing import Histogram

__all__ = ["ClientStats"]


@dataclass(frozen=True, slots=True)
class ClientStats:
    """How a client is doing at one moment. Counts are of the client's whole life.

    Args:
        queue_to_wire: of calls that got a reply: from the call to its frame.
        wire_to_reply: of the same calls: from the frame to the reply.
        clock_offset_ms: milliseconds by which the venue's clock is ahead of this machine's.
        clock_error_ms: milliseconds by which the estimate of the venue's clock may be wrong.
        limits: the venue's limits, as `SpotClient.limits`.
        connections: connections that take calls now.
        opened: connections that became ready.
        reconnects: connections that became ready after a loss.
        rotations: connections that were replaced without a gap.
        pending: requests that wait for their reply.
        doubts: requests whose reply is lost and whose fate is not known yet.
        handles: orders that live handles follow.
        message_age: seconds since the last message of the API; None before the first.
        user_data_age: seconds since the last event of user data; None before the first.
        stream_ages: seconds since the last event of each market stream that is subscribed; None before its first.
        oddities: what came and was dropped, by kind: late, doubled, unreadable frames and the like.
    """

    queue_to_wire: Histogram
    wire_to_reply: Histogram
    clock_offset_ms: float
    clock_error_ms: float
    limits: tuple[LimitState, ...]
    connections: int
    opened: int
    reconnects: int
    rotations: int
    pending: int
    doubts: int
    handles: int
    message_age: float | None
    user_data_age: float | None
    stream_ages: Mapping[str, float | None]
    oddities: Mapping[str, int]

    @property
    def budget_left(self) -> dict[str, int]:
        """What is left of each limit in its present window, by type and interval: ``REQUEST_WEIGHT/1MINUTE``."""
        return {
            f"{each.type}/{each.interval_num}{each.interval}": max(0, each.limit - each.used - each.reserved)
            for each in self.limits
        }

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON: histograms as their count, mean and quantiles."""
        plain = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in {"queue_to_wire", "wire_to_reply", "limits", "stream_ages", "oddities"}
        }
        for name in ("queue_to_wire", "wire_to_reply"):
            histogram: Histogram = getattr(self, name)
            plain[name] = {
                "count": histogram.count,
                "mean_s": histogram.mean,
                **{f"p{int(part * 100)}_s": histogram.quantile(part) for part in (0.5, 0.9, 0.99)},
            }
        return {
            **plain,
            "budget_left": self.budget_left,
            "stream_ages": dict(self.stream_ages),
            "oddities": dict(self.oddities),
        }
