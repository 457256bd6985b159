"""Other clients on the same server in the same rounds: each in a process and an environment of its own.

The official SDK, `python-binance`, `pybotters`, `unicorn-binance-websocket-api` and `ccxt.pro`, with the versions their pins
name, installed under ``.foreign/``. They sign each request by HMAC, as most of their users do. Their processor time counts
all of their threads.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

from tests.foreign.__main__ import interpreter

from benchmarks.orders import IN_FLIGHT
from benchmarks.peer import Server
from benchmarks.report import Figures

__all__ = ["PEERS", "Peers"]

HERE = Path(__file__).parent
FOREIGN = HERE.parents[1] / "tests" / "foreign"
PEERS = {
    "official": ("official SDK, HMAC", FOREIGN / "official_sdk.txt"),
    "python_binance": ("python-binance, HMAC", FOREIGN / "python_binance.txt"),
    "pybotters": ("pybotters (untyped), HMAC", HERE / "pybotters.txt"),
    "unicorn": ("unicorn (untyped), HMAC", FOREIGN / "unicorn.txt"),
    "ccxt": ("ccxt.pro, throttle off, HMAC", FOREIGN / "ccxt_pro.txt"),
}
"""By the name of their function in `worker.py`: what they are called in a table, and what pins their packages."""

PATIENCE = 180.0
"""Seconds a client may take to open, or for a round."""


class _Peer:
    """The process of one client."""

    def __init__(self, name: str, pins: Path, server: Server) -> None:
        command = [str(interpreter(pins.stem, pins)), str(HERE / "worker.py"), name, server.url]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._read() != "ready":
            raise RuntimeError("it could not be opened")

    def _read(self) -> str:
        """Return its next line; it is ended when it takes too long."""
        assert self._process.stdout is not None
        timer = threading.Timer(PATIENCE, self._process.kill)
        timer.start()
        try:
            return self._process.stdout.readline().strip()
        finally:
            timer.cancel()

    def round(self, calls: int) -> dict[str, float | list[float]]:
        """Let it make orders, alone and together; return what that took."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{calls // 8} {calls} {IN_FLIGHT}\n")
        self._process.stdin.flush()
        found: dict[str, float | list[float]] = json.loads(self._read())
        return found

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


class Peers:
    """All clients that can be installed and opened here, for as long as the context lasts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: dict[str, _Peer] = {}

    def __enter__(self) -> Self:
        for name, (shown, pins) in PEERS.items():
            try:
                self._open[name] = _Peer(name, pins, self._server)
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                print(f"{shown} is not measured: {error}", file=sys.stderr, flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self._open.values():
            peer.close()

    def measure(self, figures: Figures, calls: int) -> None:
        """Measure each once, and note what it took; a client that fails is measured no more."""
        for name in list(self._open):
            shown = PEERS[name][0]
            print(f"  {shown}", file=sys.stderr, flush=True)
            try:
                found = self._open[name].round(calls)
            except (OSError, ValueError) as error:
                print(f"{shown} is measured no more: {type(error).__name__}", file=sys.stderr, flush=True)
                self._open.pop(name).close()
                figures.forget(shown)
                continue
            took, rate, cpu = found["took"], found["rate"], found["cpu"]
            assert isinstance(took, list)
            assert isinstance(rate, float)
            assert isinstance(cpu, float)
            figures.latencies(shown, took)
            figures.note(shown, "sequential_us", took[len(took) // 2] * 1e6)
            figures.note(shown, "p99_us", took[int(len(took) * 0.99)] * 1e6)
            figures.note(shown, "server_busy", 0.0)
            figures.note(shown, "rate", rate)
            figures.note(shown, "cpu_us", cpu * 1e6)
