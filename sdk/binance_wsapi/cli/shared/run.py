"""One run of a command: where it connects, with which key, and where its output goes."""

from __future__ import annotations

import json
import sys
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console, RenderableType
from rich.markup import escape

from binance_wsapi.cli.clean import clean
from binance_wsapi.cli.shared.exits import code_of
from binance_wsapi.errors import UsageError, VenueError, VenueFault, WsapiError

if TYPE_CHECKING:
    from binance_wsapi.cli.shared.config import Configuration
    from binance_wsapi.client.spot import SpotClient
    from binance_wsapi.environments import Environment
    from binance_wsapi.keys import Signer
    from binance_wsapi.link.settings import Settings
    from binance_wsapi.streams import MarketStreams

__all__ = ["Run"]


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
        self.out = Console(highlight=False)
        self.err = Console(stderr=True, highlight=False)

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
        """How the client behaves: what cannot be reached is told within the timeout."""
        from binance_wsapi.link.settings import Settings

        configured = self.configuration
        return Settings(
            timeout=configured.timeout,
            connect_timeout=configured.timeout,
            open_timeout=min(10.0, configured.timeout),
            close_timeout=min(5.0, configured.timeout),
            ca_file=configured.section.ca_file,
            proxy=configured.section.proxy,
        )

    def client(self, *, private: bool = False, **options: Any) -> SpotClient:
        """Return the client of this run, to be entered.

        Raises:
            UsageError: the command needs a key and none is configured, or the configuration is wrong.
        """
        from binance_wsapi.client.spot import SpotClient

        if private and self.key is None:
            raise UsageError(
                "this command needs a key: set BINANCE_API_KEY and BINANCE_PRIVATE_KEY_FILE, or name them in the file "
                "that `binance-wsapi doctor` shows"
            )
        return SpotClient(self.environment, self.key, self.settings, **options)

    def streams(self) -> MarketStreams:
        """Return the market streams of this run, to be entered. They need no key."""
        from binance_wsapi.streams import MarketStreams

        return MarketStreams(self.environment, self.settings)

    # ------------------------------------------------------------------ what it prints

    def show(self, value: Any, view: RenderableType) -> None:
        """Print the value as JSON for programs, or the view for people."""
        if self.as_json:
            typer.echo(to_json(value, indent=2))
        else:
            self.out.print(view, soft_wrap=isinstance(view, str))

    def show_or_line(self, value: Any, view: RenderableType, *, many: bool) -> None:
        """Print one of many, where people see more than a line of it."""
        if self.as_json and many:
            self.line(value, "")
        else:
            self.show(value, view)

    def line(self, value: Any, view: str) -> None:
        """Print one of many: a line of JSON, or a line for people; at once, since another program may be reading."""
        typer.echo(to_json(value) if self.as_json else clean(view))
        sys.stdout.flush()

    def tell(self, text: str) -> None:
        """Say something beside the result, on stderr."""
        self.err.print(escape(clean(text)), soft_wrap=True)

    def tell_error(self, error: WsapiError) -> None:
        """Say what went wrong, on stderr."""
        kind, text = type(error).__name__, clean(str(error))
        if not self.as_json:
            self.err.print(f"[red]{kind}[/red]: {escape(text)}", soft_wrap=True)
            return
        facts: dict[str, Any] = {"error": kind, "message": text, "exit": code_of(error)}
        if isinstance(error, VenueError | VenueFault):
            facts |= {"status": error.status, "code": error.code, "msg": clean(error.msg)}
        if error.client_order_id:
            facts["client_order_id"] = error.client_order_id
        typer.echo(to_json(facts), err=True)


def to_json(value: Any, indent: int | None = None) -> str:
    """Return the value as JSON text: results as the venue sent them."""
    return clean(json.dumps(plain(value), indent=indent, ensure_ascii=False, default=str))


def plain(value: Any) -> Any:
    """Return results as the venue sent them, and all else as it is."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if not hasattr(value, "to_dict"):
        return value
    return value.raw if value.raw is not None else value.to_dict(wire_names=True)
