"""``binance-wsapi limits``: the budget that processes share, as it stands, and who uses it."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.text import Text

from binance_wsapi.cli.clean import clean
from binance_wsapi.cli.shared.exits import USAGE
from binance_wsapi.cli.shared.options import Config, Env, Timeout, ended
from binance_wsapi.cli.shared.output import say
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.cli.shared.signals import asking, stoppable
from binance_wsapi.cli.shared.terminal import can_ask
from binance_wsapi.cli.shared.text import table
from binance_wsapi.errors import UsageError

if TYPE_CHECKING:  # what they need is imported when it runs: other commands do without it
    from binance_wsapi.limits.shared.records import Holding, LimitShared, ScopeState
    from binance_wsapi.limits.shared.redis import RedisStore
    from binance_wsapi.limits.shared.sqlite import SqliteStore

__all__ = ["left", "limits", "rows", "view"]

out = Console(highlight=False)


def limits(
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", envvar="BINANCE_LIMITS_FILE", help="The file the processes of this machine share."
        ),
    ] = None,
    redis: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="BINANCE_LIMITS_REDIS",
            help="Address of the Redis they share; one with a password belongs in the environment.",
            show_envvar=True,
        ),
    ] = None,
    once: Annotated[bool, typer.Option("--once", metavar="", help="Print it once and end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", metavar="", help="Print it once as JSON.")] = False,
    every: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="Seconds between two looks.")] = 0.5,
    clear_bans: Annotated[
        bool, typer.Option("--clear-bans", metavar="", help="End every ban, in all processes. The venue's own go on.")
    ] = False,
    forget: Annotated[
        str | None, typer.Option(metavar="MEMBER", help="Bury a process that is no more, by the name shown here.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Do not ask before something is changed.")] = False,
    env: Env = None,
    config: Config = None,
    timeout: Timeout = None,
) -> None:
    """Show the venue's limits; with --file or --redis live the budget that processes share, who uses it, and bans.

    Without --clear-bans and --forget it only looks: it takes nothing from the budget. Times are told by the clock of this
    machine.
    """
    if file is None and redis is None:
        if clear_bans or forget is not None:
            raise typer.BadParameter("name the one place that is shared: --file or --redis")
        run = Run(env, config, None, timeout, as_json)
        ended(run, lambda: asyncio.run(stoppable(_venue(run))))
        return
    if file is not None and redis is not None:
        raise typer.BadParameter("name the one place that is shared: --file or --redis")
    from binance_wsapi.limits.shared.store import StoreUnavailable

    try:
        store = _store(file, redis, timeout or 2.0)
    except UsageError as error:
        raise typer.BadParameter(clean(str(error))) from None
    try:
        if clear_bans or forget is not None:
            _change(store, clear_bans=clear_bans, member=forget, yes=yes, run=Run(as_json=as_json))
        elif as_json:
            run = Run(as_json=True)
            say(json.dumps(rows(store.inspect(), _now_ms()), indent=2))
            for name in store.unreadable:
                run.tell(_unreadable(name))
            run.tell_notes()
        elif once:
            out.print(_look(store))
        else:
            _watch(store, every)
    except StoreUnavailable as error:
        Run(as_json=as_json).fail("StoreUnavailable", f"the shared budget cannot be read: {error}", 1)
        raise typer.Exit(1) from None
    finally:
        store.close()


async def _venue(run: Run) -> None:
    """Show the limits as the venue tells them to this address and account."""
    async with run.client() as client:
        if run.key is not None:
            await client.order_rate_limits()
        states = client.limits
        now = client.now_ms()
    shown = table("limit", ">used", ">of", "", ">resets in", title=f"{run.environment.name}: this address and account")
    for state in states:
        shown.add_row(
            f"{state.type} {state.interval_num} {state.interval.lower()}",
            str(state.used),
            str(state.limit),
            ProgressBar(total=state.limit, completed=min(state.used, state.limit), width=20),
            left(state.resets_at - now),
        )
    value = [
        {
            "type": state.type,
            "interval": state.interval,
            "interval_num": state.interval_num,
            "limit": state.limit,
            "used": state.used,
            "resets_at": state.resets_at,
            "banned_until": state.banned_until,
        }
        for state in states
    ]
    run.show(value, shown)


def _store(file: Path | None, redis: str | None, timeout: float) -> SqliteStore | RedisStore:
    from binance_wsapi.limits.shared.redis import RedisStore
    from binance_wsapi.limits.shared.sqlite import SqliteStore

    if file is not None:
        if not file.is_file():  # looking must not make it
            raise UsageError(f"there is no file {file}")
        return SqliteStore(file, timeout=timeout)
    address = redis or ""
    if "BINANCE_LIMITS_REDIS" not in _environment() and urlsplit(address).password is not None:
        raise UsageError("others can read a password on the command line: set BINANCE_LIMITS_REDIS instead")
    return RedisStore(address, timeout=timeout)


def _change(store: SqliteStore | RedisStore, *, clear_bans: bool, member: str | None, yes: bool, run: Run) -> None:
    """Do what a person says to the shared budget, once that person has seen what it is."""
    from binance_wsapi.limits.shared.division import forget, lift_bans

    now = _now_ms()
    states = store.inspect()
    done: dict[str, Any] = {}
    told: list[str] = []
    broken = store.unreadable
    if member is not None and not any(
        member in {name, each.label} for state in states for name, each in state.members.items()
    ):
        _set_aside(store, broken, done, run)
        run.fail("UsageError", f"no process is called {member}", USAGE, **done)
        raise typer.Exit(USAGE)
    if clear_bans:
        bans = [(state.scope, ban, until) for state in states for ban, until in state.bans.items() if until > now]
        for scope, ban, until in bans:
            run.tell(f"{scope}: banned ({ban}) for another {(until - now) / 1_000:.0f} s")
        if bans:
            _agreed(
                run,
                "A client that sends during a ban of the venue is banned for longer. End these bans in all processes?",
                yes,
            )
            store.change(lift_bans)
        done["lifted"] = [{"scope": scope, "ban": ban, "until": until} for scope, ban, until in bans]
        told.append("the bans are lifted; each process hears of it within a second" if bans else "there is no ban")
    if member is not None:
        _agreed(
            run,
            f"What {clean(member)} held counts as used, and a process that still lives begins anew. Forget it?",
            yes,
        )
        store.change(partial(forget, name=member))
        done["forgotten"] = member
        told.append(f"{clean(member)} is forgotten")
    _set_aside(store, broken, done, run)
    run.show(done, escape("\n".join(told)))
    run.tell_notes()


def _look(store: SqliteStore | RedisStore) -> RenderableType:
    """Return the budget of every record that can be read, and name the others."""
    shown = view(store.inspect(), _now_ms())
    return Group(shown, *(Text(clean(_unreadable(name)), style="red") for name in store.unreadable))


def _unreadable(name: str) -> str:
    return f"the record of {name} cannot be read: the next process that uses it sets it aside, and so does --clear-bans"


def _set_aside(store: SqliteStore | RedisStore, names: list[str], done: dict[str, Any], run: Run) -> None:
    """Set records aside that cannot be read, where a person's change did not do so already, and tell it."""
    if not names:
        return
    if store.unreadable:
        store.change(_as_it_is)
    for name in names:
        run.tell(f"the record of {name} could not be read: it was set aside")
    run.tell("the processes that share it tell the bans they know anew: look again in a second")
    done["set_aside"] = names


