"""What the operator of the exchange can set: accounts, commissions, symbols, prices from outside, statuses.

Each setting is a method of `LocalExchange`, and has the same name and parameters in a scenario file (`[[setting]]`), at the
control endpoint (`POST /settings`) and, as JSON, with the command (`--set`). Amounts are text, whole numbers or `Decimal`; a
rate of 0.1 % is `"0.001"`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from types import NoneType
from typing import Any, Literal, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from binance_wsapi.simulator.access.auth import KeyKind
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

__all__ = ["SETTINGS", "Number", "Operation", "SettingError", "apply", "check_setting"]

Number = str | int | Decimal
RateTable = Rates | Mapping[str, Number]


P = ParamSpec("P")
T = TypeVar("T")


class SettingError(ValueError):
    """A setting is described wrongly; the message says what is wrong."""


# --- types -------------------------------------------------------------------------------------------------------------


def _must_be(hint: Any, value: object) -> str | None:
    """Return what a value must be, by the annotation of its parameter; None where it is."""
    if NoneType in get_args(hint):
        return None if value is None else _must_be(functools.reduce(_either, set(get_args(hint)) - {NoneType}), value)
    kind = get_origin(hint) or hint
    if hint is bool:
        return None if isinstance(value, bool) else "true or false"
    if hint is int:
        return None if type(value) is int else "a whole number"
    if hint is str:
        good = isinstance(value, str) and value and value.isprintable()
        return None if good else "text that is not empty, without control characters"
    if kind is Literal:
        return None if value in get_args(hint) else f"one of {', '.join(get_args(hint))}"
    if hint == Iterable[str]:
        good = isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)
        good = good and not (isinstance(value, Collection) and any(_must_be(str, each) for each in value))
        return None if good else "a list of texts"
    if kind is Iterable:
        return None if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping) else "a list"
    if kind is Mapping:
        return None if isinstance(value, Mapping) else "a table"
    return None  # amounts and listings are read by what takes them


def _either(one: Any, other: Any) -> Any:
    return one | other


def _checked(method: Callable[P, T]) -> Callable[P, T]:
    """Refuse arguments of a wrong type before anything is changed."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        _check_types(method, signature.bind(*args, **kwargs).arguments)
        return method(*args, **kwargs)

    return call


def _check_types(method: Callable[..., Any], arguments: Mapping[str, object]) -> None:
    hints = _hints(inspect.unwrap(method))
    for name, value in arguments.items():
        if name in hints and (wanted := _must_be(hints[name], value)):
            raise ValueError(f"{name} must be {wanted}, got {value!r}")


