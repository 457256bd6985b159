"""Commissions: what a fill costs, and in which asset (commission_faq).

Three kinds are added up: standard, special and tax, each at (maker or taker) + (buyer or seller). They are due in the
asset received. An account with the discount enabled pays in the discount asset (BNB) instead if it has enough of it
free; then the standard commission, and only that, is multiplied by the discount.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.numbers import SCALE, take_rate
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import Rates

__all__ = ["commission_due", "price_of"]


def _rate(rates: Rates, is_buy: bool, is_maker: bool) -> int:
    return (rates.maker if is_maker else rates.taker) + (rates.buyer if is_buy else rates.seller)


def price_of(state: State, asset: str, currency: str) -> tuple[int, int] | None:
    """Return the price of one unit of `asset` in `currency` as a fraction, None if there is none.

    A conversion set by hand comes first, then the shortest way over symbols that have a price: BNB in BTC by the prices of
    BNBUSDT and BTCUSDT, if there is no BNBBTC.
    """
    fixed = state.conversions.get(currency)
    if fixed is not None:
        return fixed, SCALE
    way = state.ways.get((asset, currency)) or _find_way(state, asset, currency)
    if not way:
        return None
    state.ways[asset, currency] = way
    numerator = denominator = 1
    for step in pairwise(way):
        price = _direct(state, *step)
        assert price is not None  # a price that is known stays known until a reset, which forgets the ways
        numerator, denominator = numerator * price[0], denominator * price[1]
    return numerator, denominator


def _find_way(state: State, asset: str, currency: str) -> list[str]:
    """Return the assets to go through, the shortest way of them, empty if there is none."""
    ways, seen = deque([[asset]]), {asset}
    while ways:
        way = ways.popleft()
        for third in state.partners.get(way[-1], ()):
            if third not in seen and _direct(state, way[-1], third) is not None:
                seen.add(third)
                if third == currency:
                    return [*way, third]
                ways.append([*way, third])
    return []


def _direct(state: State, asset: str, currency: str) -> tuple[int, int] | None:
    straight = state.pairs.get((asset, currency))
    if straight is not None and straight.known_price:
        return straight.known_price, SCALE
    inverse = state.pairs.get((currency, asset))
    if inverse is not None and inverse.known_price:
        return SCALE, inverse.known_price
    return None


def _converted(amount: int, rate: int, price: tuple[int, int], unit: int) -> int:
    """amount * rate / price, rounded half up to a multiple of unit."""
    numerator, denominator = price
    top = amount * rate * denominator * 2
    step = SCALE * numerator * unit
    return (top + step) // (2 * step) * unit


def commission_due(
    state: State, account: Account, market: Market, is_buy: bool, is_maker: bool, received: int
) -> tuple[int, str]:
    """Return amount and asset of the commission on a fill.

    Args:
        received: amount of the asset the account receives, before commission.
    """
    spec = market.spec
    asset = spec.base_asset if is_buy else spec.quote_asset
    rates = account.symbol_rates.get(spec.symbol, account.rates)
    standard = _rate(rates.standard, is_buy, is_maker)
    special = _rate(rates.special, is_buy, is_maker)
    tax = _rate(rates.tax, is_buy, is_maker)
    if not (standard or special or tax):
        return 0, asset
    unit: int = 10 ** (8 - (spec.base_commission_precision if is_buy else spec.quote_commission_precision))
    discount = account.discount
    if discount.enabled and spec.discount_enabled:
        reduced = standard * discount.discount
        if asset == discount.asset:
            due = take_rate(received, reduced, unit * SCALE) // SCALE if reduced else 0
            return due + take_rate(received, special, unit) + take_rate(received, tax, unit), asset
        price = price_of(state, discount.asset, asset)
        if price is not None:
            due = (
                _converted(received, reduced, (price[0] * SCALE, price[1]), 1)
                + _converted(received, special, price, 1)
                + _converted(received, tax, price, 1)
            )
            if due <= account.free.get(discount.asset, 0):
                return due, discount.asset
    return (
        take_rate(received, standard, unit) + take_rate(received, special, unit) + take_rate(received, tax, unit),
        asset,
    )
