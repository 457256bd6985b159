"""Arguments that several methods of Spot take alike: each is described here, once, and unpacked where it is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from inspect import Parameter, signature
from typing import Any, TypedDict, TypeVar

from binance_wsapi.api.arguments import (
    Number,
    OrderTypeArg,
    PegOffsetTypeArg,
    PegPriceTypeArg,
    SelfTradePreventionModeArg,
    TimeInForceArg,
)

__all__ = [
    "ListArguments",
    "OcoArguments",
    "OrderArguments",
    "OtoArguments",
    "OtocoArguments",
    "SorOrderArguments",
    "WorkingArguments",
    "on_wire",
    "takes",
]

F = TypeVar("F", bound=Callable[..., Any])


def takes(arguments: Any) -> Callable[[F], F]:
    """Name the fields of an unpacked `TypedDict` in a function's signature: `help` and notebooks show it.

    Args:
        arguments: the `TypedDict`, none of whose fields is required.
    """

    def named(function: F) -> F:
        found = signature(function)
        own = [each for each in found.parameters.values() if each.kind is not Parameter.VAR_KEYWORD]
        more = [
            Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind.__forward_arg__)
            for name, kind in arguments.__annotations__.items()
        ]
        function.__signature__ = found.replace(parameters=[*own, *more])  # type: ignore[attr-defined]
        return function

    return named


def on_wire(arguments: Any, given: Mapping[str, object]) -> dict[str, object]:
    """Return unpacked arguments by the names that the venue knows them by; ``timeout`` is none of the venue's.

    Args:
        arguments: the `TypedDict` that was unpacked.
        given: values by name.

    Raises:
        TypeError: it has no field of that name.
    """
    known = arguments.__annotations__
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise TypeError(f"unexpected keyword argument {name!r}" + (f": did you mean {near[0]!r}?" if near else ""))
    return {_wire_name(name): value for name, value in given.items() if name != "timeout"}


def _wire_name(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


class SorOrderArguments(TypedDict, total=False):
    """What `place_sor_order` and `test_sor_order` take beside what they need."""

    time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it."""
    price: Number | None
    """Limit price; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless ``peg_price_type`` is
    sent."""
    new_client_order_id: str | None
    """Client order id of the new order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out."""
    iceberg_qty: Number | None
    """Visible quantity; needs GTC, or LIMIT_MAKER."""
    strategy_id: int | None
    """Your number of the order in a strategy."""
    strategy_type: int | None
    """Your number of the strategy, at least 1000000."""
    self_trade_prevention_mode: SelfTradePreventionModeArg | None
    """What happens instead of a trade with yourself; the default is the symbol's."""
    recv_window: int | Decimal | None
    """Milliseconds the request may take to the matching engine, at most 60000, three decimals."""
    timeout: float | None
    """Seconds the call may take; the client's default when left out."""


class OrderArguments(SorOrderArguments, total=False):
    """What `place_order`, `submit_order` and `test_order` take beside what they need."""

    quantity: Number | None
    """Base quantity; every type needs it but MARKET, which takes it or ``quote_order_qty``."""
    quote_order_qty: Number | None
    """Quote quantity to spend or to receive; MARKET only, in place of ``quantity``."""
    stop_price: Number | None
    """Price that triggers the order; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or
    ``trailing_delta``; with both, trailing begins at it."""
    trailing_delta: int | None
    """Distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter."""
    peg_price_type: PegPriceTypeArg | None
    """Peg the price to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of the other (MARKET_PEG;
    not for LIMIT_MAKER)."""
    peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``peg_offset_type``."""
    peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``peg_offset_value``."""


class ListArguments(TypedDict, total=False):
    """What every method that places an order list takes beside its orders."""

    list_client_order_id: str | None
    """Client id of the list, apart from those of its orders; an unguessable one is made when left out."""
    self_trade_prevention_mode: SelfTradePreventionModeArg | None
    """What happens instead of a trade with yourself; the default is the symbol's."""
    recv_window: int | Decimal | None
    """Milliseconds the request may take to the matching engine, at most 60000, three decimals."""
    timeout: float | None
    """Seconds the call may take; the client's default when left out."""


class OcoArguments(ListArguments, total=False):
    """What `place_oco` and `submit_oco` take beside what they need."""

    above_client_order_id: str | None
    """Client order id of the order above, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out."""
    above_iceberg_qty: Number | None
    """Visible quantity of the order above; needs GTC, or LIMIT_MAKER."""
    above_price: Number | None
    """Limit price of the order above; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
    ``above_peg_price_type`` is sent."""
    above_stop_price: Number | None
    """Price that triggers the order above; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or
    ``above_trailing_delta``; with both, trailing begins at it."""
    above_trailing_delta: int | None
    """Distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter."""
    above_time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK: the order above; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it."""
    above_strategy_id: int | None
    """Your number of the order above in a strategy."""
    above_strategy_type: int | None
    """Your number of the strategy of the order above, at least 1000000."""
    above_peg_price_type: PegPriceTypeArg | None
    """Peg the price of the order above to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of the
    other (MARKET_PEG; not for LIMIT_MAKER)."""
    above_peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``above_peg_offset_value``."""
    above_peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``above_peg_offset_type``."""
    below_client_order_id: str | None
    """Client order id of the order below, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out."""
    below_iceberg_qty: Number | None
    """Visible quantity of the order below; needs GTC, or LIMIT_MAKER."""
    below_price: Number | None
    """Limit price of the order below; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
    ``below_peg_price_type`` is sent."""
    below_stop_price: Number | None
    """Price that triggers the order below; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or
    ``below_trailing_delta``; with both, trailing begins at it."""
    below_trailing_delta: int | None
    """Distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter."""
    below_time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK: the order below; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it."""
    below_strategy_id: int | None
    """Your number of the order below in a strategy."""
    below_strategy_type: int | None
    """Your number of the strategy of the order below, at least 1000000."""
    below_peg_price_type: PegPriceTypeArg | None
    """Peg the price of the order below to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of the
    other (MARKET_PEG; not for LIMIT_MAKER)."""
    below_peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``below_peg_offset_value``."""
    below_peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``below_peg_offset_type``."""


