"""A listener that books every fill once, though its connection is cut while the account trades.

It runs by itself against the local exchange, compares what it booked with the exchange's truth, and exits with 1 where they
differ.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from decimal import Decimal

from binance_wsapi import Ed25519Key, Gap, Repaired, SpotClient
from binance_wsapi.models import ExecutionReport
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.user_data import UserDataEvents

SYMBOL = "BTCUSDT"
ORDERS = 10


def check(holds: bool, what: str) -> None:
    """Compare with the exchange's truth."""
    print(f"  {'true' if holds else 'NOT TRUE'}: {what}")
    if not holds:
        sys.exit(1)


async def book(
    events: UserDataEvents, booked: list[ExecutionReport], repaired: asyncio.Event, complete: asyncio.Event
) -> None:
    """Book fills until cancelled."""
    async for event in events:
        if isinstance(event, ExecutionReport) and event.last_qty:
            booked.append(event)
            if sum((fill.last_qty for fill in booked), Decimal(0)) == Decimal("0.001") * (ORDERS + 2):
                complete.set()
            how = "found" if event.recovered else "heard"
            print(f"  {how}: {event.side} {event.last_qty:f} @ {event.last_price:f}, trade {event.trade_id}")
        elif isinstance(event, Repaired):
            print(f"  repaired: {event.until - event.since} ms without a stream")
            repaired.set()
        elif isinstance(event, Gap):
            check(False, f"nothing is missing ({event.why})")


async def main() -> None:
    key = Ed25519Key.generate(api_key="listener" + "0" * 56)
    async with LocalExchange(seed=7) as exchange:
        exchange.register_key(key.api_key, kind="ed25519", public_pem=key.public_pem(), account="alice")
        booked: list[ExecutionReport] = []
        repaired, complete = asyncio.Event(), asyncio.Event()
        async with SpotClient.local(key, url=exchange.url) as listener, listener.user_data(symbols=[SYMBOL]) as events:
            booking = asyncio.create_task(book(events, booked, repaired, complete))
            print("A market order, heard as it happens")
            async with SpotClient.local(key, url=exchange.url) as trader:
                await trader.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                print("Another, whose events the venue loses")
                exchange.faults.lose_events("executionReport", 2)
                await trader.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            print(f"The connection is cut; {ORDERS} orders are filled meanwhile and afterwards")
            exchange.faults.cut_all()
            async with SpotClient.local(key, url=exchange.url) as trader:
                for _ in range(ORDERS):
                    await trader.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
            async with asyncio.timeout(30):
                await repaired.wait()
                await complete.wait()

            real = Counter((trade.symbol, trade.trade_id) for trade in exchange.truth.trades)
            check(Counter((fill.symbol, fill.trade_id) for fill in booked) == real, "each fill was booked once")
            free, locked = exchange.truth.balances("alice")["USDT"]
            balance = listener.balances["USDT"]
            check(any(fill.recovered for fill in booked), "and what the stream did not bring was found")
            check((balance.free, balance.locked) == (free, locked), f"USDT {balance.free:f} free")
            booking.cancel()
            await asyncio.gather(booking, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main())
