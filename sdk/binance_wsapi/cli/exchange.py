"""``binance-wsapi exchange``: run the local exchange and say how to connect to it.

What it needs is imported when it runs: the other commands do without it, and it has to be there within a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import secrets
import shlex
import signal
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from binance_wsapi.cli.shared.output import say
from binance_wsapi.cli.shared.run import Run

if TYPE_CHECKING:
    from binance_wsapi.simulator import Listing, LocalExchange

__all__ = ["exchange"]

API_KEY = "local"
HMAC_KEY = "local-hmac"
ACCOUNT = "alice"
LONGEST_LAG = 60.0
"""Seconds."""
_NEW_SYMBOL = re.compile(r"(?P<base>\w+)/(?P<quote>\w+)=(?P<price>[0-9.]+)")


def exchange(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 9480,
    seed: Annotated[
        int, typer.Option(help="The same seed is the same market: the same trades, as long as only the market trades.")
    ] = 1,
    lag: Annotated[
        str,
        typer.Option(
            help="Seconds until queries see an order that was just placed. 'venue' is the real venue's: up to 0.05."
        ),
    ] = "0",
    market: Annotated[
        str, typer.Option(help="live: it trades by itself. manual: only your orders. tape: what --tape holds.")
    ] = "live",
    tape: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="Trade file of the venue (trades or aggTrades, .csv or .zip)."),
    ] = None,
    speed: Annotated[float, typer.Option(help="Seconds of the tape that pass in one second.")] = 1.0,
    symbol: Annotated[
        list[str] | None,
        typer.Option(help="What is traded: a listed symbol, or a new one as BASE/QUOTE=PRICE. All listed by default."),
    ] = None,
    exchange_info: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="JSON file with symbols as exchangeInfo answers them, filters included; each with a `price` of its own.",
        ),
    ] = None,
    balance: Annotated[
        list[str] | None, typer.Option(help="Balance to start with, ASSET=AMOUNT, or ACCOUNT:ASSET=AMOUNT.")
    ] = None,
    public_key: Annotated[
        list[str] | None,
        typer.Option(help="PEM file with a public Ed25519 or RSA key to accept, as FILE or API_KEY=FILE."),
    ] = None,
    hmac_env: Annotated[
        list[str] | None, typer.Option(help="HMAC key to accept: API_KEY=VARIABLE, the variable holds the secret.")
    ] = None,
    hmac_file: Annotated[
        list[str] | None, typer.Option(help="HMAC key to accept: API_KEY=FILE, the file holds the secret.")
    ] = None,
    directory: Annotated[Path, typer.Option(help="Where a new key, and the TLS authority, are kept.")] = Path(
        ".binance-wsapi"
    ),
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS, with an authority made here.")] = False,
    scenario: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML file that says what goes wrong and when.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help='A setting as JSON, as the control endpoint takes it: {"setting": "discount", "account": "alice"}.',
        ),
    ] = None,
    control_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve the control endpoint on this port; 0 takes a free one.")
    ] = None,
    past: Annotated[
        int, typer.Option(min=0, max=4_000, help="Days of candles from before the start, made up from the seed.")
    ] = 400,
    page: Annotated[bool, typer.Option(help="Serve a page for a browser on this machine, on the same port.")] = True,
    transcript: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write every frame here when it stops, secrets hidden.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0, help="Stop after so many seconds; 0 runs until Ctrl-C.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Say where it is as one line of JSON, for programs; the rest goes to stderr.")
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Let pages of this origin (https://HOST:PORT), or requests to this host name, in as well."),
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
    from binance_wsapi.simulator.settings import apply

    try:
        tapes = [Tape(path, speed) for path in tape or ()]
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--tape") from None
    if market not in ("live", "manual", "tape") or (market == "tape" and not tapes):
        raise typer.BadParameter("live, manual, or tape with --tape FILE", param_hint="--market")
    waits = _lag(lag)
    wanted = _settings(settings)
    _check_places(directory, transcript)
    try:
        running = LocalExchange(
            seed,
            tapes or ("live" if market == "live" else "manual"),
            port=port,
            listings=_listings(symbol, exchange_info),
            tls=directory / "tls" if tls else False,
            scenario=Scenario.load(scenario) if scenario else None,
            control_port=control_port,
            lag=waits,
            page=page,
            keep_frames=None if transcript else 10_000,
            past_days=past,
            allow=_allowed(allow),
        )
    except ScenarioError as error:
        raise typer.BadParameter(str(error), param_hint="--scenario") from None
    except ValueError as error:
        raise typer.BadParameter(f"{error}; --symbol BASE/QUOTE=PRICE lists one", param_hint="--tape") from None
    keys = _Keys(running, directory)
    keys.register(public_key, hmac_env, hmac_file)

    started = False

    async def run() -> None:
        nonlocal started
        _stop_on_signals()
        async with running:
            started = True
            _set_balances(running, balance)
            for setting in wanted:
                apply(running, setting)
            running.remember_balances()
            say(_facts(running, keys, directory) if as_json else _instructions(running, keys, directory))
            await _stay(running, bool(tapes), seconds, as_json)

    try:
        asyncio.run(run())
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped", err=as_json)
    except (DumpError, FaultError, SettingError) as error:
        Run(as_json=as_json).fail(type(error).__name__, str(error), 1)
        raise typer.Exit(1) from None
    except OSError as error:
        Run(as_json=as_json).fail("OSError", f"cannot listen on port {port}: {error.strerror}", 1)
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


def _settings(wanted: list[str] | None) -> list[object]:
    """Return settings after a first look, which finds most of what can be wrong with them."""
    from binance_wsapi.simulator.settings import SettingError, check_setting

    found: list[object] = []
    for text in wanted or ():
        try:
            found.append(json.loads(text))
            check_setting(found[-1])
        except (ValueError, RecursionError, SettingError) as error:
            raise typer.BadParameter(f"{text}: {error}", param_hint="--set") from None
    return found


def _allowed(wanted: list[str] | None) -> list[str]:
    from binance_wsapi.simulator.access.visitors import Visitors

    try:
        Visitors(wanted or ())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--allow") from None
    return wanted or []


def _check_places(directory: Path, transcript: Path | None) -> None:
    """Refuse at the start what could not be written at the end."""
    try:
        if not directory.is_dir():
            directory.mkdir(mode=0o700, parents=True)
            directory.chmod(0o700)  # under any umask
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(0, "it cannot be written to")
    except OSError as error:
        raise typer.BadParameter(f"{directory}: {error.strerror}", param_hint="--directory") from None
    if transcript is not None:
        from binance_wsapi.simulator.record.private import open_private

        try:
            os.close(open_private(transcript))
        except OSError as error:
            raise typer.BadParameter(f"{transcript}: {error.strerror}", param_hint="--transcript") from None


def _stop_on_signals() -> None:
    """End as by Ctrl-C when the system asks for it; a SIGHUP that is ignored (`nohup`) stays so."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if not stopping:
            stopping = True
            task.cancel()

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, stop)


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


