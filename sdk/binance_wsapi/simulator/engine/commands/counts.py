"""How many orders, stops, icebergs and lists an account may have open, on a symbol and on the exchange (filters.md)."""

from __future__ import annotations

from collections.abc import Sequence

from binance_wsapi.simulator.engine.commands.checks import filter_failure
from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.filters import (
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumIcebergOrders,
    ExchangeMaxNumOrderLists,
    ExchangeMaxNumOrders,
)
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.order import ALGO_TYPES
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import OrderRequest

__all__ = ["check_counts"]


def check_counts(
    state: State,
    account: Account,
    market: Market,
    orders: Sequence[OrderRequest],
    *,
    is_list: bool = False,
    adds: int | None = None,
) -> None:
    """Check how many orders the account would have open, on the symbol and on the exchange.

    Args:
        adds: how many of them the filters count; all when left out.
    """
    record = account.record(market.spec.symbol)
    count = len(orders) if adds is None else adds
    algos = icebergs = 0
    for order in orders:
        algos += order.type in ALGO_TYPES
        icebergs += order.iceberg_qty > 0
    if market.max_num_orders is not None and len(record.open) + count > market.max_num_orders.max_num_orders:
        raise filter_failure("MAX_NUM_ORDERS")
    algo_rule, iceberg_rule, list_rule = (
        market.max_num_algo_orders,
        market.max_num_iceberg_orders,
        market.max_num_order_lists,
    )
    if algos and algo_rule is not None and record.algos + algos > algo_rule.max_num_algo_orders:
        raise filter_failure("MAX_NUM_ALGO_ORDERS")
    if icebergs and iceberg_rule is not None and record.icebergs + icebergs > iceberg_rule.max_num_iceberg_orders:
        raise filter_failure("MAX_NUM_ICEBERG_ORDERS")
    if is_list and list_rule is not None and record.lists >= list_rule.max_num_order_lists:
        raise filter_failure("MAX_NUM_ORDER_LISTS")
    for rule in state.exchange_filters:
        if (
            (isinstance(rule, ExchangeMaxNumOrders) and account.num_open + count > rule.max_num_orders)
            or (
                isinstance(rule, ExchangeMaxNumAlgoOrders)
                and algos
                and account.algos + algos > rule.max_num_algo_orders
            )
            or (
                isinstance(rule, ExchangeMaxNumIcebergOrders)
                and icebergs
                and account.icebergs + icebergs > rule.max_num_iceberg_orders
            )
            or (
                isinstance(rule, ExchangeMaxNumOrderLists)
                and is_list
                and len(account.open_lists) >= rule.max_num_order_lists
            )
        ):
            raise filter_failure(rule.filter_type)
