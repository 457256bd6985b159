"""One connection to the WebSocket API: who is logged on, what is subscribed, and what waits to be written.

Frames leave through an outbox in the order in which they were posted; `send` hands one to the socket. While a
request of this connection runs, its user data events are held back and woven around its answer: on the venue either
can come first, so here the seed decides.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from binance_wsapi.simulator.access.auth import ApiKey
from binance_wsapi.simulator.access.frames import encode
from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import Event
from binance_wsapi.simulator.venue.user_events import user_event

__all__ = ["Session", "Subscription"]


@dataclass(slots=True)
class Subscription:
    """One user data subscription.

    Attributes:
        key: made with it; None for one by a listen token.
        by_logon: made with the session's key, so it ends with `session.logout`.
        expires_us: when a listen token's validity ends, in microseconds; 0 is never.
        cancel: prevents its end.
    """

    account: int
    key: ApiKey | None
    by_logon: bool
    expires_us: int = 0
    cancel: Callable[[], None] | None = None


class Session:
    """State of one API connection.

    Args:
        number: of the connection, counted from 1 over the exchange's life.
        ip: where it comes from.
        send: hands a frame to the socket.
        cut, close: resets the socket; closes it with a code.
        meet_event: what becomes of an event: none, one or two of it.
        send_pieces: sends a message in several frames.
        send_raw: puts bytes on the wire as they are.
        rules: what bounds its subscriptions, at present.
        unit: divides microseconds to the unit the URL asked for.
    """

    def __init__(
        self,
        number: int,
        ip: str,
        clock: Clock,
        chance: random.Random,
        send: Callable[[str | bytes], None],
        cut: Callable[[], None],
        close: Callable[[int], None],
        meet_event: Callable[[dict[str, Any]], list[dict[str, Any]]],
        send_pieces: Callable[[str, int], None],
        send_raw: Callable[[bytes], None],
        *,
        rules: Callable[[], LimitRules] = LimitRules,
        unit: int = 1000,
        return_rate_limits: bool = True,
    ) -> None:
        self.number = number
        self.ip = ip
        self.clock = clock
        self.unit = unit
        self.return_rate_limits = return_rate_limits
        self.connected_since = clock.now_us() if number else 0
        self.key: ApiKey | None = None
        self.authorized_since: int | None = None
        self.subscriptions: dict[int, Subscription] = {}
        self._chance = chance
        self.send = send
        self.cut = cut
        self.close = close
        self.send_pieces = send_pieces
        self.send_raw = send_raw
        self._meet_event = meet_event
        self._rules = rules
        self._next_subscription = 0
        self._held: list[str] | None = None

    # --- frames ----------------------------------------------------------------------------------------------------

    def post(self, value: Any) -> None:
        """Send a frame now, or around the answer of the request that is running."""
        frame = encode(value)
        if self._held is None:
            self.send(frame)
        else:
            self._held.append(frame)

    def hold(self) -> None:
        """Keep events back until `release`."""
        self._held = []

    def release(self, answer: Callable[[], None] | None) -> None:
        """Send the held events with the answer somewhere among them.

        Args:
            answer: sends the answer; None if there is none.
        """
        held, self._held = self._held or [], None
        place = self._chance.choice((0, len(held), self._chance.randint(0, len(held)))) if held else 0
        for frame in held[:place]:
            self.send(frame)
        if answer is not None:
            answer()
        for frame in held[place:]:
            self.send(frame)

    def discard(self) -> None:
        """Forget the held events: their connection is gone."""
        self._held = None

    # --- who is logged on ------------------------------------------------------------------------------------------

    def log_on(self, key: ApiKey) -> None:
        """Make a key the session's own."""
        self.key = key
        self.authorized_since = self.clock.now_us()

    def log_out(self) -> None:
        """Forget the session's key; its subscription ends."""
        self.key = None
        self.authorized_since = None
        for number in [number for number, each in self.subscriptions.items() if each.by_logon]:
            self.end_subscription(number)

    def status(self) -> dict[str, Any]:
        """Return what session.status shows."""
        return {
            "apiKey": self.key.name if self.key else None,
            "authorizedSince": None if self.authorized_since is None else self.authorized_since // self.unit,
            "connectedSince": self.connected_since // self.unit,
            "returnRateLimits": self.return_rate_limits,
            "serverTime": self.clock.now_us() // self.unit,
            "userDataStream": bool(self.subscriptions),
        }

    # --- user data -------------------------------------------------------------------------------------------------

    def subscribe(self, account: int, key: ApiKey | None, *, by_logon: bool) -> int:
        """Start a subscription; ids are never used twice on a connection.

        Raises:
            Refusal: -2035 the account is subscribed already or too many are; -2042 too many ever.
        """
        if any(each.account == account for each in self.subscriptions.values()):
            raise bad(-2035, "User Data Stream subscription already active.")
        rules = self._rules()
        if len(self.subscriptions) >= rules.subscriptions_active:
            raise bad(-2035, "Too many active User Data Stream subscriptions.")
        if self._next_subscription >= rules.subscriptions_ever:
            raise bad(-2042, "Maximum subscription ID reached for this connection.")
        number = self._next_subscription
        self._next_subscription += 1
        self.subscriptions[number] = Subscription(account, key, by_logon)
        return number

    def subscribe_until(
        self, account: int, expires_us: int, later: Callable[[float, Callable[[], object]], Callable[[], None]]
    ) -> int:
        """Start a subscription that ends by itself, or let the account's present one last as long.

        Args:
            later: calls back after so many seconds, and returns what prevents it.

        Raises:
            Refusal: as `subscribe`.
        """
        number = next(
            (each for each, held in self.subscriptions.items() if held.account == account and held.expires_us), None
        )
        if number is None:
            number = self.subscribe(account, None, by_logon=False)
        held = self.subscriptions[number]
        if held.cancel is not None:
            held.cancel()
        held.expires_us = expires_us
        held.cancel = later((expires_us - self.clock.now_us()) / 1_000_000, lambda: self._expire(number))
        return number

    def _expire(self, number: int) -> None:
        if number in self.subscriptions:
            self.end_subscription(number)

    def leave(self) -> None:
        """Let no timer outlive the connection."""
        for each in self.subscriptions.values():
            if each.cancel is not None:
                each.cancel()

    def end_subscription(self, number: int) -> None:
        """End one subscription and say so on it."""
        ended = self.subscriptions.pop(number)
        if ended.cancel is not None:
            ended.cancel()
        self.post(
            {
                "subscriptionId": number,
                "event": {"e": "eventStreamTerminated", "E": self.clock.now_us() // self.unit},
            }
        )

    def hear(self, account: int, event: Event) -> None:
        """Tell the subscription of an account, if there is one."""
        for number, each in self.subscriptions.items():
            if each.account == account:
                row = user_event(event, self.clock.engine_us(), self.unit)
                for told in self._meet_event(row) if row is not None else ():
                    self.post({"subscriptionId": number, "event": told})
                return
