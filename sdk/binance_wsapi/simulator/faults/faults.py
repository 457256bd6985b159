"""What can be made to go wrong, by the request or at once.

`Faults.next` lays out an action for coming requests: when a request it fits arrives, it is used up. What an action
does with the request's execution is part of it, because that is what a client cannot see and has to find out.
Everything else happens to connections, to handshakes or to user data events, now or when the next one comes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args

from binance_wsapi.simulator.faults.actions import (
    Action,
    Break,
    Cut,
    Delay,
    Double,
    Drop,
    Fragment,
    Garbage,
    Raw,
    Refuse,
)
from binance_wsapi.simulator.faults.breakage import EVENT_KINDS, EventKind, changed_event
from binance_wsapi.simulator.faults.whole import House, VenueFaults

__all__ = [
    "Action",
    "Break",
    "Cut",
    "Delay",
    "Double",
    "Drop",
    "Faults",
    "Fragment",
    "Garbage",
    "Raw",
    "Refuse",
    "Upgrade",
    "Way",
    "check_laid",
]

T = TypeVar("T")

Way = Literal["both", "in", "out"]
"""Which bytes: `in` come from the client, `out` go to it."""
TlsFault = Literal["stall", "reset"]
CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
"""Those a close frame may carry; 1005, 1006 and 1015 only describe an end without one (RFC 6455, 7.4.1)."""
MOST_USED = 20_000
LONGEST_REASON = 123
"""Bytes of a close frame's reason."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What a handshake meets.

    Attributes:
        status: HTTP status it is refused with; 101 lets it pass.
        body: of the refusal.
        headers: of the answer, set over what would be there.
        stall: seconds until it is answered at all.
    """

    status: int = 503
    body: str = "\n"
    headers: Mapping[str, str] = field(default_factory=dict)
    stall: float = 0.0


class Lines(House, Protocol):
    """What the faults need of the exchange and its connections."""

    def cut_all(self) -> int: ...
    def shutdown(self, lead: float) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def silence(self, way: Way) -> None: ...
    def heal(self) -> None: ...
    def dribble(self, piece: int, pause: float) -> None: ...
    def say(self, frame: str | bytes) -> None: ...
    def say_raw(self, data: bytes) -> None: ...
    def terminate_subscriptions(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Laid:
    action: Action
    method: str | None
    rest: bool


class _Row(Generic[T]):
    """What the next requests, handshakes or events meet, each as often as it was laid out."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[T, int]] = {}
        self._last = 0

    def lay(self, what: T, count: int) -> None:
        if count < 1:
            raise ValueError(f"count must be 1 or more, got {count!r}")
        self._last += 1
        self._left[self._last] = what, count

    def take(self, fits: Callable[[T], bool] = lambda _: True) -> T | None:
        """Return the first that fits, using it up once."""
        for number, (what, left) in self._left.items():
            if fits(what):
                if left == 1:
                    del self._left[number]
                else:
                    self._left[number] = what, left - 1
                return what
        return None

    def waiting(self) -> list[tuple[T, int]]:
        return list(self._left.values())

    def clear(self) -> None:
        self._left.clear()


def check_laid(action: Action, count: int, *, rest: bool) -> None:
    """Check what `Faults.next` is given.

    Raises:
        ValueError: count is less than 1, or the action is one of frames, which REST has none of.
    """
    if count < 1:
        raise ValueError(f"count must be 1 or more, got {count!r}")
    if not rest:
        return
    last: Action | None = action
    while isinstance(last, Delay):
        last = last.then
    if last is not None and not isinstance(last, Cut | Drop | Refuse):
        raise ValueError("a REST request meets cut, delay, drop or refuse")


