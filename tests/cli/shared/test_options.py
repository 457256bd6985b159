"""How commands end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal


def test_ctrl_c_ends_a_live_command_with_its_code_and_without_a_traceback(terminal: Terminal) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "binance_wsapi", "fills"],
        env={**os.environ, **terminal.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    assert "listening" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err.strip()) == (130, "", "interrupted")


@pytest.mark.parametrize("module", ["typer", "rich.console"])
def test_ctrl_c_while_the_command_is_loaded_ends_it_with_its_code(module: str) -> None:
    """A finder of modules sends the signal when the module is looked for."""
    code = f"""
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from binance_wsapi.cli import main
sys.argv = ["binance-wsapi", "--version"]
main()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_a_reader_that_has_seen_enough_is_no_error(terminal: Terminal) -> None:
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m binance_wsapi call exchangeInfo | head -c 10; exit ${{PIPESTATUS[0]}}"],
        env={**os.environ, **terminal.environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, len(done.stdout), done.stderr) == (0, 10, "")


def test_the_module_is_the_command(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "binance_wsapi", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("binance-wsapi ")
