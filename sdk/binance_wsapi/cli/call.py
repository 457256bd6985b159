"""``call`` and ``methods``: every method of the venue, by its wire name."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from difflib import get_close_matches
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from binance_wsapi.cli.order import named
from binance_wsapi.cli.shared.confirm import confirm
from binance_wsapi.cli.shared.options import Json, command
from binance_wsapi.cli.shared.output import say
from binance_wsapi.cli.shared.run import Run, to_json
from binance_wsapi.cli.shared.text import WIDE, table
from binance_wsapi.errors import UsageError

__all__ = ["call", "methods"]


@command
async def call(
    run: Run,
    method: Annotated[str, typer.Argument(metavar="METHOD", help="Wire name, order.status for instance.")],
    parameters: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME=VALUE]...", help="By wire name; a list is symbols=[BTCUSDT,ETHUSDT]."),
    ] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", metavar="", help="Send a method that this library does not know.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Production: do not ask. For scripts.")] = False,
) -> None:
    """Call one method and print its raw result as JSON."""
    from binance_wsapi.api.introspection import endpoints
    from binance_wsapi.wire.endpoint import Security

    params: dict[str, Any] = {}
    for name, value in map(_parameter, parameters or ()):
        if name in params:
            raise UsageError(f"{name} is given twice: a list is {name}=[A,B]")
        params[name] = value
    known = endpoints()
    endpoint = known.get(method)
    if endpoint is None and not unknown:
        near = get_close_matches(method, known, 3, 0.5)
        meant = f": did you mean {' or '.join(near)}?" if near else "; `binance-wsapi methods` lists them."
        raise UsageError(f"there is no method {method!r:.60}{meant} A newer method is sent with --unknown")
    if endpoint is None or endpoint.security is Security.TRADE:
        confirm(run, f"{method} {json.dumps(params)}", yes=yes)
    security = None if endpoint is not None else Security.NONE if run.key is None else Security.USER_DATA
    about: AbstractContextManager[None] = nullcontext()
    if endpoint is not None and endpoint.security is Security.TRADE and not endpoint.orders:
        about = named(params.get("origClientOrderId"))  # the id that the library gave the request names no order
    async with run.client() as client:
        with about:
            result = await client.call(method, params, security=security, timeout=run.timeout)
        if endpoint is None or endpoint.security is Security.TRADE:
            run.done(result, Text(to_json(result, indent=2)))
            return
    say(to_json(result, indent=2))


def _parameter(word: str) -> tuple[str, Any]:
    """Read one ``name=value``; a value in brackets is a list, of JSON or of plain words."""
    name, found, value = word.partition("=")
    if not found or not name:
        raise UsageError(f"a parameter must be name=value, got {word!r:.60}")
    if not value.startswith("["):
        return name, value
    try:
        items = json.loads(value)
    except ValueError:
        if not value.endswith("]"):
            raise UsageError(f"{name}: a list must end with ], got {value!r:.60}") from None
        items = [item.strip() for item in value[1:-1].split(",") if item.strip()]
    return name, items


def methods(as_json: Json = False) -> None:
    """List every method: its Python name, security, weight, orders, and whether it may be asked again."""
    from binance_wsapi.api.introspection import describe

    rows = describe()
    if as_json:
        say(json.dumps(rows, indent=2))
        return
    out = Console(highlight=False)
    wide = out.width >= WIDE
    view = table("method", "python", "weight", *(("security", ">orders", "again") if wide else ()))
    for row in rows:
        weight, free = row["weight"], row["weight_on_success"]
        text = str(weight) if isinstance(weight, int) else "varies"
        view.add_row(
            row["method"],
            row["python_name"],
            text if free is None else f"{text} or {free}",
            *((row["security"], str(row["orders"]), "yes" if row["replay_safe"] else "no") if wide else ()),
        )
    out.print(view)