class Faults(VenueFaults):
    """Makes things go wrong.

    Attributes:
        used: what requests ran into: (method, action), in order; of more than 20,000 the newest, 10,000 at least.
        met: the newest of them with the event loop's time.
    """

    def __init__(self, lines: Lines, revoke: Callable[[str], None]) -> None:
        super().__init__(lines)
        self._lines = lines
        self._revoke = revoke
        self._laid: _Row[_Laid] = _Row()
        self._events: _Row[tuple[str | None, EventKind | Literal["lose", "double"]]] = _Row()
        self._upgrades: _Row[Upgrade] = _Row()
        self._tls: _Row[TlsFault] = _Row()
        self.used: list[tuple[str, Action]] = []
        self.met: deque[tuple[float, str, Action]] = deque(maxlen=1000)

    # --- by the request --------------------------------------------------------------------------------------------

    def next(self, action: Action, method: str | None = None, count: int = 1, *, rest: bool = False) -> None:
        """Let an action meet the next requests.

        Args:
            action: what happens.
            method: only to requests of this method; None meets any.
            count: how many of them.
            rest: it meets REST requests, and not those of the WebSocket API. `method` is the same name.

        Raises:
            TypeError: the action is none.
            ValueError: count is less than 1, or the action is one of frames, which REST has none of.
        """
        if not isinstance(action, Action):
            raise TypeError(f"an action is Cut(...), Delay(...), Drop(), ..., not {action!r}")
        check_laid(action, count, rest=rest)
        self._laid.lay(_Laid(action, method, rest), count)

    def take(self, method: str, *, rest: bool = False) -> Action | None:
        """Return the action that a request meets, using it up; for the exchange."""
        laid = self._laid.take(lambda each: each.rest is rest and each.method in (None, method))
        if laid is None:
            return self.spell()
        self.used.append((method, laid.action))
        if len(self.used) > MOST_USED:
            del self.used[: MOST_USED // 2]
        self.met.append((self._lines.loop_time(), method, laid.action))
        return laid.action

    @property
    def waiting(self) -> int:
        """How many requests will still meet an action."""
        return sum(left for _, left in self._laid.waiting())

    def clear(self) -> None:
        """Forget what was laid out and has not happened; end busy, deaf and maintenance."""
        self.end_spells()
        self._laid.clear()
        self._events.clear()
        self._upgrades.clear()
        self._tls.clear()

    # --- user data -------------------------------------------------------------------------------------------------

    def lose_events(self, kind: str | None = None, count: int = 1) -> None:
        """Swallow the next user data events on their way to one connection.

        Args:
            kind: only of this event type (`e`); None swallows any.
        """
        self._events.lay((kind, "lose"), count)

    def double_events(self, kind: str | None = None, count: int = 1) -> None:
        """Send the next user data events twice."""
        self._events.lay((kind, "double"), count)

    def change_events(self, how: EventKind, kind: str | None = None, count: int = 1) -> None:
        """Send the next user data events as a newer server might: with an unknown type, word or field.

        Raises:
            ValueError: no such change.
        """
        if how not in EVENT_KINDS:
            raise ValueError(f"how must be one of {', '.join(EVENT_KINDS)}, got {how!r}")
        self._events.lay((kind, how), count)

    def meet_event(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what becomes of an event: none, one or two of it; for the exchange."""
        laid = self._events.take(lambda each: each[0] in (None, row["e"]))
        if laid is None:
            return [row]
        _, how = laid
        if how == "lose":
            return []
        return [row, row] if how == "double" else [changed_event(how, row)]

    def terminate_subscriptions(self) -> None:
        """End every user data subscription with eventStreamTerminated."""
        self._lines.terminate_subscriptions()

    def revoke(self, api_key: str) -> None:
        """Make a key invalid: the next request of a session that is logged on with it is answered under id null.

        Raises:
            KeyError: there is no such key.
        """
        self._revoke(api_key)

    # --- connecting ------------------------------------------------------------------------------------------------

    def refuse_connects(
        self, status: int = 503, count: int = 1, *, body: str = "\n", headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer the next handshakes with an HTTP error.

        Args:
            body: of the answer, HTML for instance.
            headers: of the answer: `{"Location": "..."}` makes a 302 a redirect.

        Raises:
            ValueError: not an HTTP status from 300 to 599: with the others a handshake is not refused.
        """
        if not 300 <= status <= 599:
            raise ValueError(f"status must be from 300 to 599, got {status}")
        self._upgrades.lay(Upgrade(status, body, dict(headers or {})), count)

    def wrong_accept(self, count: int = 1) -> None:
        """Accept the next handshakes with a Sec-WebSocket-Accept that does not fit."""
        self.accept_with({"Sec-WebSocket-Accept": "AAAAAAAAAAAAAAAAAAAAAAAAAAA="}, count)

    def accept_with(self, headers: Mapping[str, str], count: int = 1) -> None:
        """Accept the next handshakes with these headers: an extension or a subprotocol that the client did not ask for."""
        self._upgrades.lay(Upgrade(101, headers=dict(headers)), count)

    def stall_connects(self, seconds: float, count: int = 1) -> None:
        """Answer the next handshakes only after so many seconds."""
        self._upgrades.lay(Upgrade(101, stall=seconds), count)

    def stall_tls(self, count: int = 1) -> None:
        """Take the next TLS connections and never answer their handshake; the exchange hangs up after ten seconds."""
        self._tls.lay("stall", count)

    def reset_tls(self, count: int = 1) -> None:
        """Cut the next TLS connections in the middle of their handshake."""
        self._tls.lay("reset", count)

    def meet_tls(self) -> TlsFault | None:
        """Return what a TLS handshake meets, using it up; for the exchange."""
        return self._tls.take()

    def meet_upgrade(self) -> Upgrade | None:
        """Return what a handshake meets, using it up; for the exchange."""
        return self._upgrades.take()

    # --- at once ---------------------------------------------------------------------------------------------------

    def cut_all(self) -> int:
        """Reset every connection; return how many there were."""
        return self._lines.cut_all()

    def shutdown(self, lead: float = 1.0) -> None:
        """Announce serverShutdown on every connection and close them with 1001 after `lead` seconds."""
        self._lines.shutdown(lead)

    def close(self, code: int = 1001, reason: str = "") -> None:
        """Close every connection in an orderly way; 1006, an end without a close frame, cuts them instead.

        Raises:
            ValueError: no close frame can carry this code or reason.
        """
        if code == 1006:
            self._lines.cut_all()
            return
        if code not in CLOSE_CODES or len(reason.encode()) > LONGEST_REASON:
            raise ValueError(
                f"a close frame carries neither code {code} nor more than {LONGEST_REASON} bytes of reason"
            )
        self._lines.close(code, reason)

    def silence(self, way: Way = "both") -> None:
        """Make every connection half-open: it reads nothing, writes nothing and answers no ping.

        Args:
            way: `in`: what the client sends does not arrive; `out`: it arrives and runs, but nothing comes back.
        """
        if way not in get_args(Way):
            raise ValueError(f"way must be both, in or out, got {way!r}")
        self._lines.silence(way)

    def heal(self) -> None:
        """End `silence` and `dribble`; what was on its way arrives now."""
        self._lines.heal()

    def dribble(self, piece: int = 1, pause: float = 0.0) -> None:
        """Let the bytes of every connection out in small pieces, until `heal`.

        Args:
            piece: bytes.
            pause: seconds between two pieces.

        Raises:
            ValueError: an empty piece.
        """
        if piece < 1 or pause < 0:
            raise ValueError("a piece has 1 byte or more, and a pause no less than 0 seconds")
        self._lines.dribble(piece, pause)

    def say(self, frame: str | bytes, *, binary: bool = False) -> None:
        """Send an unasked frame on every connection: an unknown event, an answer without a request, bytes.

        Args:
            binary: send text in a binary frame, where bytes cannot be written: in a scenario.
        """
        self._lines.say(frame.encode() if binary and isinstance(frame, str) else frame)

    def say_raw(self, data: bytes) -> None:
        """Put bytes on the wire of every connection, behind the frames that are queued; see `Raw`."""
        self._lines.say_raw(data)

    def bomb(self, size: int = 256 << 20) -> None:
        """Send a small compressed frame on every connection that unpacks to so many bytes; see `Raw.bomb`.

        The exchange speaks no compression. `accept_with({"Sec-WebSocket-Extensions": "permessage-deflate"})` makes a client
        that offers it believe so, until it says something.

        Raises:
            ValueError: no bytes.
        """
        if size < 1:
            raise ValueError("a bomb has 1 byte or more")
        self._lines.say_raw(Raw.bomb(size).data)

    def pong(self) -> None:
        """Send an unasked pong on every connection."""
        self._lines.say_raw(b"\x8a\x00")
