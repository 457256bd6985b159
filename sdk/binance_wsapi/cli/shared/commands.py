"""The group of all commands: where what a command did not catch itself becomes a message and an exit code."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from shutil import get_terminal_size
from typing import Any, Final

import typer
from typer import rich_utils
from typer.core import TyperGroup

from binance_wsapi.cli.shared.exits import DONE, NOT_SENT
from binance_wsapi.cli.shared.output import OutputLost, guarded
from binance_wsapi.cli.shared.run import Run

__all__ = ["Commands", "Group", "flowed"]


_TABLE: Final = 80
"""Columns of a terminal from which options are shown as a table: in less its last column would be a few letters wide."""


class Group(TyperGroup):
    """Commands whose help is broken into lines where the terminal ends, and not where the source does.

    In a narrow terminal each option stands above what it is, and not beside it.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        found: Any = super().get_command(ctx, cmd_name)
        if found is not None:
            found.help = flowed(found.help) if found.help else found.help
            _untyped(found, ctx)
            if get_terminal_size().columns < _TABLE and not hasattr(found, "commands"):
                found.rich_markup_mode = None
        return found

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _untyped(self, ctx)
        super().format_help(ctx, formatter)


def _untyped(command: Any, ctx: Any) -> None:
    """Take the type off the options that take no value: typer shows ``<bool>`` beside those it adds itself."""
    for parameter in command.get_params(ctx):
        if getattr(parameter, "is_flag", False) and parameter.metavar is None:
            parameter.metavar = ""


def flowed(text: str) -> str:
    """Return paragraphs, each in a line of its own."""
    return "\n\n".join(" ".join(each.split()) for each in inspect.cleandoc(text).split("\n\n"))


class _Ended(BaseException):
    """Takes a signal past typer, which makes the exit code of Ctrl-C of every one, and says nothing."""

    def __init__(self, interrupt: KeyboardInterrupt) -> None:
        super().__init__()
        self.interrupt = interrupt


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise _Ended(interrupt) from None


class Commands(Group):
    """Commands whose mistakes are told as JSON to a program that asked for JSON, those of its own arguments included."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        run = Run(as_json="--json" in (given[: given.index("--")] if "--" in given else given))
        with guarded():
            try:
                ended = super().main(
                    args,
                    prog_name,
                    complete_var,
                    standalone_mode=False,
                    windows_expand_args=windows_expand_args,
                    **extra,
                )
                sys.stdout.flush()
                code = ended if isinstance(ended, int) else DONE
            except OutputLost as lost:
                code = lost_code(run, lost)
            except _Ended as ended_by:
                code = run.interrupted(ended_by.interrupt)
            except (KeyboardInterrupt, typer.Abort) as interrupt:
                code = run.interrupted(interrupt)
            except Exception as error:
                if not hasattr(error, "format_message"):  # only the mistakes that typer finds in arguments have it
                    raise
                mistake: Any = error  # of a class that typer brings with it, or takes from click: by its version
                code = mistake.exit_code
                if self._misplaced(mistake, given):
                    run.tell("Options come after the command, such as: binance-wsapi balances --env local")
                if _names_an_order(mistake):
                    run.tell("An order is named by --id, its client order id, or by --order-id, its number")
                if run.as_json:
                    run.fail("UsageError", mistake.format_message(), code)
                else:
                    rich_utils.rich_format_error(mistake)
        if standalone_mode:
            sys.exit(code)
        return code

    def make_context(self, *args: Any, **named: Any) -> Any:
        with _kept():
            return super().make_context(*args, **named)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in self.commands:
            groups = {group: getattr(command, "commands", ()) for group, command in self.commands.items()}
            meant = [f"'{group} {name}'" for group, commands in groups.items() if name in commands]
            if meant:
                ctx.fail(f"No such command {name!r}. Did you mean {' or '.join(meant)}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with _kept():
            return super().invoke(ctx)

    def _misplaced(self, mistake: Any, given: list[str]) -> bool:
        """Return whether an option of the commands stands in front of them."""
        name = getattr(mistake, "option_name", None)
        known = {each for command in self.commands.values() for parameter in command.params for each in parameter.opts}
        return name in known and bool(given) and given[0].partition("=")[0] == name


def _names_an_order(mistake: Any) -> bool:
    """Return whether there is an argument too many where an option names the order."""
    command = getattr(getattr(mistake, "ctx", None), "command", None)
    options = {name for parameter in getattr(command, "params", ()) for name in parameter.opts}
    return "--order-id" in options and "extra argument" in mistake.format_message()


def lost_code(run: Run, lost: OutputLost) -> int:
    """Say that the result could not be printed, and return the exit code: 0 where its reader has seen enough."""
    if lost.reader_gone:
        return DONE
    run.fail("OutputLost", str(lost), NOT_SENT)
    return NOT_SENT
