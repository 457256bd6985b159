"""The exchange without its sockets: engine, accounts by name, keys, and who hears what happens.

Everything that changes the engine goes through `Venue.run`, which gives the command its time and, when it is done,
lets the listeners hear the events in order. A listener may read the engine and write to sockets, but never trades.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from typing import TypeVar

from binance_wsapi.simulator.access.auth import KeyRing
from binance_wsapi.simulator.access.limits import LimitRules, Limits
from binance_wsapi.simulator.access.listen_tokens import ListenTokens
from binance_wsapi.simulator.archive import Archive
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import (
    CancelResult,
    CommissionRates,
    Discount,
    Engine,
    Event,
    ExchangeFilter,
    ExecutionType,
    ListEvent,
    OrderEvent,
    OrderRequest,
    OrderType,
    Rates,
    Refused,
    Side,
    SorSpec,
    StpMode,
    SymbolStatus,
    TimeInForce,
    TradeEvent,
    client_order_ids,
    parse,
)
from binance_wsapi.simulator.venue.history import KEPT, History
from binance_wsapi.simulator.venue.listing import DEFAULT_BALANCES, EXCHANGE_FILTERS, LISTINGS, SORS, Listing
from binance_wsapi.simulator.venue.pace import Pace
from binance_wsapi.simulator.venue.prevented import PreventedMatches
from binance_wsapi.simulator.venue.trade_tape import BlockTrade, Tape
from binance_wsapi.simulator.venue.views import Views

__all__ = ["MAKER", "TAKER", "Listener", "Venue"]

MAKER = "market-maker"
"""The account behind `LocalExchange.quote` and the live market."""
TAKER = "market-taker"
PLENTY = "1000000000000000"
"""Of each asset on both accounts: also of one of which a billion is worth no order."""

Listener = Callable[[Event], None]
T = TypeVar("T")

STANDARD = CommissionRates(Rates(maker=100_000, taker=100_000))
"""0.1 % for both sides."""


def units(number: object) -> int:
    """Return a number in units of 1/10**8.

    Raises:
        TypeError: it is a float, or no number at all.
        ValueError: it is not a plain decimal number, or has more than eight places.
    """
    if isinstance(number, Decimal):
        return parse(format(number, "f"))
    if isinstance(number, (int, str)) and not isinstance(number, bool):
        return parse(str(number))
    raise TypeError(f"an amount is a str, an int or a Decimal, not {number!r}")


class Venue:
    """Engine, accounts and keys.

    Attributes:
        settled: called when a command is done and all its events are told.
        opened: called with name and number of each new account.
        blocks: called with each block trade.
        forgetting: called when everything is reset.
        later: calls back after so many seconds, and returns what prevents it; set by the server.
        archive: what is over, on disk.
        pace: how fast it is; may be replaced.
        no_trading_until: the event loop's time until which no order is taken.

    Args:
        seed: of everything that is left to chance.
        listings: what is traded.
        lag, former_ids: see `Views`.
        limits: see `LimitRules`.
        sors: which books smart order routing joins, if all are listed.
        exchange_filters: limits over all symbols.
        keep: ended orders, fills and lists in memory; those before are on disk.
        past_days: how far back candles reach.
    """

    def __init__(
        self,
        clock: Clock,
        seed: int,
        listings: Iterable[Listing] = LISTINGS,
        *,
        lag: tuple[float, float] = (0.0, 0.0),
        former_ids: bool = True,
        limits: LimitRules | None = None,
        sors: Iterable[SorSpec] = SORS,
        exchange_filters: Iterable[ExchangeFilter] = EXCHANGE_FILTERS,
        keep: int = KEPT,
        past_days: int = 0,
        pace: Pace | None = None,
    ) -> None:
        self.clock = clock
        self.pace = pace or Pace()
        self._past = (seed, past_days)
        self.random = random.Random(seed)
        self.listings = {each.spec.symbol: each for each in listings}
        self.keys = KeyRing()
        self.tokens = ListenTokens(random.Random(f"listen tokens {seed}").randbytes)
        self._listeners: dict[type[Event] | ExecutionType, list[Listener]] = {}
        self.settled: list[Callable[[], None]] = []
        self.opened: list[Callable[[str, int], None]] = []
        self.blocks: list[Callable[[BlockTrade], None]] = []
        self.forgetting: list[Callable[[], None]] = []
        self.no_trading_until = 0.0
        self.later: Callable[[float, Callable[[], object]], Callable[[], None]]
        self._heard: list[Event] = []
        listed = set(self.listings)
        self.engine = Engine(
            [each.spec for each in self.listings.values()],
            self._heard.append,
            new_id=client_order_ids(seed),
            sors=[sor for sor in sors if listed.issuperset(sor.symbols)],
            exchange_filters=exchange_filters,
            keeps_history=False,
        )
        for each in self.listings.values():
            self.engine.set_opening_price(each.spec.symbol, each.opening_price)
        self.limits = Limits(clock, limits or LimitRules())
        self.listen(self.limits.hear, ExecutionType.TRADE)
        self.archive = Archive()
        self.tape = Tape(self.archive)
        for each in self.listings.values():
            self.tape.add(each.spec.symbol, each.past(*self._past))
        self.listen(self.tape.hear, TradeEvent)
        self.accounts: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self.open_account("alice", DEFAULT_BALANCES)
        assets = {asset for each in self.listings.values() for asset in (each.spec.base_asset, each.spec.quote_asset)}
        for name in (MAKER, TAKER):
            self.open_account(name, dict.fromkeys(sorted(assets), PLENTY), rates=CommissionRates())
        self.own_accounts = frozenset({self.accounts[MAKER], self.accounts[TAKER]})
        history = History(self.engine, self.archive, keep)
        chance = random.Random(f"views {seed}")
        self.views = Views(self.engine, clock, history, chance, lag, self.own_accounts, former_ids)
        self.listen(self.views.hear, OrderEvent, ListEvent)
        self.settled.append(self.views.settle)
        self.prevented = PreventedMatches(self.archive, keep)
        self.listen(self.prevented.hear, ExecutionType.TRADE_PREVENTION)

    # --- accounts --------------------------------------------------------------------------------------------------

    def open_account(
        self, name: str, balances: dict[str, str] | None = None, *, rates: CommissionRates = STANDARD
    ) -> int:
        """Open an account by name; return its number."""
        if name in self.accounts:
            raise ValueError(f"there is an account {name!r} already")
        number = self.accounts[name] = 1 + len(self.accounts)
        self.names[number] = name
        amounts = {asset: parse(amount) for asset, amount in (balances or {}).items()}
        self.engine.open_account(number, amounts, rates=rates, discount=Discount())
        for each in self.opened:
            each(name, number)
        return number

    def account(self, name: str) -> int:
        """Return the number of an account, opening it without funds if there is none of this name."""
        number = self.accounts.get(name)
        return self.open_account(name) if number is None else number

    def deposit(self, name: str, asset: str, amount: object) -> None:
        """Pay funds into an account."""
        number = self.account(name)
        self.run(lambda now: self.engine.deposit(number, asset, units(amount), now))

    def withdraw(self, name: str, asset: str, amount: object) -> None:
        """Take free funds out of an account."""
        number = self.account(name)
        self.run(lambda now: self.engine.withdraw(number, asset, units(amount), now))

    @property
    def trading_stopped(self) -> bool:
        """Whether no order is taken now."""
        return bool(self.no_trading_until) and self.clock.loop_time() < self.no_trading_until

    def remember_balances(self) -> None:
        """Let every account have its present balances again after a reset."""
        for number in self.names:
            self.engine.account(number).remember_balances()

    def reset(self) -> None:
        """Delete orders, trades and counts; balances are what they were at the start. Accounts, keys and clock stay."""
        self.run(lambda _now: self.engine.reset())
        self.tape.forget()
        self.views.forget()
        self.prevented.forget()
        self.limits.forget()
        for each in self.forgetting:
            each()

    # --- commands --------------------------------------------------------------------------------------------------

    def run(self, command: Callable[[int], T]) -> T:
        """Run a command of the engine at the present time, then tell what happened."""
        try:
            return command(self.clock.engine_us())
        finally:
            self._tell()

    def listen(self, listener: Listener, *kinds: type[Event] | ExecutionType) -> None:
        """Let a listener hear every event of some kinds, in order; it may trust the kinds.

        Args:
            kinds: types of events, and types of execution for reports of orders that tell one of these alone.
        """
        for kind in kinds:
            for each in ExecutionType if kind is OrderEvent else (kind,):
                self._listeners.setdefault(each, []).append(listener)

    def _tell(self) -> None:
        heard = list(self._heard)
        self._heard.clear()
        listeners = self._listeners
        for event in heard:
            for listener in listeners.get(event.execution_type if type(event) is OrderEvent else type(event), ()):
                listener(event)
        for each in self.settled:
            each()

    def quote(self, symbol: str, bids: Iterable[tuple[object, object]], asks: Iterable[tuple[object, object]]) -> None:
        """Replace the market maker's resting orders on a symbol.

        Args:
            bids, asks: (price, quantity) pairs as text, int or Decimal.

        Raises:
            ValueError: the symbol does not trade, and its quotes stay; or the exchange refuses a level, and those before it
                rest.
        """
        number = self.accounts[MAKER]
        if (status := self.engine.status(symbol)) is not SymbolStatus.TRADING:
            raise ValueError(f"{symbol} must be TRADING to be quoted, got {status}")
        self.clear(symbol)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for price, quantity in levels:
                request = OrderRequest(
                    symbol,
                    side,
                    OrderType.LIMIT,
                    units(quantity),
                    units(price),
                    TimeInForce.GTC,
                    stp_mode=StpMode.EXPIRE_MAKER,
                )
                try:
                    self.run(lambda now, request=request: self.engine.place(number, request, now))  # type: ignore[misc]
                except Refused as refused:
                    raise ValueError(f"cannot quote {quantity} at {price} on {symbol}: {refused.msg}") from None

    def add_symbol(self, listing: Listing) -> None:
        """List a symbol; the market maker and taker have money for it, but the live market leaves it alone.

        Raises:
            ValueError: it is listed already.
        """
        spec = listing.spec
        self.engine.add_symbol(spec)
        self.engine.set_opening_price(spec.symbol, listing.opening_price)
        self.listings[spec.symbol] = listing
        self.tape.add(spec.symbol, listing.past(*self._past))
        for number in self.own_accounts:
            for asset in (spec.base_asset, spec.quote_asset):
                if not any(self.engine.balances(number)[asset]):
                    self.run(partial(self.engine.deposit, number, asset, units(PLENTY)))

    def block_trade(self, symbol: str, price: object, quantity: object, *, buyer_is_maker: bool) -> None:
        """Report a block trade; no balance changes."""
        rows = self.tape[self.engine.spec(symbol).symbol].blocks
        amounts = units(price), units(quantity)
        if min(amounts) <= 0:
            raise ValueError(f"a block trade has a positive price and quantity, not {quantity} at {price}")
        trade = BlockTrade(symbol, len(rows), *amounts, self.clock.engine_us(), buyer_is_maker)
        rows.append(trade)
        for each in self.blocks:
            each(trade)

    def clear(self, symbol: str) -> None:
        """Cancel the market maker's orders on a symbol."""
        number = self.accounts[MAKER]
        if self.engine.open_orders(number, symbol):
            self._cancel_all(number, symbol)

    def set_status(self, symbol: str, status: SymbolStatus) -> None:
        """Change whether a symbol trades."""
        self.run(lambda now: self.engine.set_status(symbol, status, now))

    def _cancel_all(self, number: int, symbol: str) -> list[CancelResult]:
        return self.run(lambda now: self.engine.cancel_all(number, symbol, now))
