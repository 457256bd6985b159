"""What an HTTP response says: a result, an error of the tree, and how much of the limits is used. Pure.

The venue's error over REST is ``{"code": ..., "msg": ...}`` with a status of 400 or more (Error Codes). How long to stay
away is in the header ``Retry-After``, in *seconds from now* (IP Limits); the error tree has it in ``data["retryAfter"]``
as milliseconds of the venue's clock, like the WebSocket API, so that the layers above need not know which way a call went.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from binance_wsapi.errors import UnreadableReply, VenueError, VenueFault, venue_error
from binance_wsapi.wire.codec import ErrorBody
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = ["Reply", "read_error", "read_limits"]

_LIMIT_HEADER: Final = re.compile(r"x-mbx-(used-weight|order-count)-([1-9][0-9]{0,5})([smhd])", re.ASCII)
_TYPES: Final = {"used-weight": "REQUEST_WEIGHT", "order-count": "ORDERS"}
_INTERVALS: Final = {"s": "SECOND", "m": "MINUTE", "h": "HOUR", "d": "DAY"}
_MOST_DIGITS: Final = 9
"""Digits of a number in a header. A count or a ban beyond that is nonsense, and no number to multiply."""

_errors = msgspec.json.Decoder(ErrorBody)


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response.

    Args:
        status: HTTP status.
        headers: by name in lower case.
        body: content, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


def read_error(reply: Reply, now_ms: int) -> VenueError | VenueFault | UnreadableReply | None:
    """Return the error that a response stands for, None when it is a result.

    Args:
        reply: the response.
        now_ms: the venue's time when it came, in milliseconds.
    """
    status = reply.status
    if status == 200:
        return None
    if status < 400:
        # Redirects are not followed: the signature and the key are for the host they were made for.
        return UnreadableReply(f"the venue answered with HTTP {status}, which is neither a result nor an error")
    retry_after = _number(reply.headers.get("retry-after"))
    data = None if retry_after is None else {"retryAfter": now_ms + retry_after * 1000}
    try:
        body = _errors.decode(reply.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # A firewall's or a gateway's page. It is not quoted: it may hold anything.
        return venue_error(status, 0, f"HTTP {status} without a readable error", data)
    if body.data:
        data = {**(data or {}), **body.data}
    return venue_error(status, body.code, body.msg, data)


def read_limits(headers: Iterable[tuple[str, str]]) -> list[RateLimit]:
    """Return the counts that a response has in its headers (IP Limits, Unfilled Order Count).

    The headers say what is used and not how much there is: ``limit`` is 0 in every row.

    Args:
        headers: names and values.
    """
    rows = []
    for name, value in headers:
        found = _LIMIT_HEADER.fullmatch(name.lower())
        count = _number(value)
        if found is not None and count is not None:
            kind, number, letter = found.groups()
            rows.append(RateLimit(_TYPES[kind], _INTERVALS[letter], int(number), 0, count))
    return rows


def _number(text: str | None) -> int | None:
    text = "" if text is None else text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
