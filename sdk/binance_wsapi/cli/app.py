"""All commands. Secrets come from the environment or files, never from the command line, where others can read them."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from binance_wsapi.cli.clean import clean
from binance_wsapi.cli.exchange import exchange
from binance_wsapi.cli.limits import limits
from binance_wsapi.errors import WsapiError

# The client itself is imported by the commands that use it: it takes longer to load than the local exchange to start.

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=__doc__)
app.command()(exchange)
app.command()(limits)

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


@app.command()
def methods(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")] = False,
) -> None:
    """List every method: its Python name, security, weight, orders, and whether it may be asked again."""
    from binance_wsapi.api.introspection import describe

    rows = describe()
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    table = Table("method", "python", "security", "weight", "orders", "replay safe")
    for row in rows:
        weight = row["weight"]
        free = row["weight_on_success"]
        text = str(weight) if isinstance(weight, int) else "by parameters"
        table.add_row(
            row["method"],
            row["python_name"],
            row["security"],
            text if free is None else f"{text}, {free} on success",
            str(row["orders"]),
            "yes" if row["replay_safe"] else "no",
        )
    out.print(table)


@app.command()
def call(
    method: Annotated[str, typer.Argument(help="Wire name, order.status for instance.")],
    parameters: Annotated[list[str] | None, typer.Argument(help="name=value, by wire name.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds the call may take.")] = 10.0,
) -> None:
    """Call one method and print its raw result as JSON.

    Where to connect and with which key is read from the environment: BINANCE_ENVIRONMENT (production, testnet, demo, or
    the ws:// URL of a local exchange) and the key variables of the README.
    """
    from binance_wsapi.client.spot import SpotClient

    params: dict[str, Any] = {}
    for each in parameters or ():
        name, found, value = each.partition("=")
        if not found or not name:
            raise typer.BadParameter(f"{each!r} is not name=value")
        params[name] = [item for item in value[1:-1].split(",") if item] if value.startswith("[") else value

    async def run() -> Any:
        async with SpotClient.from_env() as client:
            return await client.call(method, params, timeout=timeout)

    try:
        result = asyncio.run(run())
    except WsapiError as error:
        err.print(f"[red]{type(error).__name__}[/red]: {escape(clean(str(error)))}", soft_wrap=True)
        raise typer.Exit(1) from None
    typer.echo(clean(json.dumps(_raw(result), indent=2, ensure_ascii=False, default=str)))


def _raw(result: Any) -> Any:
    if isinstance(result, list):
        return [_raw(item) for item in result]
    raw = getattr(result, "raw", None)
    return raw if raw is not None else result
