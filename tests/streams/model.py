"""An order book that is the truth: it changes, remembers every state it had, and tells of its changes."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

__all__ = ["TrueBook"]

Pairs = list[tuple[str, str]]
Side = dict[Decimal, Decimal]


class TrueBook:
    """The venue's book. ``states`` has both sides for every update id."""

    def __init__(self, chance: random.Random, symbol: str = "X") -> None:
        self.chance = chance
        self.symbol = symbol
        self.update_id = chance.randrange(1, 10**9)
        self.bids: Side = {}
        self.asks: Side = {}
        self.states: dict[int, tuple[Side, Side]] = {}
        self._told = self.update_id
        self._changed: tuple[set[Decimal], set[Decimal]] = (set(), set())
        for _ in range(20):
            self.change()
        self.diff()

    def change(self) -> None:
        """Change one level of one side; the update id grows by one."""
        side = self.chance.randrange(2)
        levels = (self.bids, self.asks)[side]
        price = Decimal(self.chance.randrange(1, 30)) / 100 + (Decimal(0) if side == 0 else Decimal("0.3"))
        if price in levels and self.chance.random() < 0.5:
            del levels[price]
        else:
            levels[price] = Decimal(self.chance.randrange(1, 1000)) / 10
        self._changed[side].add(price)
        self.update_id += 1
        self.states[self.update_id] = (dict(self.bids), dict(self.asks))

    def diff(self) -> dict[str, Any] | None:
        """Return what changed since the last time, as the venue tells it; None when nothing did."""
        if self._told == self.update_id:
            return None
        event = {
            "e": "depthUpdate", "E": self.update_id, "s": self.symbol, "U": self._told + 1, "u": self.update_id,
            "b": self._levels(self.bids, self._changed[0]), "a": self._levels(self.asks, self._changed[1]),
        }  # fmt: skip
        self._told = self.update_id
        self._changed = (set(), set())
        return event

    @staticmethod
    def _levels(levels: Side, prices: set[Decimal]) -> list[list[str]]:
        return [[f"{price:.8f}", f"{levels.get(price, Decimal(0)):.8f}"] for price in sorted(prices)]

    def snapshot(self, limit: int, back: int = 0) -> tuple[int, Pairs, Pairs]:
        """Return the book as it was some updates ago."""
        update_id = max(min(self.states), self.update_id - back)
        bids, asks = self.states[update_id]

        def rows(levels: Side, *, reverse: bool) -> Pairs:
            best = sorted(levels, reverse=reverse)[:limit]
            return [(f"{price:.8f}", f"{levels[price]:.8f}") for price in best]

        return update_id, rows(bids, reverse=True), rows(asks, reverse=False)

    def check(self, update_id: int, bids: Any, asks: Any) -> None:
        """Assert that these sides are the book at that update, as far as they claim to be complete."""
        for ours, true, sign in ((bids, self.states[update_id][0], -1), (asks, self.states[update_id][1], 1)):
            bound: Decimal | None = ours.complete_to
            known = {price for price in true if bound is None or sign * price <= sign * bound}
            assert {price: quantity for price, quantity in ours if bound is None or sign * price <= sign * bound} == {
                price: true[price] for price in known
            }
            # What is known beyond is true as well; it is only not all.
            assert all(true.get(price) == quantity for price, quantity in ours)
            prices = [price for price, _ in ours]
            assert prices == sorted(prices, reverse=ours is bids)
