"""Every error of the library, in one tree. The class answers the question a trader asks: *may it have happened?*

::

    WsapiError
    ├─ UsageError (ValueError)      your call is wrong; nothing was sent
    │    └─ RuleViolation           a trading rule would refuse the order (.filter .violations)
    ├─ NotSent                      nothing left this machine: safe to try again
    │    ├─ ConnectFailed           no connection could be made (.attempts)
    │    │    └─ TlsVerificationError   the peer's certificate is not the venue's: never retried
    │    ├─ NotConnected            no connection was ready before the deadline, or the client is closed
    │    ├─ NotLoggedOn             the venue revoked the session's key: private calls stop here
    │    ├─ LimitExceeded           the request would break a limit (.retry_at)
    │    └─ Banned                  the venue said to stay away until .retry_at
    ├─ OutcomeUnknown               it was sent, and its fate is unknown: ask, never repeat
    │    ├─ ReplyTimeout            no reply before the deadline
    │    ├─ ConnectionLost          the connection ended before the reply
    │    ├─ VenueFault              the venue failed inside (status 5xx, -1000, -1001, -1006, -1007)
    │    └─ UnreadableReply         a reply came, but not in the documented shape (also a ProtocolViolation)
    ├─ NotPlaced                    it was sent, and it is proven that it can no longer be executed
    ├─ NotFilled                    the order ended before it was filled (.status .executed_quantity)
    ├─ NotFollowed                  the client was closed; the order may live on at the venue
    ├─ VenueError                   the venue said no (.status .code .msg .data .retry_after .remedy)
    │    ├─ RateLimited             429, -1003 and -1015
    │    ├─ IpBanned                418
    │    ├─ Forbidden               403, the firewall
    │    ├─ AuthFailed              -1022, -2014, -2015
    │    ├─ BadTimestamp            -1021
    │    ├─ BadRequest              -11xx: a parameter is wrong
    │    ├─ FilterFailed            -1013: `.filter` names it
    │    ├─ OrderRejected           -2010
    │    ├─ CancelRejected          -2011
    │    ├─ OrderNotFound           -2013, -2018, -2026, -2039
    │    ├─ AmendRejected           -2038
    │    └─ PartialFailure          409 or 400 of a cancel-replace: both halves are in it
    └─ ProtocolViolation            the peer sent nonsense

Every error knows the ``method``, ``request_id`` and ``client_order_id`` it belongs to, where there is one. None carries
a key, a signature or the parameters of a request.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Self, TypeVar

from binance_wsapi.remedies import remedy_of

__all__ = [
    "WsapiError",
    "UsageError",
    "RuleViolation",
    "NotSent",
    "ConnectFailed",
    "TlsVerificationError",
    "NotConnected",
    "NotLoggedOn",
    "LimitExceeded",
    "Banned",
    "OutcomeUnknown",
    "NotPlaced",
    "NotFilled",
    "NotFollowed",
    "ReplyTimeout",
    "ConnectionLost",
    "VenueFault",
    "UnreadableReply",
    "VenueError",
    "RateLimited",
    "IpBanned",
    "Forbidden",
    "AuthFailed",
    "BadTimestamp",
    "BadRequest",
    "FilterFailed",
    "OrderRejected",
    "CancelRejected",
    "OrderNotFound",
    "AmendRejected",
    "PartialFailure",
    "ProtocolViolation",
    "printable",
    "shown",
    "shown_float",
    "venue_error",
]

_SHOWN: Final = 200
"""Characters of a wrong argument that a message shows."""

_FLOAT_DIGITS: Final = 20
"""Digits before or after the point up to which a message writes a float out."""


def printable(text: str, kept: str = "") -> str:
    """Replace what a terminal would act on, or a reader not see: control, bidirectional and zero-width characters.

    Args:
        text: words of the venue's, or of another stranger's.
        kept: characters to leave alone all the same.
    """
    if text.isprintable():
        return text
    return "".join(
        "\ufffd" if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and each not in kept else each
        for each in text
    )


def shown(value: object) -> str:
    """Return a wrong argument as a message tells it: short, on one line, and by its kind where it has no text."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - an object of the user's, or a number of more digits than Python writes
        return f"a {type(value).__name__} that cannot be shown"
    return printable(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def shown_float(value: float) -> str:
    """Return a float that stands where an exact number must, and the text to write in its place if there is one."""
    printed = float.__repr__(value)  # a subclass prints its own name
    number = Decimal(printed)
    if not number.is_finite() or number.is_signed() or abs(number.adjusted()) > _FLOAT_DIGITS:
        return f"the float {printed}"
    return f"the float {printed}: write '{number:f}'"


class WsapiError(Exception):
    """Base of every error this library raises.

    Attributes:
        method: wire name of the method, ``order.place`` for instance.
        request_id: the id the request had on the wire.
        client_order_id: the client order id the request carried.
    """

    method: str | None = None
    request_id: str | None = None
    client_order_id: str | None = None

    def about(
        self, *, method: str | None = None, request_id: str | None = None, client_order_id: str | None = None
    ) -> WsapiError:
        """Say which request the error belongs to; what is already known stays. Returns the error itself."""
        self.method = self.method or method
        self.request_id = self.request_id or request_id
        if isinstance(client_order_id, str):  # of a call that is wrong it may be anything, without a text even
            self.client_order_id = self.client_order_id or client_order_id
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Constructors take facts, not the text they make of them. The way to a verdict stays in its process.
        return _remade, (
            type(self),
            self.args,
            {name: value for name, value in vars(self).items() if name != "_resolve"},
        )

    def __copy__(self) -> Self:
        return _remade(type(self), self.args, vars(self))

    def __str__(self) -> str:
        text = super().__str__()
        facts = [
            f"{name}={value}"
            for name, value in (
                ("method", self.method),
                ("request_id", self.request_id),
                ("client_order_id", self.client_order_id),
            )
            if value
        ]
        # A venue's words are in it: they must neither move a cursor nor begin a line of their own in a log.
        return printable(f"{text} [{' '.join(facts)}]" if facts else text)


_E = TypeVar("_E", bound=WsapiError)


def _remade(kind: type[_E], args: tuple[Any, ...], facts: Mapping[str, Any]) -> _E:
    """Make an error again from its copy, or from its pickle of another process."""
    error = kind.__new__(kind, *args)
    vars(error).update(facts)
    return error


class UsageError(WsapiError, ValueError):
    """The call is wrong as written. Nothing was sent."""


class RuleViolation(UsageError):
    """A trading rule would refuse the order. It was found out here, and nothing was sent.

    Attributes:
        violations: every rule the order breaks; each has ``filter``, ``field`` and ``reason``.
        filter: the venue's name of the first, ``LOT_SIZE`` for instance.
    """

    def __init__(self, message: str, violations: Sequence[Any]) -> None:
        super().__init__(message)
        self.violations = tuple(violations)
        self.filter: str = self.violations[0].filter


# --------------------------------------------------------------------------- nothing left this machine


class NotSent(WsapiError):
    """No byte of the request left this machine. It is safe to try again."""


class ConnectFailed(NotSent):
    """No connection could be made.

    Attributes:
        attempts: how many connection attempts had failed in a row.
    """

    def __init__(self, message: str, attempts: int = 1) -> None:
        super().__init__(message)
        self.attempts = attempts


class TlsVerificationError(ConnectFailed):
    """The peer's certificate could not be verified. Connecting stops: trying again cannot help."""


class NotConnected(NotSent):
    """No connection was ready before the deadline of the call, or the client is closed."""


class NotLoggedOn(NotSent):
    """The venue revoked the key of this session. Private calls are not sent until a new logon succeeds."""


class LimitExceeded(NotSent):
    """Sending the request would break one of the venue's limits.

    Attributes:
        retry_at: when there is room again, in milliseconds of the venue's clock; None when unknown.
    """

    def __init__(self, message: str, retry_at: int | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class Banned(NotSent):
    """The venue said to stay away; nothing is sent and no connection opened before ``retry_at``.

    Attributes:
        retry_at: when the ban ends, in milliseconds of the venue's clock; None when unknown.
    """

    def __init__(self, message: str, retry_at: int | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


# --------------------------------------------------------------------------- sent, fate unknown


class OutcomeUnknown(WsapiError):
    """The request was sent and may have been executed. Ask what became of it; never send it again."""

    _resolve: Callable[[], Awaitable[Any]] | None = None
    _blocking = False

    def resolve_with(self, resolve: Callable[[], Awaitable[Any]]) -> None:
        """Say how the fate of the request can be found out."""
        self._resolve = resolve

    def resolve(self) -> Awaitable[Any]:
        """Wait until it is known what became of the request, and return the `Verdict`: ``await error.resolve()``.

        Cancelling the await does not stop the search. With the blocking client it is ``client.resolve(error)``.

        Raises:
            UsageError: the request changes no orders: ask for the state it changes.
            NotFollowed: the client was closed before it was known.
        """
        if self._blocking:
            raise UsageError("this error comes from a blocking client: call client.resolve(error)")
        return self.verdict()

    def from_blocking(self) -> None:
        """Say that a blocking client raises the error, and so that its caller cannot await."""
        self._blocking = True

    async def verdict(self) -> Any:
        """Do what `resolve` does, for an error of any client."""
        if self._resolve is None:
            raise UsageError(
                f"{self.method or 'this request'} changes no orders, or this error comes from another process: "
                "ask for the state it changes"
            ).about(method=self.method, request_id=self.request_id, client_order_id=self.client_order_id)
        return await self._resolve()


class NotPlaced(WsapiError):
    """The request was sent and its reply lost, and it is proven that it can no longer be executed."""


class NotFilled(WsapiError):
    """The order was cancelled or expired before all of it was filled.

    Attributes:
        status: how it ended, ``CANCELED`` for instance.
        executed_quantity: base quantity that was executed nevertheless.
    """

    def __init__(self, message: str, status: str, executed_quantity: Decimal) -> None:
        super().__init__(message)
        self.status = status
        self.executed_quantity = executed_quantity


class NotFollowed(WsapiError):
    """The client was closed while the order was not done, or in doubt: what becomes of it is not known here.

    The order may be open at the venue and be filled there. Ask ``order_status`` with another client.
    """


class ReplyTimeout(OutcomeUnknown):
    """No reply came before the deadline of the call."""


class ConnectionLost(OutcomeUnknown):
    """The connection ended after the request was sent and before its reply.

    Attributes:
        close_code: the WebSocket close code, 1006 when the peer just vanished.
        close_reason: the reason the peer gave, if any.
    """

    def __init__(self, message: str, close_code: int = 1006, close_reason: str = "") -> None:
        super().__init__(message)
        self.close_code = close_code
        self.close_reason = close_reason


class ProtocolViolation(WsapiError):
    """The peer sent what the protocol does not allow."""


class UnreadableReply(OutcomeUnknown, ProtocolViolation):
    """A reply came for this request, but it has not the documented shape.

    Of a list (`SpotClient.open_orders` and its like) it holds the rows that can be read: a list with a hole is not returned
    as if it were whole.

    Attributes:
        raw: the bytes of the ``result`` that could not be read.
        rows: the rows of a list that can be read, as the method returns them; empty of what is no list.
        unread: the bytes of the rows that cannot be.
    """

    def __init__(self, message: str, raw: bytes = b"", rows: Sequence[Any] = (), unread: Sequence[bytes] = ()) -> None:
        super().__init__(message)
        self.raw = raw
        self.rows = list(rows)
        self.unread = list(unread)


# --------------------------------------------------------------------------- the venue answered


class _VenueReply(WsapiError):
    """What the venue's two kinds of error reply have in common: a status, a code, a text."""

    def __init__(
        self,
        status: int,
        code: int,
        msg: str,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {msg}")
        self.status = status
        self.code = code
        self.msg = msg
        self.data: Mapping[str, Any] = data or {}
        remedy = self.remedy
        if remedy is not None:
            self.add_note(remedy)  # a traceback shows it below the venue's words

    @property
    def remedy(self) -> str | None:
        """What to do about it, by the venue's code and words; None where its words are all that is known."""
        return remedy_of(self.status, self.code, self.msg)


class VenueFault(_VenueReply, OutcomeUnknown):
    """The venue failed inside (status 5xx). "The execution status is unknown" (General API information).

    Attributes:
        status: HTTP-like status of the reply.
        code: the venue's error code, negative.
        msg: the venue's text.
        data: further facts, empty when there are none.
        remedy: what to do about it.
    """


class VenueError(_VenueReply):
    """The venue refused the request, and says why.

    Attributes:
        status: HTTP-like status of the reply.
        code: the venue's error code, negative.
        msg: the venue's text.
        data: further facts, empty when there are none.
        retry_after: milliseconds of the venue's clock from which trying again is allowed; None when not said.
        remedy: what to do about it, by code and words; None where the words are all that is known. A traceback shows it.
    """

    @property
    def retry_after(self) -> int | None:
        """Milliseconds of the venue's clock from which trying again is allowed; None when not said."""
        value = self.data.get("retryAfter")
        return value if isinstance(value, int) else None


class RateLimited(VenueError):
    """429: request weight (-1003) or unfilled orders (-1015) are used up."""


class IpBanned(VenueError):
    """418: the address is banned until ``retry_after``."""


class Forbidden(VenueError):
    """403: the venue's firewall refused the request. It is not sent again."""


class AuthFailed(VenueError):
    """The key or the signature is not accepted (-1022, -2014, -2015)."""


class BadTimestamp(VenueError):
    """-1021: the timestamp is outside the receive window of the venue's clock. Nothing was executed."""


class BadRequest(VenueError):
    """-11xx: a parameter is missing, malformed or not allowed."""


class FilterFailed(VenueError):
    """-1013: a trading rule of the symbol, the exchange or the account refused the order.

    Attributes:
        filter: the venue's name of the filter, ``LOT_SIZE`` for instance; None when the text names none.
    """

    @property
    def filter(self) -> str | None:
        """The venue's name of the filter, ``LOT_SIZE`` for instance; None when the text names none."""
        head, sep, name = self.msg.partition("Filter failure: ")
        return name.strip().rstrip(".") if sep and not head else None


class OrderRejected(VenueError):
    """-2010: the new order was refused; ``msg`` says why."""


class CancelRejected(VenueError):
    """-2011: the cancel was refused. It does **not** say that the order was cancelled before."""


class OrderNotFound(VenueError):
    """-2013, -2018, -2026 or -2039: no such order or list in the view that was asked, which may lag behind the engine.

    -2039: the two ids that were named are not of one order.
    """


class AmendRejected(VenueError):
    """-2038: the order amend keep priority request was refused."""


class PartialFailure(VenueError):
    """A cancel-replace of which one half (409, -2021) or both halves (400, -2022) failed.

    Attributes:
        cancel_result: ``SUCCESS``, ``FAILURE`` or ``NOT_ATTEMPTED``; empty where the venue does not say.
        new_order_result: likewise.
        cancel_response: the typed cancelled order, or the `VenueError` of the cancel, or None.
        new_order_response: the typed new order, or the `VenueError` of the placement, or None.
    """

    cancel_result: str = "NOT_ATTEMPTED"
    new_order_result: str = "NOT_ATTEMPTED"
    cancel_response: Any = None
    new_order_response: Any = None


_BY_STATUS: dict[int, type[VenueError]] = {403: Forbidden, 418: IpBanned, 429: RateLimited}
_BY_CODE: dict[int, type[VenueError]] = {
    -1003: RateLimited,
    -1015: RateLimited,
    -1013: FilterFailed,
    -1021: BadTimestamp,
    -1022: AuthFailed,
    -2014: AuthFailed,
    -2015: AuthFailed,
    -2010: OrderRejected,
    -2011: CancelRejected,
    -2013: OrderNotFound,
    -2018: OrderNotFound,  # "Order list does not exist.": not in Errors, and what the venue answers
    -2026: OrderNotFound,
    -2021: PartialFailure,
    -2022: PartialFailure,
    -2038: AmendRejected,
    -2039: OrderNotFound,
}
# Codes the venue describes as "unknown", with every status (Errors: 10xx General server issues).
_FAULT_CODES = frozenset({-1000, -1001, -1006, -1007})


def venue_error(status: int, code: int, msg: str, data: Mapping[str, Any] | None = None) -> VenueError | VenueFault:
    """Make the error that a reply with this status and code stands for."""
    if status >= 500 or code in _FAULT_CODES:
        return VenueFault(status, code, msg, data)
    if data and "cancelResult" in data:
        kind: type[VenueError] = PartialFailure
    elif status in _BY_STATUS:
        kind = _BY_STATUS[status]
    elif code in _BY_CODE:
        kind = _BY_CODE[code]
    elif -1200 < code <= -1100:
        kind = BadRequest
    else:
        kind = VenueError
    return kind(status, code, msg, data)
