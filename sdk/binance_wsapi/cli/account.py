"""``account``, ``balances``, ``orders`` and ``trades``: what the account has, has open and has done."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from binance_wsapi.cli.shared.options import command
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.text import WIDE, moment, number, table, word
from binance_wsapi.errors import UsageError

__all__ = ["account", "balances", "order_table", "orders", "trades"]


@command
async def account(run: Run) -> None:
    """Show the account: what it may do, its commission, and its balances."""
    async with run.client(private=True) as client:
        state = await client.account_status(omit_zero_balances=True)
    view = table("account", "")
    rates = state.commission_rates
    for name, value in (
        ("environment", run.environment.name),
        ("type", state.account_type),
        ("uid", str(state.uid)),
        ("may trade", _yes(state.can_trade)),
        ("may withdraw", _yes(state.can_withdraw)),
        ("may deposit", _yes(state.can_deposit)),
        ("permissions", ", ".join(state.permissions)),
        ("commission", f"maker {number(rates.maker)}, taker {number(rates.taker)}"),
        ("assets held", str(len(state.balances))),
    ):
        view.add_row(name, word(value))
    run.show(state, view)


@command
async def balances(
    run: Run,
    assets: Annotated[list[str] | None, typer.Argument(metavar="[ASSET]...", help="Only these.")] = None,
    all_assets: Annotated[bool, typer.Option("--all", metavar="", help="Show those that are zero, too.")] = False,
) -> None:
    """Show what the account holds, free and locked in orders."""
    async with run.client(private=True) as client:
        state = await client.account_status(omit_zero_balances=not (all_assets or assets))
    wanted = {each.upper() for each in assets or ()}
    held = [each for each in state.balances if not wanted or each.asset in wanted]
    missing = wanted - {each.asset for each in held}
    if missing:
        raise UsageError(f"the account has no {', '.join(sorted(missing))}")
    view = table("asset", ">free", ">locked", ">total")
    for each in held:
        view.add_row(word(each.asset), number(each.free), number(each.locked), number(each.total))
    run.show(held, view if held else "The account holds nothing.")


@command
async def orders(
    run: Run,
    symbol: Annotated[
        str | None, typer.Argument(metavar="[SYMBOL]", help="Only on this symbol; all of them weigh 80.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", metavar="", help="Those that ended, too; needs a symbol.")] = False,
    limit: Annotated[
        int, typer.Option(metavar="NUMBER", min=1, max=1000, help="With --all: at most so many, the newest.")
    ] = 100,
) -> None:
    """Show the open orders, or with --all the last ones of a symbol."""
    if every and symbol is None:
        raise UsageError("--all needs a symbol: binance-wsapi orders BTCUSDT --all")
    async with run.client(private=True) as client:
        found: list[Any]
        if every:
            found = list(await client.all_orders(str(symbol).upper(), limit=limit))
        else:
            found = list(await client.open_orders(symbol.upper() if symbol else None))
    run.show(found, order_table(run, found) if found else "No orders." if every else "No open orders.")


@command
async def trades(
    run: Run,
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Trading pair.")],
    limit: Annotated[int, typer.Option(metavar="NUMBER", min=1, max=1000, help="At most so many, the newest.")] = 50,
) -> None:
    """Show the account's own trades on a symbol; `history` shows those between two times."""
    async with run.client(private=True) as client:
        found = await client.my_trades(symbol.upper(), limit=limit)
    wide = run.out.width >= WIDE
    view = table("time", "side", ">quantity", ">price", ">commission", "role", *((">id", ">order") if wide else ()))
    for each in found:
        view.add_row(
            moment(each.time),
            "BUY" if each.is_buyer else "SELL",
            number(each.qty),
            number(each.price),
            f"{number(each.commission)} {word(each.commission_asset)}",
            "maker" if each.is_maker else "taker",
            *((str(each.id), str(each.order_id)) if wide else ()),
        )
    run.show(found, view if found else "No trades.")


def order_table(run: Run, found: list[Any]) -> Any:
    """Return orders as a table that fits the terminal."""
    wide = run.out.width >= WIDE
    view = table(
        ">id", "symbol", "order", ">price", ">quantity", ">filled", "status", *(("client id", "time") if wide else ())
    )
    for each in found:
        view.add_row(
            str(each.order_id),
            word(each.symbol),
            word(f"{each.side} {each.type}"),
            number(each.price) if each.price else "market",
            number(each.orig_qty),
            number(each.executed_qty),
            word(each.status),
            *((word(each.client_order_id), moment(each.time)) if wide else ()),
        )
    return view


def _yes(value: bool) -> str:
    return "yes" if value else "no"
