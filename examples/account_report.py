"""A report on an account: what it holds and what that is worth, its open orders, its last trades, what it has left.

    python examples/account_report.py            against a local exchange, on which it trades a little first
    python examples/account_report.py --real     against the venue and key that the environment names

Everything is asked at once: any number of calls share the one session.

It needs the cli extra: ``pip install ".[cli]"``.
"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from binance_wsapi import Ed25519Key, SpotClient, WsapiError
from binance_wsapi.simulator import LocalExchange

QUOTE = "USDT"
console = Console(highlight=False)


async def report(client: SpotClient) -> Decimal:
    """Print the report; return what the account is worth in the quote asset."""
    account, prices, open_orders, rates, limits = await asyncio.gather(
        client.account_status(omit_zero_balances=True),
        client.ticker_price(),
        client.open_orders(),
        client.account_commission("BTCUSDT"),
        client.order_rate_limits(),
    )
    price_of = {each.symbol: each.price for each in prices}
    price_of[QUOTE + QUOTE] = Decimal(1)

    held = Table("asset", "free", "locked", f"worth in {QUOTE}", title="Balances", title_justify="left")
    worth = Decimal(0)
    for balance in account.balances:
        price = price_of.get(balance.asset + QUOTE)
        value = (balance.free + balance.locked) * price if price is not None else None
        worth += value or 0
        held.add_row(
            balance.asset,
            f"{balance.free.normalize():f}",
            f"{balance.locked.normalize():f}",
            "no price" if value is None else f"{value:,.2f}",
        )
    held.add_row("", "", "", f"{worth:,.2f}", style="bold")
    console.print(held)

    orders = Table("symbol", "side", "type", "price", "quantity", "filled", "since", title="Open orders")
    for order in open_orders:
        orders.add_row(
            order.symbol,
            str(order.side),
            str(order.type),
            f"{order.price:f}",
            f"{order.orig_qty:f}",
            f"{order.executed_qty:f}",
            f"{order.time.datetime:%Y-%m-%d %H:%M:%S}",
        )
    console.print(orders)

    symbols = sorted({balance.asset + QUOTE for balance in account.balances} & set(price_of) - {QUOTE + QUOTE})
    trades = await asyncio.gather(*(client.my_trades(symbol, limit=5) for symbol in symbols))
    last = Table("symbol", "side", "price", "quantity", "commission", "at", title="Last trades")
    for trade in sorted((each for some in trades for each in some), key=lambda each: each.time, reverse=True):
        last.add_row(
            trade.symbol,
            "BUY" if trade.is_buyer else "SELL",
            f"{trade.price:f}",
            f"{trade.qty:f}",
            f"{trade.commission.normalize():f} {trade.commission_asset}",
            f"{trade.time.datetime:%Y-%m-%d %H:%M:%S}",
        )
    console.print(last)

    console.print(
        f"Commission on {rates.symbol}: maker {rates.standard_commission.maker:%}, "
        f"taker {rates.standard_commission.taker:%}"
    )
    for limit in limits:
        console.print(f"Unfilled orders per {limit.interval_num} {limit.interval}: {limit.count} of {limit.limit}")
    for room in client.limits:
        console.print(f"{room.type} per {room.interval_num} {room.interval}: {room.used} of {room.limit} used")
    return worth


async def local() -> None:
    """Trade a little with play money, then report."""
    key = Ed25519Key.generate(api_key="accountReport" + "0" * 51)
    async with LocalExchange(seed=3) as exchange:
        exchange.register_key(key.api_key, kind="ed25519", public_pem=key.public_pem(), account="alice")
        async with SpotClient.local(key, url=exchange.url) as client:
            await client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.05")
            await client.place_order("ETHUSDT", "SELL", "MARKET", quantity="0.3")
            book = await client.depth("BTCUSDT", limit=5)
            far = (book.bids[0].price * Decimal("0.9")).quantize(Decimal("0.01"))
            await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price=far, time_in_force="GTC")
            await asyncio.sleep(0.5)  # the views that answer queries lag behind the matching engine, here as there
            worth = await report(client)
            true = exchange.truth.balances("alice")
            prices = {each.symbol: each.price for each in await client.ticker_price()}
            mine = sum(
                (
                    (free + locked) * (Decimal(1) if asset == QUOTE else prices.get(asset + QUOTE, Decimal(0)))
                    for asset, (free, locked) in true.items()
                ),
                Decimal(0),
            )
            if abs(worth - mine) > mine / 100:  # the market moved on between the two looks
                sys.exit(f"the report says {worth}, the exchange {mine}")


async def real() -> None:
    """Report on the account of the environment's key."""
    async with SpotClient.from_env() as client:
        await report(client)


async def main() -> None:
    await (real() if "--real" in sys.argv[1:] else local())


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except WsapiError as error:
        sys.exit(f"{type(error).__name__}: {error}")