# --- what is traded, and with what -----------------------------------------------------------------------------------


def _listings(wanted: list[str] | None, described: Path | None) -> list[Listing]:
    return [
        *(_described(described) if described is not None else ()),
        *(_named(wanted) if wanted or not described else ()),
    ]


def _described(path: Path) -> list[Listing]:
    """Return the symbols of a file."""
    from binance_wsapi.simulator import Listing

    try:
        found = json.loads(path.read_bytes())
        rows = found["symbols"] if isinstance(found, dict) else found
        return [Listing.from_json(row, str(row.get("price", "1"))) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise typer.BadParameter(f"{path}: {error}", param_hint="--exchange-info") from None


def _named(wanted: list[str] | None) -> list[Listing]:
    from binance_wsapi.simulator import LISTINGS, listing

    known = {each.spec.symbol: each for each in LISTINGS}
    if not wanted:
        return list(LISTINGS)
    found: dict[str, Listing] = {}
    for word in wanted:
        if word in known:
            found[word] = known[word]
            continue
        new = _NEW_SYMBOL.fullmatch(word)
        price = _number(new["price"]) if new else None
        if new is None or price is None or price > 1_000_000:
            raise typer.BadParameter(
                f"{word!r} is neither BASE/QUOTE=PRICE nor one of {', '.join(known)}", param_hint="--symbol"
            )
        size = price.adjusted()
        made = listing(
            new["base"],
            new["quote"],
            f"{price:f}",
            f"{Decimal(1).scaleb(max(-8, size - 6)):f}",
            f"{Decimal(1).scaleb(max(-8, -1 - max(0, size))):f}",
            most=f"{9000 * 10 ** max(0, -size)}",
        )
        found[made.spec.symbol] = made
    return list(found.values())


def _number(text: str) -> Decimal | None:
    """Return a positive decimal number of at most eight places, or None."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    return number if number.is_finite() and number > 0 and isinstance(exponent, int) and exponent >= -8 else None


def _set_balances(running: LocalExchange, wanted: list[str] | None) -> None:
    for word in wanted or ():
        where, found, amount = word.partition("=")
        account, colon, asset = where.rpartition(":")
        number = Decimal(0) if amount.strip("0.") == "" and amount else _number(amount)
        if not found or not asset or number is None or (colon and not account):
            raise typer.BadParameter(f"{word!r} is not ASSET=AMOUNT or ACCOUNT:ASSET=AMOUNT", param_hint="--balance")
        try:
            there = running.truth.balances(account or ACCOUNT).get(asset, (Decimal(0), Decimal(0)))[0]
        except KeyError:
            there = Decimal(0)
        if number > there:
            running.deposit(account or ACCOUNT, asset, number - there)
        elif number < there:
            running.withdraw(account or ACCOUNT, asset, there - number)


# --- keys ------------------------------------------------------------------------------------------------------------


class _Keys:
    """The keys the exchange accepts, and what there is to say about them. Secrets never come by the command line."""

    def __init__(self, running: LocalExchange, directory: Path) -> None:
        self._running = running
        self._directory = directory
        self.own: Path | None = None
        self.secret: str | None = None
        self.given: list[tuple[str, str]] = []

    def register(self, public: list[str] | None, envs: list[str] | None, files: list[str] | None) -> None:
        for word in public or ():
            api_key, found, path = word.partition("=")
            self._public(*((api_key, Path(path)) if found else (API_KEY, Path(word))))
        for word in envs or ():
            api_key, variable = _pair(word, "--hmac-env", "API_KEY=VARIABLE")
            secret = os.environ.get(variable, "")
            if not secret:
                raise typer.BadParameter(f"the variable {variable} is not set", param_hint="--hmac-env")
            self._hmac(api_key, secret, f"HMAC, secret in ${variable}")
        for word in files or ():
            api_key, path = _pair(word, "--hmac-file", "API_KEY=FILE")
            secret = _read(Path(path), "--hmac-file").decode("utf-8", "replace").strip()
            if not secret:
                raise typer.BadParameter(f"{path} is empty", param_hint="--hmac-file")
            self._hmac(api_key, secret, f"HMAC, secret in {path}")
        if not self.given:
            self.own = self._own()
            self.secret = secrets.token_hex(32)
            self._running.register_key(HMAC_KEY, "hmac", secret=self.secret)

    def _hmac(self, api_key: str, secret: str, what: str) -> None:
        self._running.register_key(api_key, "hmac", secret=secret)
        self.given.append((api_key, what))

    def _public(self, api_key: str, path: Path) -> None:
        pem = _read(path, "--public-key")
        for kind in ("ed25519", "rsa"):
            try:
                self._running.register_key(api_key, "ed25519" if kind == "ed25519" else "rsa", public_pem=pem)
            except ValueError:
                continue
            self.given.append((api_key, f"{'Ed25519' if kind == 'ed25519' else 'RSA'}, public key {path}"))
            return
        raise typer.BadParameter(f"{path} holds no public Ed25519 or RSA key", param_hint="--public-key")

    def _own(self) -> Path:
        """Use the key pair in the directory, making it first if there is none; return the private key's file."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
            PublicFormat,
            load_pem_private_key,
        )

        path = self._directory / "local-exchange.pem"
        key: Any
        if path.exists():
            key = load_pem_private_key(path.read_bytes(), None)
        else:
            key = Ed25519PrivateKey.generate()
            self._directory.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self._running.register_key(API_KEY, "ed25519", public_pem=pem)
        return path


