"""``demo``: a local exchange, an order, a lost reply and what became of it, in one command and a few seconds."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from binance_wsapi.cli.shared.options import Json, ended
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.signals import stoppable
from binance_wsapi.cli.shared.text import mean, number
from binance_wsapi.errors import OutcomeUnknown

__all__ = ["demo"]

SYMBOL = "BTCUSDT"


def demo(
    seed: Annotated[int, typer.Option(metavar="NUMBER", help="The same seed is the same market.")] = 7,
    as_json: Json = False,
) -> None:
    """Trade with play money on an exchange that runs inside of this command; lose a reply, and find the order again."""
    import asyncio

    run = Run(as_json=as_json)
    ended(run, lambda: asyncio.run(stoppable(_show(run, seed))))


async def _show(run: Run, seed: int) -> None:
    from binance_wsapi.client.spot import SpotClient
    from binance_wsapi.keys import Ed25519Key
    from binance_wsapi.simulator import Cut, LocalExchange

    steps: list[dict[str, Any]] = []

    def tell(step: str, text: str, **facts: Any) -> None:
        steps.append({"step": step, **facts})
        if not run.as_json:
            run.out.print(f"[bold cyan]{step}[/bold cyan]  {text}", soft_wrap=True)

    key = Ed25519Key.generate(api_key="demo" * 16)
    async with LocalExchange(seed=seed) as exchange:
        exchange.register_key(key.api_key, kind="ed25519", public_pem=key.public_pem(), account="alice")
        begun = time.perf_counter()
        async with SpotClient.local(key, url=exchange.url) as client:
            ready = 1000 * (time.perf_counter() - begun)
            tell("connected", f"logged on after {ready:.0f} ms, at {exchange.url}", milliseconds=round(ready, 1))

            depth = await client.depth(SYMBOL, limit=5)
            bid, ask = depth.bids[0], depth.asks[0]
            tell("book", f"{SYMBOL} {number(bid.price)} to {number(ask.price)}", bid=str(bid.price), ask=str(ask.price))

            order = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01", new_order_resp_type="FULL")
            tell(
                "bought",
                f"{number(order.executed_qty)} BTC at {mean(order.average_price)}: {order.status}",
                client_order_id=order.client_order_id,
                status=str(order.status),
            )

            exchange.faults.next(Cut(after_execution=True), method="order.place")
            begun = time.perf_counter()
            try:
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
            except OutcomeUnknown as unknown:
                lost = unknown
            else:
                raise AssertionError("the reply was cut off")
            tell("lost", f"the connection ended before the reply: {type(lost).__name__}", error=type(lost).__name__)
            verdict = await lost.resolve()
            seconds = time.perf_counter() - begun
            tell(
                "found",
                f"{verdict.outcome.value} after {seconds:.1f} s, shown by {verdict.evidence.value}; nothing was sent twice",
                client_order_id=lost.client_order_id,
                outcome=verdict.outcome.value,
            )
            true = exchange.truth.orders[str(lost.client_order_id)]
            tell("true", f"the exchange has {len(true)} order of this id", orders=len(true))
    if run.as_json:
        run.show(steps, "")
    else:
        run.out.print("\nNext: binance-wsapi exchange, and the calls that it prints.", soft_wrap=True)
