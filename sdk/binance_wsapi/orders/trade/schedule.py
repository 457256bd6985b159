"""When an order is asked about.

Theory of operation. The stream has no history, so after every interruption (a reconnect, a consumer too slow, a
subscription just made) each open order is asked about at once, and once more when the venue's views, which lag behind its
matching engine, must show all that happened during the interruption. An order whose fills do not add up, and one whose
cancel was refused, is asked about in quick succession. And one of which nothing was heard for a minute is asked about
too: an event can get lost without any interruption. An answer with news the stream had not told counts as one. Where there
is no stream at all, since the venue refuses or ended the subscription, questions every few seconds stand in for it.

This file is pure: all times are seconds of a clock that never goes back, and are handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["DEAF_SILENCE_S", "LONGEST_PAUSE_S", "TradeWatch"]

SILENCE_S: Final = 60.0
"""Seconds without a word about an open order after which it is asked about."""

DEAF_SILENCE_S: Final = 5.0
"""Seconds likewise, while nothing can be heard."""

FIRST_PAUSE_S: Final = 0.1
"""Seconds before the first question where one is pressing; the pause doubles up to `LONGEST_PAUSE_S`."""

LONGEST_PAUSE_S: Final = 2.0


@dataclass(slots=True, eq=False)
class TradeWatch:
    """When an order was heard of and asked about.

    Args:
        heard: when anything was heard of it last.
        lag: seconds the venue's views may lag behind its matching engine.
    """

    heard: float
    lag: float
    tries: int = 0
    """Answers since the last reason to hurry."""
    _asked: float = float("-inf")
    _interrupted: float | None = None
    _pressing_until: float = float("-inf")
    _failures: int = 0
    _failed: float = float("-inf")

    def interrupted(self, now: float) -> None:
        """Events may be missing."""
        self._interrupted = now

    def press(self, now: float) -> None:
        """Ask in quick succession, for as long as views may lag."""
        self.tries = 0
        self._pressing_until = now + self.lag

    def incomplete(self) -> None:
        """Fills have begun to be missing."""
        self.tries = 0

    def presses(self, now: float, *, complete: bool) -> bool:
        """Return whether a call waits for the answer, and not only the audit of many orders asks for it.

        Args:
            now: the time.
            complete: whether all fills of the order are known.
        """
        return not complete or now < self._pressing_until

    def failed(self, now: float) -> None:
        """A question was not answered."""
        self._failures += 1
        self._failed = now

    def answered(self, asked: float, *, news: bool) -> None:
        """A question was answered.

        Args:
            asked: when it was sent.
            news: whether the answer told what the stream had not.
        """
        self._failures = 0
        self._asked = asked
        self.tries += 1
        if self._interrupted is not None and asked >= self._interrupted + self.lag:
            self._interrupted = None
        elif news and self._interrupted is None:
            self._interrupted = asked

    def next_question(self, now: float, *, complete: bool, hearing: bool = True) -> float:
        """Return when the order is to be asked about next; not after now: at once.

        Args:
            now: the time.
            complete: whether all of its fills are known.
            hearing: whether there is a user data stream to hear.
        """
        since = max(self.heard, self._asked)
        due = since + (SILENCE_S if hearing else DEAF_SILENCE_S)
        if self._interrupted is not None:
            due = min(due, now if self._asked < self._interrupted else self._interrupted + self.lag)
        if self.presses(now, complete=complete):
            due = min(due, since + _pause(self.tries))
        if self._failures:
            due = max(due, self._failed + _pause(self._failures))
        return due


def _pause(times: int) -> float:
    return min(FIRST_PAUSE_S * 2.0 ** min(times, 10), LONGEST_PAUSE_S)