def _pair(word: str, option: str, form: str) -> tuple[str, str]:
    name, found, value = word.partition("=")
    if not found or not name or not value:
        # The message does not repeat the word: it may hold a secret.
        raise typer.BadParameter(f"this is not {form}", param_hint=option)
    return name, value


def _read(path: Path, option: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint=option) from None


# --- what it says ----------------------------------------------------------------------------------------------------


def _instructions(running: LocalExchange, keys: _Keys, directory: Path) -> str:
    lines = [
        "A local exchange is running. Its money is play money; it is gone when you stop it.",
        "",
        f"    WebSocket API   {running.url}",
        f"    market streams  {running.streams_url}/ws and {running.streams_url}/stream",
        f"    REST            {running.rest_url}/api/v3",
    ]
    if running.page_url:
        lines += [f"    page            {running.page_url}"]
    if running.tls is not None:
        ca = directory / "tls" / "ca.pem"
        lines += [f"    trust           {ca}"]
    if running.control_url:
        lines += [f"    control         {running.control_url}"]
    lines += [""]
    lines += [f"    API key         {api_key} ({what})" for api_key, what in keys.given]
    lines += ["", _lag_told(running)]
    if keys.own is not None:
        lines += ["", *_first_calls(running, keys.own, str(keys.secret), directory)]
    return "\n".join([*lines, "", "Ctrl-C stops it."])


