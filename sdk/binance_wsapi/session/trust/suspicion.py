"""Whether a connection still answers: what each unanswered request and each reply says about it.

Theory of operation. A peer can pong and yet answer no request: a gateway that lost its way to what stands behind it. So an
unanswered request makes its connection suspect, also when other frames arrive::

    clear ── a request stays unanswered ──► suspect ── a reply of each kind that made it suspect ──► clear

A suspect connection takes only requests of a kind (`Endpoint.kind`) that it has answered since it became suspect.

*Probation.* The session puts a connection on probation after a change of orders stayed unanswered on another one. It then
carries one change at a time until it has answered one, so it loses one order at most.

Pure: every moment is an argument.
"""

from __future__ import annotations

from typing import Any, Final

from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.pending import Pending

__all__ = ["Suspicion"]

SLOW_LEAST: Final = 1.0
SLOW_MOST: Final = 3.0
"""Seconds a request may wait before it counts as unanswered: half of the time its caller gives it, within these bounds.
The venue answers in milliseconds, or when it gives up itself after ten seconds."""

NEVER: Final = float("inf")


class Suspicion:
    """What is known about the answers of one connection.

    Attributes:
        answered_at: when the last request of each kind was answered.
        suspect: whether a request of some kind stayed unanswered, and none of that kind was answered since.
        probation: whether the connection must show first that it answers changes of orders.
        replace_at: moment from which a suspect connection should be replaced. A caller that gave its call a few
            milliseconds does not cost the connection: the late answer may clear it before.
    """

    __slots__ = ("_since", "_unanswered", "answered_at", "probation", "replace_at", "suspect")

    def __init__(self) -> None:
        self.suspect = False
        self.probation = False
        self.replace_at = NEVER
        self._since = NEVER
        self._unanswered: set[str] = set()  # kinds of requests
        self.answered_at: dict[str, float] = {}

    def _answered_since(self, moment: float, kind: str) -> bool:
        return self.answered_at.get(kind, -NEVER) > moment

    def answered_any_since(self, moment: float) -> bool:
        """Return whether a request of any kind was answered after that moment."""
        return max(self.answered_at.values(), default=-NEVER) > moment

    def allows(self, endpoint: Endpoint[Any], *, changing: bool) -> bool:
        """Return whether a request of this method may be sent.

        Args:
            endpoint: the method.
            changing: whether a change of orders waits for its reply on this connection.
        """
        if self.suspect and not self._answered_since(self._since, endpoint.kind):
            return False
        return not (self.probation and changing and endpoint.changes_orders)

    def is_slow(self, pending: Pending[Any], now: float) -> bool:
        """Return whether a request waits longer than an answer takes, and no other of its kind was answered meanwhile."""
        patience = min(SLOW_MOST, max(SLOW_LEAST, (pending.deadline - pending.sent_at) / 2))
        return now - pending.sent_at >= patience and not self._answered_since(pending.sent_at, pending.endpoint.kind)

    def was_given_up(self, pending: Pending[Any], now: float) -> bool:
        """Return whether the caller of this request, who left now, had given the venue time to answer."""
        return now - pending.sent_at >= SLOW_LEAST and not self._answered_since(pending.sent_at, pending.endpoint.kind)

    def unanswered(self, pending: Pending[Any], now: float) -> None:
        """Note that a request stayed unanswered."""
        if not self.suspect:
            self.replace_at = max(now, pending.sent_at + SLOW_LEAST)
        self.suspect = True
        self._since = now
        self._unanswered.add(pending.endpoint.kind)

    def answered(self, endpoint: Endpoint[Any], now: float) -> bool:
        """Note a reply, in time or late; return whether more requests may be sent than before."""
        self.answered_at[endpoint.kind] = now
        if not self.suspect and not self.probation:
            return False
        self._unanswered.discard(endpoint.kind)
        if self.suspect and not self._unanswered:
            self.suspect = False
            self.replace_at = self._since = NEVER
        if endpoint.changes_orders:
            self.probation = False
        return True
