"""Takes a guard out of a copy of the library, and runs the tests that must notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.guards.table import Guard

__all__ = ["ROOT", "notice"]

ROOT = Path(__file__).parents[2]
TIME = 300.0
FAILED = 1
"""What pytest ends with when a test failed, and not when it could not run."""


def notice(guard: Guard) -> str:
    """Return how the tests failed without the guard; empty when they did not."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sdk"
        # What is compiled comes along, except of the file that changes.
        file = copy / "binance_wsapi" / guard.file
        shutil.copytree(ROOT / "sdk", copy, ignore=shutil.ignore_patterns(f"{file.stem}.*.pyc"))
        text = file.read_text("utf-8")
        if text.count(guard.before) != 1:
            raise ValueError(f"{guard.file} must hold this once: {guard.before!r}")
        file.write_text(text.replace(guard.before, guard.after), "utf-8")
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-x",
                "-n0",
                "-p",
                "no:randomly",
                "-p",
                "no:cacheprovider",
                *guard.tests,
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{copy}{os.pathsep}{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=TIME,
            check=False,
        )
    if done.returncode != FAILED:
        return ""
    return next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "a test failed")
