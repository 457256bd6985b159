"""How tests run a command: in this process, against an exchange that runs in a thread of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from binance_wsapi.cli.app import app
from tests.served import Served


class Terminal:
    """A command line, and the exchange its environment names.

    Args:
        environ: the variables; none of this machine's that describe a key.
        served: the exchange.
    """

    def __init__(self, environ: dict[str, str], served: Served) -> None:
        self.environ = {"COLUMNS": "80", "BINANCE_CONFIG": os.devnull, **environ}
        self.served = served

    def run(self, line: str | list[str], *, code: int = 0, **more: str) -> Any:
        """Run a command, and see to it that it ends with this exit code."""
        return self._run(line, "", code, more)

    def type(self, line: str | list[str], answers: str, *, code: int = 0, **more: str) -> Any:
        """Run a command and answer its questions."""
        return self._run(line, answers, code, more)

    def _run(self, line: str | list[str], answers: str, code: int, more: dict[str, str]) -> Any:
        words = line.split() if isinstance(line, str) else line
        done = CliRunner().invoke(app, words, env={**self.environ, **more}, input=answers)
        assert done.exit_code == code, f"{words}: {done.exit_code}\n{done.stdout}\n{done.stderr}\n{done.exception!r}"
        assert done.exception is None or isinstance(done.exception, SystemExit)
        return done

    def json(self, line: str | list[str], **more: str) -> Any:
        """Run a command with ``--json`` and return what it prints."""
        words = line.split() if isinstance(line, str) else line
        return json.loads(self._run([*words, "--json"], "", 0, more).stdout)


@pytest.fixture
def served() -> Iterator[Served]:
    exchange = Served(seed=1)
    exchange.quote("59990", "60010")
    yield exchange
    exchange.close()


@pytest.fixture
def terminal(served: Served, tmp_path: Path) -> Terminal:
    return Terminal(served.environment(tmp_path), served)
