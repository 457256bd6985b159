"""How commands end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

import pytest

from binance_wsapi.cli.shared.run import Run
from binance_wsapi.simulator import Delay, LocalExchange
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


@pytest.mark.parametrize("line", ["fills", "fills --json"])
def test_ctrl_c_does_not_wait_for_the_answer_that_a_subscription_has_ended(line: str, terminal: Terminal) -> None:
    terminal.served.do(lambda exchange: exchange.faults.next(Delay(600.0), method="userDataStream.unsubscribe"))
    running = subprocess.Popen(
        [sys.executable, "-m", "binance_wsapi", *line.split(), "--timeout", "600"],
        env={**os.environ, **terminal.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert running.stdout is not None
        assert "listening" in running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert "interrupted" in running.communicate(timeout=30)[0]
        assert running.returncode == 130
    finally:
        running.kill()
        running.communicate()


def test_a_silent_venue_has_less_than_two_seconds_to_close_the_sockets_of_streams_and_api(terminal: Terminal) -> None:
    run = Run(env=terminal.served.url, config=Path(os.devnull))
    assert 2 * run.settings.close_timeout < 2 < run.settings.timeout


class Placed:
    """Hears of the first order that is sent to the exchange; made before it is sent."""

    def __init__(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        self._name = ""
        self._came = threading.Event()

        def listen(exchange: LocalExchange) -> None:
            write_down = exchange.truth.frame

            def hear(connection: int, direction: Literal["in", "out"], data: str | bytes) -> None:
                write_down(connection, direction, data)
                if direction == "in" and "order.place" in str(data):
                    self._name = json.loads(data)["params"]["newClientOrderId"]
                    self._came.set()

            monkeypatch.setattr(exchange.truth, "frame", hear)

        terminal.served.do(listen)

    def name(self) -> str:
        """Wait for the order; return its client order id."""
        assert self._came.wait(30), "no order came"
        return self._name


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("shell", ["", "trap '' INT; exec "])
def test_a_signal_during_a_doubt_tells_the_id_that_was_made(
    number: signal.Signals, shell: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell without job control starts what runs beside it with SIGINT ignored."""
    terminal.served.do(lambda exchange: exchange.faults.next(Delay(60.0), method="order.place"))
    placed = Placed(terminal, monkeypatch)
    line = f"{sys.executable} -m binance_wsapi order place BTCUSDT BUY MARKET -q 0.01 --json --timeout 60"
    running = subprocess.Popen(
        ["bash", "-c", f"{shell or 'exec '}{line}"],
        env={**os.environ, **terminal.environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    name = placed.name()
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    told = json.loads(err)
    assert (running.returncode, out) == (128 + number, "")
    assert (told["error"], told["exit"], told["client_order_id"]) == ("Interrupted", 128 + number, name)
    assert f"fate {name} --symbol BTCUSDT`" in told["notes"][-1]


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
@pytest.mark.parametrize(
    ("line", "question", "number"),
    [
        ("order place BTCUSDT BUY LIMIT -q 1 -p 1 --env production", "[y/N]", signal.SIGINT),
        ("order place BTCUSDT BUY LIMIT -q 1 -p 1 --env production", "[y/N]", signal.SIGTERM),
        ("balances --secret-from prompt", "Secret", signal.SIGINT),
        ("balances --secret-from prompt", "Secret", signal.SIGTERM),
    ],
)
def test_a_question_is_ended_by_the_first_signal(
    line: str, question: str, number: signal.Signals, terminal: Terminal
) -> None:
    import pty

    primary, secondary = pty.openpty()
    running = subprocess.Popen(
        [sys.executable, "-m", "binance_wsapi", *line.split()],
        env={**os.environ, **terminal.environ, "BINANCE_CONFIG": os.devnull},
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        start_new_session=True,
    )
    os.close(secondary)
    try:
        shown = ""
        while question not in shown:
            shown += os.read(primary, 4096).decode()
        running.send_signal(number)
        assert running.wait(timeout=20) in {130, 128 + number}
    finally:
        running.kill()
        running.wait()
        os.close(primary)


@pytest.mark.parametrize("module", ["typer", "rich.console"])
def test_ctrl_c_while_the_command_is_loaded_ends_it_with_its_code(module: str) -> None:
    """A finder of modules sends the signal when the module is looked for, to a process that hears it."""
    code = f"""
import os, signal, sys
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
signal.signal(signal.SIGINT, signal.default_int_handler)
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


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_signal_before_the_loop_of_a_command_ends_it_with_its_own_code(
    name: str, more: list[str], tmp_path: Path
) -> None:
    """typer made 130 of each, and said nothing. The signal comes where the exchange is about to be made."""
    code = f"""
import os, signal, sys
from binance_wsapi.cli import main
import binance_wsapi.simulator as simulator
signal.signal(signal.SIGINT, signal.default_int_handler)
simulator.LocalExchange = lambda *_, **__: os.kill(os.getpid(), signal.{name})
sys.argv = ["binance-wsapi", "exchange", "--port", "0", *{more!r}]
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    number = getattr(signal, name)
    words = "interrupted" if name == "SIGINT" else f"ended by {name}"
    told = json.dumps({"error": "Interrupted", "message": words, "exit": 128 + number}) if more else words
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", f"{told}\n")


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
