"""What a check of an order is made of: the order as it was read, what is known of the moment, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.models.enums import OrderType, PegPriceType, Side, TimeInForce
from binance_wsapi.rules.numbers import ZERO, number

__all__ = [
    "AT_MARKET",
    "NOTHING",
    "STOP_LOSSES",
    "TRIGGERED",
    "Checked",
    "Known",
    "Order",
    "Sheet",
    "Unjudged",
    "Violation",
]


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule the order breaks.

    Args:
        filter: the venue's name of the filter; for what is no filter, the name of the property of the symbol.
        field: the parameter that breaks it, by wire name.
        reason: why, for people.
    """

    filter: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.filter}: {self.field} {self.reason}"


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A rule that applies and could not be judged.

    Args:
        filter: as in `Violation`.
        reason: what it would have taken.
    """

    filter: str
    reason: str

    def __str__(self) -> str:
        return f"{self.filter}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Checked:
    """What can be told of an order beforehand.

    Args:
        violations: what the venue would refuse it for.
        unjudged: what could not be told.
    """

    violations: tuple[Violation, ...]
    unjudged: tuple[Unjudged, ...]

    @property
    def passes(self) -> bool:
        """Whether every rule was judged and holds. Not the opposite of being refused: see ``unjudged``."""
        return not self.violations and not self.unjudged

    def __bool__(self) -> bool:
        raise TypeError("ask for .violations (what is sure to fail) or .passes (all is judged and holds)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the caller knows of the moment, as far as rules depend on it. What is left out is not judged.

    Args:
        reference_price: the symbol's reference price, which comes before all averages.
        averages: average prices by their length in minutes (``avgPrice`` tells both), the last price under 0. To be
            given only where the symbol has no reference price.
        position: of the base asset: free, locked, and what open BUY orders may still buy.
        open_orders: orders the account has open on the symbol.
        open_algo_orders: of these, STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT.
        open_iceberg_orders: of these, those with an ``icebergQty``.
        permissions: what the account is permitted to trade (``account.status``).
    """

    reference_price: Decimal | int | str | None = None
    averages: Mapping[int, Decimal | int | str] = field(default_factory=dict)
    position: Decimal | int | str | None = None
    open_orders: int | None = None
    open_algo_orders: int | None = None
    open_iceberg_orders: int | None = None
    permissions: frozenset[str] | None = None

    def price(self, minutes: int) -> Decimal | None:
        """Return the price a filter with this ``avgPriceMins`` goes by."""
        if self.reference_price is not None:
            return number(self.reference_price, "reference_price")
        average = self.averages.get(minutes)
        return None if average is None else number(average, "an average price")


NOTHING: Final = Known()

AT_MARKET: Final = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
TRIGGERED: Final = frozenset(
    {OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
)
STOP_LOSSES: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})

_AMOUNTS: Final = ("price", "stopPrice", "quantity", "icebergQty", "quoteOrderQty")
_NAMES: Final = frozenset(
    {
        *_AMOUNTS, "symbol", "side", "type", "timeInForce", "trailingDelta", "pegPriceType", "pegOffsetType",
        "pegOffsetValue", "selfTradePreventionMode", "newClientOrderId", "newOrderRespType", "strategyId",
        "strategyType", "recvWindow", "computeCommissionRates",
    }
)  # fmt: skip


def _wire_name(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


class Order:
    """An order's parameters, read."""

    def __init__(self, params: Mapping[str, Any], symbol: str, *, quantity_later: bool = False) -> None:
        self.quantity_later = quantity_later  # the pending orders of an OPO: the working one decides it
        given = {_wire_name(name): value for name, value in params.items() if value is not None}
        for name in given:
            if name not in _NAMES:
                raise UsageError(f"{name} is not a parameter of an order")
        if given.get("symbol", symbol) != symbol:
            raise UsageError(f"the order must be of {symbol}, whose rules these are, got {shown(given['symbol'])}")
        try:
            self.side = Side(given.get("side", ""))
            self.type = OrderType(given.get("type", ""))
            self.time_in_force = TimeInForce(given["timeInForce"]) if "timeInForce" in given else None
            self.peg = PegPriceType(given["pegPriceType"]) if "pegPriceType" in given else None
            if not self.type.known or (self.time_in_force is not None and not self.time_in_force.known):
                raise ValueError
        except ValueError:
            raise UsageError(
                "side, type, timeInForce and pegPriceType are the venue's words, side and type mandatory"
            ) from None
        amounts = {name: number(given[name], name) if name in given else ZERO for name in _AMOUNTS}
        self.amounts = amounts
        self.price = amounts["price"]
        self.stop_price = amounts["stopPrice"]
        self.quantity = amounts["quantity"]
        self.iceberg_qty = amounts["icebergQty"]
        self.quote_order_qty = amounts["quoteOrderQty"]
        delta = given.get("trailingDelta", 0)
        if isinstance(delta, bool) or not isinstance(delta, int) or delta < 0:
            raise UsageError(f"trailingDelta must be a whole number of basis points, got {shown(delta)}")
        self.trailing_delta: int = delta
        self.stp_mode = given.get("selfTradePreventionMode")
        self.at_market = self.type in AT_MARKET
        self.is_buy = self.side is Side.BUY


class Sheet:
    """Where findings are written down."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.violations: list[Violation] = []
        self.unjudged: list[Unjudged] = []

    def fails(self, filter: str, field: str, reason: str) -> None:
        self.violations.append(Violation(filter, field, reason))

    def unknown(self, filter: str, reason: str) -> None:
        self.unjudged.append(Unjudged(filter, reason))
