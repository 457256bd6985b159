"""What the operator of the exchange can do: accounts, commissions, symbols, prices from outside, statuses.

Amounts are text, whole numbers or `Decimal`; a rate of 0.1 % is `"0.001"`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

from binance_wsapi.simulator.access.auth import KeyKind
from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.argument_types import checked
from binance_wsapi.simulator.engine import (
    Account,
    ExchangeFilter,
    MaxAsset,
    Rates,
    Refused,
    SorSpec,
    SymbolStatus,
    filter_from_json,
)
from binance_wsapi.simulator.venue.listing import Listing
from binance_wsapi.simulator.venue.venue import Venue, units

__all__ = ["Number", "Operation"]

Number = str | int | Decimal
RateTable = Rates | Mapping[str, Number]


class Operation:
    """The operator's side of `LocalExchange`."""

    _venue: Venue

    # --- keys and funds --------------------------------------------------------------------------------------------

    @checked
    def register_key(
        self,
        api_key: str,
        kind: KeyKind = "ed25519",
        *,
        public_pem: bytes | None = None,
        secret: str | None = None,
        account: str = "alice",
        permissions: Iterable[str] = ("TRADE", "USER_DATA", "USER_STREAM"),
    ) -> None:
        """Let a key act for an account, which is opened without funds if there is none of this name.

        Args:
            public_pem: the public key of an Ed25519 or RSA key.
            secret: the secret of an HMAC key.
            permissions: what it may do.

        Raises:
            ValueError: the material does not fit the kind of key.
        """
        self._venue.keys.register(
            api_key, kind, account, public_pem=public_pem, secret=secret, permissions=frozenset(permissions)
        )
        self._venue.account(account)

    @checked
    def deposit(self, account: str, asset: str, amount: Number) -> None:
        """Pay funds into an account; it hears a balanceUpdate.

        Raises:
            ValueError: the amount is not a positive decimal number.
        """
        self._venue.deposit(account, asset, amount)

    @checked
    def withdraw(self, account: str, asset: str, amount: Number) -> None:
        """Take free funds out of an account; it hears a balanceUpdate.

        Raises:
            ValueError: the amount is not positive, or not free.
        """
        self._venue.withdraw(account, asset, amount)

    @checked
    def lock(self, account: str, asset: str, amount: Number) -> None:
        """Lock free funds for another system, or release them again; the account hears an externalLockUpdate.

        Args:
            amount: negative to release.

        Raises:
            ValueError: the funds are not free, or were not locked this way.
        """
        number = self._venue.account(account)
        self._venue.run(lambda now: self._venue.engine.external_lock(number, asset, units(amount), now))

    def remember_balances(self) -> None:
        """Let every account have its present balances again after the fault `reset`."""
        self._venue.remember_balances()

    # --- accounts --------------------------------------------------------------------------------------------------

    @checked
    def set_account(
        self,
        account: str = "alice",
        *,
        can_trade: bool | None = None,
        disabled: bool | None = None,
        restricted: Iterable[str] | None = None,
        permissions: Iterable[str] | None = None,
        trade_group: int | None = None,
        max_assets: Mapping[str, Number] | None = None,
    ) -> None:
        """Change what an account may do; what is left out stays. An account that is new is opened without funds.

        Args:
            can_trade: False refuses to place and cancel: "This account may not place or cancel orders."
            disabled: True refuses both: "This action is disabled on this account."
            restricted: symbols on which it may place no order; they replace those of before.
            permissions: as exchangeInfo names them in `permissionSets`: SPOT, TRD_GRP_004, ...
            trade_group: number of the group in which self-trade prevention holds; -1 is none.
            max_assets: the most it may hold of an asset (filter MAX_ASSET).

        Raises:
            ValueError: a symbol is not listed, no listed symbol trades an asset, a permission or a group is none, or an
                amount is no decimal number.
        """
        specs = self._venue.engine.symbols
        permissions = None if permissions is None else tuple(permissions)
        granted = {"SPOT", "MARGIN", "LEVERAGED"}.union(*(each for spec in specs for each in spec.permission_sets))
        traded = {each for spec in specs for each in (spec.base_asset, spec.quote_asset)}
        _check_words("permissions", [each for each in permissions or () if not _is_group(each)], granted)
        _check_words("max_assets", max_assets or (), traded)
        if trade_group is not None and trade_group < -1:
            raise ValueError(f"trade_group must be a number of 0 or more, or -1 for none, got {trade_group}")
        found = self._account(account)
        limits = (
            None if max_assets is None else tuple(MaxAsset(asset, units(most)) for asset, most in max_assets.items())
        )
        symbols = None if restricted is None else {self._symbol(each) for each in restricted}
        if can_trade is not None:
            found.can_trade = can_trade
        if disabled is not None:
            found.disabled = disabled
        if symbols is not None:
            found.restricted = symbols
        if permissions is not None:
            found.permissions = frozenset(permissions)
        if trade_group is not None:
            found.trade_group_id = trade_group
        if limits is not None:
            found.filters = limits

    @checked
    def set_commission(
        self,
        account: str = "alice",
        *,
        symbol: str | None = None,
        standard: RateTable | None = None,
        special: RateTable | None = None,
        tax: RateTable | None = None,
    ) -> None:
        """Set an account's commission rates; a kind that is left out stays.

        Args:
            symbol: only on this symbol; None is every symbol without rates of its own.
            standard, special, tax: `{"maker": "0.001", "taker": "0.001", "buyer": "0", "seller": "0"}`, or `Rates`.

        Raises:
            ValueError: the symbol is not listed, or a rate is unknown or not between 0 and 1.
        """
        found = self._account(account)
        before = found.rates if symbol is None else found.rates_on(self._symbol(symbol))
        given = {"standard": standard, "special": special, "tax": tax}
        rates = replace(before, **{kind: _rates(table) for kind, table in given.items() if table is not None})
        if symbol is None:
            found.rates = rates
        else:
            found.symbol_rates[symbol] = rates

    @checked
    def set_discount(self, account: str = "alice", *, enabled: bool = True, discount: Number = "0.75") -> None:
        """Let an account pay commission in BNB, where it has some and the symbol takes part.

        Args:
            discount: what the standard commission is multiplied by.

        Raises:
            ValueError: discount is not between 0 and 1.
        """
        found = self._account(account)
        found.discount = replace(found.discount, enabled=enabled, discount=_rate("discount", discount))

    @checked
    def expire_order(self, account: str, symbol: str, order_id: int) -> None:
        """Expire an open order on behalf of the exchange (expiry reason EXCHANGE_CANCELED).

        Raises:
            ValueError: the account has no such open order.
        """
        number = self._venue.account(account)
        try:
            self._venue.run(lambda now: self._venue.engine.exchange_cancel(number, symbol, order_id, now))
        except KeyError:
            raise ValueError(f"{account} has no open order {order_id} on {symbol}") from None

    # --- symbols and prices ----------------------------------------------------------------------------------------

    @property
    def listings(self) -> tuple[Listing, ...]:
        """What is traded."""
        return tuple(self._venue.listings.values())

    @checked
    def quote(
        self,
        symbol: str,
        bids: Iterable[tuple[Number, Number]] = (),
        asks: Iterable[tuple[Number, Number]] = (),
    ) -> None:
        """Replace what the market maker offers on a symbol; in a live market it moves on from there.

        Args:
            bids, asks: (price, quantity) pairs.

        Raises:
            ValueError: the best bid reaches the best ask, and nothing changes; or the exchange refuses a level, and those
                before it rest.
        """
        buys, sells = _levels("bids", bids), _levels("asks", asks)
        if buys and sells and max(units(price) for price, _ in buys) >= min(units(price) for price, _ in sells):
            raise ValueError("bids must be below asks: the market maker would trade with itself")
        self._venue.quote(symbol, buys, sells)

    @checked
    def block_trade(self, symbol: str, price: Number, quantity: Number, *, buyer_is_maker: bool = False) -> None:
        """Report a trade agreed off the book, as blockTrades.historical and the stream `<symbol>@blockTrade` show it.

        Raises:
            ValueError: price or quantity is not a positive decimal number.
        """
        self._venue.block_trade(symbol, price, quantity, buyer_is_maker=buyer_is_maker)

    @checked
    def set_status(self, symbol: str, status: str) -> None:
        """Change whether a symbol trades.

        Args:
            status: TRADING, HALT, BREAK, END_OF_DAY or CANCEL_ONLY.

        Raises:
            ValueError: no such status.
        """
        known = [each.value for each in SymbolStatus]
        if status not in known:
            raise ValueError(f"status must be one of {', '.join(known)}, got {status!r}")
        self._venue.set_status(symbol, SymbolStatus(status))

    @checked
    def add_symbol(self, described: Listing | Mapping[str, Any]) -> None:
        """List one more symbol while the exchange runs; the live market leaves it alone.

        Args:
            described: `listing(...)`, or a row under `symbols` of exchangeInfo, filters included, with a `price` of its own.

        Raises:
            ValueError: it is listed already, or the row is malformed.
        """
        if not isinstance(described, Listing):
            row = dict(described)
            price: object = row.get("price", "1")
            if isinstance(price, bool) or not isinstance(price, Number):
                raise ValueError(f"price must be text or a whole number, got {price!r}")
            described = Listing.from_json(row, str(price))
        self._venue.add_symbol(described)

    @checked
    def set_sor(self, base: str, symbols: Iterable[str]) -> None:
        """Let smart order routing join the books of an asset; they replace those it joined before.

        Args:
            symbols: traded against quote assets that are worth the same; none takes the asset out.

        Raises:
            ValueError: a symbol is not a market of the asset.
        """
        self._venue.engine.set_sor(SorSpec(base, tuple(symbols)))

    @checked
    def set_exchange_filters(self, filters: Iterable[ExchangeFilter | Mapping[str, Any]]) -> None:
        """Replace the limits over all symbols.

        Args:
            filters: as `EXCHANGE_MAX_NUM_ORDERS` of exchangeInfo: `{"filterType": ..., "maxNumOrders": 1000}`.

        Raises:
            ValueError: a filter is malformed, or none of the exchange.
        """
        found: list[ExchangeFilter] = []
        for each in filters:
            rule = filter_from_json(dict(each)) if isinstance(each, Mapping) else each
            if not isinstance(rule, ExchangeFilter):
                raise ValueError(f"{rule.filter_type} is no filter of the exchange")
            found.append(rule)
        self._venue.engine.set_exchange_filters(found)

    @checked
    def set_reference_price(self, symbol: str, price: Number | None = None) -> None:
        """Set the reference price of a symbol whose price is calculated outside; None is the null price.

        Raises:
            ValueError: the symbol is listed without such a reference price, or the price is no decimal number.
        """
        value = None if price is None else units(price)
        try:
            self._venue.run(lambda now: self._venue.engine.set_reference_price(symbol, value, now))
        except Refused as refused:
            raise ValueError(f"{symbol} has no reference price from outside: {refused.msg}") from None

    @checked
    def set_conversion(self, currency: str, price: Number | None = None) -> None:
        """Fix the price of BNB in a currency for commissions; None goes back to last prices.

        Raises:
            ValueError: the price is not positive.
        """
        self._venue.engine.set_conversion(currency, None if price is None else units(price))

    # --- the venue itself ------------------------------------------------------------------------------------------

    @checked
    def set_limits(self, figures: LimitRules | Mapping[str, int | float | bool]) -> None:
        """Change rate limits from now on; what is left out of a table stays, and so does what was counted.

        Args:
            figures: by the names of `LimitRules`: `{"weight_per_minute": 100}`.

        Raises:
            ValueError: there is no such figure, or it is negative or of another type.
        """
        limits = self._venue.limits
        if not isinstance(figures, LimitRules | Mapping):
            raise ValueError(f"figures must be a table or LimitRules, got {figures!r}")
        limits.set_rules(figures if isinstance(figures, LimitRules) else _limit_rules(limits.rules, figures))

    @checked
    def set_former_ids(self, findable: bool) -> None:
        """Change whether order.status finds an order by the client order id it had before it was cancelled or amended."""
        self._venue.views.former_ids = findable

    @checked
    def set_pace(
        self,
        *,
        queue_delay: Iterable[float] | None = None,
        ping_every: float | None = None,
        pong_patience: float | None = None,
        lifetime: float | None = None,
    ) -> None:
        """Change how fast the venue is, in seconds; what is left out stays. Connections that are open keep their pings.

        Args:
            queue_delay: least and most that a request waits in front of the matching engine.
            ping_every: between two pings; 0 sends none.
            pong_patience: without a pong until a connection is cut.
            lifetime: until a connection is closed because of its age; 0 is never.

        Raises:
            ValueError: a time is negative, endless or none.
        """
        if queue_delay is not None:
            waits = list(queue_delay)
            if len(waits) != 2:
                raise ValueError(f"queue_delay must be the least and the most seconds, got {waits}")
            queue_delay = (waits[0], waits[1])
        given = {
            "queue_delay": queue_delay,
            "ping_every": ping_every,
            "pong_patience": pong_patience,
            "lifetime": lifetime,
        }
        told: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        self._venue.pace = replace(self._venue.pace, **told)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _account(self, name: str) -> Account:
        return self._venue.engine.account(self._venue.account(name))

    def _symbol(self, symbol: str) -> str:
        if symbol not in self._venue.listings:
            raise ValueError(f"symbol must be one of {', '.join(self._venue.listings)}, got {symbol!r}")
        return symbol


