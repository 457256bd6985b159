"""``stream``, ``fills`` and ``book``: what happens, as it happens, until Ctrl-C."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from binance_wsapi.cli.shared.options import command
from binance_wsapi.cli.shared.run import Run, to_json
from binance_wsapi.cli.shared.text import moment, number, table
from binance_wsapi.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from binance_wsapi.client.spot import SpotClient
    from binance_wsapi.streams import OrderBook

__all__ = ["book", "fills", "stream"]

STREAMS = (
    "trade",
    "aggTrade",
    "blockTrade",
    "kline_1m",
    "miniTicker",
    "ticker",
    "ticker_1h",
    "bookTicker",
    "avgPrice",
    "depth5",
    "depth",
    "referencePrice",
)
"""An example of each kind of stream that a symbol has."""

Count = Annotated[
    int, typer.Option("--count", "-n", metavar="NUMBER", min=0, help="End after so many; 0 goes on until Ctrl-C.")
]


@command
async def stream(
    run: Run,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="btcusdt@trade, ethusdt@bookTicker, ...")],
    count: Count = 0,
    unknown: Annotated[
        bool, typer.Option("--unknown", metavar="", help="Open streams of a form that this library does not know.")
    ] = False,
) -> None:
    """Show market streams live, a line for each event. Gaps are told on stderr.

    The venue says nothing of a name that it does not know, so names are
    checked, and their symbols by asking the venue.
    """
    from binance_wsapi.link.inbox import Overflow
    from binance_wsapi.streams import StreamGap
    from binance_wsapi.streams.names import StreamType, check_name, type_of

    for name in names:
        if not unknown and type_of(check_name(name)) is StreamType.OTHER:
            raise UsageError(_no_stream(name))
    seen = 0
    async with (
        run.client(public=True) as client,
        client.market_streams() as streams,
        streams.subscribe(*names, form="dicts", timeout=run.timeout) as events,
    ):
        async for event in events:
            if isinstance(event, StreamGap | Overflow):
                run.tell_live(f"missing: {event}")
                continue
            run.line(event, f"{event['stream']}  {_short(event['data'])}")
            seen += 1
            if seen == count:
                return


def _no_stream(name: str) -> str:
    symbol, _, kind = name.partition("@")
    if not symbol:
        return f"there is no stream {name!r:.60}: a name is SYMBOL@KIND, as btcusdt@trade"
    near = get_close_matches(kind, STREAMS, 1) if not name.startswith("!") else []
    meant = f": did you mean {symbol}@{near[0]}?" if near else f": after @ comes one of {', '.join(STREAMS)}."
    return f"there is no stream {name!r:.60}{meant} A newer one is opened with --unknown"


def _short(data: Any) -> str:
    if not isinstance(data, dict):
        return to_json(data)
    return " ".join(f"{name}={_plain(value)}" for name, value in data.items() if name not in {"e", "M", "s"})


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value)


@command
async def fills(run: Run, count: Count = 0) -> None:
    """Show the account's fills live, a line for each, without gaps through reconnects."""
    async with run.client(private=True) as client:
        showing = asyncio.ensure_future(_fills(run, client, count))
        try:
            await asyncio.shield(showing)
        except asyncio.CancelledError:
            # Leaving the subscription waits for the venue's answer; closing the client ends it without one.
            await client.close()
            await asyncio.gather(showing, return_exceptions=True)
            raise


async def _fills(run: Run, client: SpotClient, count: int) -> None:
    from binance_wsapi.link.inbox import Overflow
    from binance_wsapi.models import ExecutionReport
    from binance_wsapi.user_data import Gap

    seen = 0
    async with client.user_data() as events:
        run.tell_live("listening; Ctrl-C ends it")
        async for event in events:
            if isinstance(event, Gap | Overflow):
                run.tell_live(f"missing: {event}")
            if not isinstance(event, ExecutionReport) or event.execution_type != "TRADE":
                continue
            run.line(
                event,
                f"{moment(event.transact_time)}  {event.symbol} {event.side} {number(event.last_qty)} at "
                f"{number(event.last_price)}  order {event.order_id} {event.order_status}, "
                f"{number(event.executed_qty)} of {number(event.orig_qty)}",
            )
            seen += 1
            if seen == count:
                return


@command
async def book(
    run: Run,
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Trading pair.")],
    levels: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=100, help="Levels of each side.")] = 10,
    once: Annotated[bool, typer.Option("--once", metavar="", help="Show it once and end.")] = False,
    count: Count = 0,
) -> None:
    """Show the order book live, kept true by its changes. That of a market which stands still comes after ten seconds."""
    from rich.live import Live

    from binance_wsapi.streams.book import CONFIRM_AFTER

    symbol, seen = symbol.upper(), 0
    if once:  # a snapshot is enough, and comes in a quiet market, too
        async with run.client() as client:
            depth = await client.depth(symbol, limit=levels)
        run.show(
            _value(symbol, depth.last_update_id, depth.bids, depth.asks),
            _view(symbol, depth.last_update_id, depth.bids, depth.asks),
        )
        return
    patience = run.timeout + CONFIRM_AFTER
    async with run.client() as client, client.order_book(symbol, limit=max(levels, 100), timeout=patience) as kept:
        if run.as_json or not run.out.is_terminal:
            while True:
                run.show_or_line(_value(*_now(symbol, kept, levels)), _view(*_now(symbol, kept, levels)), many=True)
                seen += 1
                if seen == count:
                    return
                await kept.updated()
        with Live(console=run.out, auto_refresh=False, transient=True) as live:
            while True:
                live.update(_view(*_now(symbol, kept, levels)), refresh=True)
                seen += 1
                if seen == count:
                    return
                await kept.updated()


def _now(symbol: str, kept: OrderBook, levels: int) -> tuple[str, int, Sequence[Any], Sequence[Any]]:
    return symbol, kept.update_id, kept.bids[:levels], kept.asks[:levels]


def _value(symbol: str, update_id: int, bids: Sequence[Any], asks: Sequence[Any]) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "lastUpdateId": update_id,
        "bids": [[number(each.price), number(each.quantity)] for each in bids],
        "asks": [[number(each.price), number(each.quantity)] for each in asks],
    }


def _view(symbol: str, update_id: int, bids: Sequence[Any], asks: Sequence[Any]) -> Table:
    view = table(">quantity", ">bid", "ask", ">quantity", title=f"{symbol}, update {update_id}")
    for place in range(max(len(bids), len(asks))):
        bid = bids[place] if place < len(bids) else None
        ask = asks[place] if place < len(asks) else None
        view.add_row(
            number(bid.quantity) if bid else "",
            number(bid.price) if bid else "",
            number(ask.price) if ask else "",
            number(ask.quantity) if ask else "",
        )
    return view
