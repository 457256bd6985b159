"""Options that all commands have which talk to the venue, and what wraps such a command.

A command is a coroutine whose first argument is a `Run`. `command` makes of it a function for ``typer``: with the shared
options in the place of the `Run`, ended with the exit code that its error stands for.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from binance_wsapi.cli.shared.commands import lost_code
from binance_wsapi.cli.shared.exits import code_of
from binance_wsapi.cli.shared.output import OutputLost
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.signals import stoppable
from binance_wsapi.errors import WsapiError

__all__ = ["Config", "Env", "Json", "Timeout", "command", "ended"]

_WHERE = "Where and who"

Json = Annotated[bool, typer.Option("--json", metavar="", help="Print JSON, for programs.")]

Env = Annotated[
    str | None,
    typer.Option(
        "--env",
        metavar="NAME",
        help="local, testnet, demo or production; or the ws:// URL of a local exchange.",
        rich_help_panel=_WHERE,
    ),
]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration file, TOML.", rich_help_panel=_WHERE)
]
_SecretFrom = Annotated[
    str | None,
    typer.Option(
        "--secret-from",
        metavar="PLACE",
        help="file, keyring, or prompt, which asks without showing it.",
        rich_help_panel=_WHERE,
    ),
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", help="What a call, or connecting, may take.")
]

_SHARED: dict[str, tuple[Any, Any]] = {
    "env": (Env, None),
    "config": (Config, None),
    "secret_from": (_SecretFrom, None),
    "timeout": (Timeout, None),
    "as_json": (Json, False),
}


def command(action: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Return the command to register: ``app.command()(command(action))``."""
    hints = get_type_hints(action, include_extras=True)
    parameters = list(inspect.signature(action).parameters.values())[1:]
    own = [each.replace(annotation=hints[each.name], kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _SHARED.items()
    ]

    def perform(**values: Any) -> None:
        run = Run(**{name: values.pop(name) for name in _SHARED})
        ended(run, lambda: asyncio.run(stoppable(action(run, **values))))

    perform.__name__ = action.__name__
    perform.__doc__ = action.__doc__
    perform.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    perform.__annotations__ = {each.name: each.annotation for each in [*own, *shared]}
    return perform


def ended(run: Run, action: Callable[[], None]) -> None:
    """Do it, and end the process as the exit codes say: nothing is printed but a message with the remedy."""
    try:
        action()
        run.tell_notes()
    except WsapiError as error:
        run.tell_error(error)
        raise typer.Exit(code_of(error)) from None
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(run.interrupted(interrupt)) from None
    except OutputLost as lost:
        raise typer.Exit(lost_code(run, lost)) from None
