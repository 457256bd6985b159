"""Trade, look and test from a terminal.

Where: --env, else BINANCE_ENVIRONMENT, else the configuration file.
Secrets come from files, the keyring or a hidden prompt, never from an
argument, where other users can read them.

Exit codes: 0 done; 1 refused by the venue; 2 wrong as written; 3 not
sent, safe to try again; 4 sent, outcome unknown; 130 interrupted;
143 ended by SIGTERM, 129 by SIGHUP.
"""

from __future__ import annotations

from typing import Annotated

import typer

from binance_wsapi.cli.account import account, balances, orders, trades
from binance_wsapi.cli.call import call, methods
from binance_wsapi.cli.demo import demo
from binance_wsapi.cli.doctor import doctor
from binance_wsapi.cli.exchange.command import exchange
from binance_wsapi.cli.history import history
from binance_wsapi.cli.keys import keys
from binance_wsapi.cli.limits import limits
from binance_wsapi.cli.live import book, fills, stream
from binance_wsapi.cli.order import fate, order
from binance_wsapi.cli.ping import ping
from binance_wsapi.cli.replay import replay
from binance_wsapi.cli.shared.commands import Commands, flowed
from binance_wsapi.cli.shared.output import say

# The client itself is imported by the commands that use it: it takes longer to load than the local exchange to start.

__all__ = ["app"]

app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)

_LOOK, _TRADE, _TOOLS = "Look", "Trade", "Tools"
for action in (account, balances, orders, trades, book, stream, fills, history):
    app.command(rich_help_panel=_LOOK)(action)
app.add_typer(order, name="order", rich_help_panel=_TRADE)
app.command(rich_help_panel=_TRADE)(fate)
for tool in (doctor, ping, call, methods, limits, exchange, replay, demo):
    app.command(rich_help_panel=_TOOLS)(tool)
app.add_typer(keys, name="keys", rich_help_panel=_TOOLS)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        say(f"binance-wsapi {version('binance-wsapi')}")
        raise typer.Exit


@app.callback(help=flowed(__doc__))
def _main(
    version: Annotated[
        bool, typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None: ...
