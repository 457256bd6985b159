"""User data and market streams, as iterators of a thread that waits."""

from __future__ import annotations

from typing import Any, Literal, TypeVar, overload

from binance_wsapi.blocking.events import Events
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.link.inbox import Overflow
from binance_wsapi.streams import subscription
from binance_wsapi.streams.queues import StreamGap
from binance_wsapi.user_data.spot.events import Item
from binance_wsapi.wire.border import calls_at_border
from binance_wsapi.wire.forms import Form

__all__ = ["Subscription", "UserDataEvents"]

T = TypeVar("T")


@calls_at_border
class UserDataEvents(Events[Item]):
    """The events of one account: typed events, `Repaired`, `Gap` and `Overflow`.

    Made by `SpotClient.user_data`. It ends when the context is left or the client is closed, and raises when the venue
    takes the subscription away for good.
    """

    @property
    def subscribed(self) -> bool:
        """Whether events come at present."""
        return self.entered and self._thread.read(lambda: bool(self._opened.subscribed))

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the venue sent an event of this account; None before the first, and outside the context."""
        age: float | None = self._thread.read(lambda: self._opened.last_event_age) if self.entered else None
        return age


@calls_at_border
class Subscription(Events[T | StreamGap | Overflow]):
    """One consumer of one or more streams: a context manager, and an iterator.

    Made by `MarketStreams`. Entering returns when the venue has confirmed every stream. The iterator brings events, a
    `StreamGap` where a stream was interrupted, and an `Overflow` where this consumer was too slow.

    Args:
        thread: where the streams live.
        inner: the asynchronous subscription, not entered.
        stale_soon: fetch one event at a time, since each is to be the latest.
    """

    def __init__(self, thread: LoopThread, inner: subscription.Subscription[T], *, stale_soon: bool = False) -> None:
        super().__init__(thread, inner, None if stale_soon else lambda: inner.queued)
        self._inner = inner
        self._stale_soon = stale_soon

    def __repr__(self) -> str:
        return f"<blocking {self._inner!r}>"

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of its streams."""
        return self._inner.streams

    @property
    def live(self) -> bool:
        """Whether every stream comes in now."""
        return self._thread.read(lambda: self._inner.live)

    @property
    def last_event_age(self) -> float | None:
        """Seconds since the venue sent the last event of its streams; None when none has come."""
        return self._thread.read(lambda: self._inner.last_event_age)

    @property
    def queued(self) -> int:
        """Events that wait for the consumer."""
        return self._thread.read(lambda: self._inner.queued + self.fetched)

    @property
    def received(self) -> int:
        """Events that arrived."""
        return self._thread.read(lambda: self._inner.received)

    @property
    def lost(self) -> int:
        """Events that were dropped because the consumer did not keep up."""
        return self._thread.read(lambda: self._inner.lost)

    @overload
    def in_form(self, form: Literal["dicts"]) -> Subscription[dict[str, Any]]: ...

    @overload
    def in_form(self, form: Literal["bytes"]) -> Subscription[bytes]: ...

    @overload
    def in_form(self, form: Form) -> Subscription[Any]: ...

    def in_form(self, form: Form) -> Subscription[Any]:
        """Return the same subscription, not entered yet, with messages as ``"objects"``, ``"dicts"`` or ``"bytes"``."""
        return Subscription(self._thread, self._inner.in_form(form), stale_soon=self._stale_soon)
