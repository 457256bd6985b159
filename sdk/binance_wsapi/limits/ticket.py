"""The ticket of one request, and why there is none."""

from __future__ import annotations

import msgspec

from binance_wsapi.limits.bucket import Bucket
from binance_wsapi.limits.window import LOST_HOLD_MS

__all__ = ["Block", "Ticket"]


class Ticket(msgspec.Struct, gc=False, eq=False):
    """The permission to send one request. It is settled, lost or released exactly once; a second time does nothing.

    Args:
        seq: number of the reservation.
        sent_ms: when it was made, in venue milliseconds.
        first_ms: the earliest time of the venue at which the request can arrive.
        weight: reserved request weight.
        orders: reserved unfilled orders.
        success: what it weighs when it succeeds.
        open: it has not ended.
    """

    seq: int
    sent_ms: int
    first_ms: int
    weight: int
    orders: int
    success: int
    open: bool = True


class Block:
    """Why a request may not be sent now.

    Attributes:
        bucket: the limit that has no room; None for a ban.
        retry_at: when it is worth trying again, in venue milliseconds; None when it can never be sent.
        banned: the venue said to stay away.
        by_lease: the limit may have room, but the lease of this process has none.
    """

    __slots__ = ("banned", "bucket", "by_lease", "retry_at")

    def __init__(
        self, bucket: Bucket | None, retry_at: int | None, *, banned: bool = False, by_lease: bool = False
    ) -> None:
        self.bucket = bucket
        self.retry_at = retry_at
        self.banned = banned
        self.by_lease = by_lease

    @property
    def day(self) -> Bucket | None:
        """The limit, where it is of orders in a window much longer than a frame can be under way."""
        bucket = self.bucket
        return bucket if bucket is not None and bucket.type == "ORDERS" and bucket.length > LOST_HOLD_MS else None

    @property
    def limit(self) -> str:
        """The limit in words."""
        if self.bucket is None:
            return "ban"
        return f"{self.bucket.type} {self.bucket.interval_num} {self.bucket.interval}"
