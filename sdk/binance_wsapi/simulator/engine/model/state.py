"""All of the engine's state, and the few steps every command is made of: emit, lock, close, flush."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import ExecutionType, ExpiryReason, OrderStatus, RejectReason
from binance_wsapi.simulator.engine.model.events import AccountPosition, LevelChange, OrderEvent, PreventedMatch, Sink
from binance_wsapi.simulator.engine.model.filters import ExchangeFilter
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.numbers import notional
from binance_wsapi.simulator.engine.model.order import Order, OrderList
from binance_wsapi.simulator.engine.model.types import Fill, Refused

__all__ = ["State", "funds_needed"]


def funds_needed(order: Order) -> int:
    """Return what an open order must hold: base asset to sell, or quote asset for the worst price it may pay."""
    return notional(order.lock_price, order.remaining) if order.is_buy else order.remaining


class State:
    """What the modules of the engine share.

    Attributes:
        now: time of the running command.
        triggered: stop orders whose price was reached and that have not started to work.
        filled_lists: order lists whose working order was filled and whose pending orders are not placed yet.
        fill_sinks, prevented_sinks: where the results being made collect fills and prevented matches.
        pairs: the market of a base and a quote asset.
        partners: assets that are traded against an asset, in order of listing.
        ways: the assets between two, by which they have a price, as far as that was asked for.
        collected: commissions by asset.
        desk: what smart order routing took in (or, negative, paid out) on the exchange's own account.
    """

    __slots__ = (
        "accounts",
        "collected",
        "conversions",
        "desk",
        "exchange_filters",
        "fill_sinks",
        "filled_lists",
        "former_ids_findable",
        "keeps_history",
        "markets",
        "new_id",
        "next_list_id",
        "now",
        "pairs",
        "partners",
        "prevented_sinks",
        "printed",
        "sink",
        "touched_accounts",
        "touched_markets",
        "triggered",
        "ways",
    )

    def __init__(
        self,
        sink: Sink,
        new_id: Callable[[], str],
        exchange_filters: tuple[ExchangeFilter, ...],
        former_ids_findable: bool,
        keeps_history: bool = True,
    ) -> None:
        self.sink = sink
        self.new_id = new_id
        self.exchange_filters = exchange_filters
        self.former_ids_findable = former_ids_findable
        self.keeps_history = keeps_history
        self.now = 0
        self.accounts: dict[int, Account] = {}
        self.markets: dict[str, Market] = {}
        self.pairs: dict[tuple[str, str], Market] = {}
        self.partners: dict[str, list[str]] = {}
        self.ways: dict[tuple[str, str], list[str]] = {}
        self.conversions: dict[str, int] = {}
        self.collected: dict[str, int] = {}
        self.desk: dict[str, int] = {}
        self.next_list_id = 1
        self.triggered: deque[Order] = deque()
        self.filled_lists: deque[OrderList] = deque()
        self.printed: dict[Market, None] = {}
        self.touched_accounts: dict[Account, None] = {}
        self.touched_markets: dict[Market, None] = {}
        self.fill_sinks: dict[Order, list[Fill]] = {}
        self.prevented_sinks: dict[Order, list[PreventedMatch]] = {}

    def account(self, account_id: int) -> Account:
        """Return an account.

        Raises:
            KeyError: it was never opened; that is the caller's mistake, not the trader's.
        """
        return self.accounts[account_id]

    def market(self, symbol: str) -> Market:
        """Return a symbol's market.

        Raises:
            Refused: -1121, no such symbol.
        """
        market = self.markets.get(symbol)
        if market is None:
            raise Refused(-1121, "Invalid symbol.")
        return market

    def lock(self, order: Order, amount: int) -> None:
        """Make an order hold exactly `amount`."""
        change = amount - order.locked
        if change:
            spec = order.market.spec
            order.locked = amount
            order.account.lock(spec.quote_asset if order.is_buy else spec.base_asset, change)
            self.touched_accounts[order.account] = None

    def report(
        self,
        order: Order,
        execution_type: ExecutionType,
        reject_reason: RejectReason = RejectReason.NONE,
        orig_client_order_id: str = "",
    ) -> OrderEvent:
        """Emit an execution report without a fill."""
        event = self.order_event(order, execution_type)
        event.reject_reason = reject_reason
        event.orig_client_order_id = orig_client_order_id
        self.sink(event)
        return event

    def order_event(self, order: Order, execution_type: ExecutionType) -> OrderEvent:
        """Make, but do not emit, an execution report of an order as it stands."""
        market = order.market
        execution_id = market.next_execution_id
        market.next_execution_id = execution_id + 1
        return OrderEvent(
            order,
            execution_type,
            order.status,
            self.now,
            execution_id,
            order.client_order_id,
            "",
            order.price,
            order.quantity,
            order.executed_qty,
            order.cumulative_quote_qty,
            order.prevented_qty,
            order.working_time,
            order.trailing_time,
            order.pegged_price,
            order.is_open and order.is_working,
            RejectReason.NONE,
            order.expiry_reason,
            working_floor=order.working_floor,
            used_sor=order.used_sor,
        )

    def close(self, order: Order, status: OrderStatus, reason: ExpiryReason | None = None) -> None:
        """End an order: it leaves book and stops, gives back its funds, and frees its client order id."""
        if order.on_book:
            order.market.book.own(order.is_buy).remove(order)
        elif not order.is_working and order.is_algo:
            order.market.stops.remove(order)
        order.status = status
        order.expiry_reason = reason
        order.is_open = False
        order.update_time = self.now
        if order.locked:
            self.lock(order, 0)
        order.account.close_order(order)

    def flush(self) -> None:
        """Publish book levels and balances that the command changed."""
        now, sink = self.now, self.sink
        for market in self.touched_markets:
            book = market.book
            symbol = market.spec.symbol
            for side in (book.bids, book.asks):
                if side.touched:
                    for price, quantity in side.changes():
                        book.update_id += 1
                        sink(LevelChange(symbol, side.side, price, quantity, book.update_id, now))
        self.touched_markets.clear()
        for account in self.touched_accounts:
            if account.touched:
                account.update_time = now
                free, locked = account.free, account.locked
                sink(
                    AccountPosition(
                        account.account_id, now, [(asset, free[asset], locked[asset]) for asset in account.touched]
                    )
                )
                account.touched.clear()
        self.touched_accounts.clear()
