"""``binance-wsapi replay``: a venue that answers as a recording of the wire does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Annotated

import typer

from binance_wsapi.cli.shared.exits import cannot_listen
from binance_wsapi.cli.shared.options import Json
from binance_wsapi.cli.shared.output import say
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.signals import stoppable

__all__ = ["replay"]


def replay(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A recording of a client, or a transcript of the exchange.",
        ),
    ],
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 0,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Stop after so many seconds; 0 runs until Ctrl-C.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Play a recording to a client: each request gets the reply that was recorded.

    When it stops it says how many recorded requests were not asked, and which methods were asked that it does not have.
    """
    from binance_wsapi.simulator import Replay

    try:
        venue = Replay(file, port=port)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from None

    async def run() -> None:
        async with venue:
            told = {"url": venue.url, "requests": venue.left}
            say(json.dumps(told) if as_json else f"{venue.left} recorded requests at {venue.url}; Ctrl-C stops it")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds or None):
                    await asyncio.Event().wait()

    try:
        asyncio.run(stoppable(run()))
    except KeyboardInterrupt:
        pass
    except OSError as error:
        Run(as_json=as_json).fail("OSError", cannot_listen(port, error), 1)
        raise typer.Exit(1) from None
    if as_json:
        say(json.dumps({"left": venue.left, "missing": venue.missing}))
    else:
        missing = f"; not in it: {', '.join(sorted(set(venue.missing)))}" if venue.missing else ""
        say(f"{venue.left} recorded requests were not asked{missing}")
