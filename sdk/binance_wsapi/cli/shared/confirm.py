"""Before an order goes to the live venue: say what is sent, in canonical numbers, and ask."""

from __future__ import annotations

import typer

from binance_wsapi.cli.clean import clean
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.signals import asking
from binance_wsapi.cli.shared.terminal import can_ask
from binance_wsapi.errors import UsageError

__all__ = ["confirm"]


def confirm(run: Run, what: str, *, yes: bool) -> None:
    """Ask before live money moves; elsewhere do nothing.

    Args:
        run: where it goes.
        what: what is sent, with its numbers as they go out.
        yes: it was confirmed with ``--yes``.

    Raises:
        UsageError: it was not confirmed. Nothing was sent.
    """
    if run.environment.name != "production":
        return
    if yes or not can_ask():
        run.tell(f"production: {what}")
    if yes:
        return
    if not can_ask():
        raise UsageError("this moves real money and there is no terminal to confirm it on: add --yes")
    with asking():
        agreed = typer.confirm(f"production: {clean(what)}\nSend it to the live venue?", default=False, err=True)
    if not agreed:
        raise UsageError("not confirmed; nothing was sent")
