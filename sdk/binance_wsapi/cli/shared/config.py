"""What flags, environment variables and the configuration file say together; the first of them that speaks counts.

The file is TOML. It never holds a secret: it says where the secret is::

    environment = "testnet"          # used when --env is not given
    timeout = 10

    [testnet]
    api_key = "..."
    private_key_file = "~/keys/testnet.pem"

    [production]
    api_key = "..."
    secret_from = "keyring"
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Literal

from binance_wsapi.environments import DEMO, PRODUCTION, TESTNET, Environment, local
from binance_wsapi.errors import UsageError

try:
    from pydantic import BaseModel, ConfigDict, Field, ValidationError
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
except ImportError as error:
    raise UsageError('pydantic-settings is not installed: pip install "binance-wsapi[cli]"') from error

__all__ = ["DEFAULT_URL", "Configuration", "Section", "default_file", "load"]

DEFAULT_URL = "ws://127.0.0.1:9480/ws-api/v3"
"""Where ``binance-wsapi exchange`` listens."""
SecretFrom = Literal["file", "keyring", "prompt"]
_NAMED = {each.name: each for each in (PRODUCTION, TESTNET, DEMO)}
_SECRETS = {"api_secret", "secret", "private_key", "private_key_pem", "passphrase", "private_key_passphrase"}


class Section(BaseModel):
    """What holds in one environment: a table of the file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    api_key: str | None = None
    private_key_file: str | None = None
    api_secret_file: str | None = None
    secret_from: SecretFrom | None = None
    url: str | None = None
    proxy: str | Literal[True] | None = None
    ca_file: str | None = None


class Configuration(BaseSettings):
    """The whole of it."""

    model_config = SettingsConfigDict(env_prefix="BINANCE_", extra="forbid", hide_input_in_errors=True)

    environment: str | None = None
    timeout: float = Field(default=10.0, gt=0, le=3600)
    secret_from: SecretFrom | None = None
    local: Section = Section()
    testnet: Section = Section()
    demo: Section = Section()
    production: Section = Section()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _reading)

    @property
    def name(self) -> str:
        """The name of the environment: local for a URL.

        Raises:
            UsageError: nothing says which, or there is none of that name.
        """
        where = self.environment or ""
        if where == "local" or where in _NAMED:
            return where
        if where.startswith(("ws://", "wss://")):
            return "local"
        raise UsageError(
            "say where: --env (or BINANCE_ENVIRONMENT, or environment in the configuration file) is local, testnet, "
            "demo or production, or the ws:// URL of a local exchange" + (f"; got {where!r:.60}" if where else "")
        )

    @property
    def section(self) -> Section:
        """What the file says about the environment."""
        section: Section = getattr(self, self.name)
        return section

    def place(self) -> Environment:
        """Return where the venue is."""
        if self.name != "local":
            return _NAMED[self.name]
        return local(self.section.url or DEFAULT_URL if self.environment == "local" else str(self.environment))


_reading: Path | None = None
"""The file that is being read: `TomlConfigSettingsSource` is made inside of pydantic."""


def default_file() -> Path:
    """Return where the configuration is looked for when no option names a file."""
    named = os.environ.get("BINANCE_CONFIG")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "binance-wsapi" / "config.toml"


def load(file: Path | None, given: dict[str, Any]) -> Configuration:
    """Read the configuration.

    Args:
        file: its file; None for what ``BINANCE_CONFIG`` names, or for the usual place, where there may be none.
        given: what flags said.

    Raises:
        UsageError: the file is not there, or holds what it must not. No value is repeated: it may be a secret.
    """
    global _reading
    path = file or default_file()
    named = "--config" if file is not None else "BINANCE_CONFIG" if os.environ.get("BINANCE_CONFIG") else ""
    if named and not path.is_file() and str(path) != os.devnull:
        raise UsageError(f"{named}: there is no file {path}; {os.devnull} stands for none")
    _reading = path if path.is_file() else None
    try:
        return Configuration(**given)
    except ValidationError as error:
        raise UsageError("; ".join(_told(each, path) for each in error.errors(include_input=False))) from None
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as TOML: {type(error).__name__}") from None
    finally:
        _reading = None


def _told(error: Any, path: Path) -> str:
    where = ".".join(map(str, error["loc"]))
    last = str(error["loc"][-1]) if error["loc"] else ""
    if last in _SECRETS:
        return (
            f"{path}: {where}: a secret does not belong into this file. Name a file of its own (private_key_file, "
            'api_secret_file), or set secret_from to "keyring" or "prompt"'
        )
    if error["type"] == "extra_forbidden":
        return f"{path}: there is no setting {where}"
    return f"{where} (flag, BINANCE_ variable, or {path}): {error['msg']}"
