"""Frames to messages and back.

A frame is decoded once into its envelope; ``result`` and ``event`` stay raw bytes until a caller with a type for them
wants them. What cannot be an envelope is a `ProtocolViolation`: not JSON, not an object, too
deep, a number that no field can hold, ``result`` beside ``error``. A reply whose id and status can be read is what it says,
however odd its other parts are: it is read a second time, part by part.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from binance_wsapi.errors import (
    AuthFailed,
    ProtocolViolation,
    UnreadableReply,
    VenueError,
    VenueFault,
    WsapiError,
    venue_error,
)
from binance_wsapi.wire.large import LARGE, split_large, split_rate_limits
from binance_wsapi.wire.ratelimit import RateLimit

__all__ = [
    "REFUSED_WITH_RESULT",
    "Envelope",
    "ErrorBody",
    "SessionState",
    "decode_frame",
    "encode_request",
    "read_id",
    "read_order_counts",
    "read_rate_limits",
    "read_session_state",
    "read_subscription_id",
    "refusal",
    "request_id_of",
    "unaddressed",
]


class ErrorBody(msgspec.Struct, gc=False):
    """The ``error`` of a reply."""

    code: int
    msg: str = ""
    data: dict[str, Any] | None = None

    @property
    def retry_after(self) -> int | None:
        """When to come back, as the venue says it: an epoch."""
        value = self.data.get("retryAfter") if self.data else None
        return value if isinstance(value, int) else None


class Envelope(msgspec.Struct, gc=False):
    """A message of the venue over this connection: a reply has a ``status``, an event has an ``event``."""

    id: str | int | UnsetType | None = UNSET
    status: int | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: ErrorBody | UnsetType = UNSET
    rateLimits: list[RateLimit] | UnsetType = UNSET
    subscriptionId: int | UnsetType | None = UNSET
    event: Raw | UnsetType = UNSET


class _Request(msgspec.Struct, gc=False):
    """A frame that asks."""

    id: str
    method: str
    params: dict[str, Any] | UnsetType


T = TypeVar("T")

_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')
"""As this library makes ids, and where the venue echoes them."""

_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)

_read_envelope: Final[Callable[[bytes | bytearray], Envelope]] = msgspec.json.Decoder(Envelope).decode
_encode = msgspec.json.Encoder().encode


def decode_frame(frame: bytes | bytearray) -> Envelope:
    """Read one text frame.

    Raises:
        ProtocolViolation: it is no message of this protocol. The text says why, without quoting the frame.
    """
    read = _read_envelope
    if len(frame) >= LARGE:
        split = split_large(frame)
        if split is not None:
            rows = UNSET if split.rate_limits is None else split.rate_limits
            # Bytes serve where a `Raw` is expected; a copy of them is made of a `Raw` only, and takes 5 ms of 20 MB.
            return Envelope(split.id, 200, cast("Raw", split.result), rateLimits=rows)
        read = _large
    try:
        envelope = read(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError) as error:
        envelope = _salvage(frame)
        if envelope.status is UNSET:
            reason = "nested too deep" if isinstance(error, RecursionError) else type(error).__name__
            raise ProtocolViolation(f"unreadable frame of {len(frame)} bytes: {reason}") from None
    if envelope.status == 200 and envelope.error is UNSET and envelope.result is not UNSET and envelope.id is not UNSET:
        return envelope  # nearly all
    if envelope.status is not UNSET:
        if (envelope.result is UNSET) is (envelope.error is UNSET):
            envelope = _salvage(frame)
        if envelope.error is not UNSET and envelope.status == 200:
            raise ProtocolViolation("a reply of status 200 must have a result, got an error")
        if envelope.id is UNSET:
            raise ProtocolViolation("a reply without an id")
        _check_refusal(envelope)
    elif envelope.event is UNSET:
        raise ProtocolViolation("neither a reply nor an event")
    return envelope


_TURNED_AWAY: Final = frozenset({401, 403, 418, 429})
"""Statuses that say by themselves that nothing was executed, and that limits and keys have to hear of (Status codes)."""


def _check_refusal(reply: Envelope) -> None:
    """Refuse what is neither a success nor a refusal (Status codes): what became of the request is not said then.

    Raises:
        ProtocolViolation: its status is none that is documented, or it refuses and has a result.
    """
    status = reply.status
    if status is UNSET or status == 200 or status >= 500 or status in _TURNED_AWAY:
        return
    if status < 400:
        raise ProtocolViolation(f"the status of a reply must be 200, or 400 and more, got {status}")
    if reply.error is UNSET and reply.result is not UNSET and not _is_null(reply.result):
        raise ProtocolViolation(f"a reply of status {status} must have no result")


def _salvage(frame: bytes | bytearray) -> Envelope:
    """Read a reply whose parts have other types than documented: what it says is in its id, status, error and result.

    ``rateLimits`` and ``error.data`` are advice: rows that cannot be read are dropped, and the reply counts all the same.

    Returns:
        The reply. Its ``status`` is unset when the frame is none, or its status cannot be read.

    Raises:
        ProtocolViolation: it has both a result and an error, and so says two things.
    """
    parts = _lenient(frame, _Parts)
    status = _whole(parts.status) if parts is not None else None
    if parts is None or status is None or not 0 < status < 1000:
        return Envelope()
    error, result = _or_null(parts.error), _or_null(parts.result)
    if not _is_null(error) and not _is_null(result):
        raise ProtocolViolation("a reply must have either a result or an error")
    envelope = Envelope(status=status)
    if parts.id is not UNSET:
        request_id: Any = _lenient(parts.id, str)
        if request_id is None:
            request_id = _lenient(parts.id, int)
        if request_id is None and not _is_null(parts.id):
            raise ProtocolViolation("a reply whose id is neither text nor a number")
        envelope.id = request_id
    if not _is_null(error):
        body = _lenient(error, _Body) or _Body()
        message = _lenient(_or_null(body.msg), str)
        envelope.error = ErrorBody(_whole(body.code) or 0, message or "", _lenient(_advice(body.data), dict[str, Any]))
    else:
        envelope.result = _NULL if parts.result is UNSET else parts.result
    rows = _lenient(_advice(parts.rateLimits), list[Raw]) or []
    readable = [row for each in rows if (row := _lenient(each, RateLimit)) is not None]
    if readable:
        envelope.rateLimits = readable
    return envelope


class _Parts(msgspec.Struct, gc=False):
    """The parts of a reply that matter, of any type."""

    id: Raw | UnsetType = UNSET
    status: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET
    error: Raw | UnsetType = UNSET
    rateLimits: Raw | UnsetType = UNSET


class _Body(msgspec.Struct, gc=False):
    """The parts of an error, likewise."""

    code: Raw | UnsetType = UNSET
    msg: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET


MOST_ADVICE: Final = 64 * 1024
"""Bytes of ``error.data``, and of ``rateLimits``, of a frame that is read part by part; more is left out: a dictionary of a
million keys would hold up the event loop for seconds."""

_NULL: Final = Raw(b"null")


def _or_null(raw: Raw | UnsetType) -> Raw:
    return _NULL if raw is UNSET else raw


def _advice(raw: Raw | UnsetType) -> Raw:
    return _NULL if raw is UNSET or len(memoryview(raw)) > MOST_ADVICE else raw


def _large(frame: bytes | bytearray) -> Envelope:
    """Read a large frame that was not cut: an event, or a reply part by part."""
    parts = _lenient(frame, _Parts)
    if parts is not None and parts.status is not UNSET:
        return _salvage(frame)
    return _read_envelope(frame)


def _is_null(raw: Raw) -> bool:
    return bytes(raw).strip() == b"null"


def _lenient(raw: bytes | bytearray | Raw, kind: type[T]) -> T | None:
    """Read JSON as this type; None when it is another, or no JSON."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError):
        return None


