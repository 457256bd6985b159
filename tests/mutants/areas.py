"""The files where a wrong line loses money, and the tests of the area of each."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

__all__ = ["LEFT_OUT", "PACKAGE", "ROOT", "Tests", "files"]

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "sdk" / "binance_wsapi"

AREAS: dict[str, tuple[str, ...]] = {
    "orders/fate": ("tests/orders/fate", "tests/orders/ids", "tests/orders/test_tracked_caller.py"),
    "orders/ids": ("tests/orders/ids", "tests/orders/fate", "tests/orders/test_tracked_caller.py"),
    "orders/recovery.py": (
        "tests/orders/test_recovery.py",
        "tests/orders/test_recovery_lists.py",
        "tests/orders/test_ids_used_before.py",
        "tests/orders/test_unrecorded.py",
        "tests/orders/test_written_down.py",
        "tests/orders/test_taken_up.py",
        "tests/orders/journal",
        "tests/orders/fate",
        "tests/orders/ids",
    ),
    "orders/recovery_lists.py": ("tests/orders/test_recovery_lists.py", "tests/orders/test_lists_asked_for.py"),
    "orders/trade/state.py": ("tests/orders/trade",),
    "limits/window.py": ("tests/limits",),
    "limits/bucket.py": ("tests/limits",),
    "limits/ledger.py": ("tests/limits",),
    "limits/rows.py": ("tests/limits",),
    "limits/bans.py": ("tests/limits",),
    "limits/shared/division.py": ("tests/limits",),
    "session/connection.py": ("tests/session",),
    "session/early_events.py": ("tests/session",),
    "session/credentials.py": ("tests/session",),
    "session/in_flight.py": ("tests/session",),
    "session/handover.py": ("tests/session", "tests/user_data/test_gaps.py"),
    "link/clock.py": ("tests/link", "tests/session"),
    "link/keeper.py": ("tests/link", "tests/session", "tests/streams"),
    "link/liveness.py": ("tests/link", "tests/session", "tests/streams"),
    "wire/pending.py": ("tests/wire", "tests/session"),
    "wire/codec.py": ("tests/wire", "tests/session"),
    "keys/payload.py": ("tests/keys",),
    "user_data/spot/merge": ("tests/user_data",),
    "user_data/repair.py": ("tests/user_data",),
    "user_data/stream_state.py": ("tests/user_data",),
    "user_data/symbols.py": ("tests/user_data",),
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
    """Where the tests of a file are: its own file, which may be missing, and its area."""

    own: str
    area: tuple[str, ...]

    def have(self, test: str) -> bool:
        """Say whether a test, named by its path, is of this area."""
        return any(test == each or test.startswith(f"{each}/") for each in (self.own, *self.area))


def files() -> dict[str, Tests]:
    """Return every file that is changed, with its tests. Raises `SystemExit` where one of them is not there."""
    found: dict[str, Tests] = {}
    for area, tests in AREAS.items():
        path = PACKAGE / area
        missing = [str(each) for each in (path, *(ROOT / test for test in tests)) if not each.exists()]
        if missing:
            raise SystemExit(f"AREAS names what is not there: {', '.join(missing)}")
        for each in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            name = str(each.relative_to(PACKAGE))
            found[name] = Tests(f"tests/{Path(name).parent}/test_{Path(name).stem}.py", tests)
    return found
