"""What can be made to go wrong, by the request or at once.

`Faults.next` lays out an action for coming requests: when a request it fits arrives, it is used up. What an action
does with the request's execution is part of it, because that is what a client cannot see and has to find out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

__all__ = ["Action", "Cut", "Delay", "Double", "Drop", "Faults", "Garbage", "Refuse"]


@dataclass(frozen=True, slots=True)
class Cut:
    """The connection is reset instead of an answer."""

    after_execution: bool


@dataclass(frozen=True, slots=True)
class Delay:
    """Something takes so many seconds longer.

    Attributes:
        at: `answer`: the request runs at once, its answer is late. `queue`: it waits in front of the second check of its
            time, and is refused if it is too old by then. `engine`: it waits behind that check and runs whatever the
            time is; after ten seconds the API gives up waiting and answers -1007.
    """

    seconds: float
    at: Literal["answer", "queue", "engine"] = "answer"


@dataclass(frozen=True, slots=True)
class Drop:
    """The request runs, and is never answered."""


@dataclass(frozen=True, slots=True)
class Double:
    """The answer is sent twice."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The answer is this error, whether or not the request ran."""

    status: int
    code: int
    msg: str
    data: dict[str, Any] | None = None
    executed: bool = False


@dataclass(frozen=True, slots=True)
class Garbage:
    """This frame is sent, before the answer or instead of it; the request runs."""

    frame: str | bytes
    then_reply: bool = True


Action = Cut | Delay | Drop | Double | Refuse | Garbage


class Lines(Protocol):
    """What the faults need of the exchange's connections."""

    def cut_all(self) -> int: ...
    def shutdown(self, lead: float) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def silence(self) -> None: ...
    def heal(self) -> None: ...
    def terminate_subscriptions(self) -> None: ...


@dataclass(slots=True)
class _Laid:
    action: Action
    method: str | None
    left: int


class Faults:
    """Makes things go wrong.

    Attributes:
        used: what requests ran into: (method, action), in order.
    """

    def __init__(self, lines: Lines, revoke: Callable[[str], None]) -> None:
        self._lines = lines
        self._revoke = revoke
        self._laid: list[_Laid] = []
        self._lost_events: deque[str | None] = deque()
        self._refused_connects: deque[int] = deque()
        self.used: list[tuple[str, Action]] = []

    # --- by the request --------------------------------------------------------------------------------------------

    def next(self, action: Action, method: str | None = None, count: int = 1) -> None:
        """Let an action meet the next requests.

        Args:
            action: what happens.
            method: only to requests of this method; None meets any.
            count: how many of them.

        Raises:
            TypeError: the action is none.
            ValueError: count is less than 1.
        """
        if not isinstance(action, Action):
            raise TypeError(f"an action is Cut(...), Delay(...), Drop(), ..., not {action!r}")
        if count < 1:
            raise ValueError("count is 1 or more")
        self._laid.append(_Laid(action, method, count))

    def take(self, method: str) -> Action | None:
        """Return the action that a request meets, using it up; for the exchange."""
        for laid in self._laid:
            if laid.method is None or laid.method == method:
                laid.left -= 1
                if not laid.left:
                    self._laid.remove(laid)
                self.used.append((method, laid.action))
                return laid.action
        return None

    @property
    def waiting(self) -> int:
        """How many requests will still meet an action."""
        return sum(laid.left for laid in self._laid)

    def clear(self) -> None:
        """Forget what was laid out and has not happened."""
        self._laid.clear()
        self._lost_events.clear()
        self._refused_connects.clear()

    # --- user data and connecting ----------------------------------------------------------------------------------

    def lose_events(self, kind: str | None = None, count: int = 1) -> None:
        """Swallow the next user data events on their way to one connection.

        Args:
            kind: only of this event type (`e`); None swallows any.
        """
        self._lost_events.extend([kind] * count)

    def loses(self, kind: str) -> bool:
        """Whether this event is swallowed; for the exchange."""
        for wanted in self._lost_events:
            if wanted is None or wanted == kind:
                self._lost_events.remove(wanted)
                return True
        return False

    def terminate_subscriptions(self) -> None:
        """End every user data subscription with eventStreamTerminated."""
        self._lines.terminate_subscriptions()

    def refuse_connects(self, status: int = 503, count: int = 1) -> None:
        """Answer the next handshakes with an HTTP error."""
        self._refused_connects.extend([status] * count)

    def refused_connect(self) -> int | None:
        """Return the HTTP status a handshake is refused with; for the exchange."""
        return self._refused_connects.popleft() if self._refused_connects else None

    # --- at once ---------------------------------------------------------------------------------------------------

    def cut_all(self) -> int:
        """Reset every connection; return how many there were."""
        return self._lines.cut_all()

    def shutdown(self, lead: float = 1.0) -> None:
        """Announce serverShutdown on every connection and close them with 1001 after `lead` seconds."""
        self._lines.shutdown(lead)

    def close(self, code: int = 1001, reason: str = "") -> None:
        """Close every connection in an orderly way."""
        self._lines.close(code, reason)

    def silence(self) -> None:
        """Make every connection half-open: it reads nothing, writes nothing and answers no ping."""
        self._lines.silence()

    def heal(self) -> None:
        """End `silence`; what was on its way arrives now."""
        self._lines.heal()

    def revoke(self, api_key: str) -> None:
        """Make a key invalid: the next request of a session that is logged on with it is answered under id null.

        Raises:
            KeyError: there is no such key.
        """
        self._revoke(api_key)
