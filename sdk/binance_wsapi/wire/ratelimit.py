"""One row of the ``rateLimits`` that come with a reply and with ``exchangeInfo``."""

from __future__ import annotations

import msgspec

__all__ = ["RateLimit"]


class RateLimit(msgspec.Struct, gc=False):
    """What the venue says about one limit (General API information, How to interpret rate limits).

    The names are the ones on the wire. `exchangeInfo` sends no ``count``.

    Args:
        rateLimitType: ``REQUEST_WEIGHT``, ``ORDERS`` or ``CONNECTIONS``; a type we do not know is not an error.
        interval: ``SECOND``, ``MINUTE``, ``HOUR`` or ``DAY``.
        intervalNum: how many intervals one window lasts.
        limit: most that one window may hold.
        count: what the window held when the venue answered; None when not said.
    """

    rateLimitType: str
    interval: str
    intervalNum: int
    limit: int
    count: int | None = None
