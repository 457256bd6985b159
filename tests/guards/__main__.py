"""``python -m tests.guards [WORDS]``: take the guards out one at a time; exit with 1 when a loss goes unnoticed."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.guards.table import GUARDS
from tests.guards.taking_out import notice


def main() -> int:
    """Try all, or those whose names hold one of the words."""
    guards = [each for each in GUARDS if not sys.argv[1:] or any(word in each.name for word in sys.argv[1:])]
    missed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for guard, found in zip(guards, pool.map(notice, guards), strict=True):
            missed += not found
            print(f"{'noticed' if found else 'MISSED '}  {guard.name}", flush=True)
    print(f"{len(guards) - missed} of {len(guards)} guards are held by a test")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