def _as_it_is(_state: ScopeState) -> bool:
    return False


def _agreed(run: Run, question: str, yes: bool) -> None:
    """Ask, and end the command where the answer is not yes."""
    if yes:
        return
    why = "there is no terminal to confirm it on: add --yes"
    if can_ask():
        with asking():
            if typer.confirm(question, err=True):
                return
        why = "not confirmed; nothing was changed"
    run.fail("UsageError", why, USAGE)
    raise typer.Exit(USAGE)


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _watch(store: SqliteStore | RedisStore, every: float) -> None:
    """Look again and again until the user has seen enough; a store that is away is waited for."""
    from binance_wsapi.limits.shared.store import StoreUnavailable

    with Live(console=out, auto_refresh=False, screen=False) as live:
        try:
            while True:
                shown: RenderableType
                try:
                    shown = _look(store)
                except StoreUnavailable as error:
                    shown = Text(f"the shared budget cannot be read: {clean(str(error))}", style="red")
                live.update(shown, refresh=True)
                time.sleep(every)
        except KeyboardInterrupt:
            return


# --------------------------------------------------------------------------- what is shown


def rows(states: list[ScopeState], now_ms: int) -> list[dict[str, Any]]:
    """Return the budget as plain values: one entry for each scope."""
    found = []
    for state in states:
        environment, kind, name = state.scope.split(":", 2)
        found.append(
            {
                "environment": environment,
                "scope": kind,
                "name": name,
                "banned_until": {scope: until for scope, until in sorted(state.bans.items()) if until > now_ms},
                "limits": [_limit(key, limit, state, now_ms) for key, limit in sorted(state.limits.items())],
            }
        )
    return found


