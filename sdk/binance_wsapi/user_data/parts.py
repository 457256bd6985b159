"""What a product's client hands in so that its accounts are heard, asked about and kept.

The rest of this folder knows that the stream of an account may be interrupted, that looks find what was missed, and that a
view shows the present state. What an event is, what a look asks, and what its answers say is missing, a product knows:
`binance_wsapi.user_data.spot` for Spot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.link.inbox import Inbox
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.symbols import Symbols
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.forms import Form

__all__ = [
    "AccountLook",
    "AccountMerge",
    "AccountParts",
    "AccountQuestions",
    "AccountView",
    "Decoder",
    "Event",
    "Events",
    "Heard",
    "Unsettled",
    "View",
]

Event: TypeAlias = Any
"""An event of the venue, as the model of its product."""


class Decoder(Protocol):
    """Reads an event."""

    def __call__(self, raw: bytes, subscription_id: int | None, *, microseconds: bool) -> Event:
        """Return the event. Raises `ProtocolViolation` where it is none."""


class AccountLook(Protocol):
    """The answers of one look at an account, as far as every product has them.

    Attributes:
        asked: seconds, local, before the first question of it was sent.
        asked_us: the same by the venue's clock, in microseconds.
        more: symbols of which there is more than one look takes in.
        unread: what the venue told that cannot be read, in words.
    """

    asked: float
    asked_us: int
    more: set[str]
    unread: set[str]


class AccountQuestions(Protocol):
    """Asks about one account."""

    async def look(self, merge: Any, *, everything: bool) -> AccountLook:
        """Ask all that is to be known.

        Args:
            merge: what is known: the product's own.
            everything: whether to ask about every symbol that was ever touched, or only where something may happen.
        """


class Unsettled(Protocol):
    """What is remembered of fills until a look settles it."""

    unsettled: int


class AccountMerge(Protocol):
    """What was delivered of one account, and what is held back because something is missing before it.

    Attributes:
        latest_us: the venue's time of the latest event, in microseconds.
        unexplained: what could not be repaired, and since when (microseconds, venue's clock).
    """

    latest_us: int
    unexplained: list[tuple[str, int]]

    @property
    def symbols(self) -> Symbols:
        """The symbols of the account."""

    @property
    def fills(self) -> Unsettled:
        """Its fills."""

    @property
    def holding(self) -> bool:
        """Whether something is held back."""

    @property
    def active(self) -> set[str]:
        """The symbols on which something happened that is not settled yet, or may happen."""

    def hear(self, event: Event, now: float) -> list[Event] | None:
        """Take in a live event; return what is to be delivered now, in order.

        None where it shows that the venue's numbers run backwards: then nothing is taken in.
        """

    def anew_since(self, look: Any) -> int | None:
        """Return since when a look shows it, in microseconds of the venue's clock; None where it does not."""

    def settle(self, look: Any, now: float) -> list[Event]:
        """Take in the answers of a look; return what is to be delivered now, in order."""

    def let_go(self) -> list[Event]:
        """Give up on what is missing; return what is to be delivered now."""


class AccountView(Protocol):
    """What an account has at present.

    Attributes:
        known: whether there was a first look.
    """

    known: bool

    @property
    def doubtful(self) -> dict[str, int]:
        """Assets of which only a difference was told, and when, in microseconds of the venue's clock."""

    def hear(self, event: Event, now: float) -> None:
        """Take in an event, live or recovered."""

    def see(self, look: Any) -> bool:
        """Take in what a look says; return whether it may be older than what was heard, for all that it says."""

    def forget(self) -> None:
        """Drop what the venue has dropped: it was reset."""


class Heard(Protocol):
    """What a consumer is told of the subscription whose events it gets."""

    @property
    def subscribed(self) -> bool:
        """Whether its events come at present."""

    @property
    def heard_at(self) -> float | None:
        """When the last event came, by the event loop's clock."""


Events = TypeVar("Events")
"""What a consumer holds."""

View = TypeVar("View", bound=AccountView)
"""What a client shows of its account."""


@dataclass(frozen=True, slots=True)
class AccountParts(Generic[Events, View]):
    """What is particular to the accounts of one product.

    Args:
        subscribe: subscribes the account of a connection that is logged on.
        subscribe_signature: subscribes the account of a key that signs for it.
        unsubscribe: ends a subscription.
        decode: reads an event.
        ends: the class of the event that says that a subscription has ended.
        unread: the class of an event that cannot be read as what it claims to be; its ``event`` is what that is.
        told_by_views: names of events whose contents a look finds, too.
        questions: makes what asks about the account of a key.
        merge: makes what merges, of the microseconds of the venue's clock from which everything is to be delivered, and of
            the seconds by which the views may lag.
        view: makes the view, of the seconds by which the views may lag.
        events: makes what a consumer holds.
    """

    subscribe: Endpoint[Any]
    subscribe_signature: Endpoint[Any]
    unsubscribe: Endpoint[Any]
    decode: Decoder
    ends: type[Any]
    unread: type[Any]
    told_by_views: frozenset[str]
    questions: Callable[[Session, Signer | AsyncSigner, Allowance, Runtime], AccountQuestions]
    merge: Callable[[int, float], AccountMerge]
    view: Callable[[float], View]
    events: Callable[[Inbox[Any], Heard, Form], Events]
