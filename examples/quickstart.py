"""A whole session against the local exchange: orders, fills, a reply that is cut off, and what became of it.

Run it with ``make demo``. It checks what it prints against the exchange's own truth, and exits with 1 where they differ.

It needs the cli extra: ``pip install ".[cli]"``.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from binance_wsapi import Ed25519Key, Opened, OrderNotFound, Outcome, OutcomeUnknown, SpotClient
from binance_wsapi.models import AccountPosition, ExecutionReport
from binance_wsapi.simulator import Cut, LocalExchange
from binance_wsapi.user_data import UserDataEvents

SYMBOL = "BTCUSDT"
ORDERS = 200
console = Console(highlight=False)


def step(title: str) -> None:
    console.print(f"\n[bold cyan]{title}[/]")


def check(holds: bool, what: str) -> None:
    """Compare with the exchange's truth; the demo is not worth much if it merely claims."""
    if not holds:
        console.print(f"[bold red]NOT TRUE: {what}[/]")
        sys.exit(1)
    console.print(f"  [green]✓[/] {what}")


async def fills_of(events: UserDataEvents, client_order_id: str) -> list[ExecutionReport]:
    """Read events until the order is done; return its fills."""
    fills: list[ExecutionReport] = []
    async for event in events:
        if isinstance(event, AccountPosition):
            held = ", ".join(f"{each.asset} {each.free.normalize():f}" for each in event.balances)
            console.print(f"  [dim]event  balances: {held}[/]")
        if isinstance(event, ExecutionReport) and event.client_order_id == client_order_id:
            console.print(
                f"  [dim]event  {event.execution_type} {event.order_status} {event.last_qty:f} @ {event.last_price:f}[/]"
            )
            if event.execution_type == "TRADE":
                fills.append(event)
            if event.is_final:
                break
    return fills


async def main() -> None:
    key = Ed25519Key.generate(api_key="quickstart" + "0" * 54)
    async with LocalExchange(seed=7) as exchange:
        exchange.register_key(key.api_key, kind="ed25519", public_pem=key.public_pem(), account="alice")
        started = time.perf_counter()
        async with SpotClient.local(key, url=exchange.url) as client:
            step("Connected, logged on, clock synced")
            console.print(f"  {exchange.url}, {1000 * (time.perf_counter() - started):.0f} ms")
            now = await client.server_time()
            console.print(f"  exchange time {now.server_time.datetime:%Y-%m-%d %H:%M:%S.%f}")

            book = await client.depth(SYMBOL, limit=5)
            table = Table("bid", "quantity", "ask", "quantity", title=f"{SYMBOL}", title_justify="left")
            for bid, ask in zip(book.bids, book.asks, strict=False):
                table.add_row(f"{bid.price:f}", f"{bid.quantity:f}", f"{ask.price:f}", f"{ask.quantity:f}")
            console.print(table)

            async with client.user_data() as events:
                step("A market order, and its fills as they arrive")
                order = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
                fills = await fills_of(events, order.client_order_id)
                bought = sum((fill.last_qty for fill in fills), Decimal(0))
                check(bought == Decimal("0.01"), f"the events add up to {bought:f} BTC")
                (true,) = exchange.truth.orders[order.client_order_id]
                check(true.executed_quantity == bought, "the exchange filled exactly as much")

                step("A limit order below the market: it rests")
                price = (book.bids[0].price * Decimal("0.95")).quantize(Decimal("0.01"))
                resting = await client.place_order(
                    SYMBOL, "BUY", "LIMIT", quantity="0.01", price=price, time_in_force="GTC"
                )
                console.print(f"  order {resting.order_id}, {resting.client_order_id}")
                (true,) = exchange.truth.orders[resting.client_order_id]
                check(true.is_open and true.order_id == resting.order_id, "the exchange has it open")
                await client.cancel_order(SYMBOL, order_id=resting.order_id)
                check(not any(each.is_open for each in exchange.truth.all_orders()), "cancelled, and none is open")

                step("The account")
                await asyncio.sleep(0.1)  # the views that answer queries lag behind the matching engine, here as there
                account = await client.account_status(omit_zero_balances=True)
                for balance in account.balances:
                    held = exchange.truth.balances("alice")[balance.asset]
                    check((balance.free, balance.locked) == held, f"{balance.asset} {balance.free:f}")

                step("An order whose reply is cut off")
                await cut_off(client, exchange, after_execution=True)
                await cut_off(client, exchange, after_execution=False)

            step(f"Round trips of {ORDERS} market orders")
            took = []
            for _ in range(ORDERS):
                begun = time.perf_counter()
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.0002", timeout=30.0)
                took.append(1000 * (time.perf_counter() - begun))
                await asyncio.sleep(0.01)  # 50 orders may be unfilled within ten seconds; a fill counts after a moment
            took.sort()
            console.print(
                f"  min {took[0]:.2f} ms   median {statistics.median(took):.2f} ms   "
                f"p99 {took[int(len(took) * 0.99)]:.2f} ms"
            )
            for limit in client.limits:
                console.print(
                    f"  {limit.type} per {limit.interval_num} {limit.interval}: "
                    f"{limit.used} of {limit.limit} used, {limit.limit - limit.used} left"
                )
    console.print("\n[bold green]All of it was true.[/]")


async def cut_off(client: SpotClient, exchange: LocalExchange, *, after_execution: bool) -> None:
    """Send an order, lose the connection before the reply, and find out what became of it."""
    exchange.faults.next(Cut(after_execution=after_execution), method="order.place")
    connections = client.events()
    listening = asyncio.ensure_future(anext(connections))
    await asyncio.sleep(0)
    begun = time.perf_counter()
    try:
        await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01", recv_window=1000)
    except OutcomeUnknown as unknown:
        lost = unknown
    else:
        check(False, "the reply was cut off")
        return
    console.print(f"  after {1000 * (time.perf_counter() - begun):.1f} ms: [yellow]{type(lost).__name__}[/] {lost}")
    assert lost.client_order_id is not None
    event = await listening
    while not isinstance(event, Opened):
        event = await anext(connections)
    console.print(
        f"  connection #{event.connection} is ready, {1000 * (time.perf_counter() - begun):.0f} ms after the order"
    )
    try:
        order = await client.order_status(SYMBOL, orig_client_order_id=lost.client_order_id)
    except OrderNotFound as error:
        console.print(f"  order.status: {error.msg} [dim]That alone proves nothing; waiting for the fence.[/]")
    else:
        console.print(f"  order.status: {order.status}, {order.executed_qty:f} at {order.average_price:f}")
    verdict = await lost.resolve()
    console.print(
        f"  verdict after {time.perf_counter() - begun:.1f} s: [bold]{verdict.outcome.value}[/], by {verdict.evidence.value}"
    )
    placed = bool(exchange.truth.orders[lost.client_order_id])
    check(placed is (verdict.outcome is Outcome.ACCEPTED), f"the exchange {'has' if placed else 'never had'} the order")
    frames = sum(
        1 for frame in exchange.truth.frames if frame.direction == "in" and f'"{lost.client_order_id}"' in str(frame.data)
        and "order.place" in str(frame.data)
    )  # fmt: skip
    check(frames <= 1, "nothing was sent a second time")


if __name__ == "__main__":
    asyncio.run(main())
