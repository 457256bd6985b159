"""Watch the spreads of many symbols at once and show the widest, always from each symbol's latest quote.

    python examples/spread_watcher.py                         against a local exchange, for a while
    python examples/spread_watcher.py production BTCUSDT …    against the live venue; market data needs no key

One subscription brings the best prices of all symbols whenever they change. Where a market is quiet nothing comes for long,
so once the streams are there one call asks for the prices of all: from then on every symbol has a quote, and what comes is
newer. The policy is ``latest``: should this program ever be slower than the market, it skips quotes that are no longer true
instead of falling behind.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from binance_wsapi import SpotClient
from binance_wsapi.models import BookTicker
from binance_wsapi.simulator import LocalExchange, listing
from binance_wsapi.streams import BookTickerEvent, StreamGap

SYMBOLS = 100
SHOWN = 5
ENOUGH = 400
"""Quotes after which the rehearsal is over."""


class Quote(NamedTuple):
    """The best prices of a symbol."""

    symbol: str
    bid: Decimal
    ask: Decimal

    @property
    def spread(self) -> Decimal:
        """The spread in basis points of the middle price."""
        return (self.ask - self.bid) / ((self.ask + self.bid) / 2) * 10_000


def show(quotes: Mapping[str, Quote], watched: int) -> None:
    """Print the widest spreads."""
    widest = sorted(quotes.values(), key=lambda quote: quote.spread, reverse=True)[:SHOWN]
    print(f"{len(quotes)} of {watched} symbols quoted; widest:")
    for quote in widest:
        print(f"  {quote.symbol:10} {quote.bid:>18f} / {quote.ask:<18f} {quote.spread:8.3f} bp")


async def watch(
    client: SpotClient, symbols: Sequence[str], enough: int | None
) -> tuple[dict[str, Quote], dict[str, BookTicker]]:
    """Watch for so many quotes, or for ever.

    Args:
        client: connected; market data needs no key.
        symbols: what to watch.
        enough: quotes; None watches for ever.

    Returns:
        The latest quote of each symbol, and what the venue says of each right then.
    """
    quotes: dict[str, Quote] = {}
    heard: set[str] = set()

    def keep(symbol: str, bid: Decimal | None, ask: Decimal | None) -> None:
        if bid and ask:
            quotes[symbol] = Quote(symbol, bid, ask)
        else:
            quotes.pop(symbol, None)  # a side of the book is empty: there is no spread

    async def ask(wanted: Sequence[str]) -> None:
        for ticker in await client.ticker_book(symbols=wanted):
            if ticker.symbol not in heard:  # what the stream brought meanwhile may be newer
                keep(ticker.symbol, ticker.bid_price, ticker.ask_price)

    async with client.market_streams() as streams, streams.book_ticker(*symbols, policy="latest") as events:
        await ask(symbols)
        show(quotes, len(symbols))
        seen = 0
        async for event in events:
            if isinstance(event, StreamGap):
                symbol = event.stream.partition("@")[0].upper()
                print(f"{symbol}: interrupted for {event.until - event.since} ms")
                heard.discard(symbol)  # it may have moved meanwhile
                await ask([symbol])
            elif isinstance(event, BookTickerEvent):
                seen += 1
                heard.add(event.symbol)
                keep(event.symbol, event.bid_price, event.ask_price)
                if seen % 200 == 0:
                    show(quotes, len(symbols))
                if seen == enough:
                    break
        return quotes, {each.symbol: each for each in await client.ticker_book(symbols=symbols)}


async def main(arguments: Sequence[str] = ()) -> None:
    """Watch the live venue if told so, otherwise an exchange on this machine."""
    if arguments and arguments[0] == "production":
        async with SpotClient.production() as client:
            await watch(client, arguments[1:] or ("BTCUSDT", "ETHUSDT"), None)
        return
    names = [f"COIN{number}" for number in range(SYMBOLS)]
    listings = [
        listing(name, "USDT", str(20 + number % 40), "0.0001", "0.001", least="1") for number, name in enumerate(names)
    ]
    symbols = [f"{name}USDT" for name in names]
    async with LocalExchange(seed=7, listings=listings) as exchange, SpotClient.local(url=exchange.url) as client:
        quotes, tickers = await watch(client, symbols, ENOUGH)
    moved = [name for name in quotes if (quotes[name].bid, quotes[name].ask) != best(tickers[name])]
    wrong = [name for name in moved if abs(quotes[name].ask - tickers[name].ask_price) > quotes[name].ask / 100]
    moved += [name for name in symbols if name not in quotes]  # a side of its book was empty in that moment
    # The market has moved on a little since the last quote: at some symbols, and by less than a hundredth.
    if wrong or len(moved) > SYMBOLS // 4:
        sys.exit(f"NOT TRUE: {len(quotes)} of {SYMBOLS} symbols quoted, moved since {moved}, wrong {wrong}")
    if any(quote.spread <= 0 for quote in quotes.values()):
        sys.exit("NOT TRUE: a spread is never nothing")
    print(f"the same as the exchange's own: all {SYMBOLS} symbols, {len(moved)} of which moved since")


def best(ticker: BookTicker) -> tuple[Decimal, Decimal]:
    """Return the best prices of a ticker."""
    return ticker.bid_price, ticker.ask_price


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("stopped")
