"""``python -m tests.mutants``: change one line at a time where a wrong line loses money; the tests of its area must fail.

Theory of operation. Each mutant is written into a copy of the library, and tests run against that copy until the first
failure: first the nearest, those of the file itself, then those of its area. A mutant that no test notices *survives*. `survivors.txt` lists the survivors that were reviewed, each
with the reason; a survivor that is not in it fails the run. Words after the command choose files by their paths;
``SAMPLE=N`` takes N mutants in all, chosen by ``SEED``; ``LIST=1`` only counts them.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import NamedTuple

from tests.mutants.operators import Mutant, mutants

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdk" / "binance_wsapi"
REVIEWED = Path(__file__).with_name("survivors.txt")
SLOWEST = 300.0
"""Seconds after which tests that do not end count as failed: a mutant that hangs is noticed."""

AREAS: dict[str, tuple[str, ...]] = {
    "orders/fate": ("tests/orders/fate", "tests/orders/test_tracked_caller.py"),
    "orders/recovery.py": ("tests/orders/test_recovery.py", "tests/orders/journal", "tests/orders/fate"),
    "orders/trade/state.py": ("tests/orders/trade",),
    "limits/window.py": ("tests/limits",),
    "limits/bucket.py": ("tests/limits",),
    "limits/ledger.py": ("tests/limits",),
    "limits/bans.py": ("tests/limits",),
    "limits/shared/division.py": ("tests/limits",),
    "session/connection.py": ("tests/session",),
    "session/credentials.py": ("tests/session",),
    "session/handover.py": ("tests/session", "tests/user_data/test_gaps.py"),
    "link/clock.py": ("tests/link", "tests/session"),
    "link/keeper.py": ("tests/link", "tests/session", "tests/streams"),
    "link/liveness.py": ("tests/link", "tests/session", "tests/streams"),
    "wire/pending.py": ("tests/wire", "tests/session"),
    "wire/codec.py": ("tests/wire", "tests/session"),
    "keys/payload.py": ("tests/keys",),
    "user_data/merge/account_merge.py": ("tests/user_data",),
    "user_data/merge/inquiry.py": ("tests/user_data",),
    "user_data/merge/orders.py": ("tests/user_data",),
    "user_data/merge/symbols.py": ("tests/user_data",),
    "user_data/merge/fill_merge.py": ("tests/user_data",),
    "user_data/repair.py": ("tests/user_data",),
    "user_data/stream_state.py": ("tests/user_data",),
    "streams/overlap.py": ("tests/streams/test_overlap.py", "tests/streams/test_rotation.py"),
    "streams/book_state.py": ("tests/streams/test_book_state.py", "tests/streams/test_book.py"),
}
"""Where a wrong line loses money, and the tests of that area, the nearest first."""

LEFT_OUT = (
    "tests/limits/test_soak.py",
    "tests/limits/shared/test_redis.py",
    "tests/streams/test_three_thousand.py",
    "tests/streams/test_seeds.py",
    "tests/session/test_real_sockets.py",
    "tests/user_data/test_seeds.py",
)
"""Tests that take long and prove other things."""


class Tests(NamedTuple):
    """Tests of a file: the nearest, which may be none, and those of its area."""

    near: tuple[str, ...]
    area: tuple[str, ...]


def files() -> dict[str, Tests]:
    """Return every file that is changed, with its tests."""
    found: dict[str, Tests] = {}
    for area, tests in AREAS.items():
        path = PACKAGE / area
        missing = [str(each) for each in (path, *(ROOT / test for test in tests)) if not each.exists()]
        if missing:
            raise SystemExit(f"AREAS names what is not there: {', '.join(missing)}")
        for each in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = str(each.relative_to(PACKAGE))
            own = f"tests/{Path(name).parent}/test_{Path(name).stem}.py"
            near = (own,) if (ROOT / own).exists() else ()
            found[name] = Tests(near, tests)
    return found


def reviewed() -> dict[str, str]:
    """Return the survivors that were reviewed, with their reasons."""
    known = {}
    for line in REVIEWED.read_text("utf-8").splitlines() if REVIEWED.exists() else []:
        if line and not line.startswith("#"):
            key, _, reason = line.rpartition("  # ")
            known[key] = reason
    return known


def passes(copy: Path, tests: Iterable[str]) -> bool:
    """Run tests against a copy of the library; say whether all passed."""
    try:
        environment = {**os.environ, "PYTHONPATH": f"{copy / 'sdk'}{os.pathsep}{copy}", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:randomly", "-p", "no:cacheprovider"]
        command += [*tests, *(f"--ignore={each}" for each in LEFT_OUT)]
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, timeout=SLOWEST, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode in (2, 3, 4, 5) and b"error" not in done.stdout:
        raise RuntimeError(f"the tests do not run: {done.stdout[-500:]!r}{done.stderr[-500:]!r}")
    return done.returncode == 0


def survives(copy: Path, mutant: Mutant, tests: tuple[str, ...]) -> bool:
    """Run the tests of its area against a copy of the library with this change; say whether all passed."""
    file = copy / "sdk" / "binance_wsapi" / mutant.file
    whole = file.read_bytes()
    file.write_bytes(mutant.apply(whole))
    try:
        return passes(copy, tests)
    finally:
        file.write_bytes(whole)


class Runner:
    """Runs tests against copies of the library, as many at once as there are copies.

    Args:
        copies: the copies that are free.
    """

    def __init__(self, copies: SimpleQueue[Path]) -> None:
        self._copies = copies
        self._lock = Lock()
        self._whole: dict[tuple[str, ...], Future[bool]] = {}

    def survives(self, mutant: Mutant, tests: Tests) -> bool:
        """Say whether no test notices a mutant."""
        for each in (tests.near, tests.area):
            if each:
                self._must_pass(each)
                if not self._run(lambda copy, each=each: survives(copy, mutant, each)):  # type: ignore[misc]
                    return False
        return True

    def _must_pass(self, tests: tuple[str, ...]) -> None:
        """Run tests against the library as it is, once. Raises `RuntimeError` where they fail."""
        with self._lock:
            known = self._whole.get(tests)
            mine = known is None
            if known is None:
                known = self._whole[tests] = Future()
        if mine:
            known.set_result(self._run(lambda copy: passes(copy, tests)))
        if not known.result():
            raise RuntimeError(f"the tests fail without any change: {' '.join(tests)}")

    def _run(self, job: Callable[[Path], bool]) -> bool:
        copy = self._copies.get()
        try:
            return job(copy)
        finally:
            self._copies.put(copy)


def main() -> int:
    """Run the mutants; return 1 when one survives that was not reviewed."""
    where = files()
    for word in sys.argv[1:]:
        if not any(word in name for name in where):
            raise SystemExit(
                f"no file of AREAS (tests/mutants/__main__.py) has {word!r} in its path: add its area there"
            )
    chosen = [
        mutant
        for name in where
        if not sys.argv[1:] or any(word in name for word in sys.argv[1:])
        for mutant in mutants(name, (PACKAGE / name).read_bytes())
    ]
    sample, seed = int(os.environ.get("SAMPLE", "0")), int(os.environ.get("SEED", "1"))
    if sample and sample < len(chosen):
        chosen = random.Random(seed).sample(chosen, sample)
    if os.environ.get("LIST"):
        print(f"{len(chosen)} mutants of {len({each.file for each in chosen})} files")
        return 0
    known = reviewed()
    began = time.monotonic()
    killed, expected, unknown = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(os.cpu_count() or 1):
            copy = Path(folder) / str(number)
            for part in ("sdk", "tests", "docs"):
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            copies.put(copy)

        runner = Runner(copies)
        done = pool.map(lambda mutant: runner.survives(mutant, where[mutant.file]), chosen)
        for mutant, survived in zip(chosen, done, strict=True):
            if not survived:
                killed += 1
            elif mutant.key in known:
                expected += 1
            else:
                unknown += 1
                print(f"SURVIVED {mutant.key}", flush=True)
    equivalent = sum(reason.startswith("equivalent") for key, reason in known.items() if key in {m.key for m in chosen})
    counted = len(chosen) - equivalent
    print(
        f"{len(chosen)} mutants, {killed} killed, {expected} reviewed survivors ({equivalent} equivalent), {unknown} new; "
        f"{100 * killed / counted if counted else 100:.1f} % of those that are not equivalent; "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if unknown else 0


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        sys.exit(main())
