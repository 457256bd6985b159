"""Commands whose output the system does not take: what was sent is told all the same, and no traceback is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from tests.cli.conftest import Terminal

FULL = ">full"
"""A file that may not grow, as on a disk without room."""
GONE = "| true"
COMMAND = f"{sys.executable} -m binance_wsapi"


def shell(terminal: Terminal, line: str, how: str, code: int, **more: str) -> str:
    """Run a command whose output goes to `how`, and return what it says on standard error."""
    words = f"exec 3>&1; ulimit -f 0; {{ {COMMAND} {line}; echo $? >&3; }} {how}"
    if how.startswith("|"):
        words = f"{COMMAND} {line} {how}; echo ${{PIPESTATUS[0]}}"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["bash", "-c", words],
            cwd=folder,
            env={**os.environ, **terminal.environ, **more},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert int(done.stdout.split()[-1]) == code, done.stderr
    return done.stderr


def is_open(terminal: Terminal, id: str) -> bool:
    return terminal.served.do(
        lambda exchange: any(each.client_order_id == id and each.is_open for each in exchange.truth.all_orders())
    )


def test_an_order_that_was_placed_is_told_on_standard_error(terminal: Terminal) -> None:
    place = "order place BTCUSDT BUY LIMIT -q 0.001 -p 50000"
    told = shell(terminal, f"{place} --id full-1", FULL, 0)
    assert is_open(terminal, "full-1")
    assert "full-1" in told
    assert "standard output cannot be written: File too large" in told
    for_programs = json.loads(shell(terminal, f"{place} --id full-2 --json", GONE, 0))
    assert is_open(terminal, "full-2")
    assert (for_programs["exit"], for_programs["client_order_id"]) == (0, "full-2")
    assert for_programs["result"]["status"] == "NEW"


def test_a_cancellation_is_told_on_standard_error(terminal: Terminal) -> None:
    for name in ("gone-1", "gone-2"):
        terminal.run(f"order place BTCUSDT BUY LIMIT -q 0.001 -p 50000 --id {name}")
    told = json.loads(shell(terminal, "call order.cancel symbol=BTCUSDT origClientOrderId=gone-1 --json", FULL, 0))
    assert told["result"]["status"] == "CANCELED"
    assert json.loads(shell(terminal, "order cancel-all BTCUSDT --json", GONE, 0))["result"][0]["status"] == "CANCELED"
    assert not is_open(terminal, "gone-1")
    assert not is_open(terminal, "gone-2")


def test_an_order_is_placed_where_nothing_can_be_written_at_all(terminal: Terminal) -> None:
    shell(terminal, "order place BTCUSDT BUY LIMIT -q 0.001 -p 50000 --id full-3", f"{FULL} 2>&1", 0)
    assert is_open(terminal, "full-3")


@pytest.mark.parametrize("line", ["balances", "--help"])
def test_an_answer_that_cannot_be_printed_has_the_exit_code_of_what_may_be_asked_again(
    terminal: Terminal, line: str
) -> None:
    assert "standard output cannot be written: File too large" in shell(terminal, line, FULL, 3)


def test_a_program_is_told_so_in_json(terminal: Terminal) -> None:
    told = json.loads(shell(terminal, "balances --json", FULL, 3))
    assert (told["error"], told["exit"]) == ("OutputLost", 3)


@pytest.mark.parametrize("line", ["doctor --count 1", "methods"])
def test_a_reader_that_has_seen_enough_of_a_table_is_no_error(terminal: Terminal, line: str) -> None:
    assert shell(terminal, line, GONE, 0) == ""


def test_letters_that_a_terminal_does_not_have_are_written_as_json_writes_them(terminal: Terminal) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from binance_wsapi.cli.shared.output import guarded, say\nwith guarded(): say('\\u00e9 \\U0001f600 a')",
        ],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\\u00e9 \\ud83d\\ude00 a\n"


def mistakes() -> list[Any]:
    return [
        ("order place", 2),
        ("order place BTCUSDT BUY LIMIT --what", 2),
        ("ping --count x", 2),
        ("nothing", 2),
        ("order nothing", 2),
        ("fate x --journal /nonexistent", 2),
        ("order place BTCUSDT BUYY LIMIT -q 1 -p 1", 2),
        ("ping --config /nonexistent", 2),
        ("exchange --port 70000", 2),
        ("exchange --market bull", 2),
        ("limits --forget x", 2),
        ("call depth symbol=BTCUSDT limit=abc", 2),
    ]


@pytest.mark.parametrize(("line", "code"), mistakes())
def test_a_mistake_is_one_json_object_for_programs(terminal: Terminal, line: str, code: int) -> None:
    done = terminal.run(f"{line} --json", code=code)
    told = json.loads(done.stderr)
    assert (told["exit"], done.stdout) == (code, "")
    assert told["error"]
    assert told["message"]


def test_a_mistake_is_a_sentence_for_people(terminal: Terminal) -> None:
    assert "Missing argument" in terminal.run("order place", code=2).stderr
