"""One account on the home connection, and all consumers of its events.

Theory of operation. `stream_state` has the states of its stream and what leads from one to the next; a look at the account
(`repair`) finds what an interruption hid. A subscription is *watching* while a consumer is promised all events: then live
events are held up behind what is found. Without a consumer a gap is told, and nothing is asked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from hashlib import blake2b
from typing import Any, Generic

from binance_wsapi.errors import (
    BadTimestamp,
    Forbidden,
    IpBanned,
    NotSent,
    OutcomeUnknown,
    ProtocolViolation,
    RateLimited,
    VenueError,
    WsapiError,
)
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.inbox import Inbox
from binance_wsapi.session.connection import Connection, State
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.endings import Endings
from binance_wsapi.user_data.items import Gap, Repaired
from binance_wsapi.user_data.parts import AccountMerge, AccountParts, AccountQuestions, Event, View
from binance_wsapi.user_data.repair import Repair
from binance_wsapi.user_data.stream_state import Step, StreamState, after
from binance_wsapi.user_data.tokens import NO_TOKEN, TOKENS_TRIED, TokenSource, is_refusal
from binance_wsapi.wire.endpoint import TimeUnit

__all__ = ["COUNTED_ANEW", "ENDED_AT_ONCE", "AccountSubscription", "is_temporary", "key_digest"]

log = logging.getLogger("binance_wsapi")

EVENTS_REMEMBERED = 4_096
"""Events remembered, to tell the double of an event that came over the other connection."""

EVENTS_HELD = 100_000
"""Events held up while the account is looked at after a gap; with more than that, they are let go."""

FILLS_UNSETTLED = 10_000
"""Fills after which an account is looked at though there may be no audit, so that they need not be remembered for ever."""

COUNTED_ANEW = "the venue counts its orders and trades anew"
"""Why there is a gap after a reset of the venue, which the test network has about once a month."""

NOTICED_LATE = "the venue was reset, and that was noticed by a look at the account only"
"""Why fills may be missing from before the latest event."""

BALANCES_LATE_S = 1.0
"""Seconds that the balances may come after the event that says that they changed."""

NOT_MADE = "the account could not be subscribed again yet"
"""Why no event could come for a minute, where the venue answers the subscription with faults, or not at all."""

SILENCE_S = 65.0
"""Seconds without a subscription after which consumers of any other account are told a `Gap`: longer than the longest pause
between two subscriptions that the venue ends at once, which are told by themselves."""

_BUSY = -1008

_TROUBLE = frozenset({-1000, -1001, -1006, -1007})
"""What the venue answers of trouble of its own, and not of the request (errors, 10xx)."""

ENDED_AT_ONCE = "the venue ends each subscription of the account as soon as it is made"
"""Why no event could come, where that is so for a minute."""

MARGIN_SILENCE_S = 60.0
"""Seconds without a subscription after which consumers of a margin account are told a `Gap`."""


class AccountSubscription(Generic[View]):
    """One account on the home connection, and all consumers of its events.

    Args:
        session: brings the events.
        parts: what is particular to its product.
        questions: asks about the account.
        key: the account.
        lag: seconds the venue's views may lag behind its matching engine.
        audit: seconds between two looks without a reason; None is none.
        unsent: called when a look found what the stream did not bring, though it is whole.
    """

    def __init__(
        self,
        session: Session,
        parts: AccountParts[Any, View],
        questions: AccountQuestions,
        key: Signer | AsyncSigner | TokenSource,
        lag: float,
        audit: float | None,
        *,
        unsent: Callable[[AccountSubscription[View]], None],
    ) -> None:
        self.key = key
        self.inboxes: list[Inbox[Any]] = []
        self.over = False
        self.pinned = False
        self.tracked = False
        self.on: dict[Connection, int] = {}
        self.making = asyncio.Lock()
        self.asking: Connection | None = None
        """The connection on which the venue is being asked for it now."""
        self.renewal: asyncio.Task[None] | None = None
        self.endings = Endings()
        self.merge: AccountMerge = parts.merge(0, lag)
        self.cache: View = parts.view(lag)
        self.epoch = 0
        self.state = StreamState.WHOLE
        self.heard_at: float | None = None
        self.lost_at: int | None = None
        self.repair = Repair(session, questions, self, lag, audit)
        self._session = session
        self._parts = parts
        # By themselves, for the way of every event.
        microseconds = session.settings.time_unit is TimeUnit.MICROSECOND
        self._decode = partial(parts.decode, microseconds=microseconds)
        self._ends = parts.ends
        self._unread = parts.unread
        self._lag = lag
        self._unsent = unsent
        self._watching = False
        self._worker: asyncio.Task[None] | None = None
        self._doubt: asyncio.TimerHandle | None = None
        self._overdue: asyncio.TimerHandle | None = None
        self._told_until = 0
        self._buffer: list[Event] = []
        self._seen: OrderedDict[bytes, int] = OrderedDict()

    # ------------------------------------------------------------------ state

    @property
    def paused(self) -> bool:
        """Whether live events are held up."""
        return self.state.holds

    @property
    def subscribed(self) -> bool:
        """Whether its events come over the present connection."""
        home = self._session.connections.home
        return not self.over and home is not None and home in self.on and home.state is not State.CLOSED

    def watch(self, since_ms: int) -> None:
        """Track the account from now on: consumers get everything, in order, and what a gap hid."""
        if not self._watching:
            self._watching = True
            self.merge = self._parts.merge(since_ms * 1000, self._lag)
            self.cache = self._parts.view(self._lag)

    def work(self) -> None:
        """Look at the account in the background from now on."""
        if self._worker is None:
            self.repair.look_soon()
            self._worker = asyncio.get_running_loop().create_task(self.repair.run(), name="binance-wsapi user data")

    def stop_tracking(self) -> None:
        """Stop auditing and tracking: no consumer needs all events any more."""
        if self._worker is not None:
            self._worker.cancel()
            self._worker = None
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None
        self._found()
        self._watching = False
        self.cache.known = False
        self.resume()

    # ------------------------------------------------------------------ gaps

    def made(self, connection: Connection, number: int) -> None:
        """The venue has subscribed the account on a connection."""
        for each in [each for each in self.on if each.state is State.CLOSED]:
            del self.on[each]
        self.on[connection] = number
        self.endings.made(connection.number, asyncio.get_running_loop().time())
        connection.adopt(number)

    def ended(self, connection: Connection) -> None:
        """The venue has ended the subscription on a connection that is not being left."""
        now_ms = self._session.now_ms()
        self.lost(now_ms)
        since = self.endings.ended(connection.number, asyncio.get_running_loop().time(), now_ms)
        if isinstance(self.key, TokenSource):
            self.key.spent()
        elif since is not None:  # of a margin account each interruption is told
            self.tell(Gap(since, now_ms, ENDED_AT_ONCE))

    def wants_another_token(self, error: WsapiError) -> bool:
        """Take note that it could not be subscribed again; return whether the next listen token may do better."""
        if not isinstance(self.key, TokenSource) or not is_refusal(error):
            return False
        self.endings.refused(asyncio.get_running_loop().time())
        return self.key.refused < TOKENS_TRIED

    @property
    def pause(self) -> float:
        """Seconds until it may be subscribed again: the venue ends its subscriptions at once."""
        return self.endings.pause(asyncio.get_running_loop().time())

    def may_be_made_later(self, error: WsapiError) -> bool:
        """Whether a subscription that failed so may succeed later. Else the venue has refused the account."""
        if isinstance(self.key, TokenSource):
            return self.wants_another_token(error) or is_temporary(error)
        return is_temporary(error) or (isinstance(error, VenueError) and error.code in _TROUBLE)

    def unheard(self, now_ms: int) -> None:
        """A connection is in use that does not bring its events: look what they would have told."""
        self.lost(now_ms)
        if self._overdue is None:
            self._tell_in(SILENCE_S)
        if self._worker is not None:
            self.repair.look_again()

    def lost(self, now_ms: int) -> None:
        """The stream is interrupted from now."""
        if self.lost_at is None:
            self.lost_at = self._told_until = now_ms
            if isinstance(self.key, TokenSource):
                self._tell_in(MARGIN_SILENCE_S)
        self.state = after(self.state, Step.LOST)

    def _tell_in(self, seconds: float) -> None:
        self._overdue = asyncio.get_running_loop().call_later(seconds, self._still_lost)

    def _still_lost(self) -> None:
        """Tell since when no event could come; of a margin account no look at it would tell."""
        now = self._session.now_ms()
        if self.lost_at is None or self.over:
            return
        since = self._told_until
        if isinstance(self.key, TokenSource):
            self.lost_at = now  # what follows is told when it is heard again
            self.tell(Gap(since, now, "the subscription of a margin account could not be made again yet"))
            return
        home = self._session.connections.home
        if home is not None and home.usable:  # without any connection nothing is missed that is not found after it
            self._told_until = now
            self.tell(Gap(since, now, NOT_MADE))
        self._tell_in(MARGIN_SILENCE_S)

    def _found(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def hold(self) -> None:
        """Hold live events up until the account was looked at, where the stream was interrupted."""
        if self.lost_at is not None:
            self.epoch += 1
            if self._watching:
                self.state = after(self.state, Step.HOLD)

    def whole(self) -> None:
        """The stream is whole again: find what was missed."""
        if self.lost_at is None:
            return
        since, self.lost_at = self.lost_at, None
        self._found()
        self.state = after(self.state, Step.FOUND)
        if self._worker is not None:
            self.repair.interrupted(since)
        else:
            self.resume()
            why = (
                "a margin account cannot be asked about"
                if isinstance(self.key, TokenSource)
                else "no consumer followed the account"
            )
            self.tell(Gap(since, self._session.now_ms(), why))

    def resume(self) -> None:
        """Let go what was held up."""
        self.state = after(self.state, Step.RELEASED)
        buffer, self._buffer = self._buffer, []
        now = asyncio.get_running_loop().time()
        for event in buffer:
            self._take(event, now)

    # ------------------------------------------------------------------ events

    def deliver(self, connection: Connection, subscription_id: int, raw: bytes) -> bool:
        """Take in an event from a connection, once; return whether it says that the subscription has ended there."""
        first = self._seen.setdefault(raw, connection.number)
        if len(self._seen) > EVENTS_REMEMBERED:
            self._seen.popitem(last=False)
        try:
            event = self._decode(raw, subscription_id)
        except ProtocolViolation:
            return False
        ended = isinstance(event, self._ends)  # to the byte the same on two connections, and true of each
        if first != connection.number:
            return ended
        self.heard_at = now = asyncio.get_running_loop().time()
        if self.state.holds:
            self._buffer.append(event)
            if len(self._buffer) >= EVENTS_HELD:
                self.resume()
        else:
            self._take(event, now)
        return ended

    def _take(self, event: Event, now: float) -> None:
        if not self._watching:
            self.give(event, now)
            return
        if isinstance(event, self._unread) and event.event in self._parts.told_by_views and self._worker is not None:
            self.repair.look_for_unread()  # so what it told of is missing
        told = self.merge.hear(event, now)
        if told is None:
            self.begin_anew()
            told = self.merge.hear(event, now)
        for each in told or ():
            self.give(each, now)
        merge = self.merge
        if merge.holding:
            self.repair.press()
        if merge.fills.unsettled >= FILLS_UNSETTLED and self._worker is not None:
            merge.fills.unsettled = 0
            self.repair.look_again()

    def begin_anew(self, shown_us: int | None = None) -> None:
        """Drop what is remembered: the venue was reset, and its numbers run backwards.

        Args:
            shown_us: when what shows it was made, in microseconds of the venue's clock, where an answer does: what came
                after that, and before the latest event, may be missing. None where an event shows it, which comes at once.
        """
        since_us = self.merge.latest_us + 1
        symbols = self.merge.symbols.known
        log.error("user data: the venue counts its orders and trades anew, what was known of the account is dropped")
        self.merge = self._parts.merge(since_us, self._lag)
        self.merge.symbols.name(symbols)
        self.cache.forget()
        if shown_us is not None and shown_us < since_us - 1:
            self.tell(Gap(shown_us // 1000, since_us // 1000, NOTICED_LATE))
        self.tell(Gap(since_us // 1000, self._session.now_ms(), COUNTED_ANEW, reset=True))
        if self._worker is not None:
            self.repair.look_soon()

    def give(self, event: Event, now: float) -> None:
        """Hand an event to all consumers."""
        self.cache.hear(event, now)
        if self.cache.doubtful and self._worker is not None and self._doubt is None:
            self._doubt = asyncio.get_running_loop().call_later(BALANCES_LATE_S, self._doubts)
        for inbox in self.inboxes:
            inbox.put(event)

    def _doubts(self) -> None:
        self._doubt = None
        if self.cache.doubtful:
            self.cache.doubtful.clear()
            self.repair.look_again()

    def tell(self, item: Gap | Repaired) -> None:
        """Hand all consumers a word about the stream."""
        for inbox in self.inboxes:
            inbox.put(item)

    def unsent(self) -> None:
        """A look found what the stream did not bring, though it is whole: the venue may have lost the subscription."""
        if self.lost_at is None:
            self._unsent(self)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What runs here."""
        return [] if self._worker is None else [self._worker]

    def end(self, error: WsapiError | None) -> None:
        """There will be no more events."""
        self.over = True
        self.stop_tracking()
        self.repair.looked.set()  # no first answer comes any more
        for inbox in self.inboxes:
            inbox.end(error)


def key_digest(key: Signer | AsyncSigner | TokenSource) -> bytes:
    """Return what tells an account from others without naming its key."""
    return blake2b(key.api_key.encode(), digest_size=16).digest()


def is_temporary(error: WsapiError) -> bool:
    """Whether a subscription that failed so may succeed later. Else the venue has refused the account."""
    return isinstance(error, NotSent | OutcomeUnknown | RateLimited | IpBanned | Forbidden | BadTimestamp) or (
        isinstance(error, VenueError) and error.code in (_BUSY, NO_TOKEN)
    )
