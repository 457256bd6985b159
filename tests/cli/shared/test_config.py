"""Flags, variables and the file: which of them counts, and that none holds a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from binance_wsapi.cli.shared.config import DEFAULT_URL, load
from binance_wsapi.errors import UsageError

SECRET = "CanarySecret" + "5" * 52


@pytest.fixture(autouse=True)
def _none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ENVIRONMENT", "TIMEOUT", "SECRET_FROM"):
        monkeypatch.delenv(f"BINANCE_{name}", raising=False)
    monkeypatch.setenv("BINANCE_CONFIG", str(tmp_path / "config.toml"))
    write(tmp_path, "")


def write(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.toml").write_text(text)


def test_a_flag_comes_before_a_variable_and_a_variable_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 'environment = "demo"\ntimeout = 3\n[testnet]\napi_key = "k"\nproxy = "http://127.0.0.1:1"\n')
    assert load(None, {}).place().name == "demo"
    assert load(None, {}).timeout == 3
    monkeypatch.setenv("BINANCE_ENVIRONMENT", "testnet")
    assert load(None, {}).section.api_key == "k"
    assert load(None, {"environment": "production"}).place().name == "production"
    assert load(None, {"timeout": 1.0}).timeout == 1.0


def test_local_is_where_the_local_exchange_listens_or_what_the_file_says(tmp_path: Path) -> None:
    assert load(None, {"environment": "local"}).place().ws_api == (DEFAULT_URL,)
    write(tmp_path, '[local]\nurl = "ws://127.0.0.1:7/ws-api/v3"\n')
    assert load(None, {"environment": "local"}).place().ws_api == ("ws://127.0.0.1:7/ws-api/v3",)


def test_there_is_no_default_environment() -> None:
    with pytest.raises(UsageError, match="say where"):
        load(None, {}).place()
    with pytest.raises(UsageError, match="got 'prod'"):
        load(None, {"environment": "prod"}).place()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'[testnet]\napi_secret = "{SECRET}"\n', "a secret does not belong"),
        (f'[testnet]\nprivate_key_pem = "{SECRET}"\n', "a secret does not belong"),
        ('[testnet]\ncolour = "red"\n', "there is no setting testnet.colour"),
        ("timeout = 0\n", "timeout"),
        ('[testnet]\nsecret_from = "moon"\n', "secret_from"),
        ("[testnet\n", "cannot be read as TOML"),
    ],
)
def test_a_file_that_is_wrong_is_told_without_its_values(text: str, told: str, tmp_path: Path) -> None:
    write(tmp_path, text)
    with pytest.raises(UsageError, match=told) as raised:
        load(None, {"environment": "testnet"})
    assert SECRET not in str(raised.value)


def test_a_file_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="--config: there is no file"):
        load(tmp_path / "other.toml", {})
    monkeypatch.setenv("BINANCE_CONFIG", str(tmp_path / "other.toml"))
    with pytest.raises(UsageError, match="BINANCE_CONFIG: there is no file"):
        load(None, {})
    monkeypatch.setenv("BINANCE_CONFIG", os.devnull)
    assert load(None, {"environment": "demo"}).place().name == "demo"
