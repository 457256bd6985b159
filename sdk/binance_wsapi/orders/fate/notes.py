"""What a journal notes of orders whose ids our own changes take: the next process finds nothing under these ids.

Theory of operation. A change may take the id of an order whose own fate is not known yet, and this process may end before it
is. So two things are noted beside the record of such an order: its number, once something has shown it, for a number is kept
through every change; and that a change was executed which may have taken its id and tells no former id. Then no absence of
the id counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from binance_wsapi.orders.fate.unresolved import LiveId, Unresolved
from binance_wsapi.orders.ids.renames import Renames
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.orders.journal.base import Journal

__all__ = ["RenameNotes"]


class RenameNotes:
    """Writes these down.

    Args:
        journal: where; None where nothing is written down.
        renames: what our own changes may have renamed.
    """

    def __init__(self, journal: Journal | None, renames: Renames) -> None:
        self._journal = journal
        self._renames = renames

    def numbers(self, live_ids: Iterable[LiveId]) -> None:
        """Note the numbers of orders that were seen under way, before a change takes their ids."""
        if self._journal is None:
            return
        for live in live_ids:
            record = live.record
            if record is None or record.seen is not None:
                continue
            for sight in (sight for seen in live.seen for sight in seen.sights()):
                if sight.number is not None and not sight.listed and live.token in (sight.id, sight.former):
                    self._journal.mark_seen(record, sight.number)
                    break

    def hidden(self, in_doubt: Iterable[Unresolved], live_ids: Iterable[LiveId], now: float) -> None:
        """Note whose ids a change may have taken that was executed just now and tells no former id."""
        if self._journal is None:
            return
        for intent in in_doubt:
            left = [doubt for doubt in intent.doubts if doubt.verdict is None]
            if intent.record is not None and any(self._renames.hid(doubt.token, doubt.sent_at) for doubt in left):
                self._journal.mark_hidden(intent.record)
        for live in live_ids:
            if live.record is not None and self._renames.hid(Token(live.token, live.symbol), now):
                self._journal.mark_hidden(live.record)
