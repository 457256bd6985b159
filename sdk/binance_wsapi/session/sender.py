"""How one request goes out and its reply comes back: with which ticket of the limits, on which connection, how often.

Theory of operation. `send_now` is the way of nearly every call: a ticket of the limits, a connection, the stamp and the
signature, one frame, all in one go. `exchange` is for what must wait before its frame, or needs one more. What happens after
a frame depends on what is known:

* the reply came: success and refusal are handed on. ``-1021`` is a definite refusal ("Timestamp for this request is outside
  of the recvWindow"), so the clock is asked again and the request is signed anew, once.
* the connection was lost, or the venue failed inside: a method that changes nothing is asked again within the deadline of
  the call; any other ends in `OutcomeUnknown` at once. Nothing that changes something is ever sent twice.
* nothing was sent, for the connection ended or this process stood still: another connection is taken.

`send` takes the same steps where something must be awaited between them: a signer that is elsewhere. It also serves what is
asked on one connection and no other: the time, a logon, a second question.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, TypeAlias

from msgspec import UNSET

from binance_wsapi.errors import (
    BadTimestamp,
    ConnectionLost,
    NotConnected,
    NotSent,
    OutcomeUnknown,
    UsageError,
    VenueError,
    VenueFault,
    WsapiError,
)
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.policy import Priority
from binance_wsapi.limits.ticket import Ticket
from binance_wsapi.link.clock import ServerClock
from binance_wsapi.link.reconnect import FullJitter
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.link.timing import Timings
from binance_wsapi.session.clock_sync import Timekeeper
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.connections import Connections
from binance_wsapi.session.credentials import Credentials
from binance_wsapi.session.in_flight import Waiting
from binance_wsapi.session.trust.suspend_guard import SuspendGuard
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.codec import Envelope, refusal, request_id_of
from binance_wsapi.wire.endpoint import Auth, Endpoint

__all__ = ["First", "Sender"]

REPLY_TIME_S = 0.5
"""Seconds of a call's time, a tenth of it at most, in which it no longer waits for room in the limits: an order that left
in the last moment would be in doubt, because its reply comes too late."""

READ_TRIES = 4
"""Times a method that changes nothing is asked while the venue answers with 5xx."""

_STOOD_STILL = "this process stood still, and the connection may not have come through it"

_NO_AUTH: Final = Auth.NONE
"""A name for the way of every call: an attribute of an Enum class is looked up in Python."""


First: TypeAlias = tuple[Connection, Waiting, Ticket]
"""The frame that a call sent at once: where, what waits for its reply, and its ticket."""


class Sender:
    """Sends requests over the connections of a session.

    Args:
        connections: what they go over.
        credentials: stamp and sign them.
        limiter: gives tickets, and is told what became of each.
        clock: the venue's time.
        suspend_guard: tells whether this process stood still.
        settings: unit of the venue's times, and how long its answer to a question for the time may take.
        runtime: sleep and chance.
        timings: how long requests waited, and how long their replies took.

    Attributes:
        timekeeper: asks the venue's time, over this.
    """

    def __init__(
        self,
        connections: Connections,
        credentials: Credentials,
        limiter: RequestLimiter,
        *,
        clock: ServerClock,
        suspend_guard: SuspendGuard,
        settings: Settings,
        runtime: Runtime,
        timings: Timings,
    ) -> None:
        self._connections = connections
        self._credentials = credentials
        self._limiter = limiter
        self._clock = clock
        self._suspend_guard = suspend_guard
        self._sleep = runtime.sleep
        self._timings = timings
        self._loop = asyncio.get_running_loop()
        self._time = self._loop.time
        self._jitter = FullJitter(runtime.uniform, first=0.2, cap=2.0)
        self.timekeeper = Timekeeper(
            clock,
            limiter,
            settings,
            send=self.send,
            slept=suspend_guard.noticed,
            witness=connections.other_than,
        )

    def send_now(
        self, endpoint: Endpoint[Any], params: dict[str, Any], options: CallOptions, now: float, deadline: float
    ) -> First | None:
        """Send a request in one go: nothing is awaited from the ticket to the frame. Its end is told to `replied` or `lost`.

        Args:
            endpoint: the method.
            params: its parameters.
            options: see `CallOptions`.
            now: the event loop's time.
            deadline: moment of it at which to give up.

        Returns:
            Its frame; None where it must wait, for a ticket, a connection, or a signer elsewhere: nothing was sent, and
            `exchange` waits.

        Raises:
            NotSent: there will be no frame.
            UsageError: likewise.
        """
        limiter, clock = self._limiter, self._clock
        ticket = limiter.try_admit(endpoint, params, None, int(clock.now_ms(now)))
        if ticket is None:
            return None
        request = params
        try:
            connection = self._connections.pick(endpoint)
            remote = None
            if connection is not None and endpoint.auth is not _NO_AUTH:
                request, remote = self._credentials.stamp(connection, endpoint, params, options, clock.timestamp(now))
            if connection is None or connection.congested or remote is not None or self._suspend_guard.noticed(now):
                limiter.release(ticket)
                return None
            again = (endpoint, params, options) if endpoint.replay_safe and not endpoint.home else None
            return connection, connection.post(endpoint, request, deadline, options.sent, again, now), ticket
        except NotConnected:  # it ended since it was picked
            limiter.release(ticket)
            return None
        except (NotSent, UsageError):
            limiter.release(ticket)
            raise
        except BaseException:
            limiter.lost(ticket)
            raise
        finally:
            request = {}  # no traceback of ours holds what was signed

    def replied(
        self, connection: Connection, pending: Waiting, ticket: Ticket, envelope: Envelope, began: float | None
    ) -> None:
        """Note the reply to a frame, and settle its ticket.

        Args:
            connection: it went over this.
            pending: the frame.
            ticket: that of the request.
            envelope: the reply.
            began: when the call was made, for `timings`; None counts it nowhere.
        """
        heard = connection.heard_at  # the clock was asked when the reply came
        if heard < pending.sent_at:  # answered over another connection
            heard = self._time()
        if began is not None:
            self._timings.note(began, pending.sent_at, heard)
        status, rows, error = envelope.status, envelope.rateLimits, envelope.error
        now = int(self._clock.now_ms(heard))
        assert status is not UNSET
        if error is UNSET:
            self._limiter.settle(ticket, status, None if rows is UNSET else rows, now=now)
        else:
            told = None if rows is UNSET else rows
            self._limiter.settle(ticket, status, told, error.code, error.retry_after, now)

    def lost(self, first: First, error: BaseException) -> None:
        """Note that no reply to a frame comes, or that no caller waits for it any more."""
        connection, pending, ticket = first
        if isinstance(error, asyncio.CancelledError):
            connection.give_up(pending)
        self._limiter.lost(ticket)

    async def exchange(
        self,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        *,
        now: float,
        deadline: float,
        first: First | None,
        envelope: Envelope | None,
    ) -> tuple[Connection, Envelope]:
        """Bring a request that had to wait to the venue, or ask once more, and a successful reply back.

        Args:
            endpoint: the method.
            params: its parameters.
            options: see `CallOptions`.
            now: when the call was made.
            deadline: moment of the event loop's clock at which to give up.
            first: the frame that `send_now` sent for it; None where it sent none.
            envelope: the refusal that answered that; None where nothing did.
        """
        loop = self._loop
        limiter = self._limiter
        signed_anew = False
        same: Connection | None = None
        tries = 0
        again = (endpoint, params, options) if endpoint.replay_safe and not endpoint.home else None
        if first is not None:
            connection, stamped = first[0], first[1].sent_at
        while True:
            if envelope is None:
                ticket_by = deadline - min(REPLY_TIME_S, (deadline - now) / 10)
                ticket = await limiter.admit(endpoint, params, ticket_by)
                picked = same if same is not None and same.takes(endpoint) else self._connections.pick(endpoint)
                same = None
                if picked is None or picked.congested:
                    limiter.release(ticket)  # a window may end meanwhile: with a connection the limits are asked again
                    await self._connections.ready(endpoint, deadline)
                    continue
                connection, stamped = picked, loop.time()
                try:
                    envelope = await self.send(
                        connection, endpoint, params, options, deadline, ticket, picked=True, again=again, began=now
                    )
                except NotConnected:
                    # Nothing was sent: lost or suspect while a remote signer signed, or this process stood still until now.
                    continue
                except ConnectionLost:
                    if not endpoint.replay_safe:
                        raise
                    signed_anew = False  # it is asked on another one, whose clock may be another
                    continue
                if envelope.status == 200:
                    return connection, envelope
            error = refusal(envelope)
            assert error is not None
            error.about(request_id=request_id_of(envelope))
            envelope = None
            if isinstance(error, BadTimestamp) and not signed_anew:
                signed_anew = True
                try:
                    await self.timekeeper.correct(connection, stamped, deadline)
                    same = connection  # the clocks of two nodes of the venue may differ
                except ConnectionLost:
                    signed_anew = False  # it is asked on another one
                except NotConnected:
                    if connection.usable or loop.time() >= deadline:
                        raise
                    signed_anew = False  # this one was just replaced
                except (OutcomeUnknown, VenueError) as failed:
                    raise error from failed  # what is unknown is the time; the request was refused for certain
                continue
            if isinstance(error, VenueFault) and endpoint.replay_safe:
                tries += 1
                pause = self._jitter.after(tries)
                if tries < READ_TRIES and loop.time() + pause < deadline:
                    await self._sleep(pause)
                    continue
            raise error

    async def send(
        self,
        connection: Connection,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        deadline: float,
        ticket: Ticket,
        *,
        picked: bool = False,
        again: tuple[Any, ...] | None = None,
        began: float | None = None,
    ) -> Envelope:
        """Stamp, sign and send one request that has a ticket, and end the ticket in every case.

        For a signer that must be waited for, and for what is asked on one connection and no other.

        Args:
            connection: where to.
            endpoint: the method.
            params: its parameters.
            options: see `CallOptions`.
            deadline: moment of the event loop's clock at which to give up.
            ticket: of the request.
            picked: whether the connection was picked for the call and must still take it, and is not the only one it is for.
            again: see `Connection.post`.
            began: when the call was made, for `timings`; None counts it nowhere.
        """
        limiter = self._limiter
        suspend_guard = self._suspend_guard
        stood_still = suspend_guard.count
        try:
            request = params
            if endpoint.auth is not _NO_AUTH:
                timestamp = self._clock.timestamp(self._loop.time())
                request, remote = self._credentials.stamp(connection, endpoint, params, options, timestamp)
                if remote is not None:
                    request = await self._credentials.sign_elsewhere(request, remote, deadline)
            suspend_guard.noticed()
            if suspend_guard.count != stood_still:  # now, or while a remote signer signed
                request = {}  # no traceback of ours holds what was signed
                raise NotConnected(_STOOD_STILL)
            if picked and not connection.takes(endpoint):  # any more
                request = {}
                raise NotConnected("the connection does not take this request any more")
            try:
                pending = connection.post(endpoint, request, deadline, options.sent, again)
            finally:
                request = {}
            try:
                envelope = await pending.waiter
            except asyncio.CancelledError:
                connection.give_up(pending)
                raise
        except (NotSent, UsageError):
            limiter.release(ticket)
            raise
        except BaseException:
            limiter.lost(ticket)
            raise
        self.replied(connection, pending, ticket, envelope, began)
        return envelope

    async def on_connection(
        self,
        connection: Connection,
        endpoint: Endpoint[Any],
        params: dict[str, Any],
        options: CallOptions,
        deadline: float,
    ) -> Envelope:
        """Make a call on this connection and no other. A timestamp the venue does not like is corrected once."""
        try:
            for last in (False, True):
                ticket = await self._limiter.admit(endpoint, params, deadline, Priority.FIRST)
                asked = asyncio.get_running_loop().time()
                envelope = await self.send(connection, endpoint, params, options, deadline, ticket)
                error = refusal(envelope)
                if error is None:
                    return envelope
                if last or not isinstance(error, BadTimestamp):
                    raise error.about(request_id=request_id_of(envelope))
                await self.timekeeper.correct(connection, asked, deadline)
        except WsapiError as failed:
            failed.about(method=endpoint.method)
            raise
        raise AssertionError
