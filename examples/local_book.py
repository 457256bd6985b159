"""Keep a local order book true: through every update, through a cut connection, and compare it with the exchange's own.

    python examples/local_book.py                        against a local exchange
    python examples/local_book.py production BTCUSDT     against the live venue; market data needs no key

A book that is not synced is empty. There are no stale prices to trade on by mistake.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from binance_wsapi import OrderBook, SpotClient
from binance_wsapi.simulator import LocalExchange


def show(book: OrderBook) -> None:
    """Print the top of the book."""
    print(f"{book.symbol} at update {book.update_id}: {len(book.bids)} bids, {len(book.asks)} asks")
    for ask in reversed(book.asks[:3]):
        print(f"  {'':>22} {ask.price:>14f} {ask.quantity:>14f}")
    for bid in book.bids[:3]:
        print(f"  {bid.quantity:>22f} {bid.price:>14f}")


async def same_as_the_exchange(client: SpotClient, book: OrderBook) -> bool:
    """Compare the book with a snapshot as soon as both are of the same update."""
    while True:
        depth = await client.depth(book.symbol, limit=1000)
        while book.update_id < depth.last_update_id:
            await book.updated(after=book.update_id)
        if book.update_id == depth.last_update_id:
            return list(book.bids) == list(depth.bids) and list(book.asks) == list(depth.asks)


async def rehearse() -> None:
    """Keep a book of a local exchange, cut every connection, and compare before and after."""
    async with (
        LocalExchange(seed=7) as exchange,
        SpotClient.local(url=exchange.url) as client,
        client.order_book("BTCUSDT") as book,
    ):
        show(book)
        for _ in range(3):
            await book.updated()
        before = await same_as_the_exchange(client, book)
        print(f"the same as the exchange's own: {before}")
        print("cutting every connection …")
        exchange.faults.cut_all()
        await book.updated(after=book.update_id)
        show(book)
        after = await same_as_the_exchange(client, book)
        print(f"the same as the exchange's own: {after}; built anew {book.resyncs} time(s)")
        if not (before and after and book.resyncs):
            sys.exit("NOT TRUE: the book is not the exchange's")


async def follow(symbol: str) -> None:
    """Print the best prices of the live venue whenever they change."""
    async with SpotClient.production() as client, client.order_book(symbol) as book:
        last = None
        while True:
            await book.updated()
            if book.best != last:
                last = book.best
                print(f"{book.update_id}  {last.bid}  {last.ask}")


async def main(arguments: Sequence[str] = ()) -> None:
    """Follow the live venue if told so, otherwise rehearse."""
    if arguments and arguments[0] == "production":
        await follow(arguments[1] if len(arguments) > 1 else "BTCUSDT")
    else:
        await rehearse()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("stopped")
