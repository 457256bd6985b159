"""Live handles of orders and of a list: partial fills, an amendment, a cut connection, lost replies, a late cancel.

    python examples/live_handle.py                                        against an exchange of its own
    python examples/live_handle.py --url ws://127.0.0.1:9001/ws-api/v3    against a local exchange that is running

With an exchange of its own it compares every handle with that exchange's truth, and exits with 1 where they differ. With
``--url`` the key is taken from the environment (``BINANCE_API_KEY`` and so on).

It needs the cli extra: ``pip install ".[cli]"``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from decimal import Decimal

from rich.console import Console

from binance_wsapi import Ed25519Key, NotFilled, NotPlaced, OrderHandle, SpotClient, SymbolRules, load_from_env
from binance_wsapi.simulator import Cut, LocalExchange

SYMBOL = "BTCUSDT"
console = Console(highlight=False)


def step(title: str) -> None:
    console.print(f"\n[bold cyan]{title}[/]")


def check(holds: bool, what: str) -> None:
    """Compare with the exchange's truth."""
    if not holds:
        console.print(f"[bold red]NOT TRUE: {what}[/]")
        sys.exit(1)
    console.print(f"  [green]✓[/] {what}")


def show(trade: OrderHandle) -> None:
    """Print what a handle knows, and how it learned it."""
    average = f" at {trade.average_price:.2f}" if trade.average_price is not None else ""
    console.print(
        f"  [bold]{trade.status.value}[/], {trade.executed_quantity:f} executed{average}, {len(trade.fills)} fills"
    )
    for event in trade.log:
        fill = f" {event.fill.quantity:f} @ {event.fill.price:f}" if event.fill is not None else ""
        console.print(f"  [dim]{event.source.value:>8}  {event.kind.value}{fill} {event.detail}[/]")


def compare(exchange: LocalExchange, trade: OrderHandle) -> None:
    """Hold a handle against what really happened."""
    (true,) = exchange.truth.orders[trade.client_order_id]
    check(
        (trade.status.value, trade.executed_quantity) == (true.status.value, true.executed_quantity),
        f"the exchange has order {true.order_id} {true.status.value}, {true.executed_quantity:f} executed",
    )
    bought = sum((fill.quantity for fill in trade.fills), Decimal(0))
    check(bought == true.executed_quantity, f"the fills add up to {bought:f}")


async def tour(client: SpotClient, rules: SymbolRules) -> None:
    """Show what works against any exchange: a market order, and an order that rests and is cancelled."""
    step("A market order")
    trade = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
    console.print(f"  {trade.client_order_id} is {trade.status.value}: the handle is there before the order is sent")
    await trade.filled()
    show(trade)

    step("An order that rests, until it is cancelled")
    price = rules.price((await client.depth(SYMBOL, limit=5)).bids[0].price * Decimal("0.95"), "down")
    trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price=price, time_in_force="GTC")
    await trade.accepted()
    console.print(f"  cancelled: {(await trade.cancel()).value}")
    try:
        await trade.filled()
    except NotFilled as error:
        console.print(f"  filled() says: {error}")
    show(trade)


async def mishaps(client: SpotClient, exchange: LocalExchange, rules: SymbolRules) -> None:
    """Show what goes wrong in earnest, against an exchange that can be made to misbehave."""
    step("Partial fills, an amendment, and a cut connection in between")
    price = rules.price("60000.009", "down")
    trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.05", price=price, time_in_force="GTC")
    await trade.accepted()
    exchange.quote(SYMBOL, asks=[(price, "0.01")])
    await asyncio.sleep(0.2)
    console.print(f"  amended to {await trade.amend(new_quantity='0.04'):f}")
    exchange.faults.cut_all()
    exchange.quote(SYMBOL, asks=[(price, "0.01")])  # no event tells of this fill: it is found out after the reconnect
    await asyncio.sleep(0.5)
    exchange.quote(SYMBOL, asks=[(price, "1")])
    await trade.filled()
    show(trade)
    compare(exchange, trade)

    step("A reply that is cut off: the handle finds out by itself")
    exchange.faults.next(Cut(after_execution=True), "order.place")
    trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.02", price="60010", time_in_force="GTC")
    await trade.filled()
    show(trade)
    compare(exchange, trade)

    step("An order that never arrived")
    exchange.faults.next(Cut(after_execution=False), "order.place")
    trade = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="0.01", recv_window=1000)
    try:
        await trade.accepted()
    except NotPlaced as error:
        console.print(f"  {error}")
    show(trade)
    check(not exchange.truth.orders[trade.client_order_id], "the exchange never had it")

    step("A cancel that comes too late does not lie")
    exchange.quote(SYMBOL, bids=[("59990", "1")], asks=[("60010", "1")])
    trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="0.01", price=price, time_in_force="GTC")
    await trade.accepted()
    cancelling = asyncio.ensure_future(trade.cancel())
    await asyncio.sleep(0)
    exchange.quote(SYMBOL, asks=[(price, "1")])
    console.print(f"  cancel() returned [bold]{(await cancelling).value}[/]")
    compare(exchange, trade)


async def bracket(client: SpotClient, exchange: LocalExchange) -> None:
    """Show the handle of a list: a buy that places an OCO once it is filled."""
    step("A bracket whose reply is cut off: bought, and sold at a profit")
    exchange.quote(SYMBOL, bids=[("59990", "5")], asks=[("60010", "5")])
    exchange.faults.next(Cut(after_execution=True), "orderList.place.otoco")
    handle = await client.submit_otoco(
        SYMBOL,
        working_type="LIMIT",
        working_side="BUY",
        working_quantity="0.01",
        working_price="60010",
        working_time_in_force="GTC",
        pending_side="SELL",
        pending_quantity="0.01",
        pending_above_type="LIMIT_MAKER",
        pending_above_price="61000",
        pending_below_type="STOP_LOSS",
        pending_below_stop_price="59000",
    )
    await handle.accepted()
    await handle.legs["working"].filled()
    console.print(f"  bought at {handle.legs['working'].average_price:f}, the list is {handle.status.value}")
    exchange.quote(SYMBOL, bids=[("61000", "5")], asks=[("61010", "5")])
    await handle.done()
    for name, leg in handle.legs.items():
        console.print(f"  [bold]{name}[/] {leg.status.value}")
        compare(exchange, leg)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a local exchange that is running; by default one is started")
    url = parser.parse_args().url
    if url is not None:
        async with SpotClient.local(load_from_env(), url=url) as client:
            await tour(client, await client.rules(SYMBOL))
        return
    key = Ed25519Key.generate(api_key="livehandle" + "0" * 54)
    async with LocalExchange(seed=11, market="manual") as exchange:
        exchange.register_key(key.api_key, kind="ed25519", public_pem=key.public_pem(), account="alice")
        exchange.quote(SYMBOL, bids=[("59990", "1")], asks=[("60010", "1")])
        async with SpotClient.local(key, url=exchange.url) as client:
            rules = await client.rules(SYMBOL)
            await tour(client, rules)
            await mishaps(client, exchange, rules)
            await bracket(client, exchange)
    console.print("\n[bold green]All of it was true.[/]")


if __name__ == "__main__":
    asyncio.run(main())
