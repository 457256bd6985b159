"""Where a key comes from."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
import typer

from binance_wsapi import Ed25519Key, HmacKey
from binance_wsapi.cli.shared import secrets
from binance_wsapi.cli.shared.config import Configuration, load
from binance_wsapi.errors import UsageError

API_KEY = "k" * 64
SECRET = "CanarySecret" + "4" * 52


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("API_KEY", "API_SECRET", "PRIVATE_KEY_FILE", "SECRET_FROM"):
        monkeypatch.delenv(f"BINANCE_{name}", raising=False)
    monkeypatch.setenv("BINANCE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").touch()


def configured(tmp_path: Path, text: str) -> Configuration:
    (tmp_path / "config.toml").write_text(f'environment = "testnet"\n[testnet]\napi_key = "{API_KEY}"\n{text}')
    return load(None, {})


def test_a_key_comes_from_the_file_that_the_configuration_names(tmp_path: Path) -> None:
    Ed25519Key.generate().save(tmp_path / "key.pem", passphrase=None)
    key = secrets.load_key(configured(tmp_path, f'private_key_file = "{tmp_path / "key.pem"}"\n'))
    assert isinstance(key, Ed25519Key)
    assert key.api_key == API_KEY


def test_a_key_comes_from_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {("binance-wsapi", API_KEY): SECRET}
    ring = types.SimpleNamespace(get_password=lambda service, name: held.get((service, name)))
    monkeypatch.setitem(sys.modules, "keyring", ring)
    configuration = configured(tmp_path, 'secret_from = "keyring"\n')
    assert isinstance(secrets.load_key(configuration), HmacKey)
    held.clear()
    with pytest.raises(UsageError, match="keyring set binance-wsapi"):
        secrets.load_key(configuration)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match="pip install keyring"):
        secrets.load_key(configuration)


def test_a_prompt_needs_a_terminal_and_shows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configuration = configured(tmp_path, 'secret_from = "prompt"\n')
    with pytest.raises(UsageError, match="asked for on a terminal"):
        secrets.load_key(configuration)
    monkeypatch.setattr(secrets, "can_ask", lambda: True)
    asked: list[bool] = []

    def answer(*_: object, hide_input: bool, **__: object) -> str:
        asked.append(hide_input)
        return SECRET

    monkeypatch.setattr(typer, "prompt", answer)
    assert isinstance(secrets.load_key(configuration), HmacKey)
    assert asked == [True]
    assert SECRET not in "".join(capsys.readouterr())


def test_without_a_key_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('environment = "testnet"\n')
    assert secrets.load_key(load(None, {})) is None
