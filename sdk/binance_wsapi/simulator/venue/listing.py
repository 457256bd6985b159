"""What the local exchange lists: symbols with the venue's usual filters, and where their prices start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast, get_args

from binance_wsapi.simulator.engine import (
    SCALE,
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumOrders,
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
    OrderType,
    PercentPriceBySide,
    PriceFilter,
    ReferencePriceSetup,
    SorSpec,
    StpMode,
    SymbolFilter,
    SymbolSpec,
    SymbolStatus,
    TrailingDelta,
    filter_from_json,
    parse,
)
from binance_wsapi.simulator.venue.past import Past

__all__ = ["DEFAULT_BALANCES", "EXCHANGE_FILTERS", "LISTINGS", "SORS", "Listing", "listing"]


@dataclass(frozen=True, slots=True)
class Listing:
    """One symbol, and the price around which the live market trades when it opens."""

    spec: SymbolSpec
    opening_price: int

    def __repr__(self) -> str:
        # Six of them are the default of an argument: the signature that `help` prints is to be read.
        return f"<Listing {self.spec.symbol} at {self.price.normalize():f}>"

    @classmethod
    def from_json(cls, row: Mapping[str, Any], price: str) -> Listing:
        """Return a listing made of a row under `symbols` of exchangeInfo, as the venue itself answers it.

        Fields that say nothing about trading here are left unread.

        Args:
            row: at least `symbol`, `baseAsset` and `quoteAsset`.
            price: around which the live market trades.

        Returns:
            The listing, its filters and permissions included.

        Raises:
            ValueError: a field is missing or malformed, a filter or a word unknown; the message names it.
        """
        try:
            if absent := [key for key in ("symbol", "baseAsset", "quoteAsset") if key not in dict(row)]:
                raise ValueError(f"a symbol needs {', '.join(absent)}")
            given = {name: read(row[key]) for key, (name, read) in _FIELDS.items() if key in row}
            return cls(SymbolSpec(filters=tuple(map(_filter, row.get("filters", ()))), **given), parse(price))
        except (TypeError, AttributeError) as error:
            raise ValueError(f"a symbol is described wrongly: {error}") from None

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

    def past(self, seed: int, days: int) -> Past | None:
        """Return what the symbol's candles show of so many days before the exchange began; None for no days."""
        if not days:
            return None
        ticks = [each.tick_size for each in self.spec.filters if isinstance(each, PriceFilter)]
        return Past(
            f"{seed} {self.spec.symbol}",
            self.opening_price,
            tick=max([1, *ticks]),
            lot=int(self.smallest_quantity * SCALE),
            least=int(self.smallest_notional * SCALE),
            days=days,
        )


def _filter(row: dict[str, Any]) -> SymbolFilter:
    found = filter_from_json(row)
    if not isinstance(found, get_args(SymbolFilter)):
        raise ValueError(f"{found.filter_type} is no filter of a symbol")
    return cast("SymbolFilter", found)


def _words(kind: type[Any]) -> Callable[[Any], Any]:
    return lambda given: frozenset(kind(each) for each in given)


def _text(given: Any) -> str:
    if not isinstance(given, str) or not given or not given.isprintable():
        raise ValueError(f"a name of a symbol must be text that is not empty, got {given!r}")
    return given


def _whole(given: Any) -> int:
    if type(given) is not int:
        raise ValueError(f"a precision must be a whole number, got {given!r}")
    return given


def _switch(given: Any) -> bool:
    if not isinstance(given, bool):
        raise ValueError(f"what is allowed must be true or false, got {given!r}")
    return given