class WorkingArguments(ListArguments, total=False):
    """The working order of a list: the order that the others wait for."""

    working_client_order_id: str | None
    """Client order id of the working order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out."""
    working_price: Number | None
    """Limit price of the working order; needed unless ``working_peg_price_type`` is sent."""
    working_iceberg_qty: Number | None
    """Visible quantity of the working order; needs GTC, or LIMIT_MAKER."""
    working_time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK: the working order; LIMIT needs it."""
    working_strategy_id: int | None
    """Your number of the working order in a strategy."""
    working_strategy_type: int | None
    """Your number of the strategy of the working order, at least 1000000."""
    working_peg_price_type: PegPriceTypeArg | None
    """Peg the price of the working order to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of the
    other (MARKET_PEG; not for LIMIT_MAKER)."""
    working_peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``working_peg_offset_value``."""
    working_peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``working_peg_offset_type``."""


class OtoArguments(WorkingArguments, total=False):
    """What `place_oto` and `place_opo` take beside what they need, and `submit_oto` and `submit_opo`."""

    pending_client_order_id: str | None
    """Client order id of the pending order, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left out."""
    pending_price: Number | None
    """Limit price of the pending order; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
    ``pending_peg_price_type`` is sent."""
    pending_stop_price: Number | None
    """Price that triggers the pending order; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT need it or
    ``pending_trailing_delta``; with both, trailing begins at it."""
    pending_trailing_delta: int | None
    """Distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter."""
    pending_iceberg_qty: Number | None
    """Visible quantity of the pending order; needs GTC, or LIMIT_MAKER."""
    pending_time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK: the pending order; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it."""
    pending_strategy_id: int | None
    """Your number of the pending order in a strategy."""
    pending_strategy_type: int | None
    """Your number of the strategy of the pending order, at least 1000000."""
    pending_peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``pending_peg_offset_value``."""
    pending_peg_price_type: PegPriceTypeArg | None
    """Peg the price of the pending order to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or of the
    other (MARKET_PEG; not for LIMIT_MAKER)."""
    pending_peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``pending_peg_offset_type``."""


class OtocoArguments(WorkingArguments, total=False):
    """What `place_otoco` and `place_opoco` take beside what they need, and `submit_otoco` and `submit_opoco`."""

    pending_above_client_order_id: str | None
    """Client order id of the pending order above, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left
    out."""
    pending_above_price: Number | None
    """Limit price of the pending order above; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
    ``pending_above_peg_price_type`` is sent."""
    pending_above_stop_price: Number | None
    """Price that triggers the pending order above; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT need
    it or ``pending_above_trailing_delta``; with both, trailing begins at it."""
    pending_above_trailing_delta: int | None
    """Distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter."""
    pending_above_iceberg_qty: Number | None
    """Visible quantity of the pending order above; needs GTC, or LIMIT_MAKER."""
    pending_above_time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK: the pending order above; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it."""
    pending_above_strategy_id: int | None
    """Your number of the pending order above in a strategy."""
    pending_above_strategy_type: int | None
    """Your number of the strategy of the pending order above, at least 1000000."""
    pending_above_peg_price_type: PegPriceTypeArg | None
    """Peg the price of the pending order above to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or
    of the other (MARKET_PEG; not for LIMIT_MAKER)."""
    pending_above_peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``pending_above_peg_offset_value``."""
    pending_above_peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``pending_above_peg_offset_type``."""
    pending_below_type: OrderTypeArg | None
    """Type of the pending order below."""
    pending_below_client_order_id: str | None
    """Client order id of the pending order below, 1 to 36 of ``.A-Z:/a-z0-9_-``; an unguessable one is made when left
    out."""
    pending_below_price: Number | None
    """Limit price of the pending order below; LIMIT, LIMIT_MAKER, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it, unless
    ``pending_below_peg_price_type`` is sent."""
    pending_below_stop_price: Number | None
    """Price that triggers the pending order below; STOP_LOSS, STOP_LOSS_LIMIT, TAKE_PROFIT and TAKE_PROFIT_LIMIT need
    it or ``pending_below_trailing_delta``; with both, trailing begins at it."""
    pending_below_trailing_delta: int | None
    """Distance of a trailing stop in basis points, within the symbol's TRAILING_DELTA filter."""
    pending_below_iceberg_qty: Number | None
    """Visible quantity of the pending order below; needs GTC, or LIMIT_MAKER."""
    pending_below_time_in_force: TimeInForceArg | None
    """GTC, IOC or FOK: the pending order below; LIMIT, STOP_LOSS_LIMIT and TAKE_PROFIT_LIMIT need it."""
    pending_below_strategy_id: int | None
    """Your number of the pending order below in a strategy."""
    pending_below_strategy_type: int | None
    """Your number of the strategy of the pending order below, at least 1000000."""
    pending_below_peg_price_type: PegPriceTypeArg | None
    """Peg the price of the pending order below to the best of its own side (PRIMARY_PEG; a LIMIT must then be GTC) or
    of the other (MARKET_PEG; not for LIMIT_MAKER)."""
    pending_below_peg_offset_type: PegOffsetTypeArg | None
    """Unit of ``pending_below_peg_offset_value``."""
    pending_below_peg_offset_value: int | None
    """Price levels away from the peg, at most 100; together with ``pending_below_peg_offset_type``."""
