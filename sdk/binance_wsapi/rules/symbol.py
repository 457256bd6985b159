"""The trading rules of a symbol, before an order is sent: rounding to what the venue takes, and saying what it would refuse.

::

    rules = await client.rules("BTCUSDT")
    price = rules.price("60000.129", "passive", side="BUY")    # 60000.12
    quantity = rules.quantity("0.0123456")                     # 0.01234: never more than was asked for
    for violation in rules.check(side="BUY", type="LIMIT", price=price, ...).violations:
        print(violation)                                       # NOTIONAL: price times quantity is 4.2, below 5

Rounding moves a number onto the grid and nowhere else: what is then out of bounds is refused rather than pulled in, since
the least quantity of a symbol may be a hundred times what was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Generic, Literal, TypeAlias

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.models import filters as f
from binance_wsapi.models.enums import Side
from binance_wsapi.rules.check import check
from binance_wsapi.rules.facts import Facts
from binance_wsapi.rules.findings import NOTHING, Checked, Known, Unjudged, Violation
from binance_wsapi.rules.numbers import EXACT, ZERO, common_step, number, plain
from binance_wsapi.wire.border import calls_at_border, made_at_border

__all__ = ["Checked", "Known", "Rounding", "SymbolRules", "Unjudged", "Violation"]


class Rounding(StrEnum):
    """Which neighbour on the grid a number goes to."""

    DOWN = "down"
    """Never more."""
    UP = "up"
    """Never less."""
    NEAREST = "nearest"
    """The closest; up where it lies in the middle."""
    PASSIVE = "passive"
    """Prices only: never a worse price than asked. Down to buy, up to sell."""
    AGGRESSIVE = "aggressive"
    """Prices only: never further from a trade than asked. Up to buy, down to sell."""


RoundingArg: TypeAlias = Rounding | Literal["down", "up", "nearest", "passive", "aggressive"]

_TOWARDS: Final = {
    (Rounding.PASSIVE, Side.BUY): Rounding.DOWN,
    (Rounding.PASSIVE, Side.SELL): Rounding.UP,
    (Rounding.AGGRESSIVE, Side.BUY): Rounding.UP,
    (Rounding.AGGRESSIVE, Side.SELL): Rounding.DOWN,
}


class _Grid:
    """Bounds and step of a price or a quantity; None where there is no upper bound."""

    def __init__(self, what: str, places: int) -> None:
        self.what = what
        self.low, self.high = ZERO, None  # type: Decimal, Decimal | None
        self.least_of = self.most_of = ""
        self.step = Decimal(1).scaleb(-places)

    def narrow(self, name: str, low: Decimal, high: Decimal | None, step: Decimal) -> None:
        if low > self.low:
            self.low, self.least_of = low, name
        if high is not None and (self.high is None or high < self.high):
            self.high, self.most_of = high, name
        self.step = common_step(self.step, step)

    def round(self, value: Decimal, rounding: Rounding) -> Decimal:
        step = self.step
        steps = EXACT.divide_int(value, step)
        rest = EXACT.subtract(value, EXACT.multiply(steps, step))
        if rest and (rounding is Rounding.UP or (rounding is Rounding.NEAREST and rest * 2 >= step)):
            steps += 1
        result = EXACT.multiply(steps, step)
        if result < self.low:
            raise self._refusal(value, result, f"below the least, {plain(self.low)} ({self.least_of})")
        if self.high is not None and result > self.high:
            raise self._refusal(value, result, f"above the most, {plain(self.high)} ({self.most_of})")
        if not result:
            raise self._refusal(value, result, f"nothing: the step is {plain(step)}")
        return result

    def _refusal(self, value: Decimal, result: Decimal, reason: str) -> UsageError:
        return UsageError(f"the {self.what} {plain(value)}, rounded to {plain(result)}, is {reason}")


@calls_at_border
@made_at_border
class SymbolRules(Generic[Facts]):
    """The rules of one symbol.

    Args:
        info: the symbol, as ``exchange_info`` describes it.
        more: filters beside the symbol's own: those of the exchange (``ExchangeInfo.exchange_filters``) and of the
            account (``my_filters``).
    """

    def __init__(self, info: Facts, more: Iterable[Any] = ()) -> None:
        self.info = info
        self._filters = (*info.filters, *more)
        self._price = _Grid("price", info.quote_asset_precision)
        self._quantity = _Grid("quantity", info.base_asset_precision)
        self._at_market = _Grid("quantity", info.base_asset_precision)
        for rule in self._filters:
            if isinstance(rule, f.PriceFilter):
                self._price.narrow(rule.filter_type, rule.min_price, rule.max_price or None, rule.tick_size)
            elif isinstance(rule, f.LotSize):
                for grid in (self._quantity, self._at_market):
                    grid.narrow(rule.filter_type, rule.min_qty, rule.max_qty, rule.step_size)
            elif isinstance(rule, f.MarketLotSize):
                self._at_market.narrow(rule.filter_type, rule.min_qty, rule.max_qty, rule.step_size)

    def __repr__(self) -> str:
        return f"<SymbolRules {self.info.symbol}>"

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self.info.symbol

    @property
    def tick_size(self) -> Decimal:
        """The step of prices."""
        return self._price.step

    @property
    def step_size(self) -> Decimal:
        """The step of quantities of limit orders."""
        return self._quantity.step

    def price(
        self,
        value: Decimal | int | str,
        rounding: RoundingArg = Rounding.NEAREST,
        *,
        side: Side | Literal["BUY", "SELL"] | None = None,
    ) -> Decimal:
        """Round a price, or a stop price, to a price that PRICE_FILTER accepts.

        Args:
            value: the price that was meant.
            rounding: which way; ``"passive"`` and ``"aggressive"`` need the side.
            side: of the order.

        Returns:
            A multiple of the tick size within the bounds of PRICE_FILTER, in the quote asset.

        Raises:
            UsageError: it is no number or a float, or it is out of bounds.

        Source: Filters, "PRICE_FILTER".
        """
        way = _rounding(rounding)
        if way in {Rounding.PASSIVE, Rounding.AGGRESSIVE}:
            if side is None:
                raise UsageError(f"side must be given with rounding={way.value}: BUY or SELL")
            way = _TOWARDS[way, _side(side)]
        return self._price.round(number(value, "price"), way)

    def quantity(
        self,
        value: Decimal | int | str,
        rounding: Literal["down", "up", "nearest"] | Rounding = Rounding.DOWN,
        *,
        market: bool = False,
    ) -> Decimal:
        """Round a quantity to a quantity that LOT_SIZE accepts; down by default, so that it is never more than was meant.

        Args:
            value: the quantity that was meant.
            rounding: which way.
            market: for a MARKET order: MARKET_LOT_SIZE holds too.

        Returns:
            A multiple of the step size within the bounds of LOT_SIZE, in the base asset; never zero.

        Raises:
            UsageError: it is no number or a float, or it is out of bounds.

        Source: Filters, "LOT_SIZE" and "MARKET_LOT_SIZE".
        """
        way = _rounding(rounding)
        if way in {Rounding.PASSIVE, Rounding.AGGRESSIVE}:
            raise UsageError(f"rounding must be up, down or nearest for a quantity, got {shown(way.value)}")
        return (self._at_market if market else self._quantity).round(number(value, "quantity"), way)

    def check(
        self,
        order: Mapping[str, Any] | None = None,
        known: Known = NOTHING,
        *,
        quantity_later: bool = False,
        **arguments: Any,
    ) -> Checked:
        """Say what the venue would refuse an order for, and what could not be told.

        Args:
            order: parameters of ``order.place``, by wire name or as the arguments of `SpotClient.place_order`.
            known: what is known of the moment; filters that depend on what is not are left unjudged.
            quantity_later: the order is a pending one of an OPO, whose quantity the working order decides.
            arguments: the order, as the arguments of `SpotClient.place_order`, in place of ``order`` or beside it.

        Returns:
            Every rule that would refuse the order, by name, and every rule that could not be judged.

        Raises:
            UsageError: it is no order: a float, an unknown parameter, another symbol.

        Source: Filters, "Symbol filters".
        """
        if order is not None and not isinstance(order, Mapping):
            kind = type(order).__name__
            raise UsageError(f"order must be a mapping by names, as {{'side': 'BUY'}}, got a {kind}")
        params = {**(order or {}), **arguments}
        return check(self.info, self._filters, params, known, quantity_later=quantity_later)


def _rounding(value: RoundingArg) -> Rounding:
    try:
        return Rounding(value)
    except ValueError:
        ways = ", ".join(each.value for each in Rounding)
        raise UsageError(f"rounding must be one of {ways}, got {shown(value)}") from None


def _side(value: Side | str) -> Side:
    try:
        return Side(value)
    except ValueError:
        raise UsageError(f"side must be BUY or SELL, got {shown(value)}") from None