def _sets(given: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(given, list | tuple) or not all(
        isinstance(each, list | tuple) and all(isinstance(name, str) for name in each) for each in given
    ):
        raise ValueError(f"permissionSets must be a list of lists of texts, got {given!r}")
    return tuple(tuple(each) for each in given)


def _rules(given: Any) -> ExecutionRule | None:
    """Return the price range of a row of `rules`, as the method executionRules shows it."""
    if not isinstance(given, list | tuple) or len(given) > 1:
        raise ValueError(f"rules must be a list of one rule or none, got {given!r}")
    names = ("bidLimitMultUp", "bidLimitMultDown", "askLimitMultUp", "askLimitMultDown")
    for row in given:
        if unknown := set(row) - {"ruleType", *names}:
            raise ValueError(f"a rule takes ruleType, {', '.join(names)}, not {min(unknown)!r}")
        if row.get("ruleType") != "PRICE_RANGE":
            raise ValueError(f"ruleType must be PRICE_RANGE, got {row.get('ruleType')!r}")
        return ExecutionRule(*(None if row.get(name) is None else parse(row[name]) for name in names))
    return None


def _reference_price(given: Any) -> ReferencePriceSetup:
    """Return how a reference price comes about, as the method referencePrice.calculation shows it."""
    row = dict(given)
    kind, buckets = row.pop("calculationType", None), ("bucketCount", "bucketWidthMs")
    wanted = buckets if kind == "ARITHMETIC_MEAN" else ("externalCalculationId",)
    if kind not in ("ARITHMETIC_MEAN", "EXTERNAL") or row.keys() != set(wanted):
        raise ValueError(
            "referencePrice must be {calculationType: ARITHMETIC_MEAN, bucketCount, bucketWidthMs} or "
            f"{{calculationType: EXTERNAL, externalCalculationId}}, got {given!r}"
        )
    numbers = [row[name] for name in wanted]
    if any(type(each) is not int or each < (wanted == buckets) for each in numbers):
        raise ValueError(f"{', '.join(wanted)} must be whole numbers, got {numbers}")
    return (
        ReferencePriceSetup(*numbers) if wanted == buckets else ReferencePriceSetup(external_calculation_id=numbers[0])
    )


_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "symbol": ("symbol", _text),
    "baseAsset": ("base_asset", _text),
    "quoteAsset": ("quote_asset", _text),
    "status": ("status", SymbolStatus),
    "baseAssetPrecision": ("base_asset_precision", _whole),
    "quoteAssetPrecision": ("quote_asset_precision", _whole),
    "baseCommissionPrecision": ("base_commission_precision", _whole),
    "quoteCommissionPrecision": ("quote_commission_precision", _whole),
    "orderTypes": ("order_types", _words(OrderType)),
    "icebergAllowed": ("iceberg_allowed", _switch),
    "ocoAllowed": ("oco_allowed", _switch),
    "otoAllowed": ("oto_allowed", _switch),
    "opoAllowed": ("opo_allowed", _switch),
    "quoteOrderQtyMarketAllowed": ("quote_order_qty_market_allowed", _switch),
    "allowTrailingStop": ("allow_trailing_stop", _switch),
    "cancelReplaceAllowed": ("cancel_replace_allowed", _switch),
    "amendAllowed": ("amend_allowed", _switch),
    "pegInstructionsAllowed": ("peg_instructions_allowed", _switch),
    "permissionSets": ("permission_sets", _sets),
    "defaultSelfTradePreventionMode": ("default_stp_mode", StpMode),
    "allowedSelfTradePreventionModes": ("allowed_stp_modes", _words(StpMode)),
    "rules": ("execution_rule", _rules),
    "referencePrice": ("reference_price", _reference_price),
    "discountEnabled": ("discount_enabled", _switch),
}
"""Fields of exchangeInfo that are read, with those of `SymbolSpec`; the last three stand in answers of other methods."""


WIDE = ExecutionRule(parse("1.5"), parse("0.5"), parse("1.5"), parse("0.5"))
MINUTE = ReferencePriceSetup(60, 1000)


def listing(
    base: str,
    quote: str,
    opening_price: str,
    tick: str,
    step: str,
    *,
    least: str = "5",
    most: str | None = None,
    symbol: str | None = None,
    guarded: bool = False,
    rules: Sequence[Mapping[str, Any]] | None = None,
    reference_price: Mapping[str, Any] | None = None,
) -> Listing:
    """Describe a symbol.

    Args:
        least: smallest notional of an order, in the quote asset.
        most: largest quantity of an order; a ninth of it at the market's price. When left out 9,000, and more at a price
            below 1.
        symbol: its name, if it is not base and quote together.
        guarded: it has a reference price, the mean of a minute, and a wide PRICE_RANGE rule.
        rules: its execution rules, as `executionRules` shows those of a symbol.
        reference_price: how its reference price comes about, as `referencePrice.calculation` shows it.

    Returns:
        The listing, with PRICE_FILTER, LOT_SIZE and the other filters of a symbol of the venue.

    Raises:
        ValueError: an amount, a rule or the reference price is described wrongly.
    """
    largest = parse(most or f"{9000 * 10 ** max(0, -Decimal(opening_price).adjusted())}")
    filters = (
        PriceFilter(parse(tick), parse("1000000"), parse(tick)),
        LotSize(parse(step), largest, parse(step)),
        IcebergParts(100),
        MarketLotSize(0, largest // 9, 0),
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
        execution_rule=WIDE if guarded else None if rules is None else _rules(rules),
        reference_price=MINUTE if guarded else None if reference_price is None else _reference_price(reference_price),
    )
    return Listing(spec, parse(opening_price))


LISTINGS = (
    listing("BTC", "USDT", "60000", "0.01", "0.00001"),
    listing("ETH", "USDT", "3000", "0.01", "0.0001"),
    listing("BNB", "USDT", "600", "0.01", "0.001", guarded=True),
    listing("ETH", "BTC", "0.05", "0.00001", "0.0001", least="0.0001", most="9000"),
    listing("BTC", "USDC", "60000", "0.01", "0.00001"),
    # Names in any script are listed since 2025-12; a client that cannot read them finds out here.
    listing("这是测试币", "USDT", "2", "0.0001", "0.1", symbol="这是测试币USDT"),
)
EXCHANGE_FILTERS = (ExchangeMaxNumOrders(1000), ExchangeMaxNumAlgoOrders(200))
SORS = (SorSpec("BTC", ("BTCUSDT", "BTCUSDC")),)

DEFAULT_BALANCES = {
    "BTC": "100",
    "ETH": "1000",
    "BNB": "1000",
    "USDT": "10000000",
    "USDC": "10000000",
    "这是测试币": "1000000",
}
