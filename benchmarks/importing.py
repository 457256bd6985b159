"""What ``import binance_wsapi`` costs over a bare interpreter: seconds and megabytes, medians of alternating runs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 7
_PEAK = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def _run(program: str) -> tuple[float, float]:
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return time.perf_counter() - begun, int(done.stdout) / 1024


def main() -> None:
    """Measure and print."""
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(_run(_PEAK))
        ours.append(_run("import binance_wsapi\n" + _PEAK))
    seconds = statistics.median(a[0] - b[0] for a, b in zip(ours, bare, strict=True))
    size = statistics.median(a[1] - b[1] for a, b in zip(ours, bare, strict=True))
    begun = statistics.median(each[0] for each in bare)
    print(f"import binance_wsapi: {seconds:.2f} s and {size:.0f} MB over bare Python ({begun:.2f} s to start)")


if __name__ == "__main__":
    main()
