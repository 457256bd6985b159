"""One run of a command: where it connects, with which key, and where its output goes."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.text import Text

from binance_wsapi.cli.clean import clean
from binance_wsapi.cli.shared.exits import DONE, code_of
from binance_wsapi.cli.shared.output import OutputLost, say
from binance_wsapi.cli.shared.signals import code_of_end
from binance_wsapi.cli.shared.text import digits
from binance_wsapi.errors import ConnectFailed, UsageError, VenueError, VenueFault, WsapiError
from binance_wsapi.remedies import COMMANDS

if TYPE_CHECKING:
    from binance_wsapi.cli.shared.config import Configuration
    from binance_wsapi.client.spot import SpotClient
    from binance_wsapi.environments import Environment
    from binance_wsapi.keys import Signer
    from binance_wsapi.link.settings import Settings

__all__ = ["Run"]

CLOSING_S = 0.5
"""Seconds the venue has to close a socket with us: Ctrl-C is to end within two, and streams have a socket of their own."""


class Run:
    """What the shared options said.

    Args:
        env: name of the environment, or the URL of a local exchange; None for what the configuration says.
        config: its file; None for the usual place.
        secret_from: where the secret is; None for what the configuration says.
        timeout: seconds; None for what the configuration says.
        as_json: print for programs.
    """

    def __init__(
        self,
        env: str | None = None,
        config: Path | None = None,
        secret_from: str | None = None,
        timeout: float | None = None,
        as_json: bool = False,
    ) -> None:
        self._given = {"environment": env, "secret_from": secret_from, "timeout": timeout}
        self._file = config
        self.as_json = as_json
        self.out = Console(highlight=False, emoji=False)
        self.err = Console(stderr=True, highlight=False, emoji=False)
        self._notes: list[str] = []
        self.client_order_id: str | None = None
        """The order this command is about, while its fate is not known."""

    # ------------------------------------------------------------------ where, and who

    @cached_property
    def configuration(self) -> Configuration:
        """What flags, variables and the file say together."""
        from binance_wsapi.cli.shared.config import load

        return load(self._file, {name: value for name, value in self._given.items() if value is not None})

    @property
    def timeout(self) -> float:
        return self.configuration.timeout

    @cached_property
    def environment(self) -> Environment:
        """Where the venue is."""
        return self.configuration.place()

    @cached_property
    def key(self) -> Signer | None:
        """The key, asked for at most once."""
        from binance_wsapi.cli.shared.secrets import load_key

        return load_key(self.configuration)

    @property
    def settings(self) -> Settings:
        """How the client behaves: what cannot be reached is told within the timeout, and a silent venue holds no end up."""
        from binance_wsapi.link.settings import Settings

        configured = self.configuration
        return Settings(
            timeout=configured.timeout,
            connect_timeout=configured.timeout,
            open_timeout=min(10.0, configured.timeout),
            close_timeout=min(CLOSING_S, configured.timeout),
            ca_file=configured.section.ca_file,
            proxy=configured.section.proxy,
        )

    def client(self, *, private: bool = False, public: bool = False, **options: Any) -> SpotClient:
        """Return the client of this run, to be entered.

        Args:
            private: the command needs a key.
            public: the command uses none, so that a wrong one does not matter.

        Raises:
            UsageError: the command needs a key and none is configured, or the configuration is wrong.
        """
        from binance_wsapi.client.spot import SpotClient

        if private and self.key is None:
            raise UsageError(
                "this command needs a key: set BINANCE_API_KEY and BINANCE_PRIVATE_KEY_FILE, or name them in the file "
                "that `binance-wsapi doctor` shows"
            )
        return SpotClient(self.environment, None if public else self.key, self.settings, **options)

    # ------------------------------------------------------------------ what it prints

    def show(self, value: Any, view: RenderableType) -> None:
        """Print the value as JSON for programs, or the view for people."""
        if self.as_json:
            say(to_json(value, indent=2))
        else:
            self.out.print(view, soft_wrap=isinstance(view, str | Text))

    def done(self, value: Any, view: RenderableType) -> None:
        """Print what was done to orders; where standard output cannot be written, on standard error.

        What was done stays done, so the exit code is 0 then, too.
        """
        try:
            self.show(value, view)
        except OutputLost as lost:
            text = f"{lost}. It was done; the result is told here"
            name = getattr(value, "client_order_id", None)
            self.fail("OutputLost", text, DONE, result=plain(value), **({"client_order_id": name} if name else {}))
            if not self.as_json:
                self.err.print(view, soft_wrap=isinstance(view, str | Text))

    def show_or_line(self, value: Any, view: RenderableType, *, many: bool) -> None:
        """Print one of many, where people see more than a line of it."""
        if self.as_json and many:
            self.line(value, "")
        else:
            self.show(value, view)

    def line(self, value: Any, view: str) -> None:
        """Print one of many: a line of JSON, or a line for people; at once, since another program may be reading."""
        say(to_json(value) if self.as_json else clean(view))

    def tell(self, text: str) -> None:
        """Say something beside the result, on standard error.

        Programs hear it when the command ends, in the same JSON object as an error: two objects are no JSON.
        """
        if self.as_json:
            self._notes.append(clean(text))
        else:
            self.err.print(escape(clean(text)), soft_wrap=True)

    def tell_live(self, text: str) -> None:
        """Say at once what happens beside results that go on and on; to programs as a line of JSON."""
        if self.as_json:
            say(to_json({"note": text}), err=True)
        else:
            self.tell(text)

    def tell_notes(self) -> None:
        """Say to programs what was noted, where no error says it."""
        if self._notes:
            say(to_json({"notes": self._notes}), err=True)
            self._notes = []

    def tell_error(self, error: WsapiError) -> None:
        """Say what went wrong, on standard error."""
        facts: dict[str, Any] = {}
        advice: list[str] = []
        if isinstance(error, VenueError | VenueFault):
            facts |= {"status": error.status, "code": error.code, "msg": clean(error.msg)}
        if isinstance(error, VenueError):  # of what may have been executed the command tells the fate
            advice = [each for each in (error.remedy, COMMANDS.get(error.code)) if each]
        if isinstance(error, ConnectFailed) and self.environment.name == "local":
            advice = ["`binance-wsapi exchange` starts a local exchange"]
        if error.client_order_id:
            facts["client_order_id"] = error.client_order_id
        if self.as_json:  # it stands in the object
            self._notes += advice
        self.fail(type(error).__name__, str(error), code_of(error), **facts)
        if not self.as_json:
            for each in advice:
                self.tell(each)

    def interrupted(self, interrupt: BaseException) -> int:
        """Say that Ctrl-C or a signal ended the command, and return the exit code."""
        code, text = code_of_end(interrupt)
        if self.as_json:
            name = self.client_order_id
            self.fail("Interrupted", text, code, **({"client_order_id": name} if name else {}))
        else:
            self.tell(text)
        return code

    def fail(self, kind: str, message: str, code: int, /, **facts: Any) -> None:
        """Say on standard error what went wrong: a line, or for programs a JSON object.

        Args:
            kind: name of the error.
            message: what happened, with the remedy.
            code: the exit code that follows.
            facts: for programs.
        """
        if not self.as_json:
            self.err.print(f"[red]{kind}[/red]: {escape(clean(message))}", soft_wrap=True)
            return
        told: dict[str, Any] = {"error": kind, "message": clean(message), "exit": code, **facts}
        if self._notes:
            told["notes"], self._notes = self._notes, []
        say(to_json(told), err=True)


def _text(value: Any) -> str:
    """Return what JSON has no form for; a number without an exponent, as the venue writes it."""
    return digits(value) if isinstance(value, Decimal) else str(value)


def to_json(value: Any, indent: int | None = None) -> str:
    """Return the value as JSON text: results as the venue sent them."""
    return clean(json.dumps(plain(value), indent=indent, ensure_ascii=False, default=_text))


def plain(value: Any) -> Any:
    """Return results as the venue sent them, and all else as it is."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if not hasattr(value, "to_dict"):
        return value
    return value.raw if value.raw is not None else value.to_dict(wire_names=True)
