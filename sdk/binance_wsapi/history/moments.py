"""Times as users write them: ISO text, `datetime`, or the venue's own integers. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from binance_wsapi.errors import UsageError, shown

__all__ = ["Moment", "read_moment"]

Moment: TypeAlias = str | datetime | int
"""A time: ISO text (``2024-01-31``, ``2024-01-31T12:00+02:00``; UTC where it has no zone), an aware `datetime`, or
milliseconds since 1970."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST_MS: Final = 10**11
"""Anything below is seconds: 1973 in milliseconds, the year 5138 in seconds."""
_LEAST_US: Final = 10**14
"""Anything from here on is microseconds: the year 5138 in milliseconds, 1973 in microseconds."""
_LEAST_NS: Final = 10**17
"""Anything from here on is nanoseconds: the year 5138 in microseconds, 1973 in nanoseconds."""


def read_moment(name: str, value: Moment) -> int:
    """Return a time in microseconds since 1970.

    Args:
        name: of the argument, for the message.
        value: the time.

    Raises:
        UsageError: it is none.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise UsageError(
                f"{name} must be ISO text such as '2024-01-31' or '2024-01-31T12:00:00Z', got {shown(value)}"
            ) from None
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise UsageError(
                f"{name} must be a datetime with a time zone, got the naive datetime {value.isoformat()}; "
                "use datetime.now(UTC) or .replace(tzinfo=UTC)"
            )
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f"{name} must be ISO text, a datetime or milliseconds, got {type(value).__name__}")
    if not _LEAST_MS <= value < _LEAST_NS:
        remedy = "seconds are multiplied by 1000" if value < _LEAST_MS else "nanoseconds are divided by 1000000"
        raise UsageError(f"{name} must be in milliseconds since 1970, got {shown(value)}; {remedy}")
    return value if value >= _LEAST_US else value * 1000
