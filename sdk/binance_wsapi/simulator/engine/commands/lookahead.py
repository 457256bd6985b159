"""Looking ahead: how far an order would get if it started to take now, without changing anything.

Three decisions need it before the first trade: whether a fill-or-kill can be filled, what a market buy may cost, and
what quantity a `quoteOrderQty` stands for.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator

from msgspec import Struct

from binance_wsapi.simulator.engine.model.book import Level
from binance_wsapi.simulator.engine.model.enums import StpMode
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.numbers import SCALE, notional
from binance_wsapi.simulator.engine.model.order import Order

__all__ = ["Lookahead", "effective_stp", "reach", "same_owner"]


class Lookahead(Struct):
    """What an order could trade now.

    Attributes:
        quantity: base quantity.
        cost: quote amount of that quantity, at least what it will really be.
        liquidity_ran_out: the book ended before the order was satisfied.
        out_of_range: the price range execution rule stops it first.
        last_price: price of the last level it reaches.
    """

    quantity: int = 0
    cost: int = 0
    liquidity_ran_out: bool = False
    out_of_range: bool = False
    last_price: int = 0


def same_owner(taker: Order, maker: Order) -> bool:
    """Whether a match of the two would be a self-trade (stp_faq, "What defines a self-trade?")."""
    group = taker.account.trade_group_id
    return maker.account is taker.account or (group != -1 and maker.account.trade_group_id == group)


def effective_stp(taker: Order, maker: Order) -> StpMode:
    """The taker's mode decides, but TRANSFER needs both (stp_faq, table of effective modes)."""
    if taker.stp_mode is StpMode.TRANSFER and maker.stp_mode is not StpMode.TRANSFER:
        return StpMode.DECREMENT
    return taker.stp_mode


def _levels(order: Order, markets: list[Market]) -> Iterable[Level]:
    sides = [market.book.opposite(order.is_buy).best_first() for market in markets]
    if len(sides) == 1:
        return sides[0]
    if order.is_buy:
        return heapq.merge(*sides, key=lambda level: level.price)
    return heapq.merge(*sides, key=lambda level: -level.price)


def _queue(level: Level) -> Iterator[tuple[Order, int]]:
    """Yield (maker, slice) in the order in which they would trade, icebergs part by part."""
    queue = deque((maker, maker.visible, maker.remaining - maker.visible) for maker in level.orders.values())
    while queue:
        maker, shown, hidden = queue.popleft()
        yield maker, shown
        if hidden:
            part = min(maker.iceberg_qty, hidden)
            queue.append((maker, part, hidden - part))


def reach(
    order: Order, markets: list[Market], limits: tuple[int, int], budget: int = 0, *, ignore_stp: bool = False
) -> Lookahead:
    """Look how far an order would get.

    Args:
        order: its `remaining` is what it wants, unless there is a budget.
        markets: the books it may take from, its own first.
        limits: lowest and highest price at which it may trade.
        budget: quote amount to spend or receive instead of a quantity.
        ignore_stp: count orders of the same owner like those of others.
    """
    found = Lookahead()
    wanted = order.remaining
    low, high = limits
    is_buy, limit = order.is_buy, order.limit
    stp = order.stp_mode is not StpMode.NONE and not ignore_stp
    for level in _levels(order, markets):
        price = level.price
        if limit and (price > limit if is_buy else price < limit):
            return found
        if budget:
            wanted = (budget - found.cost) * SCALE // price
        if not wanted:
            return found
        if price < low or price > high:
            found.out_of_range = True
            return found
        found.last_price = price
        if not stp:
            take = min(wanted, level.total)
            found.quantity += take
            found.cost += notional(price, take)
            wanted -= take
        else:
            paid = 0
            for maker, part in _queue(level):
                if not wanted:
                    break
                take = min(wanted, part)
                if same_owner(order, maker):
                    mode = effective_stp(order, maker)
                    if mode is StpMode.EXPIRE_MAKER:
                        continue
                    if mode is not StpMode.DECREMENT and mode is not StpMode.TRANSFER:
                        found.cost += notional(price, paid)
                        return found
                    if mode is StpMode.TRANSFER and maker.account is not order.account:
                        paid += take
                else:
                    found.quantity += take
                    paid += take
                wanted -= take
            found.cost += notional(price, paid)
        if not wanted:
            return found
    found.liquidity_ran_out = True
    return found
