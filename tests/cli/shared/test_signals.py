"""Signals that end a question."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

ASKED = """
import collections, ctypes, functools, operator, os, signal, sys
from binance_wsapi.cli.shared.signals import Stopped, asking, code_of_end

signal.pthread_sigmask(signal.SIG_UNBLOCK, {signals})
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
pipe, other = os.pipe()
come = [functools.partial(ctypes.CDLL(None)["raise"], number) for number in {signals}]

class Flushed:
    def flush(self):
        while come:
            come.pop()()

try:
    with asking():
        {wait}
except KeyboardInterrupt as interrupt:
    sys.exit(code_of_end(interrupt)[0])
"""

UNSEEN = "collections.deque(map(operator.call, [*come, functools.partial(os.read, pipe, 1)]), maxlen=0)"
"""Signals and the wait follow each other within one call of C: Python has no moment to look for them in between."""

DROPPED = "sys.stderr = Flushed(); input()"
"""The signals come while `input` flushes; it drops what they raise, and waits for a line."""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("wait", [UNSEEN, DROPPED])
@pytest.mark.parametrize(
    ("signals", "code"),
    [([signal.SIGINT], 130), ([signal.SIGTERM], 143), ([signal.SIGINT, signal.SIGINT], 130)],
)
def test_a_signal_just_before_the_wait_for_an_answer_ends_the_question(
    signals: list[signal.Signals], code: int, wait: str
) -> None:
    program = ASKED.format(signals=[int(number) for number in signals], wait=wait)
    asked = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert asked.wait(timeout=60) == code
    finally:
        asked.kill()
        assert asked.communicate() == (b"", b"")
