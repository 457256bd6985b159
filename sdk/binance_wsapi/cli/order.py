"""``order place|test|cancel|cancel-all|status|amend`` and ``fate``: change orders, and find out what became of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from binance_wsapi.cli.account import order_table
from binance_wsapi.cli.shared.commands import Group
from binance_wsapi.cli.shared.confirm import confirm
from binance_wsapi.cli.shared.options import command
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.text import mean, number, table, word
from binance_wsapi.errors import (
    CancelRejected,
    NotFollowed,
    NotPlaced,
    OrderNotFound,
    OutcomeUnknown,
    UnreadableReply,
    UsageError,
    VenueError,
    VenueFault,
    WsapiError,
)

__all__ = ["fate", "named", "order"]

order = typer.Typer(cls=Group, no_args_is_help=True, help="Place, test, cancel, look at and amend orders.")

TYPES = ("LIMIT", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "LIMIT_MAKER")
TIMED = {"LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"}
"""Types that must say how long they stay."""
FENCE_WAIT_S = 90.0
"""Seconds after which a request whose reply was lost is decided, with room: see docs/fence.md."""

Symbol = Annotated[str, typer.Argument(metavar="SYMBOL", help="Trading pair.")]
SideWord = Annotated[str, typer.Argument(metavar="SIDE", help="BUY or SELL.")]
TypeWord = Annotated[str, typer.Argument(metavar="TYPE", help="LIMIT, MARKET, STOP_LOSS_LIMIT and so on.")]
Quantity = Annotated[str | None, typer.Option("--quantity", "-q", metavar="NUMBER", help="Amount of the base asset.")]
Quote = Annotated[str | None, typer.Option(metavar="NUMBER", help="MARKET: amount of the quote asset instead.")]
Price = Annotated[str | None, typer.Option("--price", "-p", metavar="NUMBER", help="Price of a limit order.")]
StopPrice = Annotated[str | None, typer.Option(metavar="NUMBER", help="Price that starts a stop order.")]
Tif = Annotated[str | None, typer.Option(metavar="WORD", help="GTC, IOC or FOK; GTC for limit orders.")]
Iceberg = Annotated[str | None, typer.Option(metavar="NUMBER", help="How much of it the book shows.")]
Trailing = Annotated[int | None, typer.Option(metavar="NUMBER", help="Basis points a trailing stop follows at.")]
NewId = Annotated[
    str | None, typer.Option("--id", metavar="ID", help="Client order id; an unguessable one by default.")
]
OrderId = Annotated[int | None, typer.Option("--order-id", metavar="NUMBER", help="Id the venue gave the order.")]
ClientId = Annotated[str | None, typer.Option("--id", metavar="ID", help="Client order id.")]
Yes = Annotated[bool, typer.Option("--yes", metavar="", help="Production: do not ask. For scripts.")]


@order.command()
@command
async def place(
    run: Run,
    symbol: Symbol,
    side: SideWord,
    type: TypeWord,
    quantity: Quantity = None,
    quote: Quote = None,
    price: Price = None,
    tif: Tif = None,
    stop_price: StopPrice = None,
    trailing_delta: Trailing = None,
    iceberg: Iceberg = None,
    id: NewId = None,
    yes: Yes = False,
) -> None:
    """Place an order: binance-wsapi order place BTCUSDT BUY LIMIT -q 0.01 -p 60000

    The rules of the symbol are checked before it is sent. A lost reply is
    followed until it is known what became of the order.
    """
    arguments = _arguments(side, type, quantity, quote, price, tif, stop_price, trailing_delta, iceberg, id)
    confirm(run, _said(symbol.upper(), arguments), yes=yes)
    async with run.client(private=True, check_rules=True) as client:
        # Named here, so that it can be told when the command is ended before a reply.
        name = arguments.setdefault("new_client_order_id", client.new_order_id())
        sent = client.place_order(symbol.upper(), **arguments, new_order_resp_type="FULL")
        placed = await _settled(run, sent, symbol, name)
        run.done(placed, _facts(placed))


@order.command("test")
@command
async def check(
    run: Run,
    symbol: Symbol,
    side: SideWord,
    type: TypeWord,
    quantity: Quantity = None,
    quote: Quote = None,
    price: Price = None,
    tif: Tif = None,
    stop_price: StopPrice = None,
    trailing_delta: Trailing = None,
    iceberg: Iceberg = None,
) -> None:
    """Let the venue check an order without placing it, and show its commission rates."""
    arguments = _arguments(side, type, quantity, quote, price, tif, stop_price, trailing_delta, iceberg, None)
    async with run.client(private=True, check_rules=True) as client:
        rates = await client.test_order(symbol.upper(), **arguments, compute_commission_rates=True)
    standard = rates.standard_commission_for_order
    run.show(
        rates,
        f"The venue would take: {_said(symbol.upper(), arguments)}\n"
        f"Commission: maker {number(standard.maker)}, taker {number(standard.taker)}",
    )


@order.command()
@command
async def cancel(run: Run, symbol: Symbol, order_id: OrderId = None, id: ClientId = None, yes: Yes = False) -> None:
    """Cancel one order; an order of a list takes the list with it."""
    which = _which(order_id, id)
    confirm(run, f"CANCEL {symbol.upper()} {order_id or id}", yes=yes)
    async with run.client(private=True) as client:
        with named(id):
            done = await _settled(run, client.cancel_order(symbol.upper(), **which), symbol, id)
        run.done(done, _cancelled(done))


@order.command("cancel-all")
@command
async def cancel_all(run: Run, symbol: Symbol, yes: Yes = False) -> None:
    """Cancel every open order of a symbol, lists included. Where nothing is open there is nothing to do."""
    from binance_wsapi.orders.fate.on_unknown import NOTHING_OPEN

    confirm(run, f"CANCEL every open order on {symbol.upper()}", yes=yes)
    async with run.client(private=True) as client:
        try:
            done = await _settled(run, client.cancel_open_orders(symbol.upper()), symbol)
        except CancelRejected as error:
            if not error.msg.startswith(NOTHING_OPEN):
                raise
            done = []
            if run.as_json:
                run.tell(f"nothing was open on {symbol.upper()}: the venue answered {error.code} {error.msg}")
        gone = done if isinstance(done, list) else [done]
        run.done(gone, "\n".join(_cancelled(each) for each in gone) or f"Nothing was open on {word(symbol.upper())}.")


@order.command()
@command
async def status(run: Run, symbol: Symbol, order_id: OrderId = None, id: ClientId = None) -> None:
    """Show one order as the venue has it."""
    which = _which(order_id, id)
    async with run.client(private=True) as client:
        state = await client.order_status(symbol.upper(), **which)
    run.show(state, order_table(run, [state]))


@order.command()
@command
async def amend(
    run: Run,
    symbol: Symbol,
    new_quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="New quantity, below the present one.")],
    order_id: OrderId = None,
    id: ClientId = None,
    yes: Yes = False,
) -> None:
    """Lower the quantity of an order, which keeps its place in the queue.

    The venue gives it a new client order id.
    """
    which = _which(order_id, id)
    quantity = str(_number("QUANTITY", new_quantity))
    confirm(run, f"AMEND {symbol.upper()} {order_id or id} to {quantity}", yes=yes)
    async with run.client(private=True) as client:
        with named(id):
            done = await _settled(run, client.amend_order(symbol.upper(), quantity, **which), symbol, id)
        run.done(done, _amended(done, f"{symbol.upper()} {order_id or id}", quantity))


@command
async def fate(
    run: Run,
    client_order_id: Annotated[
        str, typer.Argument(metavar="CLIENT_ORDER_ID", help="Client order id of the order in question.")
    ],
    symbol: Annotated[
        str | None, typer.Option(metavar="SYMBOL", help="Its symbol; without it only open orders are looked at.")
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="Journal of the program that sent it."),
    ] = None,
) -> None:
    """Find out what became of an order: whether the venue has it, and what it made of it.

    Exit code 0: the venue has the order. 3: it is proven that it was never
    placed, which only a journal can tell. 4: the venue shows no such order
    now, and that alone proves nothing.
    """
    options: dict[str, Any] = {}
    if journal is not None:
        from binance_wsapi.orders.journal.file import FileJournal

        options["journal"] = FileJournal(journal)
    async with run.client(private=True, **options) as client:
        if journal is not None:
            for verdict in await client.recover():
                if verdict.client_order_id == client_order_id and verdict.outcome.value != "accepted":
                    raise NotPlaced(
                        f"by the journal: {verdict.outcome.value}, shown by {verdict.evidence.value}"
                    ).about(client_order_id=client_order_id)
        if symbol is None:
            opened = [each for each in await client.open_orders() if each.client_order_id == client_order_id]
            if not opened:
                raise UsageError(
                    f"no open order has the id {client_order_id}: name its --symbol, and orders that ended are looked at too"
                )
            state = opened[0]
        else:
            try:
                state = await client.order_status(symbol.upper(), orig_client_order_id=client_order_id)
            except OrderNotFound as error:
                raise OutcomeUnknown(
                    f"the venue shows no order {client_order_id} on {symbol.upper()} now ({error.code}). An order that was "
                    "sent within its recvWindow can still come, and a cancel gives an order a new id: ask again in "
                    f"{FENCE_WAIT_S:.0f} s, or with the --journal of the program that sent it"
                ).about(client_order_id=client_order_id) from None
    run.show(state, order_table(run, [state]))


# --------------------------------------------------------------------------- what was said


def _arguments(
    side: str,
    type: str,
    quantity: str | None,
    quote: str | None,
    price: str | None,
    tif: str | None,
    stop_price: str | None,
    trailing_delta: int | None,
    iceberg: str | None,
    id: str | None,
) -> dict[str, Any]:
    """Return the arguments of the call, numbers in canonical form."""
    kind = _one_of("TYPE", type, TYPES)
    values: dict[str, Any] = {
        "side": _one_of("SIDE", side, ("BUY", "SELL")),
        "type": kind,
        "time_in_force": _one_of("--tif", tif, ("GTC", "IOC", "FOK")) if tif else "GTC" if kind in TIMED else None,
        "quantity": _number("--quantity", quantity),
        "quote_order_qty": _number("--quote", quote),
        "price": _number("--price", price),
        "stop_price": _number("--stop-price", stop_price),
        "trailing_delta": trailing_delta,
        "iceberg_qty": _number("--iceberg", iceberg),
        "new_client_order_id": id,
    }
    if values["quantity"] is None and values["quote_order_qty"] is None:
        instead = ", or --quote NUMBER to say it in the quote asset" if kind == "MARKET" else ""
        raise UsageError(f"say how much: -q NUMBER{instead}")
    if "LIMIT" in kind and values["price"] is None:
        raise UsageError(f"a {kind} order needs a price: -p NUMBER")
    return {name: value for name, value in values.items() if value is not None}


def _said(symbol: str, arguments: dict[str, Any]) -> str:
    """Return an order in words, its numbers as they go out."""
    amount = arguments.get("quantity") or f"for {arguments.get('quote_order_qty', '?')} of the quote asset"
    words = [arguments["side"], amount, symbol, arguments["type"]]
    for name, before in (
        ("time_in_force", ""),
        ("price", "at "),
        ("stop_price", "stop at "),
        ("iceberg_qty", "showing "),
    ):
        if name in arguments:
            words.append(f"{before}{arguments[name]}")
    if "quantity" in arguments and "price" in arguments:
        worth = Decimal(arguments["quantity"]) * Decimal(arguments["price"])
        words.append(f"= {number(worth)} of the quote asset")
    return " ".join(words)


def _one_of(name: str, given: str, allowed: tuple[str, ...]) -> str:
    word = given.upper().replace("-", "_")
    if word in allowed:
        return word
    from binance_wsapi.api.spot.words import nearest

    near = nearest(word, allowed)  # a slip only: another word may be another order, as STOP_MARKET is no MARKET
    raise UsageError(
        f"{name} must be one of {', '.join(allowed)}, got {given!r:.40}" + (f": did you mean {near}?" if near else "")
    )


def _number(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise UsageError(f"{name} must be a number, got {text!r:.40}") from None
    if not value.is_finite() or value <= 0 or abs(value.adjusted()) > 30:
        raise UsageError(f"{name} must be a number above 0, got {text!r:.40}")
    return number(value)


def _which(order_id: int | None, id: str | None) -> dict[str, Any]:
    if (order_id is None) is (id is None):
        raise UsageError("name the order, by --order-id or by --id")
    return {"order_id": order_id} if id is None else {"orig_client_order_id": id}


# --------------------------------------------------------------------------- what became of it


async def _settled(run: Run, call: Coroutine[Any, Any, Any], symbol: str, id: str | None = None) -> Any:
    """Return the result of a call that changes orders; where its reply is lost, wait until it is known.

    Args:
        run: where notes go.
        call: what is sent.
        symbol: the symbol it is about.
        id: the client order id of the order in question, where it is known.
    """
    run.client_order_id = id
    try:
        return await call
    except OutcomeUnknown as error:
        unknown = error
    except asyncio.CancelledError:
        run.tell(_may_be_out(symbol, id))
        raise
    known_as = f" Client order id: {id}." if id else ""
    run.tell(f"{_in_doubt(unknown)}; finding out what became of it.{known_as} Do not send it again.")
    try:
        async with asyncio.timeout(FENCE_WAIT_S):
            verdict = await unknown.resolve()
    except (TimeoutError, UsageError, NotFollowed):
        raise unknown from None
    except asyncio.CancelledError:
        run.tell(_may_be_out(symbol, id))
        raise
    if verdict.outcome.value == "accepted":
        return verdict.order
    if verdict.outcome.value == "undecided":
        run.tell("Nothing the venue tells can show whether it was executed: look at the account yourself.")
        raise unknown from verdict.error
    if verdict.error is not None:
        raise verdict.error
    raise NotPlaced(f"it was never executed, shown by {verdict.evidence.value}").about(
        method=unknown.method, client_order_id=unknown.client_order_id
    )


def _in_doubt(error: OutcomeUnknown) -> str:
    """Return why it is not known what became of a request."""
    if isinstance(error.__cause__, VenueError):
        return f"The venue answered {error.__cause__.code} {error.__cause__.msg}, which does not decide it"
    if isinstance(error, VenueFault):
        return f"The venue failed inside ({error.code} {error.msg})"
    if isinstance(error, UnreadableReply):
        return "The reply cannot be read"
    return "The reply was lost"


def _may_be_out(symbol: str, id: str | None) -> str:
    name = symbol.upper()
    how = f"`binance-wsapi fate {id} --symbol {name}`" if id else f"`binance-wsapi orders {name} --all`"
    return f"Ended before a reply came: it may have been sent, and executed. Ask with {how} before you send it again."


@contextlib.contextmanager
def named(id: str | None) -> Iterator[None]:
    """Let an error name the order that was to be changed: the request for it has an id of its own."""
    try:
        yield
    except WsapiError as error:
        error.client_order_id = id
        raise


def _facts(placed: Any) -> Any:
    """Return what is known of an order that was placed: a reply, an event or the answer to a query."""
    view = table("placed", "")
    price, filled = getattr(placed, "price", None), getattr(placed, "executed_qty", None)
    average = getattr(placed, "average_price", None)
    for name, value in (
        ("symbol", getattr(placed, "symbol", "")),
        ("order id", getattr(placed, "order_id", "")),
        ("client order id", getattr(placed, "client_order_id", "")),
        ("status", getattr(placed, "status", getattr(placed, "order_status", ""))),
        ("price", number(price) if price else ""),
        ("quantity", number(getattr(placed, "orig_qty", None))),
        ("filled", (number(filled) + (f" at {mean(average)}" if average else "")) if filled is not None else ""),
    ):
        if value != "":
            view.add_row(name, word(value))
    return view


def _amended(done: Any, order: str, quantity: str) -> str:
    told = f"Amended: {word(order)} has {quantity} now."
    renamed = getattr(getattr(done, "amended_order", done), "client_order_id", None)
    return f"{told} Its client order id is {word(renamed)} now." if renamed else told


def _cancelled(done: Any) -> str:
    symbol = word(getattr(done, "symbol", ""))
    if hasattr(done, "orders"):
        return f"Cancelled: {symbol} list {done.order_list_id}, {len(done.orders)} orders."
    filled = getattr(done, "executed_qty", None)
    had = f", {number(filled)} of {number(done.orig_qty)} filled before" if filled else ""
    return f"Cancelled: {symbol} {getattr(done, 'order_id', '')}{had}."
