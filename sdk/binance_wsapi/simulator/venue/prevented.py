"""Matches that self-trade prevention stopped: the newest in memory, the others in the archive on disk."""

from __future__ import annotations

from collections import deque
from operator import attrgetter
from typing import Any

from binance_wsapi.simulator.archive import Archive, pack, unpack
from binance_wsapi.simulator.engine import Event, OrderEvent, PreventedMatch, StpMode

__all__ = ["PreventedMatches"]

BATCH = 500
"""How many go to disk at a time."""
TABLES = (
    """CREATE TABLE prevented (symbol TEXT, number INTEGER, taker INTEGER, maker INTEGER, taker_account INTEGER,
        maker_account INTEGER, packed BLOB, PRIMARY KEY (symbol, number)) WITHOUT ROWID""",
    "CREATE INDEX prevented_by_taker ON prevented (symbol, taker)",
    "CREATE INDEX prevented_by_maker ON prevented (symbol, maker)",
)
_plain = attrgetter(*PreventedMatch.__slots__)
_MODE = PreventedMatch.__slots__.index("stp_mode")


class PreventedMatches:
    """Takes them in as they happen, and answers myPreventedMatches.

    Args:
        keep: how many are in memory.
    """

    def __init__(self, archive: Archive, keep: int) -> None:
        self._archive = archive
        self._keep = keep
        self._recent: deque[PreventedMatch] = deque()
        archive.add(*TABLES)

    def hear(self, event: Event) -> None:
        """Take note of a report; both orders of a match have one."""
        match = event.prevented_match if isinstance(event, OrderEvent) else None
        if match is None or (self._recent and self._recent[-1] is match):
            return
        self._recent.append(match)
        if len(self._recent) >= self._keep + BATCH:
            self._write()

    def forget(self) -> None:
        """Forget everything."""
        self._recent.clear()
        self._archive.clear("prevented")

    def page(
        self,
        account: int,
        symbol: str,
        *,
        number: int | None = None,
        order_id: int | None = None,
        from_id: int | None = None,
        limit: int = 500,
    ) -> list[PreventedMatch]:
        """Return an account's matches on a symbol, oldest first.

        Args:
            number: of a single match.
            order_id: of its taker or maker.
            from_id: the lowest number.
        """
        question = "SELECT packed FROM prevented WHERE symbol = ? AND ? IN (taker_account, maker_account)"
        values: list[Any] = [symbol, account]
        for condition, bound in (("number = ?", number), ("number >= ?", from_id)):
            if bound is not None:
                question += f" AND {condition}"
                values.append(bound)
        if order_id is not None:
            question += " AND (taker = ? OR maker = ?)"
            values += [order_id, order_id]
        there = self._archive.read(f"{question} ORDER BY number LIMIT ?", [*values, limit])
        here = (
            match
            for match in self._recent
            if match.symbol == symbol
            and account in (match.taker_account_id, match.maker_account_id)
            and (number is None or match.prevented_match_id == number)
            and (order_id is None or order_id in (match.taker_order_id, match.maker_order_id))
            and (from_id is None or match.prevented_match_id >= from_id)
        )
        return [*(_match_of(packed) for (packed,) in there), *here][:limit]

    def _write(self) -> None:
        rows = []
        for _ in range(BATCH):
            match = self._recent.popleft()
            rows.append(
                (
                    match.symbol,
                    match.prevented_match_id,
                    match.taker_order_id,
                    match.maker_order_id,
                    match.taker_account_id,
                    match.maker_account_id,
                    pack(_plain(match)),
                )
            )
        self._archive.write("INSERT INTO prevented VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _match_of(packed: bytes) -> PreventedMatch:
    values = unpack(packed)
    values[_MODE] = StpMode(values[_MODE])
    return PreventedMatch(*values)
