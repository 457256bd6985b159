"""Watch the spreads of many symbols at once and show the widest, always from each symbol's latest quote.

    python examples/spread_watcher.py                         against a local exchange, for a few seconds
    python examples/spread_watcher.py production BTCUSDT …    against the live venue; market data needs no key

One subscription brings the best prices of all symbols. Its policy is ``latest``: should this program ever be slower than
the market, it skips quotes that are no longer true instead of falling behind.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from decimal import Decimal

from binance_wsapi.environments import PRODUCTION, Environment, local
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.streams import BookTickerEvent, Gap, MarketStreams

LISTED = ("BTCUSDT", "ETHUSDT", "BNBUSDT", "ETHBTC", "BTCUSDC")
SHOWN = 5


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


async def watch(
    environment: Environment, symbols: Sequence[str], quotes_to_see: int | None
) -> dict[str, BookTickerEvent]:
    """Watch until that many quotes were seen, or for ever.

    Returns:
        The latest quote of each symbol.
    """
    quotes: dict[str, BookTickerEvent] = {}
    seen = 0
    async with MarketStreams(environment) as streams, streams.book_ticker(*symbols, policy="latest") as events:
        async for event in events:
            if isinstance(event, Gap):
                symbol = event.stream.partition("@")[0].upper()
                quotes.pop(symbol, None)  # it may have moved meanwhile
                print(f"{symbol}: interrupted for {event.until - event.since} ms")
            elif isinstance(event, BookTickerEvent):
                quotes[event.symbol] = event
                seen += 1
                if seen % 200 == 0 or seen == quotes_to_see:
                    show(quotes, len(symbols))
                if seen == quotes_to_see:
                    break
    return quotes


async def main(arguments: Sequence[str] = ()) -> None:
    """Watch the live venue if told so, otherwise an exchange on this machine."""
    if arguments and arguments[0] == "production":
        await watch(PRODUCTION, arguments[1:] or LISTED, None)
        return
    async with LocalExchange(seed=7) as exchange:
        # The exchange lists a handful of symbols; the others are accepted, as the venue does, and stay silent.
        symbols = [*LISTED, *(f"COIN{number}USDT" for number in range(100 - len(LISTED)))]
        quotes = await watch(local(exchange.url), symbols, 40)
    if len(quotes) < 3 or any(spread(quote) <= 0 for quote in quotes.values()):
        sys.exit("NOT TRUE: these are not the quotes of a market")


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("stopped")
