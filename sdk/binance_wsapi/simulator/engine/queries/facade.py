"""What can be asked of the engine. Answers are the engine's own objects: read them before the next command."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import StpMode, SymbolStatus
from binance_wsapi.simulator.engine.model.events import PreventedMatch
from binance_wsapi.simulator.engine.model.filters import ExchangeFilter
from binance_wsapi.simulator.engine.model.order import Amendment, Order, OrderList
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import (
    CommissionRates,
    Discount,
    Fill,
    OrderRequest,
    Refused,
    SymbolSpec,
)
from binance_wsapi.simulator.engine.queries import packing
from binance_wsapi.simulator.engine.queries import reads as queries

__all__ = ["Questions", "no_reference"]


def no_reference() -> Refused:
    """Return the refusal for a symbol without a reference price."""
    return Refused(-2043, "This symbol doesn't have a reference price.")


class Questions:
    """The questions of an `Engine`. Methods raise `Refused` like the commands."""

    _state: State

    @property
    def symbols(self) -> list[SymbolSpec]:
        """All symbols as listed; for the present status ask `status`."""
        return [market.spec for market in self._state.markets.values()]

    @property
    def exchange_filters(self) -> tuple[ExchangeFilter, ...]:
        return self._state.exchange_filters

    def status(self, symbol: str) -> SymbolStatus:
        """Return whether a symbol trades."""
        return self._state.market(symbol).status

    def unpack_order(self, packed: list[Any]) -> Order:
        """Return the order that `pack_order` made a row of."""
        return packing.unpack_order(packed, self._state.accounts, self._state.markets)

    def unpack_list(self, packed: list[Any]) -> OrderList:
        """Return the order list that `pack_list` made a row of."""
        return packing.unpack_list(packed, self._state.accounts, self._state.markets)

    def spec(self, symbol: str) -> SymbolSpec:
        """Return a symbol's specification."""
        return self._state.market(symbol).spec

    def account(self, account_id: int) -> Account:
        """Return an account: its balances, rates, groups and filters. `can_trade` and `disabled` may be set on it."""
        return self._state.account(account_id)

    def balances(self, account_id: int) -> dict[str, tuple[int, int]]:
        """Return (free, locked) by asset."""
        account = self._state.account(account_id)
        return {asset: (account.free[asset], account.locked[asset]) for asset in account.free}

    def balances_changed(self, account_id: int) -> int:
        """Return when the balances changed last, in microseconds."""
        return self._state.account(account_id).update_time

    def collected(self) -> dict[str, int]:
        """Return the commissions taken so far, by asset."""
        return dict(self._state.collected)

    def desk(self) -> dict[str, int]:
        """Return what smart order routing left on the exchange's own account, by asset; it may be negative."""
        return dict(self._state.desk)

    def depth(self, symbol: str, limit: int | None = None) -> tuple[int, list[tuple[int, int]], list[tuple[int, int]]]:
        """Return (last update id, bids, asks); levels are (price, quantity), best first."""
        book = self._state.market(symbol).book
        return book.update_id, book.bids.depth(limit), book.asks.depth(limit)

    def last_price(self, symbol: str) -> int | None:
        """Return the price of the last trade."""
        return self._state.market(symbol).last_price or None

    def reference_price(self, symbol: str, now: int) -> tuple[int | None, int]:
        """Return (reference price or None, the time at which it was valid).

        Raises:
            Refused: -2043, there never was one.
        """
        market = self._state.market(symbol)
        if market.reference is not None:
            return market.reference.at(now), now
        if market.external_price_time < 0:
            raise no_reference()
        return market.external_price, market.external_price_time

    def commission_rates(self, account_id: int, symbol: str) -> tuple[CommissionRates, Discount]:
        """Return an account's rates on a symbol and its discount (account.commission)."""
        account = self._state.account(account_id)
        return account.rates_on(self._state.market(symbol).spec.symbol), account.discount

    def stp_mode(self, request: OrderRequest) -> StpMode:
        """Return the self-trade prevention mode an order would get."""
        if request.stp_mode is not None:
            return request.stp_mode
        return self._state.market(request.symbol).spec.default_stp_mode

    def order(
        self,
        account_id: int,
        symbol: str,
        now: int,
        *,
        order_id: int | None = None,
        orig_client_order_id: str | None = None,
    ) -> Order:
        """Return one order (order.status)."""
        state = self._state
        return queries.find_order(
            state.account(account_id),
            state.market(symbol),
            order_id,
            orig_client_order_id,
            now,
            former_ids=state.former_ids_findable,
        )

    def open_orders(self, account_id: int, symbol: str | None = None) -> list[Order]:
        """Return open orders of one symbol or all (openOrders.status), by symbol in listing order, then by id."""
        state = self._state
        account = state.account(account_id)
        if symbol is not None:
            return list(account.record(state.market(symbol).spec.symbol).open.values())
        return [
            order for name in state.markets if name in account.records for order in account.records[name].open.values()
        ]

    def all_orders(
        self,
        account_id: int,
        symbol: str,
        now: int,
        *,
        order_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[Order]:
        """Return orders of a symbol, archived ones left out (allOrders)."""
        state = self._state
        return queries.all_orders(
            state.account(account_id), state.market(symbol), now, order_id, start_time, end_time, limit
        )

    def order_list(
        self, account_id: int, *, order_list_id: int | None = None, list_client_order_id: str | None = None
    ) -> OrderList:
        """Return one order list (orderList.status)."""
        return queries.find_list(self._state.account(account_id), order_list_id, list_client_order_id)

    def open_order_lists(self, account_id: int) -> list[OrderList]:
        """Return open order lists (openOrderLists.status)."""
        return list(self._state.account(account_id).open_lists.values())

    def all_order_lists(
        self,
        account_id: int,
        *,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[OrderList]:
        """Return order lists (allOrderLists)."""
        return queries.order_lists(self._state.account(account_id), from_id, start_time, end_time, limit)

    def my_trades(
        self,
        account_id: int,
        symbol: str,
        *,
        order_id: int | None = None,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[Fill]:
        """Return an account's trades (myTrades)."""
        state = self._state
        return queries.trades(
            state.account(account_id), state.market(symbol), order_id, from_id, start_time, end_time, limit
        )

    def allocations(
        self,
        account_id: int,
        symbol: str,
        *,
        order_id: int | None = None,
        from_id: int | None = None,
        start_time: int | None = None,
        end_time: int | None = None,
        limit: int = 500,
    ) -> list[Fill]:
        """Return an account's allocations (myAllocations)."""
        state = self._state
        return queries.allocations(
            state.account(account_id), state.market(symbol), order_id, from_id, start_time, end_time, limit
        )

    def prevented_matches(
        self,
        account_id: int,
        symbol: str,
        *,
        prevented_match_id: int | None = None,
        order_id: int | None = None,
        from_id: int | None = None,
        limit: int = 500,
    ) -> list[PreventedMatch]:
        """Return prevented matches (myPreventedMatches)."""
        state = self._state
        return queries.prevented_matches(
            state.account(account_id), state.market(symbol), prevented_match_id, order_id, from_id, limit
        )

    def amendments(
        self,
        account_id: int,
        symbol: str,
        order_id: int,
        now: int,
        *,
        from_execution_id: int | None = None,
        limit: int = 500,
    ) -> list[Amendment]:
        """Return the amendments of one order (order.amendments)."""
        return queries.amendments(self.order(account_id, symbol, now, order_id=order_id), from_execution_id, limit)
