"""Keys are made, shown and tried; no private half is ever printed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from binance_wsapi import Ed25519Key
from tests.cli.conftest import Terminal


def test_a_new_key_is_for_its_owner_alone_and_only_its_public_half_is_printed(
    terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "new.pem"
    made = terminal.run(f"keys new {file}")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = Ed25519Key.from_file(file, api_key="k" * 64)
    assert made.stdout.strip() == key.public_pem().decode().strip()
    private = file.read_text().splitlines()[1]
    assert private not in made.output
    before = file.read_bytes()
    assert "exists already" in terminal.run(f"keys new {file}", code=2).stderr
    assert file.read_bytes() == before
    shown = json.loads(terminal.run(f"keys show {file} --json").stdout)
    assert shown["kind"] == "Ed25519"
    assert shown["public_pem"] == key.public_pem().decode().strip()


def test_a_key_that_the_venue_takes_and_another_that_it_does_not(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.json("keys check")["accepted"] is True
    Ed25519Key.generate().save(tmp_path / "other.pem", passphrase=None)
    refused = terminal.run("keys check", code=1, BINANCE_PRIVATE_KEY_FILE=str(tmp_path / "other.pem"))
    assert "AuthFailed" in refused.stderr


def test_a_passphrase_is_not_asked_for_without_a_terminal(terminal: Terminal, tmp_path: Path) -> None:
    assert "terminal" in terminal.run(f"keys new {tmp_path / 'p.pem'} --encrypt", code=2).stderr
    assert not (tmp_path / "p.pem").exists()
