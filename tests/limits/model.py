"""A model of the venue's own counting, for tests: real aligned windows, real decrement rules, no mercy.

It shares nothing with the code under test but the shape of a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from binance_wsapi.wire.ratelimit import RateLimit

UNIT = {"SECOND": 1_000, "MINUTE": 60_000, "HOUR": 3_600_000, "DAY": 86_400_000}


@dataclass
class Counter:
    type: str
    interval: str
    num: int
    limit: int
    window: int = -1
    count: int = 0
    highest: int = 0
    per_window: dict[int, int] = field(default_factory=dict)

    def at(self, true_ms: int) -> Counter:
        window = true_ms // (UNIT[self.interval] * self.num)
        if window != self.window:
            self.window, self.count = window, 0
        return self

    def add(self, cost: int) -> None:
        self.count += cost
        self.highest = max(self.highest, self.count)
        self.per_window[self.window] = max(self.per_window.get(self.window, 0), self.count)

    def row(self) -> RateLimit:
        return RateLimit(self.type, self.interval, self.num, self.limit, self.count)


class Venue:
    """Counts what arrives, in the venue's true time. `refused` lists the requests that broke a limit."""

    def __init__(self, rows: list[tuple[str, str, int, int]]) -> None:
        self.counters = [Counter(*row) for row in rows]
        self.refused: list[tuple[int, str]] = []

    def of(self, type: str) -> list[Counter]:
        return [counter for counter in self.counters if counter.type == type]

    def arrive(self, true_ms: int, weight: int, orders: int, success: int, ok: bool) -> tuple[int, list[RateLimit]]:
        """Count one request; returns its status and the rows of its reply."""
        touched = [c.at(true_ms) for c in self.counters if c.type == "ORDERS" and orders]
        weights = [c.at(true_ms) for c in self.counters if c.type == "REQUEST_WEIGHT"]
        status = 200 if ok else 400
        # A request is refused when its documented weight does not fit, whatever it would have cost in the end.
        for counter, cost in [(c, orders) for c in touched] + [(c, weight) for c in weights]:
            if counter.count + cost > counter.limit:
                self.refused.append((true_ms, f"{counter.type} {counter.count}+{cost} of {counter.limit}"))
                status = 429
        for counter in weights:
            counter.add(success if status == 200 else weight)
        if status != 429:
            for counter in touched:
                counter.add(orders)  # "might or might not" when the order is rejected: the worse case
        return status, [counter.row() for counter in touched + weights]

    def connect(self, true_ms: int, weight: int = 2) -> None:
        for counter in self.counters:
            cost = {"CONNECTIONS": 1, "REQUEST_WEIGHT": weight}.get(counter.type, 0)
            if cost:
                counter.at(true_ms)
                if counter.count + cost > counter.limit:
                    self.refused.append((true_ms, f"{counter.type} {counter.count}+{cost} of {counter.limit}"))
                counter.add(cost)

    def fill(self, true_ms: int, less: int) -> None:
        """An order fills for the first time: the counts of the present windows fall, never below 0."""
        for counter in self.of("ORDERS"):
            counter.at(true_ms)
            counter.count = max(0, counter.count - less)
