"""Which rows of the venue are limits that can be kept to, and the limits to begin with.

Rows come with ``exchangeInfo`` and with each reply. What no venue can mean is left alone: a limit of request weight under
which no connection has room would close this client for good, and one beyond all measure would open it.
"""

from __future__ import annotations

from typing import Final

from binance_wsapi.limits.window import window_length
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["CONNECT_WEIGHT", "DEFAULT_LIMITS", "MOST_BUCKETS", "is_usable", "key_of"]

DEFAULT_LIMITS: Final = (
    RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 6_000),
    RateLimit("ORDERS", "SECOND", 10, 50),
    RateLimit("ORDERS", "DAY", 1, 160_000),
    RateLimit("CONNECTIONS", "MINUTE", 5, 300),
)
"""The limits of the documentation's examples; `Ledger.configure` takes over the venue's own."""

CONNECT_WEIGHT: Final = 2
"""Request weight of a connection attempt (Rate limits, IP limits)."""

MOST_BUCKETS: Final = 32
"""Rows of the venue beyond these are left alone: it has four limits, of 160,000 at most, and of a day at most."""

GREATEST_LIMIT: Final = 10**9
LONGEST_WINDOW_MS: Final = 400 * 86_400_000
_TYPES: Final = ("REQUEST_WEIGHT", "ORDERS", "CONNECTIONS")


def key_of(row: RateLimit) -> tuple[str, str, int]:
    """Return what tells a limit from others: its type, its interval, and how many intervals a window lasts."""
    return row.rateLimitType, row.interval, row.intervalNum


def is_usable(row: RateLimit) -> bool:
    """Whether a row is of a limit that can be kept to."""
    length = window_length(row.interval, row.intervalNum)
    least = CONNECT_WEIGHT if row.rateLimitType == "REQUEST_WEIGHT" else 1
    return (
        row.rateLimitType in _TYPES
        and least <= row.limit <= GREATEST_LIMIT
        and length is not None
        and length <= LONGEST_WINDOW_MS
    )
