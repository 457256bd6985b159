"""Accounts: balances, and what each account has on each symbol.

Every unit of an asset is either *free* or *locked*. An open order locks what it may have to pay (`Order.locked`), an
OPO locks what its working order received, and another system may lock some (`external`). Money moves between accounts,
the commission pot and, for smart order routing, the exchange's own desk; it is never made or lost.
"""

from __future__ import annotations

from binance_wsapi.simulator.engine.model.filters import MaxAsset
from binance_wsapi.simulator.engine.model.order import Order, OrderList
from binance_wsapi.simulator.engine.model.types import CommissionRates, Discount, Fill

__all__ = ["Account", "SymbolRecord"]


class SymbolRecord:
    """One account's life on one symbol.

    Attributes:
        open: open orders by id, pending ones of order lists included.
        open_ids: the same by client order id.
        orders: every order ever, by id; without a history the open ones alone.
        ids: the last order that had a client order id, by that id; without a history empty, as are `fills` and
            `allocations`.
    """

    __slots__ = ("algos", "allocations", "fills", "icebergs", "ids", "lists", "open", "open_ids", "orders")

    def __init__(self) -> None:
        self.open: dict[int, Order] = {}
        self.open_ids: dict[str, Order] = {}
        self.orders: dict[int, Order] = {}
        self.ids: dict[str, Order] = {}
        self.fills: list[Fill] = []
        self.allocations: list[Fill] = []
        self.algos = 0
        self.icebergs = 0
        self.lists = 0


class Account:
    """One account.

    Attributes:
        trade_group_id: -1 for none.
        rates: commission rates where `symbol_rates` has none of its own.
        disabled: some actions are switched off; orders are refused with a message of their own.
        restricted: symbols on which this account may place no order.
        opened_with: balances at the start.
        keeps_history: what is over stays here and can be asked for.
        touched: assets the running command may have changed, in order of first touch.
    """

    __slots__ = (
        "account_id",
        "algos",
        "can_trade",
        "disabled",
        "discount",
        "external",
        "filters",
        "free",
        "icebergs",
        "keeps_history",
        "list_ids",
        "lists",
        "locked",
        "num_open",
        "open_list_ids",
        "open_lists",
        "opened_with",
        "permissions",
        "rates",
        "records",
        "restricted",
        "symbol_rates",
        "touched",
        "trade_group_id",
        "update_time",
    )

    def __init__(
        self,
        account_id: int,
        *,
        rates: CommissionRates,
        symbol_rates: dict[str, CommissionRates],
        discount: Discount,
        trade_group_id: int,
        permissions: frozenset[str],
        filters: tuple[MaxAsset, ...],
        keeps_history: bool = True,
    ) -> None:
        self.account_id = account_id
        self.rates = rates
        self.symbol_rates = symbol_rates
        self.discount = discount
        self.trade_group_id = trade_group_id
        self.permissions = permissions
        self.filters = filters
        self.keeps_history = keeps_history
        self.can_trade = True
        self.disabled = False
        self.restricted: set[str] = set()
        self.opened_with: dict[str, int] = {}
        self.free: dict[str, int] = {}
        self.reset()

    def reset(self) -> None:
        """Begin anew with the balances the account was opened with."""
        self.free = dict.fromkeys(self.free, 0) | self.opened_with
        self.locked = dict.fromkeys(self.free, 0)
        self.external: dict[str, int] = {}
        self.records: dict[str, SymbolRecord] = {}
        self.lists: dict[int, OrderList] = {}
        self.list_ids: dict[str, OrderList] = {}
        self.open_lists: dict[int, OrderList] = {}
        self.open_list_ids: dict[str, OrderList] = {}
        self.num_open = 0
        self.algos = 0
        self.icebergs = 0
        self.update_time = 0
        self.touched: dict[str, None] = {}

    def remember_balances(self) -> None:
        """Begin with the present balances after a `reset`."""
        self.opened_with = {asset: free + self.locked[asset] for asset, free in self.free.items()}

    def record(self, symbol: str) -> SymbolRecord:
        """Return the account's record on a symbol, new if there was none."""
        record = self.records.get(symbol)
        if record is None:
            record = self.records[symbol] = SymbolRecord()
        return record

    def ensure(self, asset: str) -> None:
        """Make both balances of an asset exist."""
        self.free.setdefault(asset, 0)
        self.locked.setdefault(asset, 0)

    def lock(self, asset: str, amount: int) -> None:
        """Move free funds to locked; a negative amount releases."""
        self.free[asset] -= amount
        self.locked[asset] += amount
        self.touched[asset] = None

    def rates_on(self, symbol: str) -> CommissionRates:
        """Return the commission rates that apply on a symbol."""
        return self.symbol_rates.get(symbol, self.rates)

    def open_order(self, order: Order) -> None:
        """Enter an accepted order."""
        record = self.record(order.symbol)
        record.open[order.order_id] = order
        record.open_ids[order.client_order_id] = order
        record.orders[order.order_id] = order
        self.remember_id(order)
        self.num_open += 1
        if order.is_algo:
            record.algos += 1
            self.algos += 1
        if order.iceberg_qty:
            record.icebergs += 1
            self.icebergs += 1

    def close_order(self, order: Order) -> None:
        """Note that an order is not open any more; its client order id is free for another."""
        record = self.records[order.symbol]
        del record.open[order.order_id]
        if record.open_ids.get(order.client_order_id) is order:
            del record.open_ids[order.client_order_id]
        if not self.keeps_history:
            del record.orders[order.order_id]
        self.num_open -= 1
        if order.is_algo:
            record.algos -= 1
            self.algos -= 1
        if order.iceberg_qty:
            record.icebergs -= 1
            self.icebergs -= 1

    def remember_id(self, order: Order) -> None:
        """Let an order be found by the client order id it has now."""
        if self.keeps_history:
            self.records[order.symbol].ids[order.client_order_id] = order

    def open_list(self, order_list: OrderList) -> None:
        """Enter an accepted order list."""
        self.lists[order_list.order_list_id] = order_list
        if self.keeps_history:
            self.list_ids[order_list.list_client_order_id] = order_list
        self.open_lists[order_list.order_list_id] = order_list
        self.open_list_ids[order_list.list_client_order_id] = order_list
        self.record(order_list.symbol).lists += 1

    def rename_list(self, order_list: OrderList, list_client_order_id: str) -> None:
        """Give an open order list another client id."""
        del self.open_list_ids[order_list.list_client_order_id]
        order_list.list_client_order_id = list_client_order_id
        if self.keeps_history:
            self.list_ids[list_client_order_id] = order_list
        self.open_list_ids[list_client_order_id] = order_list

    def close_list(self, order_list: OrderList) -> None:
        """Note that an order list is done."""
        del self.open_lists[order_list.order_list_id]
        del self.open_list_ids[order_list.list_client_order_id]
        if not self.keeps_history:
            del self.lists[order_list.order_list_id]
        self.record(order_list.symbol).lists -= 1
