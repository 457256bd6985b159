"""Running the exchange, as opposed to trading on it: listing, accounts, funds, prices from outside, and time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from binance_wsapi.simulator.engine.commands import cascade
from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import SymbolStatus
from binance_wsapi.simulator.engine.model.events import (
    BalanceUpdate,
    ExternalLockUpdate,
    ReferencePriceEvent,
    SymbolStatusEvent,
)
from binance_wsapi.simulator.engine.model.filters import ExchangeFilter, MaxAsset
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import CommissionRates, Discount, SorSpec, SymbolSpec
from binance_wsapi.simulator.engine.queries.facade import Questions, no_reference

__all__ = ["Operator"]


class Operator(Questions):
    """The exchange's side of an `Engine`.

    Attributes:
        sors: which books smart order routing joins.
    """

    sors: tuple[SorSpec, ...]

    def add_symbol(self, spec: SymbolSpec) -> None:
        """List a symbol.

        Raises:
            ValueError: it is listed already.
        """
        state = self._state
        if spec.symbol in state.markets:
            raise ValueError(f"{spec.symbol} is listed already")
        market = Market(spec)
        state.markets[spec.symbol] = market
        state.pairs.setdefault((spec.base_asset, spec.quote_asset), market)
        state.partners.setdefault(spec.base_asset, []).append(spec.quote_asset)
        state.partners.setdefault(spec.quote_asset, []).append(spec.base_asset)
        for account in state.accounts.values():
            account.ensure(spec.base_asset)
            account.ensure(spec.quote_asset)

    def set_sor(self, sor: SorSpec) -> None:
        """Join the books of a base asset for smart order routing; those of before stand alone again.

        Raises:
            ValueError: a symbol is not listed, or not a market of the asset.
        """
        markets = self._state.markets
        joined = [markets[symbol] for symbol in sor.symbols if symbol in markets]
        if len(joined) != len(sor.symbols) or any(m.spec.base_asset != sor.base_asset for m in joined):
            raise ValueError(f"smart order routing of {sor.base_asset} names a symbol that is not a market of it")
        others = []
        for each in self.sors:
            if each.base_asset == sor.base_asset:
                for symbol in each.symbols:
                    markets[symbol].peers = []
            else:
                others.append(each)
        for market in joined:
            market.peers = [market, *(other for other in joined if other is not market)]
        self.sors = (*others, sor) if joined else tuple(others)

    def set_exchange_filters(self, filters: Iterable[ExchangeFilter]) -> None:
        """Replace the limits over all symbols."""
        self._state.exchange_filters = tuple(filters)

    def open_account(
        self,
        account_id: int,
        balances: Mapping[str, int] | None = None,
        *,
        rates: CommissionRates | None = None,
        symbol_rates: Mapping[str, CommissionRates] | None = None,
        discount: Discount | None = None,
        trade_group_id: int = -1,
        permissions: Iterable[str] = ("SPOT",),
        filters: Iterable[MaxAsset] = (),
    ) -> Account:
        """Open an account.

        Args:
            balances: free funds by asset, in units of 1/10**8.
            rates: commission rates, zero if left out.
            symbol_rates: rates of single symbols.

        Raises:
            ValueError: the id is taken, or a balance is negative.
        """
        state = self._state
        if account_id in state.accounts:
            raise ValueError(f"account {account_id} is open already")
        account = Account(
            account_id,
            rates=rates or CommissionRates(),
            symbol_rates=dict(symbol_rates or {}),
            discount=discount or Discount(),
            trade_group_id=trade_group_id,
            permissions=frozenset(permissions),
            filters=tuple(filters),
            keeps_history=state.keeps_history,
        )
        for market in state.markets.values():
            account.ensure(market.spec.base_asset)
            account.ensure(market.spec.quote_asset)
        for asset, amount in (balances or {}).items():
            if amount < 0:
                raise ValueError(f"negative balance of {asset}")
            account.ensure(asset)
            account.free[asset] = account.opened_with[asset] = amount
        state.accounts[account_id] = account
        return account

    def reset(self) -> None:
        """Delete every order and trade; accounts have what they were opened with, ids begin anew. No event tells of it."""
        state = self._state
        for market in state.markets.values():
            fresh = Market(market.spec)
            fresh.status = market.status
            for slot in Market.__slots__:
                if slot not in ("peers", "opening_price"):
                    setattr(market, slot, getattr(fresh, slot))
        for account in state.accounts.values():
            account.reset()
        state.next_list_id = 1
        for each in (
            state.collected,
            state.desk,
            state.printed,
            state.touched_accounts,
            state.touched_markets,
            state.ways,
        ):
            each.clear()

    def set_status(self, symbol: str, status: SymbolStatus, now: int) -> None:
        """Change whether a symbol trades. Its open orders stay."""
        self._at(now)
        market = self._state.market(symbol)
        if market.status is not status:
            market.status = status
            self._state.sink(SymbolStatusEvent(symbol, status, now))

    def set_opening_price(self, symbol: str, price: int) -> None:
        """Set the price at which commissions are converted to the discount asset before the first trade of a symbol."""
        self._state.market(symbol).opening_price = price

    def set_conversion(self, currency: str, price: int | None) -> None:
        """Fix the price of the discount asset in a currency for commissions; None goes back to last prices."""
        if price is None:
            self._state.conversions.pop(currency, None)
        elif price <= 0:
            raise ValueError("a price is positive")
        else:
            self._state.conversions[currency] = price

    def set_reference_price(self, symbol: str, price: int | None, now: int) -> None:
        """Set the reference price of a symbol whose price is calculated outside the engine; None is the null price.

        Raises:
            Refused: -2043, its reference price does not come from outside.
        """
        self._at(now)
        market = self._state.market(symbol)
        setup = market.spec.reference_price
        if setup is None or setup.external_calculation_id is None:
            raise no_reference()
        market.external_price, market.external_price_time = price, now
        self._report_reference(market)

    def advance(self, now: int) -> None:
        """Let time pass: reference prices that changed because trades left their window are reported."""
        self._at(now)
        for market in self._state.markets.values():
            if market.reference is not None:
                self._report_reference(market)

    def deposit(self, account_id: int, asset: str, amount: int, now: int) -> None:
        """Add funds (balanceUpdate).

        Raises:
            ValueError: the amount is not positive.
        """
        if amount <= 0:
            raise ValueError("a deposit is positive")
        self._change_balance(account_id, asset, amount, now)

    def withdraw(self, account_id: int, asset: str, amount: int, now: int) -> None:
        """Take out free funds (balanceUpdate).

        Raises:
            ValueError: the amount is not positive, or not free.
        """
        if amount <= 0 or amount > self._state.account(account_id).free.get(asset, 0):
            raise ValueError("a withdrawal is positive and not more than the free balance")
        self._change_balance(account_id, asset, -amount, now)

    def _change_balance(self, account_id: int, asset: str, delta: int, now: int) -> None:
        state = self._at(now)
        account = state.account(account_id)
        account.ensure(asset)
        account.free[asset] += delta
        account.touched[asset] = None
        state.touched_accounts[account] = None
        state.sink(BalanceUpdate(account_id, asset, delta, now))
        self._finish()

    def external_lock(self, account_id: int, asset: str, delta: int, now: int) -> None:
        """Lock (positive) or release (negative) funds for another system (externalLockUpdate).

        Raises:
            ValueError: less is free, or less was locked this way.
        """
        state = self._at(now)
        account = state.account(account_id)
        held = account.external.get(asset, 0) + delta
        if not delta or held < 0 or delta > account.free.get(asset, 0):
            raise ValueError("no such funds to lock or release")
        account.lock(asset, delta)
        account.external[asset] = held
        state.touched_accounts[account] = None
        state.sink(ExternalLockUpdate(account_id, asset, delta, now))
        self._finish()

    def _at(self, now: int) -> State:
        state = self._state
        if now < state.now:
            raise ValueError(f"time goes backwards: {now} after {state.now}")
        state.now = now
        return state

    def _finish(self) -> None:
        state = self._state
        if cascade.is_due(state):
            cascade.run(state)
        state.flush()

    def _report_reference(self, market: Market) -> None:
        price = market.reference_price(self._state.now)
        if price != market.reported_reference:
            market.reported_reference = price
            self._state.sink(ReferencePriceEvent(market.spec.symbol, price, self._state.now))
