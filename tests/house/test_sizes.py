"""Folders and files stay small enough to be read: at most 15 modules in a folder, at most 450 lines in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.house.test_imports import FILES, NAMES, ROOT

MOST_MODULES = 15
MOST_LINES = 450

SIGNATURES = "typed signatures and docstrings of the venue's methods, which editors show: no logic that could move"
GENERATED = "written by `tests/blocking/generate.py`, one file for each file of `api/spot`"
LONG: dict[str, str] = {
    # Files that stay longer, and why. A file that has a second idea is no such file: split it.
    "api/spot/account.py": SIGNATURES,
    "api/spot/market.py": SIGNATURES,
    "api/spot/order_lists.py": SIGNATURES,
    "api/spot/trading.py": SIGNATURES,
    "client/spot.py": SIGNATURES,
    "errors.py": "the tree of errors, whole: what each class means stands in its docstring, and readers look for it here",
    "blocking/generated/spot/account.py": GENERATED,
    "blocking/generated/spot/market.py": GENERATED,
    "blocking/generated/spot/trading.py": GENERATED,
}


def lines_of(path: Path) -> int:
    """Return how many lines a file has."""
    return path.read_bytes().count(b"\n")


def too_full(names: Iterable[str]) -> dict[str, int]:
    """Return the folders that hold more modules than a reader takes in, with their number."""
    counts = Counter(str(Path(name).parent) for name in names)
    return {folder: count for folder, count in counts.items() if count > MOST_MODULES}


def too_long(lines: dict[str, int]) -> dict[str, int]:
    """Return the files that are longer than they may be, with their lines."""
    return {name: count for name, count in lines.items() if count > MOST_LINES and name not in LONG}


LINES = {name: lines_of(path) for path, name in zip(FILES, NAMES, strict=True)}


def test_a_folder_has_at_most_fifteen_modules() -> None:
    assert too_full(NAMES) == {}, "group its modules by what a newcomer would look for"


def test_a_file_has_at_most_450_lines() -> None:
    assert too_long(LINES) == {}, "a file this long is two ideas: give the second one a file"


@pytest.mark.parametrize("name", LONG)
def test_what_is_listed_is_still_too_long(name: str) -> None:
    assert (ROOT / name).exists(), f"{name} has gone: take it out of the list"
    assert LINES[name] > MOST_LINES, f"{name} is short enough: take it out of the list"


def test_a_planted_folder_and_a_planted_file_are_found() -> None:
    assert too_full(f"wire/file_{number}.py" for number in range(15)) == {}
    assert too_full(f"wire/file_{number}.py" for number in range(16)) == {"wire": 16}
    assert too_long({"wire/file.py": 450, "wire/long.py": 451}) == {"wire/long.py": 451}
