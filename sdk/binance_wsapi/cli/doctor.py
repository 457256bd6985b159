"""``doctor``: look at everything between this program and the venue, and say what to do about what is wrong."""

from __future__ import annotations

import os
import platform
import ssl
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Annotated, Any

import typer

from binance_wsapi.cli.ping import round_trips
from binance_wsapi.cli.shared.exits import NOT_SENT, REFUSED, USAGE
from binance_wsapi.cli.shared.options import command
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.text import table, word
from binance_wsapi.errors import AuthFailed, NotSent, OrderRejected, UsageError, VenueError, WsapiError

if TYPE_CHECKING:
    from binance_wsapi.client.spot import SpotClient

__all__ = ["Finding", "doctor", "histogram", "judge_clock", "judge_limit"]

SKEW_MS = 500
"""Milliseconds by which a clock may be off before it is worth a word; the client corrects for it anyway."""
NEARLY_USED = 0.8
"""Part of a limit from which it is worth a word."""
PACKAGES = ("binance-wsapi", "websockets", "pydantic", "msgspec", "cryptography", "httpx", "typer")
COLOURS = {"ok": "green", "note": "cyan", "warn": "yellow", "bad": "red"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        level: ok, note, warn or bad.
        what: the thing.
        found: how it is.
        remedy: what to do; empty where nothing is to be done.
    """

    level: str
    what: str
    found: str
    remedy: str = ""


@command
async def doctor(
    run: Run,
    symbol: Annotated[
        str, typer.Option(metavar="SYMBOL", help="Symbol on which the permission to trade is tested.")
    ] = "BTCUSDT",
    count: Annotated[
        int, typer.Option("--count", "-n", metavar="NUMBER", min=1, max=200, help="Round trips to measure.")
    ] = 20,
) -> None:
    """Check versions, configuration, proxy, connection, clock, latency, limits and key; say what to do about each.

    No order is placed: the permission to trade is tried with order.test.
    Exit code 1 where something is bad, 3 where the venue cannot be reached.
    """
    findings: list[Finding] = [*_versions()]
    code = 0
    took: list[float] = []
    try:
        findings += _configured(run)
        code, took = await _reached(run, symbol.upper(), count, findings)
    except UsageError as error:
        findings.append(Finding("bad", "configuration", str(error), "see docs/howto/command-line.md"))
        code = USAGE
    value = {"findings": [asdict(each) for each in findings], "milliseconds": [round(each, 3) for each in took]}
    run.show(value, _view(findings))
    if took and not run.as_json:
        run.out.print("\n".join(histogram(took)), soft_wrap=True)
    if code or any(each.level == "bad" for each in findings):
        raise typer.Exit(code or REFUSED)


async def _reached(run: Run, symbol: str, count: int, findings: list[Finding]) -> tuple[int, list[float]]:
    """Connect and look; return the exit code and the round trips."""
    client = run.client()
    begun = time.perf_counter()  # the client is imported by now
    try:
        async with client:
            since = 1000 * (time.perf_counter() - begun)
            findings.append(Finding("ok", "connection", f"{run.environment.ws_api[0]}, ready after {since:.0f} ms"))
            took = await round_trips(client, count)
            findings.append(Finding("ok", "latency", f"median {statistics.median(took):.1f} ms of {count} round trips"))
            offset = client.now_ms() - time.time_ns() // 1_000_000
            findings.append(judge_clock(offset, client.clock_error_ms))
            findings += await _key(run, client, symbol)
            findings += [judge_limit(each, client.now_ms()) for each in client.limits]
            return 0, took
    except AuthFailed as error:
        findings.append(Finding("bad", "key", f"the venue does not take it: {error.code} {error.msg}", _REFUSED_KEY))
        return REFUSED, []
    except NotSent as error:
        findings.append(
            Finding("bad", "connection", str(error), "check the address, the network, a firewall, and the proxy above")
        )
        return NOT_SENT, []
    except UsageError:
        raise
    except WsapiError as error:
        findings.append(Finding("bad", "connection", str(error), "see the errors in the documentation"))
        return REFUSED, []


_REFUSED_KEY = (
    "see that the API key belongs to this environment and to this private key, that the address of this machine is on its "
    "list, and that it may read"
)


_TRADING = "see on the venue's page what the account may do"


def _versions() -> Iterator[Finding]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} ?")
    yield Finding("ok", "versions", ", ".join(found))
    yield Finding("ok", "machine", f"Python {platform.python_version()}, {platform.system()}, {ssl.OPENSSL_VERSION}")


def _configured(run: Run) -> Iterator[Finding]:
    from binance_wsapi.cli.shared.config import default_file

    path = default_file()
    file = f"{path}" if path.is_file() else f"no file {path}"
    environment = run.environment
    yield Finding("ok", "configuration", f"environment {environment.name}; {file}")
    if environment.name == "production":
        yield Finding("note", "environment", "production", "orders move real money")
    proxy = run.settings.proxy
    seen = [name for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy") if os.environ.get(name)]
    if proxy is not None:
        yield Finding("ok", "proxy", "from the variables of the environment" if proxy is True else str(proxy))
    elif seen:
        yield Finding(
            "note", "proxy", f"none; {seen[0]} is set and not used", "proxy = true in the configuration uses it"
        )
    else:
        yield Finding("ok", "proxy", "none")


async def _key(run: Run, client: SpotClient, symbol: str) -> list[Finding]:
    key = run.key
    if key is None:
        return [Finding("note", "key", "none: public data only", "set BINANCE_API_KEY and BINANCE_PRIVATE_KEY_FILE")]
    kind = getattr(key, "kind", type(key).__name__)
    if key.can_log_on:
        found = [Finding("ok", "key", f"{kind}, logs the session on")]
    else:
        found = [
            Finding("note", "key", f"{kind}, signs every call", "an Ed25519 key is faster: binance-wsapi keys new")
        ]
    state = await client.account_status(omit_zero_balances=True)
    found.append(Finding("ok", "may read", f"account {state.uid}, {state.account_type}"))
    found.append(await _may_trade(client, symbol))
    if not state.can_trade:
        found.append(Finding("bad", "account", "the venue lets it not trade", "ask the venue why"))
    if state.can_withdraw:
        found.append(
            Finding(
                "warn" if run.environment.name == "production" else "note",
                "may withdraw",
                "the account may; whether this key may, the WebSocket API does not tell",
                "switch withdrawals off for this key on the venue's page, and bind it to this address",
            )
        )
    return found


async def _may_trade(client: SpotClient, symbol: str) -> Finding:
    """Try the permission with an order that is only tested."""
    try:
        await client.test_order(symbol, "BUY", "MARKET", quote_order_qty="100")
    except AuthFailed as error:
        return Finding("warn", "may trade", f"no: {error.code} {error.msg}", "allow Spot trading on the key's page")
    except OrderRejected as error:
        return Finding("warn", "may trade", f"no: {error.code} {error.msg}", _TRADING)
    except VenueError as error:
        return Finding("note", "may trade", f"not known: {error.code} {error.msg}", "name a listed --symbol")
    return Finding("ok", "may trade", f"yes, by order.test on {symbol}")


def judge_clock(offset_ms: int, error_ms: float) -> Finding:
    """Return what the offset of this machine's clock means.

    Args:
        offset_ms: the venue's time less this machine's.
        error_ms: by how much that may be wrong.
    """
    where = "behind" if offset_ms > 0 else "ahead of"
    found = f"{abs(offset_ms)} ms {where} the venue's, give or take {error_ms:.1f} ms"
    if abs(offset_ms) > SKEW_MS:
        return Finding("warn", "clock", found, "synchronise it (chrony, ntpd); the client corrects for it meanwhile")
    return Finding("ok", "clock", found)


def judge_limit(state: Any, now_ms: int) -> Finding:
    """Return how much of a limit is used."""
    span = f"{state.interval_num} {str(state.interval).lower()}"
    used = state.used + state.reserved
    found = f"{used} of {state.limit} used"
    if state.banned_until is not None and state.banned_until > now_ms:
        seconds = (state.banned_until - now_ms) / 1000
        return Finding("bad", f"{state.type} {span}", found, f"banned for another {seconds:.0f} s: wait")
    if used > NEARLY_USED * state.limit:
        return Finding("warn", f"{state.type} {span}", found, "another program may use the same address or account")
    return Finding("ok", f"{state.type} {span}", found)


def _view(findings: list[Finding]) -> Any:
    view = table("", "what", "found, and what to do", sentences=True)
    for each in findings:
        colour = COLOURS[each.level]
        remedy = f"\n[bold]{word(each.remedy)}[/bold]" if each.remedy else ""
        view.add_row(f"[{colour}]{each.level}[/{colour}]", word(each.what), f"{word(each.found)}{remedy}")
    return view


def histogram(took: list[float], bars: int = 30) -> list[str]:
    """Return a histogram of milliseconds, a line for each of at most eight bins of equal width."""
    least, most = min(took), max(took)
    bins = min(8, len(took))
    width = (most - least) / bins or 1.0
    counts = [0] * bins
    for each in took:
        counts[min(int((each - least) / width), bins - 1)] += 1
    return [
        f"{least + place * width:9.2f} ms  {'█' * round(bars * count / max(counts)):<{bars}} {count}"
        for place, count in enumerate(counts)
    ]
