"""The command that runs the exchange says how to connect, and what it says works."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from binance_wsapi.cli.exchange import exchange

app = typer.Typer()
app.command()(exchange)


def test_it_starts_says_how_to_connect_and_keeps_its_key(tmp_path: Path) -> None:
    arguments = ["--port", "0", "--seconds", "0.01", "--market", "manual", "--directory", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert re.search(r"ws://127\.0\.0\.1:\d+/ws-api/v3", result.output)
    path = tmp_path / "local-exchange.pem"
    assert str(path) in result.output.replace("\n", "")
    assert path.stat().st_mode & 0o077 == 0, "a private key is its owner's only"
    first = path.read_bytes()
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert path.read_bytes() == first, "the key of yesterday still works today"


@pytest.mark.parametrize("arguments", [["--market", "bull"], ["--port", "70000"], ["--public-key", "/no/such/file"]])
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_a_file_without_a_public_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("no key")
    result = CliRunner().invoke(app, ["--port", "0", "--public-key", str(path)])
    assert result.exit_code == 2
    assert "no public Ed25519 or RSA key" in result.output.replace("\n", " ")


def test_a_taken_port_is_an_error_and_no_traceback(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["--port", port, "--seconds", "1", "--directory", str(tmp_path)])
    assert result.exit_code == 1
    assert "cannot listen on port" in result.output
