"""One symbol at work: its specification, book, waiting stops, last price and id counters."""

from __future__ import annotations

from typing import TypeVar

from binance_wsapi.simulator.engine.model.book import Book
from binance_wsapi.simulator.engine.model.enums import SymbolStatus
from binance_wsapi.simulator.engine.model.events import PreventedMatch
from binance_wsapi.simulator.engine.model.filters import (
    IcebergParts,
    LotSize,
    MarketLotSize,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    MaxNumOrders,
    MaxPosition,
    MinNotional,
    Notional,
    PercentPrice,
    PercentPriceBySide,
    PriceFilter,
    TrailingDelta,
)
from binance_wsapi.simulator.engine.model.prices import AveragePrice, ReferencePrice
from binance_wsapi.simulator.engine.model.stops import StopBook
from binance_wsapi.simulator.engine.model.types import SymbolSpec

__all__ = ["NO_CEILING", "NO_FLOOR", "Market"]

_F = TypeVar("_F")

NO_FLOOR = 0
NO_CEILING = 1 << 200


class Market:
    """The engine's state of one symbol. Ids are counted per symbol, order ids from 1, the others from 0.

    Attributes:
        opening_price: what the asset is worth before the first trade, 0 if that is not known; commissions alone look at it.
        fresh: trade prices that waiting stops have not seen yet.
        peers: all books smart order routing may join, this one first; empty without SOR.
    """

    __slots__ = (
        "averages",
        "book",
        "external_price",
        "external_price_time",
        "fresh",
        "iceberg_parts",
        "last_price",
        "lot_size",
        "market_lot_size",
        "max_num_algo_orders",
        "max_num_iceberg_orders",
        "max_num_order_amends",
        "max_num_order_lists",
        "max_num_orders",
        "max_position",
        "min_notional",
        "next_allocation_id",
        "next_execution_id",
        "next_order_id",
        "next_prevented_match_id",
        "next_trade_id",
        "notional",
        "opening_price",
        "peers",
        "percent_price",
        "percent_price_by_side",
        "prevented",
        "price_filter",
        "reference",
        "reported_reference",
        "spec",
        "status",
        "stops",
        "trailing_delta",
    )

    def __init__(self, spec: SymbolSpec) -> None:
        self.spec = spec
        self.status: SymbolStatus = spec.status
        self.book = Book()
        self.stops = StopBook()
        self.last_price = 0
        self.opening_price = 0
        self.fresh: list[int] = []
        self.peers: list[Market] = []
        self.next_order_id = 1
        self.next_trade_id = 0
        self.next_execution_id = 0
        self.next_prevented_match_id = 0
        self.next_allocation_id = 0
        self.prevented: list[PreventedMatch] = []
        self.price_filter = self._filter(PriceFilter)
        self.percent_price = self._filter(PercentPrice)
        self.percent_price_by_side = self._filter(PercentPriceBySide)
        self.lot_size = self._filter(LotSize)
        self.market_lot_size = self._filter(MarketLotSize)
        self.min_notional = self._filter(MinNotional)
        self.notional = self._filter(Notional)
        self.iceberg_parts = self._filter(IcebergParts)
        self.max_num_orders = self._filter(MaxNumOrders)
        self.max_num_algo_orders = self._filter(MaxNumAlgoOrders)
        self.max_num_iceberg_orders = self._filter(MaxNumIcebergOrders)
        self.max_position = self._filter(MaxPosition)
        self.trailing_delta = self._filter(TrailingDelta)
        self.max_num_order_amends = self._filter(MaxNumOrderAmends)
        self.max_num_order_lists = self._filter(MaxNumOrderLists)
        self.averages = {
            used.avg_price_mins: AveragePrice(used.avg_price_mins)
            for used in (self.percent_price, self.percent_price_by_side, self.min_notional, self.notional)
            if used is not None and used.avg_price_mins
        }
        setup = spec.reference_price
        self.reference = (
            ReferencePrice(setup.bucket_count, setup.bucket_width_ms)
            if setup is not None and setup.external_calculation_id is None
            else None
        )
        self.external_price: int | None = None
        self.external_price_time = -1
        self.reported_reference: int | None = None

    @property
    def known_price(self) -> int:
        """The last price, or the opening price before there is one."""
        return self.last_price or self.opening_price

    def _filter(self, kind: type[_F]) -> _F | None:
        return next((entry for entry in self.spec.filters if isinstance(entry, kind)), None)

    def note_trade(self, price: int, quantity: int, now: int) -> None:
        """Let everything that follows trade prices see a trade."""
        self.last_price = price
        if self.stops:
            self.fresh.append(price)
        for average in self.averages.values():
            average.trade(price, quantity, now)
        if self.reference is not None:
            self.reference.trade(price, now)

    def reference_price(self, now: int) -> int | None:
        """Return the reference price at a time, None if there is none or it is null."""
        if self.reference is not None:
            return self.reference.at(now)
        return self.external_price

    def average_price(self, minutes: int, now: int) -> int | None:
        """Return what the filters take for the "average of previous trade prices" (filters.md), None before any trade.

        The reference price if there is one; else the weighted average over the minutes; else, and for 0 minutes, the
        last price.
        """
        price = self.reference_price(now)
        if price is None and minutes:
            price = self.averages[minutes].at(now)
        return price if price is not None else self.last_price or None

    def price_limits(self, is_buy: bool, now: int) -> tuple[int, int]:
        """Return the lowest and highest price at which an order that starts to take now may trade."""
        rule = self.spec.execution_rule
        if rule is None:
            return NO_FLOOR, NO_CEILING
        reference = self.reference_price(now)
        if reference is None:
            return NO_FLOOR, NO_CEILING
        down, up = (
            (rule.bid_limit_mult_down, rule.bid_limit_mult_up)
            if is_buy
            else (rule.ask_limit_mult_down, rule.ask_limit_mult_up)
        )
        low = NO_FLOOR if down is None else -(-reference * down // 10**8)
        high = NO_CEILING if up is None else reference * up // 10**8
        return low, high
