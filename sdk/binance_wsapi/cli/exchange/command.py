"""``binance-wsapi exchange``: run the local exchange and say how to connect to it.

What it needs is imported when it runs: the other commands do without it, and it has to be there within a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from binance_wsapi.cli.exchange.keys import KEY_FILE, Keys
from binance_wsapi.cli.exchange.told import facts, instructions
from binance_wsapi.cli.exchange.traded import balances, listings, set_balances
from binance_wsapi.cli.shared.exits import cannot_listen
from binance_wsapi.cli.shared.output import say
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.signals import Ending

if TYPE_CHECKING:
    from binance_wsapi.simulator import LocalExchange

__all__ = ["exchange", "made"]

LONGEST_LAG = 60.0
"""Seconds."""


def exchange(
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 9480,
    seed: Annotated[
        int,
        typer.Option(
            metavar="NUMBER",
            help="The same seed is the same market in every run: its prices, and the sides and sizes of its trades. What "
            "you trade changes the books until the market has filled them again.",
        ),
    ] = 1,
    lag: Annotated[
        str,
        typer.Option(
            metavar="SECONDS",
            help="Seconds until queries see an order that was just placed. 'venue' is the real venue's: up to 0.05.",
        ),
    ] = "0",
    market: Annotated[
        str,
        typer.Option(
            metavar="WORD", help="live: it trades by itself. manual: only your orders. tape: what --tape holds."
        ),
    ] = "live",
    tape: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Trade file of the venue (trades or aggTrades, .csv or .zip).",
        ),
    ] = None,
    speed: Annotated[float, typer.Option(metavar="NUMBER", help="Seconds of the tape that pass in one second.")] = 1.0,
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SYMBOL",
            help="What is traded: a listed symbol, or a new one as BASE/QUOTE=PRICE. All listed by default.",
        ),
    ] = None,
    exchange_info: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="JSON file with symbols as exchangeInfo answers them, filters included; each with a `price` of its own.",
        ),
    ] = None,
    balance: Annotated[
        list[str] | None,
        typer.Option(metavar="BALANCE", help="Balance to start with, ASSET=AMOUNT, or ACCOUNT:ASSET=AMOUNT."),
    ] = None,
    public_key: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="PEM file with a public Ed25519 or RSA key to accept, as FILE or API_KEY=FILE."
        ),
    ] = None,
    hmac_env: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="HMAC key to accept: API_KEY=VARIABLE, the variable holds the secret."),
    ] = None,
    hmac_file: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="HMAC key to accept: API_KEY=FILE, the file holds the secret."),
    ] = None,
    directory: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where a new key, and the TLS authority, are kept.")
    ] = Path(".binance-wsapi"),
    tls: Annotated[bool, typer.Option("--tls", metavar="", help="Speak TLS, with an authority made here.")] = False,
    scenario: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="TOML file that says what goes wrong and when."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="JSON",
            help='A setting as JSON, as the control endpoint takes it: {"setting": "discount", "account": "alice"}.',
        ),
    ] = None,
    faults: Annotated[
        list[str] | None,
        typer.Option(
            "--fault",
            metavar="JSON",
            help='A fault as JSON, from the start: {"fault": "busy", "seconds": 10, "code": -1008}.',
        ),
    ] = None,
    control_port: Annotated[
        int | None,
        typer.Option(
            metavar="PORT", min=0, max=65535, help="Serve the control endpoint on this port; 0 takes a free one."
        ),
    ] = None,
    past: Annotated[
        int,
        typer.Option(
            metavar="DAYS", min=0, max=4_000, help="Days of candles from before the start, made up from the seed."
        ),
    ] = 400,
    no_page: Annotated[
        bool, typer.Option("--no-page", metavar="", help="Serve no page for a browser on this machine.")
    ] = False,
    _page: Annotated[bool, typer.Option("--page", metavar="", hidden=True)] = True,
    transcript: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help="Write every frame here when it stops, secrets hidden."),
    ] = None,
    seconds: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="Stop after so many seconds; 0 runs until Ctrl-C.")
    ] = 0,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", metavar="", help="Say where it is as one line of JSON, for programs; the rest goes to stderr."
        ),
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Let pages of this origin (https://HOST:PORT), or requests to this host name, in as well.",
        ),
    ] = None,
) -> None:
    """Run a local exchange with play money. It listens on this machine only.

    Ctrl-C, SIGTERM and SIGHUP stop it in order: the transcript is written, and the exit code is 0. It is 1 when something
    went wrong, 2 when an option did.
    """
    from binance_wsapi.simulator import (
        DumpError,
        FaultError,
        LocalExchange,
        Scenario,
        ScenarioError,
        SettingError,
        Tape,
    )
    from binance_wsapi.simulator.garbage import seldom_collected

    try:
        tapes = [Tape(path, speed) for path in tape or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--tape") from None
    if market not in ("live", "manual", "tape") or (market == "tape" and not tapes):
        raise typer.BadParameter("live, manual, or tape with --tape FILE", param_hint="--market")
    waits, held = _lag(lag), balances(balance)
    wanted, wrong = made(settings, "--set"), made(faults, "--fault")
    _check_places(directory, transcript)
    try:
        running = LocalExchange(
            seed,
            tapes or ("live" if market == "live" else "manual"),
            port=port,
            listings=listings(symbol, exchange_info),
            tls=directory / "tls" if tls else False,
            scenario=Scenario.load(scenario) if scenario else None,
            control_port=control_port,
            lag=waits,
            page=not no_page,
            keep_frames=None if transcript else 10_000,
            past_days=past,
            allow=_allowed(allow),
        )
    except ScenarioError as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from None
    except ValueError as error:
        raise typer.BadParameter(f"{error}; --symbol BASE/QUOTE=PRICE lists one", param_hint="--tape") from None
    keys = Keys(running, directory)
    keys.register(public_key, hmac_env, hmac_file)

    started = False

    async def run() -> None:
        nonlocal started
        ending.cancel_this_task()
        async with running:
            started = True
            set_balances(running, held)
            for setting in wanted:
                running.make(setting)
            running.remember_balances()
            for fault in wrong:
                running.make(fault)
            say(facts(running, keys, directory) if as_json else instructions(running, keys, directory))
            await _stay(running, bool(tapes), seconds, as_json)

    with Ending() as ending:
        try:
            with seldom_collected():
                asyncio.run(run())
        except (KeyboardInterrupt, asyncio.CancelledError):
            say("stopped", err=as_json)
        except (DumpError, FaultError, SettingError) as error:
            Run(as_json=as_json).fail(type(error).__name__, str(error), 1)
            raise typer.Exit(1) from None
        except OSError as error:
            Run(as_json=as_json).fail("OSError", cannot_listen(port, error), 1)
            raise typer.Exit(1) from None
        finally:
            if transcript is not None and started:  # else the transcript of an earlier run stays
                _write(running, transcript, as_json)


def _write(running: LocalExchange, transcript: Path, as_json: bool) -> None:
    try:
        count = running.write_transcript(transcript)
    except OSError as error:
        Run(as_json=as_json).fail("OSError", f"{transcript} cannot be written: {error.strerror}", 1)
        raise typer.Exit(1) from None
    say(f"{count} frames in {transcript}", err=as_json)


def made(words: list[str] | None, option: Literal["--set", "--fault"]) -> list[dict[str, Any]]:
    """Return what the words of an option describe, after a first look that finds most of what can be wrong with it."""
    from binance_wsapi.simulator.faults.names import check
    from binance_wsapi.simulator.settings import check_setting

    look = check_setting if option == "--set" else check
    found: list[dict[str, Any]] = []
    for text in words or ():
        try:
            found.append(json.loads(text))
            look(found[-1])
        except (ValueError, RecursionError) as error:
            raise typer.BadParameter(f"{text}: {error}", param_hint=option) from None
    return found


def _allowed(wanted: list[str] | None) -> list[str]:
    from binance_wsapi.simulator.access.visitors import Visitors

    try:
        Visitors(wanted or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--allow") from None
    return wanted or []


def _check_places(directory: Path, transcript: Path | None) -> None:
    """Refuse at the start what could not be written at the end, and keys that are links or another user's."""
    from binance_wsapi.private_files import make_private_folder, refuse_strange, refuse_strange_folder

    try:
        if not os.path.lexists(directory):
            directory.mkdir(mode=0o700, parents=True)
            directory.chmod(0o700)  # under any umask
        refuse_strange_folder(directory)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(0, "it cannot be written to")
        refuse_strange(directory / KEY_FILE)
        authority = directory / "tls"
        if os.path.lexists(authority):
            make_private_folder(authority)
            for each in authority.iterdir():
                refuse_strange(each)
    except OSError as error:
        where = error.filename or directory
        raise typer.BadParameter(f"{where}: {error.strerror}", param_hint="--directory") from None
    if transcript is not None:
        from binance_wsapi.simulator.record.private import open_private

        try:
            os.close(open_private(transcript))
        except OSError as error:
            raise typer.BadParameter(f"{transcript}: {error.strerror}", param_hint="--transcript") from None


async def _stay(running: LocalExchange, plays: bool, seconds: float, as_json: bool) -> None:
    """Run until the time is over. A tape that ends is told; the exchange stays, so that one can look at it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds or None):
            if plays:
                say(f"the tape is at its end: {await running.tape_end()} trades", err=as_json)
            await asyncio.sleep(float("inf"))


def _lag(word: str) -> float | Literal["venue"]:
    if word == "venue":
        return "venue"
    try:
        seconds = float(word)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_LAG:
        raise typer.BadParameter(f"lag must be 'venue' or seconds from 0 to {LONGEST_LAG:g}", param_hint="--lag")
    return seconds