def _facts(running: LocalExchange, keys: _Keys, directory: Path) -> str:
    """Return where it is, and the variables that a client of it needs, as one line of JSON."""
    variables = {"BINANCE_ENVIRONMENT": running.url}
    if keys.own is not None:
        variables |= {"BINANCE_API_KEY": API_KEY, "BINANCE_PRIVATE_KEY_FILE": str(keys.own.absolute())}
    return json.dumps(
        {
            "url": running.url,
            "streams": running.streams_url,
            "rest": running.rest_url,
            "page": running.page_url,
            "control": running.control_url,
            "trust": str((directory / "tls" / "ca.pem").absolute()) if running.tls is not None else None,
            "variables": variables,
        }
    )


def _first_order(running: LocalExchange) -> tuple[str, str, str]:
    """Return symbol, quantity and price of a small order that is accepted."""
    first = running.listings[0]
    step = first.smallest_quantity
    quantity = -(-20 * first.smallest_notional // (first.price * step)) * step
    return first.spec.symbol, f"{max(quantity, step):f}", f"{first.price:f}"


def _lag_told(running: LocalExchange) -> str:
    least, most = running.lag
    if not most:
        return "Queries see an order at once. At the venue they lag up to 50 ms behind: try --lag venue."
    return f'Queries lag {least:g} to {most:g} s behind, so an order just placed can be "not found".'


def _first_calls(running: LocalExchange, private_key: Path, secret: str, directory: Path) -> list[str]:
    """Return ready environment variables and a first call in Python and JavaScript, to be pasted as they are."""
    variables = {
        "BINANCE_ENVIRONMENT": running.url,
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_PRIVATE_KEY_FILE": str(private_key.absolute()),
    }
    symbol, quantity, price = _first_order(running)
    python = "SpotClient.from_env()"
    if running.tls is not None:
        ca = (directory / "tls" / "ca.pem").absolute()
        variables["NODE_EXTRA_CA_CERTS"] = str(ca)
        python = f"SpotClient.from_env(Settings(ca_file={str(ca)!r}))"
    return [
        "Paste this into another terminal:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in variables.items()),
        "",
        "python - <<'END'",
        "import asyncio",
        "from binance_wsapi import Settings, SpotClient",
        "async def main():",
        f"    async with {python} as client:",
        "        placed = await client.place_order(",
        f'            "{symbol}", "BUY", "LIMIT", time_in_force="GTC", quantity="{quantity}", price="{price}")',
        "        print(placed.status, placed.executed_qty)",
        "asyncio.run(main())",
        "END",
        "",
        "Or, in JavaScript (Node.js 22, which brings WebSocket):",
        "",
        "node --input-type=module - <<'END'",
        'import { readFileSync } from "node:fs"',
        'import { createPrivateKey, sign } from "node:crypto"',
        "const key = createPrivateKey(readFileSync(process.env.BINANCE_PRIVATE_KEY_FILE))",
        "const socket = new WebSocket(process.env.BINANCE_ENVIRONMENT)",
        f'const params = {{ apiKey: process.env.BINANCE_API_KEY, price: "{price}", quantity: "{quantity}", side: "BUY",',
        f'                 symbol: "{symbol}", timeInForce: "GTC", timestamp: Date.now(), type: "LIMIT" }}',
        'const text = Object.keys(params).sort().map(name => name + "=" + params[name]).join("&")',
        'params.signature = sign(null, Buffer.from(text), key).toString("base64")',
        'socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "order.place", params }))',
        "socket.onmessage = message => { console.log(message.data); socket.close() }",
        "END",
        "",
        "With HMAC instead:",
        "",
        f"export BINANCE_API_KEY={HMAC_KEY} BINANCE_API_SECRET={secret}",
        "unset BINANCE_PRIVATE_KEY_FILE",
    ]
