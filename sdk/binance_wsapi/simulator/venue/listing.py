"""What the local exchange lists: symbols with the venue's usual filters, and where their prices start."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from binance_wsapi.simulator.engine import (
    SCALE,
    ExecutionRule,
    IcebergParts,
    LotSize,
    MarketLotSize,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    MaxNumOrders,
    MinNotional,
    Notional,
    PercentPriceBySide,
    PriceFilter,
    ReferencePriceSetup,
    SorSpec,
    SymbolSpec,
    TrailingDelta,
    parse,
)

__all__ = ["DEFAULT_BALANCES", "LISTINGS", "SORS", "Listing"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol, and the price around which the live market trades when it opens."""

    spec: SymbolSpec
    opening_price: int

    @property
    def price(self) -> Decimal:
        """The opening price."""
        return Decimal(self.opening_price) / SCALE

    @property
    def smallest_quantity(self) -> Decimal:
        """The smallest step of quantities."""
        steps = [each.step_size for each in self.spec.filters if isinstance(each, LotSize)]
        return Decimal(max([1, *steps])) / SCALE

    @property
    def smallest_notional(self) -> Decimal:
        """The smallest price times quantity of an order; one hundredth where no filter says so."""
        least = [each.min_notional for each in self.spec.filters if isinstance(each, Notional | MinNotional)]
        return Decimal(max([SCALE // 100, *least])) / SCALE


def listing(
    base: str,
    quote: str,
    opening_price: str,
    tick: str,
    step: str,
    *,
    least: str = "5",
    most: str = "9000",
    symbol: str | None = None,
    guarded: bool = False,
) -> Listing:
    """Describe a symbol.

    Args:
        least: smallest notional of an order, in the quote asset.
        most: largest quantity of an order; a ninth of it at the market's price.
        symbol: its name, if it is not base and quote together.
        guarded: it has a reference price and the PRICE_RANGE execution rule.
    """
    filters = (
        PriceFilter(parse(tick), parse("1000000"), parse(tick)),
        LotSize(parse(step), parse(most), parse(step)),
        IcebergParts(100),
        MarketLotSize(0, parse(most) // 9, 0),
        TrailingDelta(10, 2000, 10, 2000),
        PercentPriceBySide(parse("5"), parse("0.2"), parse("5"), parse("0.2"), 5),
        Notional(parse(least), True, parse("9000000"), False, 5),
        MaxNumOrders(200),
        MaxNumOrderLists(20),
        MaxNumAlgoOrders(5),
        MaxNumIcebergOrders(10),
        MaxNumOrderAmends(10),
    )
    spec = SymbolSpec(
        symbol or base + quote,
        base,
        quote,
        filters=filters,
        execution_rule=ExecutionRule(parse("1.5"), parse("0.5"), parse("1.5"), parse("0.5")) if guarded else None,
        reference_price=ReferencePriceSetup(60, 1000) if guarded else None,
    )
    return Listing(spec, parse(opening_price))


LISTINGS = (
    listing("BTC", "USDT", "60000", "0.01", "0.00001"),
    listing("ETH", "USDT", "3000", "0.01", "0.0001"),
    listing("BNB", "USDT", "600", "0.01", "0.001", guarded=True),
    listing("ETH", "BTC", "0.05", "0.00001", "0.0001", least="0.0001"),
    listing("BTC", "USDC", "60000", "0.01", "0.00001"),
    # Names in any script are listed since 2025-12; a client that cannot read them finds out here.
    listing("这是测试币", "USDT", "2", "0.0001", "0.1", symbol="这是测试币USDT"),
)
SORS = (SorSpec("BTC", ("BTCUSDT", "BTCUSDC")),)

DEFAULT_BALANCES = {
    "BTC": "100",
    "ETH": "1000",
    "BNB": "1000",
    "USDT": "10000000",
    "USDC": "10000000",
    "这是测试币": "1000000",
}