@functools.cache
def _hints(method: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(method)


class Operation:
    """The operator's side of `LocalExchange`."""

    _venue: Venue

    # --- keys and funds --------------------------------------------------------------------------------------------

    @_checked
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

    @_checked
    def deposit(self, account: str, asset: str, amount: Number) -> None:
        """Pay funds into an account; it hears a balanceUpdate.

        Raises:
            ValueError: the amount is not a positive decimal number.
        """
        self._venue.deposit(account, asset, amount)

    @_checked
    def withdraw(self, account: str, asset: str, amount: Number) -> None:
        """Take free funds out of an account; it hears a balanceUpdate.

        Raises:
            ValueError: the amount is not positive, or not free.
        """
        self._venue.withdraw(account, asset, amount)

    @_checked
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

    @_checked
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
            ValueError: a symbol is not listed, or an amount is no decimal number.
        """
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

    @_checked
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

    @_checked
    def set_discount(self, account: str = "alice", *, enabled: bool = True, discount: Number = "0.75") -> None:
        """Let an account pay commission in BNB, where it has some and the symbol takes part.

        Args:
            discount: what the standard commission is multiplied by.

        Raises:
            ValueError: discount is not between 0 and 1.
        """
        found = self._account(account)
        found.discount = replace(found.discount, enabled=enabled, discount=_rate("discount", discount))

    @_checked
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

    @_checked
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
            ValueError: the exchange refuses a level; the levels before it rest.
        """
        self._venue.quote(symbol, _levels("bids", bids), _levels("asks", asks))

    @_checked
    def block_trade(self, symbol: str, price: Number, quantity: Number, *, buyer_is_maker: bool = False) -> None:
        """Report a trade agreed off the book, as blockTrades.historical and the stream `<symbol>@blockTrade` show it.

        Raises:
            ValueError: price or quantity is not a positive decimal number.
        """
        self._venue.block_trade(symbol, price, quantity, buyer_is_maker=buyer_is_maker)

    @_checked
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

    @_checked
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

    @_checked
    def set_sor(self, base: str, symbols: Iterable[str]) -> None:
        """Let smart order routing join the books of an asset; they replace those it joined before.

        Args:
            symbols: traded against quote assets that are worth the same; none takes the asset out.

        Raises:
            ValueError: a symbol is not a market of the asset.
        """
        self._venue.engine.set_sor(SorSpec(base, tuple(symbols)))

    @_checked
    def set_exchange_filters(self, filters: Iterable[ExchangeFilter | Mapping[str, Any]]) -> None:
        """Replace the limits over all symbols.

        Args:
            filters: as `EXCHANGE_MAX_NUM_ORDERS` of exchangeInfo: `{"filterType": ..., "maxNumOrders": 1000}`.

        Raises:
            ValueError: a filter is malformed, or none of the exchange.
        """
        found = [filter_from_json(dict(each)) if isinstance(each, Mapping) else each for each in filters]
        if wrong := [each for each in found if not isinstance(each, get_args(ExchangeFilter))]:
            raise ValueError(f"{wrong[0].filter_type} is no filter of the exchange")
        self._venue.engine.set_exchange_filters(found)  # type: ignore[arg-type]

    @_checked
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

    @_checked
    def set_conversion(self, currency: str, price: Number | None = None) -> None:
        """Fix the price of BNB in a currency for commissions; None goes back to last prices.

        Raises:
            ValueError: the price is not positive.
        """
        self._venue.engine.set_conversion(currency, None if price is None else units(price))

    # --- inside ----------------------------------------------------------------------------------------------------

    def _account(self, name: str) -> Account:
        return self._venue.engine.account(self._venue.account(name))

    def _symbol(self, symbol: str) -> str:
        if symbol not in self._venue.listings:
            raise ValueError(f"symbol must be one of {', '.join(self._venue.listings)}, got {symbol!r}")
        return symbol


def _levels(side: str, given: Iterable[Any]) -> list[tuple[Number, Number]]:
    levels = list(given)
    for each in levels:
        if not isinstance(each, tuple | list) or len(each) != 2:
            raise ValueError(f"{side} must be pairs of price and quantity, got {each!r}")
    return levels


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


# --- by name -----------------------------------------------------------------------------------------------------------

SETTINGS: dict[str, Callable[..., None]] = {
    "deposit": Operation.deposit,
    "withdraw": Operation.withdraw,
    "lock": Operation.lock,
    "account": Operation.set_account,
    "commission": Operation.set_commission,
    "discount": Operation.set_discount,
    "expire_order": Operation.expire_order,
    "quote": Operation.quote,
    "block_trade": Operation.block_trade,
    "status": Operation.set_status,
    "reference_price": Operation.set_reference_price,
    "conversion": Operation.set_conversion,
    "symbol": Operation.add_symbol,
    "sor": Operation.set_sor,
    "exchange_filters": Operation.set_exchange_filters,
}
"""Settings by the name they have in a scenario and at the control endpoint."""


def check_setting(setting: object) -> tuple[str, dict[str, Any]]:
    """Return a setting's name and parameters.

    Raises:
        SettingError: there is no such setting, or a parameter is unknown or missing.
    """
    if not isinstance(setting, Mapping):
        raise SettingError("a setting is a table with its name under `setting`")
    name = setting.get("setting")
    if not isinstance(name, str) or name not in SETTINGS:
        raise SettingError(f"setting must be one of {', '.join(SETTINGS)}, got {name!r}")
    params = {key: value for key, value in setting.items() if key != "setting"}
    takes = list(inspect.signature(SETTINGS[name]).parameters.values())[1:]
    known = [each.name for each in takes]
    if wrong := [key for key in params if key not in known]:
        raise SettingError(f"{name} takes {', '.join(known)}, not {wrong[0]!r}")
    if absent := [each.name for each in takes if each.default is each.empty and each.name not in params]:
        raise SettingError(f"{name} needs {', '.join(absent)}")
    try:
        _check_types(SETTINGS[name], params)
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None
    return name, params


def apply(exchange: Operation, setting: object) -> None:
    """Make a setting.

    Raises:
        SettingError: it is described wrongly, or cannot be.
    """
    name, params = check_setting(setting)
    try:
        SETTINGS[name](exchange, **params)
    except Refused as refused:
        raise SettingError(f"{name}: {refused.msg}") from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise SettingError(f"{name}: {error}") from None
