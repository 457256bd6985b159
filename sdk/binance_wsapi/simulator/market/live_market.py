"""A market that moves by itself: a maker keeps a ladder of orders around a wandering price, a taker trades into it.

Each symbol takes a step at random moments. In a step its price wanders a little (drawn back to where it opened), the
maker moves its ladder there, trading with every order in its way, and often the taker buys or sells something.
A pair of two assets that both trade against the dollar follows those two, so that prices fit together.

Everything comes from the seed. Steps are planned in time counted from the start, and a timer that is late changes
neither their order nor what they draw. Each step draws its sizes from a source of its own, all of them, so what other
accounts do changes no later draw: the maker's prices and the taker's sides and sizes are the same in every run of a seed.
"""

from __future__ import annotations

import random
from heapq import heappop, heappush

from binance_wsapi.simulator.engine import (
    SCALE,
    LotSize,
    MarketLotSize,
    Notional,
    OrderRequest,
    OrderType,
    PriceFilter,
    Refused,
    Side,
    StpMode,
    SymbolStatus,
    TimeInForce,
)
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.listing import Listing
from binance_wsapi.simulator.venue.venue import MAKER, TAKER, Venue

__all__ = ["LiveMarket", "SymbolGrid"]

LEVELS = 10
MOST_ORDERS = 900
"""Orders of the maker on all symbols together: the exchange takes 1,000 open ones of an account. With many symbols the
ladders are shorter, so that none is left without."""
MEAN_PAUSE = 0.5
"""Seconds between two steps of a symbol, on average."""
LEVEL_SIZE = 1000
"""Notional of one level, in smallest orders."""


class SymbolGrid:
    """One symbol's price and grid."""

    def __init__(self, listing: Listing) -> None:
        self.spec = listing.spec
        self.steps = 0
        self.opening = self.mid = listing.opening_price
        self.tick = self.lot = 1
        self.least = SCALE
        self.most = self.most_at_market = 1 << 62
        for each in listing.spec.filters:
            if isinstance(each, PriceFilter):
                self.tick = each.tick_size
            elif isinstance(each, LotSize):
                self.lot, self.most = each.step_size, each.max_qty
            elif isinstance(each, MarketLotSize):
                self.most_at_market = each.max_qty
            elif isinstance(each, Notional):
                self.least = each.min_notional
        # Levels lie on a grid of a twenty-thousandth of the price, so a small move leaves most of them alone.
        self.grid = max(1, self.opening // 20_000 // self.tick) * self.tick


class LiveMarket:
    """Trades on every symbol of a venue until its timers are stopped."""

    def __init__(self, venue: Venue, timers: Timers, seed: int) -> None:
        self._venue = venue
        self._timers = timers
        self._seed = seed
        self._moves = random.Random(f"market {seed}")
        self._started = 0.0
        self._planned: list[tuple[float, int]] = []
        self._symbols = [SymbolGrid(each) for each in venue.listings.values()]
        self._levels = max(1, min(LEVELS, MOST_ORDERS // (2 * max(1, len(self._symbols)))))
        self._by_assets = {(each.spec.base_asset, each.spec.quote_asset): each for each in self._symbols}

    def start(self) -> None:
        """Fill the books and begin to move."""
        self._started = self._venue.clock.loop_time()
        for number, each in enumerate(self._symbols):
            self._act(each, trades=True)
            self._plan(number, 0.0)
        self._wait()

    def _plan(self, number: int, now: float) -> None:
        """Plan a symbol's next step."""
        pause = min(self._moves.expovariate(1 / MEAN_PAUSE), 10 * MEAN_PAUSE)
        heappush(self._planned, (now + pause, number))

    def _wait(self) -> None:
        if self._planned:
            self._timers.later(
                max(0.0, self._started + self._planned[0][0] - self._venue.clock.loop_time()), self._turn
            )

    def _turn(self) -> None:
        """Take the next step, and set the timer for the one after it."""
        planned, number = heappop(self._planned)
        self._plan(number, planned)
        self._wait()
        self._step(self._symbols[number])

    def _step(self, symbol: SymbolGrid) -> None:
        self._wander(symbol)
        trades = self._moves.random() < 0.7
        symbol.steps += 1
        if self._venue.engine.status(symbol.spec.symbol) is SymbolStatus.TRADING:
            self._act(symbol, trades=trades)

    def _act(self, symbol: SymbolGrid, *, trades: bool) -> None:
        sizes = random.Random(f"sizes {self._seed} {symbol.spec.symbol} {symbol.steps}")
        self._quote(symbol, sizes)
        if trades:
            self._trade(symbol, sizes)

    def _wander(self, symbol: SymbolGrid) -> None:
        base = self._by_assets.get((symbol.spec.base_asset, "USDT"))
        quote = self._by_assets.get((symbol.spec.quote_asset, "USDT"))
        if base is not None and base is not symbol and quote is not None:
            symbol.mid = base.mid * SCALE // quote.mid
        elif base is not None and base is not symbol:
            symbol.mid = base.mid
        else:
            drift = (symbol.opening - symbol.mid) // 100
            symbol.mid += drift + round(self._moves.gauss(0, symbol.mid / 5000))
            symbol.mid = max(symbol.opening // 2, min(symbol.mid, symbol.opening * 2))

    def _quote(self, symbol: SymbolGrid, sizes: random.Random) -> None:
        """Move the ladder to the price: cancel what lies outside of it, then place what is missing.

        A size is drawn for every level, missing or not: how many are missing depends on what others took.
        """
        venue, name = self._venue, symbol.spec.symbol
        number = venue.accounts[MAKER]
        centre = symbol.mid // symbol.grid * symbol.grid
        wanted = {
            (side, price): self._quantity(symbol, price, LEVEL_SIZE, sizes)
            for step in range(1, self._levels + 1)
            for side, price in ((Side.BUY, centre - step * symbol.grid), (Side.SELL, centre + step * symbol.grid))
            if price > 0  # a price of a few ticks has fewer levels below it
        }
        for order in venue.engine.open_orders(number, name):
            if wanted.pop((order.side, order.price), None) is None:
                order_id = order.order_id
                venue.run(lambda now, order_id=order_id: venue.engine.cancel(number, name, now, order_id=order_id))  # type: ignore[misc]
        for (side, price), quantity in sorted(wanted.items(), key=lambda level: level[0][0]):
            self._place(
                number,
                OrderRequest(
                    name,
                    side,
                    OrderType.LIMIT,
                    quantity,
                    price,
                    TimeInForce.GTC,
                    stp_mode=StpMode.EXPIRE_MAKER,
                ),
            )

    def _quantity(self, symbol: SymbolGrid, price: int, size: int, sizes: random.Random) -> int:
        amount = round(symbol.least * size * sizes.uniform(0.3, 1.7))
        return max(1, min(amount * SCALE // price, symbol.most) // symbol.lot) * symbol.lot

    def _trade(self, symbol: SymbolGrid, sizes: random.Random) -> None:
        side = sizes.choice((Side.BUY, Side.SELL))
        quantity = self._quantity(symbol, symbol.mid, LEVEL_SIZE // 4, sizes)
        quantity = min(quantity, symbol.most_at_market // symbol.lot * symbol.lot)
        self._place(self._venue.accounts[TAKER], OrderRequest(symbol.spec.symbol, side, OrderType.MARKET, quantity))

    def _place(self, number: int, request: OrderRequest) -> None:
        try:
            self._venue.run(lambda now: self._venue.engine.place(number, request, now))
        except Refused:
            # A filter or an empty book stands in the way; the market goes on with its next step.
            return
