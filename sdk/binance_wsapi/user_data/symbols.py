"""The symbols of an account, and on which of them something may happen.

| state of a symbol | known by | is asked about |
|---|---|---|
| touched | a call tried to change orders of it, and nothing was heard | yes, and while it is busy again and again |
| known | an event, a view or the caller named it | in a look at everything |
| busy | something happened, or may, since a look that the views must show it in | in every look |
| unlisted | the venue does not answer questions about it | no, until it is touched again, named or heard of |

Pure: local times are seconds of a clock that never goes back, and are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["Symbols"]

UNDER_WAY = 70.0
"""Seconds a request that changes orders may take to be executed: the longest receive window, and the venue's own timeout."""


class Symbols:
    """The symbols of one account.

    Args:
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(self, lag: float) -> None:
        self.known: set[str] = set()
        """Symbols that were ever touched."""
        self.unlisted: dict[str, float] = {}
        """Symbols the venue refused to speak of, and when, in seconds, local: they are not asked about."""
        self._touched: set[str] = set()
        self._busy: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._lag = lag

    @property
    def busy(self) -> Iterable[str]:
        """Those on which something happened that is not settled yet, or may happen."""
        return self._busy.keys()

    def heard(self, symbol: str, now: float) -> None:
        """Take note of an event."""
        self.known.add(symbol)
        self.unlisted.pop(symbol, None)
        self._touched.discard(symbol)
        self._busy[symbol] = now

    def seen(self, symbol: str, now: float) -> None:
        """Take note of an order that a view shows and that was never heard of."""
        self._busy[symbol] = now

    def name(self, symbols: Iterable[str]) -> bool:
        """Take note of symbols that a caller wants to be looked at; return whether any of them never was."""
        fresh = set(symbols) - self.known
        self.known |= fresh
        for symbol in fresh:
            self.unlisted.pop(symbol, None)  # so that its orders are told, too
        return bool(fresh)

    def touch(self, symbol: str, now: float) -> None:
        """Take note that a call tried to change orders of a symbol; every event of what came of it may be lost."""
        if now <= self.unlisted.get(symbol, float("-inf")):
            return
        self.unlisted.pop(symbol, None)
        if symbol not in self.known:
            self._touched.add(symbol)
        self.known.add(symbol)
        until = now + UNDER_WAY
        if self._looked.get(symbol, float("-inf")) < until + self._lag:
            self._busy[symbol] = max(until, self._busy.get(symbol, until))

    def unlist(self, symbol: str, now: float) -> bool:
        """Take note that the venue does not answer questions about a symbol, until it is touched again or heard of.

        Returns:
            Whether nothing is known of it but that a call tried to change orders of it.
        """
        guessed = symbol in self._touched
        self.unlisted[symbol] = now
        self.known.discard(symbol)
        self._busy.pop(symbol, None)
        self._touched.discard(symbol)
        return guessed

    def looked(self, symbols: Iterable[str], more: set[str], asked: float) -> None:
        """Take note of a look at symbols, of some of which there is more than it took in."""
        for symbol in symbols:
            self._looked[symbol] = asked
            if symbol in self._busy and symbol not in more and asked >= self._busy[symbol] + self._lag:
                del self._busy[symbol]
