"""Watch the spreads of many symbols at once and show the widest, always from each symbol's latest quote.

    python examples/spread_watcher.py                         against a local exchange, until every symbol was quoted
    python examples/spread_watcher.py production BTCUSDT …    against the live venue; market data needs no key

One subscription brings the best prices of all symbols. Its policy is ``latest``: should this program ever be slower than
the market, it skips quotes that are no longer true instead of falling behind.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from decimal import Decimal

from binance_wsapi import SpotClient
from binance_wsapi.environments import PRODUCTION, Environment, local
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.listing import listing
from binance_wsapi.streams import BookTickerEvent, Gap, MarketStreams

SYMBOLS = 100
SHOWN = 5
PATIENCE = 60.0
"""Seconds within which every symbol of the local exchange must have shown a quote: it moves some twice a second."""


def spread(quote: BookTickerEvent) -> Decimal:
    """Return the spread in basis points of the middle price."""
    middle = (quote.ask_price + quote.bid_price) / 2
    return (quote.ask_price - quote.bid_price) / middle * 10_000


def show(quotes: dict[str, BookTickerEvent], watched: int) -> None:
    """Print the widest spreads."""
    widest = sorted(quotes.values(), key=spread, reverse=True)[:SHOWN]
    print(f"{len(quotes)} of {watched} symbols quoted; widest:")
    for quote in widest:
        print(f"  {quote.symbol:10} {quote.bid_price:>18f} / {quote.ask_price:<18f} {spread(quote):8.3f} bp")


async def watch(environment: Environment, symbols: Sequence[str], patience: float | None) -> dict[str, BookTickerEvent]:
    """Watch until every symbol has a quote, or for ever.

    Args:
        environment: the venue.
        symbols: what to watch.
        patience: seconds that may take; None watches for ever.

    Returns:
        The latest quote of each symbol.

    Raises:
        TimeoutError: a symbol showed none.
    """
    quotes: dict[str, BookTickerEvent] = {}
    seen = 0
    async with (
        MarketStreams(environment) as streams,
        streams.book_ticker(*symbols, policy="latest") as events,
        asyncio.timeout(patience),
    ):
        async for event in events:
            if isinstance(event, Gap):
                symbol = event.stream.partition("@")[0].upper()
                quotes.pop(symbol, None)  # it may have moved meanwhile
                print(f"{symbol}: interrupted for {event.until - event.since} ms")
            elif isinstance(event, BookTickerEvent):
                seen += 1
                if event.bid_price and event.ask_price:
                    quotes[event.symbol] = event
                else:
                    quotes.pop(event.symbol, None)  # a side of the book is empty: there is no spread
                complete = patience is not None and len(quotes) == len(symbols)
                if seen % 200 == 0 or complete:
                    show(quotes, len(symbols))
                if complete:
                    break
    return quotes


async def main(arguments: Sequence[str] = ()) -> None:
    """Watch the live venue if told so, otherwise an exchange on this machine."""
    if arguments and arguments[0] == "production":
        await watch(PRODUCTION, arguments[1:] or ("BTCUSDT", "ETHUSDT"), None)
        return
    names = [f"COIN{number}" for number in range(SYMBOLS)]
    listings = [
        listing(name, "USDT", str(20 + number % 40), "0.0001", "0.001", least="1") for number, name in enumerate(names)
    ]
    symbols = [f"{name}USDT" for name in names]
    async with LocalExchange(seed=7, listings=listings) as exchange:
        try:
            quotes = await watch(local(exchange.url), symbols, PATIENCE)
        except TimeoutError:
            sys.exit(f"NOT TRUE: not every symbol was quoted within {PATIENCE:.0f} s")
        async with SpotClient.local(url=exchange.url) as client:
            tickers = await client.ticker_book(symbols=symbols)
    # The market has moved on a little since the last quote; not by a hundredth, though.
    wrong = [
        each.symbol
        for each in tickers
        if each.symbol in quotes
        and each.ask_price
        and abs(quotes[each.symbol].ask_price - each.ask_price) > each.ask_price / 100
    ]
    if set(quotes) != set(symbols) or wrong or any(spread(quote) <= 0 for quote in quotes.values()):
        sys.exit(f"NOT TRUE: these are not the quotes of the market: {len(quotes)} of {SYMBOLS} symbols, wrong {wrong}")
    print(f"the same as the exchange's own: all {SYMBOLS} symbols")


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("stopped")