def _limit_rules(before: LimitRules, figures: Mapping[str, Any]) -> LimitRules:
    kinds = {each.name: type(getattr(before, each.name)) for each in fields(LimitRules)}
    for name, value in figures.items():
        if name not in kinds:
            raise ValueError(f"a limit must be one of {', '.join(kinds)}, got {name!r}")
        good = (int, float) if kinds[name] is float else (kinds[name],)
        if type(value) not in good or not 0 <= value < float("inf"):
            raise ValueError(f"{name} must be {kinds[name].__name__} of 0 or more, got {value!r}")
    return replace(before, **figures)


def _levels(side: str, given: Iterable[Any]) -> list[tuple[Number, Number]]:
    levels = list(given)
    for each in levels:
        if not isinstance(each, tuple | list) or len(each) != 2:
            raise ValueError(f"{side} must be pairs of price and quantity, got {each!r}")
    return levels


_is_group = re.compile(r"TRD_GRP_[0-9]{3}").fullmatch


def _check_words(name: str, words: Iterable[str], known: Collection[str]) -> None:
    """Refuse words that mean nothing on this exchange: a setting of them would do nothing."""
    if wrong := [each for each in words if each not in known]:
        raise ValueError(f"{name} must be of {', '.join(sorted(known))}, got {', '.join(map(repr, wrong))}")


def _rates(table: RateTable) -> Rates:
    if isinstance(table, Rates):
        return table
    known = [each.name for each in fields(Rates)]
    if wrong := [name for name in table if name not in known]:
        raise ValueError(f"a rate must be one of {', '.join(known)}, got {wrong[0]!r}")
    return Rates(**{name: _rate(name, value) for name, value in table.items()})


def _rate(name: str, value: Number) -> int:
    found = units(value)
    if not 0 <= found <= 10**8:
        raise ValueError(f"{name} must be between 0 and 1, got {value}")
    return found
