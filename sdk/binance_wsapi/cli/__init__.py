"""The ``binance-wsapi`` command. It needs the ``cli`` extra: ``pip install "binance-wsapi[cli]"``."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    try:
        from binance_wsapi.cli.app import app
    except ImportError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.exit('binance-wsapi: this command needs the cli extra: pip install "binance-wsapi[cli]"')
    app()
