"""The ``binance-wsapi`` command. It needs the ``cli`` extra: ``pip install "binance-wsapi[cli]"``."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> None:
    """Run the command."""
    interruptible = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if interruptible:  # a KeyboardInterrupt in the middle of an import may come out as any error
        signal.signal(signal.SIGINT, _interrupted)
    try:
        from typer.main import get_command

        from binance_wsapi.cli.app import app
        from binance_wsapi.cli.shared.signals import ignore, install
    except ImportError as error:
        if error.name not in {"typer", "rich"}:
            raise
        sys.exit('binance-wsapi: this command needs the cli extra: pip install "binance-wsapi[cli]"')
    command = get_command(app)
    if interruptible:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    install()
    try:
        command()
    except KeyboardInterrupt:
        _interrupted()
    finally:
        ignore()
        if interruptible:  # the command is over, and its exit code stands while the interpreter ends
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _interrupted(*_: object) -> NoReturn:
    """End at once: nothing was sent yet."""
    with contextlib.suppress(OSError):
        told = (
            '{"error": "Interrupted", "message": "interrupted", "exit": 130}' if "--json" in sys.argv else "interrupted"
        )
        os.write(2, f"{told}\n".encode())
    os._exit(130)
