"""What importing the client costs over a bare interpreter: seconds and megabytes, medians of alternating runs.

With the bytecode of every module at hand, as after an installation, wherever that of this checkout may be.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 7
_PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def _run(program: str, bytecode: str) -> tuple[float, float]:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment)
    return time.perf_counter() - begun, int(done.stdout) / 1024


def main() -> None:
    """Measure and print."""
    programs = {"": _PEAK}
    for statement in ("import binance_wsapi", "from binance_wsapi import SpotClient"):
        programs[statement] = f"{statement}\n{_PEAK}"
    runs: dict[str, list[tuple[float, float]]] = {statement: [] for statement in programs}
    with tempfile.TemporaryDirectory() as bytecode:
        for program in programs.values():
            _run(program, bytecode)
        for _ in range(ROUNDS):
            for statement, program in programs.items():
                runs[statement].append(_run(program, bytecode))
    bare = runs.pop("")
    begun = statistics.median(each[0] for each in bare)
    for statement, ours in runs.items():
        seconds = statistics.median(a[0] - b[0] for a, b in zip(ours, bare, strict=True))
        size = statistics.median(a[1] - b[1] for a, b in zip(ours, bare, strict=True))
        print(f"{statement}: {seconds:.2f} s and {size:.0f} MB over bare Python ({begun:.2f} s to start)")


if __name__ == "__main__":
    main()