def _whole(raw: Raw | UnsetType) -> int | None:
    """Read a whole number, be it in quotes; None when it is none."""
    if raw is UNSET:
        return None
    number = _lenient(raw, int)
    if number is None:
        text = _lenient(raw, str)
        if text is not None and _WHOLE.fullmatch(text):
            number = int(text)
    return number


def read_id(frame: bytes | bytearray) -> str | None:
    """Return the request id at the head of a frame that `decode_frame` could not read; None when there is none."""
    found = _ID.match(frame)
    return found.group(1).decode() if found is not None else None


def encode_request(request_id: str, method: str, params: dict[str, Any]) -> bytes:
    """Return the frame of a request. ``params`` are already what JSON holds."""
    return _encode(_Request(request_id, method, params or UNSET))


def request_id_of(envelope: Envelope | None) -> str | None:
    """Return the id of the request that a reply answers; None where there is no reply, or none that names one of ours."""
    return envelope.id if envelope is not None and isinstance(envelope.id, str) else None


REFUSED_WITH_RESULT: Final = "a status that refuses, with a result"
"""The message of an error for a reply that says two things: what became of the request is not said."""


def refusal(envelope: Envelope) -> VenueError | VenueFault | None:
    """Return the error that a reply stands for, or None when it is a success."""
    status = envelope.status
    if status == 200 and envelope.error is UNSET:
        return None
    assert status is not UNSET
    body = envelope.error
    if body is UNSET:  # limits and keys have to hear of the status (`_TURNED_AWAY`)
        both = envelope.result is not UNSET and not _is_null(envelope.result)
        return venue_error(status, 0, REFUSED_WITH_RESULT if both else "status without an error")
    return venue_error(status, body.code, body.msg, body.data)


def unaddressed(envelope: Envelope) -> WsapiError:
    """Return what a reply without an id says: `AuthFailed` where the venue revoked the session's key."""
    error = refusal(envelope)
    if envelope.status == 401 and not isinstance(error, AuthFailed):
        return AuthFailed(401, -2015, "the session was revoked")
    return error or ProtocolViolation("a reply to no request")


class SessionState(msgspec.Struct, gc=False):
    """What a session reads of the results of ``session.*`` and ``time`` before it hands them on."""

    apiKey: str | None = None
    serverTime: int | None = None


class _Limits(msgspec.Struct, gc=False):
    rateLimits: list[RateLimit] = []


class _Subscribed(msgspec.Struct, gc=False):
    subscriptionId: int


def read_session_state(result: Raw) -> SessionState:
    """Read whom a session belongs to and the venue's time from a result.

    Raises:
        UnreadableReply: the result is nothing of the kind.
    """
    return _read(result, SessionState)


def read_subscription_id(result: Raw) -> int:
    """Read which subscription a result names.

    Raises:
        UnreadableReply: it names none.
    """
    return _read(result, _Subscribed).subscriptionId


def read_rate_limits(result: Raw) -> list[RateLimit]:
    """Read the limits that a result of ``exchangeInfo`` names.

    Raises:
        UnreadableReply: it is nothing of the kind.
    """
    rows = split_rate_limits(memoryview(result))
    return rows if rows is not None else _read(result, _Limits).rateLimits


def read_order_counts(result: Raw) -> list[RateLimit]:
    """Read the counts that a result of ``account.rateLimits.orders`` is.

    Raises:
        UnreadableReply: it is nothing of the kind.
    """
    return _read(result, list[RateLimit])


def _read(result: Raw, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(result, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableReply(
            "the venue's reply about the session has not the documented shape", bytes(result)
        ) from None
