"""Which orders make an OCO pair, and how their prices must lie around the market."""

from __future__ import annotations

from collections.abc import Sequence

from binance_wsapi.simulator.engine.model.enums import OrderType, RejectReason
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.order import Order
from binance_wsapi.simulator.engine.model.types import OrderRequest, Refused

__all__ = ["check_pair_prices", "check_pair_types"]

_STOP_LOSSES = (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
_TAKE_PROFITS = (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)


def check_pair_types(above: OrderRequest, below: OrderRequest) -> None:
    """Check that one leg limits the loss and the other takes the profit, each on its side of the market."""
    is_buy = above.side == "BUY"
    for leg, is_above in ((above, True), (below, False)):
        if leg.type is OrderType.LIMIT_MAKER:
            continue
        if leg.type in _STOP_LOSSES:
            if is_buy != is_above:
                if is_buy:
                    raise Refused(-1196, "A stop loss order in a buy OCO must be above.")
                raise Refused(-1197, "A stop loss order in a sell OCO must be below.")
        elif leg.type in _TAKE_PROFITS:
            if is_buy == is_above:
                if is_buy:
                    raise Refused(-1198, "A take profit order in a buy OCO must be below.")
                raise Refused(-1199, "A take profit order in a sell OCO must be above.")
        else:
            raise Refused(-1158, "Order type not supported in OCO.")
    if above.type is OrderType.LIMIT_MAKER and below.type is OrderType.LIMIT_MAKER:
        raise Refused(-1168, "At least one OCO order must be contingent.")
    if is_buy and above.type is OrderType.LIMIT_MAKER:
        raise Refused(-1165, "A limit order in a buy OCO must be below.")
    if not is_buy and below.type is OrderType.LIMIT_MAKER:
        raise Refused(-1166, "A limit order in a sell OCO must be above.")


def check_pair_prices(market: Market, pair: Sequence[Order]) -> None:
    """Check that the last price lies between the legs (order list OCO, "Price restrictions").

    The documentation's line for a buy `TAKE_PROFIT` has its sign turned; a buy takes profit below the market (-1198).
    A pegged or trailing leg without a price of its own has nothing to compare. Before the first trade the legs must
    still lie on the right sides of each other.
    """
    last = market.last_price
    above, below = 0, 0
    for order in pair:
        stop_loss = order.type in _STOP_LOSSES
        price = order.stop_price if stop_loss or order.type is OrderType.TAKE_PROFIT else order.limit or order.price
        is_above = order.is_buy == stop_loss
        if is_above:
            above = price
        else:
            below = price
        if last and price and (price <= last if is_above else price >= last):
            raise _bad_prices()
    if above and below and above <= below:
        raise _bad_prices()


def _bad_prices() -> Refused:
    return Refused(
        -2010,
        "The relationship of the prices for the orders is not correct.",
        RejectReason.OCO_BAD_PRICES,
    )