def _limit(key: str, limit: LimitShared, state: ScopeState, now_ms: int) -> dict[str, Any]:
    present = max(now_ms // limit.length, limit.newest)
    window = limit.windows.get(present)
    processes = []
    for member in state.members.values():
        holding = member.holdings.get(key)
        if holding is not None:
            taken = holding.taken if holding.window == present else 0
            processes.append(
                {
                    "process": member.label,
                    "taken": taken,
                    "share": round(taken / limit.limit, 4),
                    "held": _held(holding, present),
                    "waiting_for": holding.need if holding.window == present else 0,
                }
            )
    return {
        "type": key.split()[0],
        "seconds": limit.length // 1_000,
        "limit": limit.limit,
        "used": window.spent if window is not None else 0,
        "held": sum(process["held"] for process in processes),
        "resets_at": (present + 1) * limit.length,
        "processes": sorted(processes, key=lambda process: (-process["taken"], process["process"])),
    }


def _held(holding: Holding, window: int) -> int:
    return max(holding.within(window), 0)


def view(states: list[ScopeState], now_ms: int) -> RenderableType:
    """Return the budget as something to print."""
    parts: list[RenderableType] = []
    for scope in rows(states, now_ms):
        title = escape(clean(f"{scope['environment']} · {scope['scope']} {scope['name']}"))
        shown = table(
            "limit",
            ">used",
            ">held",
            ">of",
            "",
            ">resets in",
            "process",
            ">taken",
            ">share",
            ">held",
            ">waits for",
            title=title,
        )
        for limit in scope["limits"]:
            for number, process in enumerate(limit["processes"] or [None]):
                head = _head(limit, now_ms) if number == 0 else ("",) * 6
                tail = (
                    ("", "", "", "", "")
                    if process is None
                    else (
                        escape(clean(process["process"])),
                        str(process["taken"]),
                        f"{process['share']:.0%}",
                        str(process["held"]),
                        str(process["waiting_for"] or ""),
                    )
                )
                shown.add_row(*head, *tail)
            shown.add_section()
        parts.append(shown)
        for ban, until in scope["banned_until"].items():
            parts.append(Text(f"banned ({ban}) for another {left(until - now_ms)}", style="bold red"))
    return Group(*parts) if parts else Text("no process has used the shared budget yet")


def _head(limit: dict[str, Any], now_ms: int) -> tuple[RenderableType, ...]:
    full = limit["used"] + limit["held"]
    return (
        escape(clean(f"{limit['type']} {_span(limit['seconds'])}")),
        str(limit["used"]),
        str(limit["held"]),
        str(limit["limit"]),
        ProgressBar(total=limit["limit"], completed=min(full, limit["limit"]), width=20),
        left(limit["resets_at"] - now_ms),
    )


def left(milliseconds: float) -> str:
    """Return how long it is until then: seconds up to two minutes, then minutes, then hours and minutes."""
    seconds = round(max(milliseconds, 0) / 1_000)
    if seconds < 120:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _span(seconds: int) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
