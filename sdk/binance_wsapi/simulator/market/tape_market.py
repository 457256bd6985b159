"""A market that repeats what was traded on the venue: `Tape` names a file, `TapeMarket` plays it against the books.

Each line of a tape is a trade: a price, a quantity, and which side had been resting. The maker lets that much rest at
that price and the taker takes it. Orders that rest at the price already, or at a better price, come first, by price and
time: so the orders of a user fill when the tape trades at them and through them, and what they take away is missing
from the tape's own fills. Around the price the maker keeps a ladder, drawn from the seed, so that there is a book to
look at and to trade with.

A line that is too small for the symbol's filters is kept and added to the next one on its side, so no volume is lost.
The exchange's clock stays what it is: a tape says what happens when, counted from its first line, not what time it is.
Symbols without a tape stand still.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from binance_wsapi.simulator.engine import (
    SCALE,
    LotSize,
    Notional,
    OrderRequest,
    OrderType,
    Refused,
    Side,
    StpMode,
    SymbolStatus,
    TimeInForce,
)
from binance_wsapi.simulator.market.dump import DumpError, DumpTrade, read_dump, symbol_of
from binance_wsapi.simulator.market.live_market import LEVEL_SIZE, LEVELS, SymbolGrid
from binance_wsapi.simulator.paths import as_path
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.listing import Listing
from binance_wsapi.simulator.venue.venue import MAKER, TAKER, Venue

__all__ = ["Tape", "TapeMarket"]

AT_ONCE = 500
"""Lines played in one turn of the event loop; clients get a turn between."""
FUNDS = "10000000000000"
"""Paid to the maker and the taker of each asset: a month on a tape can go one way."""


@dataclass(frozen=True, slots=True)
class Tape:
    """A trade file of the venue: spot `trades` or `aggTrades`, .csv or .zip.

    Args:
        path: the file.
        speed: how many seconds of the tape pass in one second.
        symbol: what it is a tape of; the name of the file says so by default.

    Raises:
        ValueError: speed is not positive, or no symbol is known.
    """

    path: Path | str
    speed: float = 1.0
    symbol: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.speed < float("inf"):
            raise ValueError(f"speed must be a number above 0, got {self.speed}")
        path = as_path(self.path, "path")
        if self.symbol is None and symbol_of(path) is None:
            raise ValueError(
                f"{Path(self.path).name} does not name its symbol (BTCUSDT-trades-2025-01.csv): say symbol="
            )

    @property
    def of(self) -> str:
        """The symbol."""
        return self.symbol or symbol_of(Path(self.path)) or ""

    def start_ms(self) -> int:
        """Return the time of its first trade in milliseconds, for a `Clock` that starts there.

        Raises:
            DumpError: the file's first line is broken, or there is none.
        """
        return _first(self, read_dump(Path(self.path))).time // 1000


def _first(tape: Tape, rows: Iterator[DumpTrade]) -> DumpTrade:
    for row in rows:
        return row
    raise DumpError(f"{Path(tape.path).name}: there is no trade in it")


class _Track:
    """One tape while it is played."""

    def __init__(self, tape: Tape, listing: Listing) -> None:
        self.rows = read_dump(Path(tape.path))
        self.row: DumpTrade | None = _first(tape, self.rows)
        self.speed = tape.speed
        self.grid = SymbolGrid(listing)
        self.centre = 0
        self.kept = {Side.BUY: 0, Side.SELL: 0}
        price = self.row.price
        self.grid.grid = max(1, price // 20_000 // self.grid.tick) * self.grid.tick
        filters = listing.spec.filters
        self._most = min((each.max_qty for each in filters if isinstance(each, LotSize)), default=SCALE**2)
        self._value = min((each.max_notional for each in filters if isinstance(each, Notional)), default=SCALE**3)

    def largest(self, price: int) -> int:
        """Return the quantity one order may have at a price; a larger line takes several."""
        lot = self.grid.lot
        return max(1, min(self._most, self._value * SCALE // price) // lot) * lot


class TapeMarket:
    """Plays tapes until they end or its timers are stopped.

    Attributes:
        played: how many lines were traded.

    Raises:
        ValueError: a tape's symbol is not listed, or two tapes have the same.
    """

    def __init__(self, venue: Venue, timers: Timers, seed: int, tapes: Sequence[Tape]) -> None:
        self._venue = venue
        self._timers = timers
        self._chance = random.Random(f"tape {seed}")
        self._tapes = tapes
        self._tracks: list[_Track] = []
        self._playing = 0
        self._start = 0
        self._origin = 0.0
        self._done = asyncio.Event()
        self.error: Exception | None = None
        self.played = 0
        symbols = [tape.of for tape in tapes]
        for symbol in symbols:
            if symbol not in venue.listings:
                raise ValueError(f"{symbol} is not listed here: there are {', '.join(venue.listings)}")
        if len(set(symbols)) != len(symbols):
            raise ValueError("there are two tapes of one symbol")

    def start(self) -> None:
        """Open the files, fill the books and begin to play.

        Raises:
            DumpError: a file is empty, or its first line is broken.
            OSError: a file cannot be opened.
        """
        self._tracks = [_Track(tape, self._venue.listings[tape.of]) for tape in self._tapes]
        self._start = min(track.row.time for track in self._tracks if track.row)
        self._origin = self._venue.clock.loop_time()
        self._playing = len(self._tracks)
        assets = {asset for each in self._tracks for asset in (each.grid.spec.base_asset, each.grid.spec.quote_asset)}
        for asset in sorted(assets):
            for name in (MAKER, TAKER):
                self._venue.deposit(name, asset, FUNDS)
        for track in self._tracks:
            assert track.row is not None
            self._surround(track, track.row.price)
            self._wait(track)

    async def wait(self) -> None:
        """Wait for the end of all tapes.

        Raises:
            DumpError: a line is broken.
        """
        await self._done.wait()
        if self.error is not None:
            raise self.error

    # --- playing ---------------------------------------------------------------------------------------------------

    def _due(self, track: _Track, row: DumpTrade) -> float:
        return self._origin + (row.time - self._start) / 1_000_000 / track.speed

    def _wait(self, track: _Track) -> None:
        if track.row is not None:
            pause = max(0.0, self._due(track, track.row) - self._venue.clock.loop_time())
            self._timers.later(pause, lambda: self._play(track))

    def _play(self, track: _Track) -> None:
        now = self._venue.clock.loop_time() + 1e-6  # a timer may fire within the clock's own rounding
        try:
            for _ in range(AT_ONCE):
                if track.row is None or self._due(track, track.row) > now:
                    break
                self._trade(track, track.row)
                track.row = next(track.rows, None)
        except (DumpError, OSError) as error:
            self.error = self.error or error
            self._done.set()
            return
        if track.row is None:
            self._playing -= 1
            if not self._playing:
                self._done.set()
        elif self.error is None:
            self._wait(track)

    def _trade(self, track: _Track, row: DumpTrade) -> None:
        self.played += 1
        name, lot = track.grid.spec.symbol, track.grid.lot
        if self._venue.engine.status(name) is not SymbolStatus.TRADING:
            return
        resting, taking = (Side.BUY, Side.SELL) if row.is_buyer_maker else (Side.SELL, Side.BUY)
        quantity = track.kept[taking] + row.quantity
        whole = quantity // lot * lot
        if whole * row.price // SCALE < track.grid.least or not whole:
            track.kept[taking] = quantity
            return
        track.kept[taking] = quantity - whole
        most = track.largest(row.price)
        while whole:
            part = min(whole, most)
            whole -= part
            self._offer(track, resting, row.price, part)
            self._place(TAKER, name, taking, row.price, part, TimeInForce.IOC)
        self._surround(track, row.price)

    def _offer(self, track: _Track, side: Side, price: int, quantity: int) -> None:
        """Have the maker rest with a quantity at a price, and with nothing that would trade before it."""
        venue, name = self._venue, track.grid.spec.symbol
        there = 0
        for order in venue.engine.open_orders(venue.accounts[MAKER], name):
            better = order.price > price if side is Side.BUY else order.price < price
            crossed = order.price <= price if side is Side.BUY else order.price >= price
            if better if order.side == side else crossed:
                self._cancel(name, order.order_id)
            elif order.side == side and order.price == price:
                there += order.remaining
        if there < quantity:
            missing = max(quantity - there, self._size(track, price))
            self._place(MAKER, name, side, price, missing, TimeInForce.GTC)

    def _surround(self, track: _Track, price: int) -> None:
        """Move the ladder to a price, once it has left the step of the grid it was on."""
        venue, name, step = self._venue, track.grid.spec.symbol, track.grid.grid
        below = price // step * step
        centre = below if below < price else below - step
        number = venue.accounts[MAKER]
        orders = venue.engine.open_orders(number, name)
        if centre == track.centre and len(orders) >= LEVELS:
            return
        track.centre = centre
        above = below + step
        wanted = {(Side.BUY, centre - each * step) for each in range(LEVELS)}
        wanted |= {(Side.SELL, above + each * step) for each in range(LEVELS)}
        for order in orders:
            level = (order.side, order.price)
            if level in wanted:
                wanted.discard(level)
            elif order.price != price:
                self._cancel(name, order.order_id)
        for side, each in sorted(wanted, key=lambda level: (level[0], abs(level[1] - price))):
            if each > 0:
                self._place(MAKER, name, side, each, self._size(track, each), TimeInForce.GTC)

    def _size(self, track: _Track, price: int) -> int:
        amount = round(track.grid.least * LEVEL_SIZE * self._chance.uniform(0.3, 1.7))
        return min(track.largest(price), max(1, amount * SCALE // price // track.grid.lot) * track.grid.lot)

    # --- orders ----------------------------------------------------------------------------------------------------

    def _cancel(self, name: str, order_id: int) -> None:
        number = self._venue.accounts[MAKER]
        self._venue.run(lambda now: self._venue.engine.cancel(number, name, now, order_id=order_id))

    def _place(self, who: str, name: str, side: Side, price: int, quantity: int, force: TimeInForce) -> None:
        request = OrderRequest(name, side, OrderType.LIMIT, quantity, price, force, stp_mode=StpMode.EXPIRE_MAKER)
        try:
            self._venue.run(lambda now: self._venue.engine.place(self._venue.accounts[who], request, now))
        except Refused:
            # A filter stands in the way (a price of old on today's ticks); the tape goes on with its next line.
            return
