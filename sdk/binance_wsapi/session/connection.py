"""One connection to the venue: it is opened once, used, and never revived.

Theory of operation.

*States.* ``OPEN`` takes requests. ``DRAINING`` takes none but still delivers replies and events; a connection drains
when a successor took over. ``CLOSED`` is final. Every end of the link passes through `link_lost`: there every
request that waits for a reply fails at once with `ConnectionLost`.

*Sending.* `post` writes one frame and parks one future. The frame is written by a plain call, so there are only two
cases: it raised, then nothing was sent; or it returned, then the request counts as sent in every case.

*Receiving.* `message_received` runs inside the event loop's read callback. It decodes the envelope, resolves a future
or hands an event on, and never raises: a frame that makes no sense is counted, told to the observer, and forgotten. Too
many of them in a minute, and the connection is given up for a new one.

*Deadlines.* See `in_flight`: one timer stands at the earliest deadline of all waiting requests.

*Liveness.* See `link.liveness`. Bytes count as a sign of life, whole messages or not, since a large reply may be on its
way. A peer that dribbles bytes and never finishes anything is caught otherwise: when the deadline of a call passes and
nothing whole has come since it was sent, the peer is in doubt.

*Suspicion.* A peer can pong and yet answer no request. A request that stays unanswered makes the connection suspect (see
`suspicion`): when its deadline passes or its caller leaves, and before that when it waits longer than an answer takes. The
observer is told, has the connection replaced, and asks what may be asked twice elsewhere as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from msgspec import UNSET

from binance_wsapi.errors import (
    AuthFailed,
    ConnectionLost,
    NotConnected,
    ProtocolViolation,
    UnreadableReply,
    WsapiError,
    printable,
)
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.lifecycle import RotationReason
from binance_wsapi.link.liveness import Liveness
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.sockets.transport import Link, Transport
from binance_wsapi.session.early_events import EarlyEvents
from binance_wsapi.session.in_flight import InFlight, Waiting
from binance_wsapi.session.observer import Observer
from binance_wsapi.session.trust.suspicion import Suspicion
from binance_wsapi.wire.codec import Envelope, decode_frame, encode_request, read_id, unaddressed
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.ids import RequestIds
from binance_wsapi.wire.pending import Pending

__all__ = ["Connection", "State"]

log = logging.getLogger("binance_wsapi")

_NEVER: Final = float("inf")


class State(Enum):
    """Where a connection is in its only life."""

    OPEN = "open"
    DRAINING = "draining"
    CLOSED = "closed"


_OPEN: Final = State.OPEN
"""A name for the way of every call: an attribute of an Enum class is looked up in Python."""


class Connection:
    """One socket, its requests in flight, and its end."""

    def __init__(self, observer: Observer[Connection], runtime: Runtime, number: int) -> None:
        self.number = number
        self.url = ""
        self.state = State.CLOSED
        self.logged_on_as: Signer | AsyncSigner | None = None
        self.refused: AuthFailed | None = None
        self.wants_frames = False
        self.trusted = True
        self.suspicion = Suspicion()
        self.counters: Counter[str] = Counter()
        self.close_code = 1006
        self.close_reason = ""
        self._observer = observer
        self._ids = RequestIds(runtime.token)
        self._loop = asyncio.get_running_loop()
        self._pending = InFlight(self._loop, timed_out=self._unanswered, expired=self._expired)
        self._waiting = self._pending.waiting
        self._link: Link | None = None
        self._liveness = Liveness(runtime, self)
        self._closed = self._loop.create_future()
        self._subscriptions = EarlyEvents()

    def stands_for(self, key: Signer | AsyncSigner) -> bool:
        """Whether it is logged on with this key."""
        known = self.logged_on_as
        return known is key or (known is not None and known.api_key == key.api_key)

    def __repr__(self) -> str:
        return f"<Connection #{self.number} {self.state.value} pending={len(self._pending)}>"

    # ------------------------------------------------------------------ life

    async def open(self, transport: Transport, url: str, timeout: float) -> None:
        """Open the link. A connection can be opened once.

        Raises:
            ConnectFailed: it could not be.
        """
        assert self._link is None
        assert not self._closed.done()
        self.state = State.OPEN
        self.url = url
        try:
            self._link = await transport.open(url, self, timeout)
        except BaseException:
            self.state = State.CLOSED
            raise
        if self._closed.done():  # lost between the handshake and here
            raise NotConnected("the connection ended as soon as it was open")
        self._liveness.start()

    @property
    def pending(self) -> int:
        """Requests that wait for their reply."""
        return len(self._pending)

    @property
    def busy(self) -> bool:
        """Whether a request waits for its reply."""
        return len(self._pending) > 0

    @property
    def lost(self) -> bool:
        """Whether the connection has ended, and all its listeners were told."""
        return self.state is State.CLOSED

    def leave_at(self) -> tuple[float, RotationReason]:
        """Return from when it should be replaced, however young it is (infinite when it need not be), and why."""
        if self.counters["shutdown"]:  # announced, maybe even before it was ready
            return -_NEVER, "shutdown"
        return self.suspicion.replace_at, "unanswered"

    @property
    def usable(self) -> bool:
        """Whether a request can be sent now."""
        return self.state is _OPEN

    def takes(self, endpoint: Endpoint[Any]) -> bool:
        """Return whether a call of this method can use the connection now.

        Not while it has yet to show that it came through a suspension, nor while it is suspect or on probation and has
        answered nothing of that kind.
        """
        if self.state is not _OPEN or not self.trusted:
            return False
        suspicion = self.suspicion
        if not (suspicion.suspect or suspicion.probation):
            return True
        changing = any(pending.endpoint.changes_orders for pending in self._pending)
        return suspicion.allows(endpoint, changing=changing)

    @property
    def subscribed(self) -> bool:
        """Whether events of a subscription come over it."""
        return bool(self._subscriptions.known)

    @property
    def heard_at(self) -> float:
        """When the last whole message or pong came, by the event loop's clock."""
        return self._liveness.whole_at

    def drain(self) -> None:
        """Take no more requests; replies and events still come."""
        if self.state is _OPEN:
            self.state = State.DRAINING

    async def idle(self) -> None:
        """Wait until no request waits for a reply."""
        await self._pending.idle()

    async def wait_closed(self) -> None:
        """Wait until the connection has ended."""
        await asyncio.shield(self._closed)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """End the connection with the closing handshake. Idempotent and bounded in time."""
        self.drain()
        if self._link is not None and not self._closed.done():
            await self._link.close(code, reason)

    def abort(self, reason: str) -> None:
        """End the connection now, without a handshake."""
        self.close_reason = self.close_reason or reason
        self.drain()
        if self._link is not None:
            self._link.abort()

    # ------------------------------------------------------------------ requests

    def post(
        self,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        deadline: float,
        sent: Callable[[str, int | None], None] | None = None,
        again: tuple[Any, ...] | None = None,
        now: float | None = None,
    ) -> Waiting:
        """Send one request. Its ``waiter`` gets the reply, of any status; `give_up` if that is not awaited.

        Args:
            endpoint: the method.
            params: complete parameters, signed where they must be.
            deadline: moment of the event loop's clock at which to give up.
            sent: told the request id and the timestamp once the frame was handed to the network.
            again: what the observer needs to ask the same elsewhere, should the answer take long; None when it must not.
            now: the event loop's time, where it was asked just before.

        Raises:
            NotConnected: nothing was sent. The ``waiter`` raises the rest: `ReplyTimeout`, `ConnectionLost`.
        """
        if self.state is not _OPEN or self._link is None:
            raise NotConnected("the connection takes no more requests")
        request_id, waiting, timestamp = next(self._ids), self._waiting, params.get("timestamp")
        # Alone, a frame goes at once; one of many waits for the others of this turn: a system call costs as much as signing.
        try:
            self._link.write(encode_request(request_id, endpoint.method, params), gather=len(waiting) > 1)
        except NotConnected:
            self.abort("the link takes no more")  # and so is no longer picked: a caller that tries again finds another
            # Raised anew: the frames of the first hold what was signed.
            raise NotConnected("the connection is closing") from None
        finally:
            del params  # from here on this frame can be part of a traceback
        sent_at = self._loop.time() if now is None else now
        pending = Pending(request_id, endpoint, self._loop.create_future(), sent_at, deadline, again)
        waiting[request_id] = pending
        if deadline < self._pending.timer_at:
            self._pending.arm(deadline)
        if sent is not None:
            sent(request_id, timestamp)
        return pending

    def give_up(self, pending: Waiting) -> None:
        """Wait no longer for the reply to a request: its caller went away."""
        self._pending.abandon(pending.request_id)
        self._pending.settled()
        if self.suspicion.was_given_up(pending, self._loop.time()):
            self._unanswered(pending)

    def answered_elsewhere(self, pending: Waiting, envelope: Envelope) -> None:
        """Give a request that waits here the reply that another connection brought to the same question."""
        self._pending.abandon(pending.request_id)
        if not pending.waiter.done():
            pending.waiter.set_result(envelope)
        self._pending.settled()

    @property
    def congested(self) -> bool:
        """Whether the peer takes frames slower than they are written."""
        return self._link is not None and self._link.congested

    async def drained(self) -> None:
        """Wait until the write buffer has room."""
        if self._link is not None:
            await self._link.drained()

    def adopt(self, subscription_id: int) -> None:
        """From now on events of this subscription have an owner; those that came early are delivered."""
        for event in self._subscriptions.adopt(subscription_id):
            self._observer.on_event(self, subscription_id, event)

    # ------------------------------------------------------------------ suspicion

    def _unanswered(self, pending: Waiting) -> None:
        """Become suspect because of this request."""
        self.counters["unanswered"] += 1
        if pending.endpoint.apart:
            if not self.suspicion.answered_any_since(pending.sent_at) and self.state is not State.CLOSED:
                self._observer.on_silent(self)
            return
        first = not self.suspicion.suspect
        self.suspicion.unanswered(pending, self._loop.time())
        if self.state is not State.CLOSED:
            if first:
                log.warning("%r is suspect: no answer to %s", self, pending.endpoint.method)
            self._observer.on_unanswered(self, pending, first=first)

    def _expired(self, expired: list[Waiting]) -> None:
        """Doubt the peer where nothing whole has come since a request was sent whose deadline passed."""
        if any(self._liveness.whole_at <= pending.sent_at for pending in expired):
            self._liveness.doubt()

    def _answered(self, endpoint: Endpoint[Any]) -> None:
        """Note that a request was answered, be it late."""
        if self.suspicion.answered(endpoint, self._liveness.whole_at):
            self._observer.on_answers(self)

    def on_look(self, now: float) -> None:
        """Find requests that wait longer than an answer takes, while none of their kind is answered."""
        for pending in list(self._pending):
            # For a question of the session's own, or a question asked elsewhere already, its deadline is enough.
            asked_once = pending.again is not None or pending.endpoint.changes_orders
            if not asked_once or not self.suspicion.is_slow(pending, now):
                continue
            if not self.suspicion.suspect:
                self._unanswered(pending)
            if pending.again is not None:
                self._observer.on_slow(self, pending)
                pending.again = None

    # ------------------------------------------------------------------ what the link tells

    def bytes_received(self) -> None:
        self._liveness.heard = True

    def pong_received(self) -> None:
        self._liveness.pong()

    def message_received(self, data: bytes | bytearray, *, text: bool) -> None:
        self._liveness.whole_at = now = self._loop.time()
        if not text:
            self._strange("binary", ProtocolViolation(f"a binary frame of {len(data)} bytes on a JSON connection"))
            return
        if self.wants_frames:
            self._observer.on_frame(self, data)
        try:
            envelope = decode_frame(data)
        except ProtocolViolation as error:
            self._unreadable(data, error)
            return
        if envelope.status is UNSET:
            self._event(envelope)
            return
        pending = self._waiting.pop(envelope.id, None)
        if pending is None:
            self._stray(envelope)
            return
        if envelope.status != 200 and pending.endpoint.changes_orders:
            # A second reply may follow, and tell what a fault does not.
            self._pending.remember(pending.request_id, pending.endpoint)
        suspicion = self.suspicion
        if suspicion.suspect or suspicion.probation:
            self._answered(pending.endpoint)
        else:
            suspicion.answered_at[pending.endpoint.kind] = now
        if not pending.waiter.done():
            pending.waiter.set_result(envelope)
        if self._pending.awaited is not None:
            self._pending.settled()

    def _unreadable(self, data: bytes | bytearray, error: ProtocolViolation) -> None:
        """Fail the call that a frame still names, at once: its reply came, and will not come again."""
        pending = self._pending.take(read_id(data))
        if pending is not None:
            self._answered(pending.endpoint)
            self._pending.remember(pending.request_id, pending.endpoint)
        if pending is not None and not pending.waiter.done():
            self._pending.fail(pending, UnreadableReply(f"a reply came that cannot be read: {error}"))
        self._pending.settled()
        self._strange("unreadable", error)

    def _event(self, envelope: Envelope) -> None:
        assert envelope.event is not UNSET
        event = bytes(envelope.event)
        number = envelope.subscriptionId
        if type(number) is int:
            if number in self._subscriptions.known:
                self._observer.on_event(self, number, event)
            else:
                self._subscriptions.keep(number, event)
        elif b'"serverShutdown"' in event:
            self.counters["shutdown"] += 1
            self._observer.on_shutdown(self)
        else:
            self._observer.on_event(self, None, event)

    def _stray(self, envelope: Envelope) -> None:
        """A reply that no waiting request asked for."""
        if envelope.id is None:
            error = unaddressed(envelope)
            if isinstance(error, AuthFailed):
                self._revoked(error)
            else:
                self._observer.on_unaddressed(envelope)
                self._strange("unaddressed", error)
            return
        kind, endpoint = self._pending.stray(envelope.id, issued=self._ids.issued(envelope.id))
        self.counters[kind.value] += 1
        if endpoint is not None:
            log.info("late reply to %s on %r", endpoint.method, self)
            assert isinstance(envelope.id, str)
            if envelope.status != 200 and endpoint.changes_orders:
                self._pending.remember(envelope.id, endpoint)  # one more may follow
            self._answered(endpoint)
            self._observer.on_late(envelope.id, envelope)
            return
        self._observer.on_nonsense(self, ProtocolViolation(f"a {kind.value} reply"))

    def _revoked(self, error: AuthFailed) -> None:
        """The key of the session stopped being valid (Session authentication)."""
        self.counters["revoked"] += 1
        self.logged_on_as = None
        self.refused = error
        # The frame answers one of the requests in flight, and none says which: all of them are unknown.
        self._pending.fail_all(lambda: ConnectionLost("the venue revoked the session's key", 1006, error.msg))
        self._pending.settled()
        self._observer.on_revoked(self, error)

    def _strange(self, kind: str, error: WsapiError) -> None:
        self.counters[kind] += 1
        log.warning("%s frame on %r: %s", kind, self, error)
        self._observer.on_nonsense(self, error)
        self._liveness.nonsense()

    def link_lost(self, code: int, reason: str, error: Exception | None) -> None:
        self.state = State.CLOSED
        self.close_code = code
        self.close_reason = self.close_reason or printable(reason) or ("" if error is None else type(error).__name__)
        self._liveness.stop()
        self._pending.stop()
        told = f"the connection ended before the reply ({code} {self.close_reason})".replace(" )", ")")
        self._pending.fail_all(lambda: ConnectionLost(told, code, self.close_reason))
        if not self._closed.done():
            self._closed.set_result(None)
        self._pending.settled()
        if self._link is not None:
            self._observer.on_lost(self, code, self.close_reason)

    # ------------------------------------------------------------------ what liveness asks

    def may_ping(self) -> bool:
        """Whether a ping can be sent now."""
        return self._link is not None

    def ping(self) -> None:
        """Send a ping."""
        if self._link is not None:
            self._link.probe()
