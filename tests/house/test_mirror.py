"""Tests stand where the source stands: a reader who knows one path knows the other.

The test of ``a/b.py`` is ``tests/a/test_b.py``. A file without a test of its own is tested by behaviour: a test in its folder,
or in one above it, imports it, itself or through what it imports. A test that is named like a file stands in the folder of
that file.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from tests.house.test_imports import FILES, ROOT, imports, module_of

TESTS = Path(__file__).parents[1]
ELSEWHERE = {
    # Tested as one, from the venue's catalogue and its examples.
    "api": "conformance",
    "models": "conformance",
}
SOURCES = {str(path.relative_to(ROOT)): path for path in FILES if len(path.relative_to(ROOT).parts) > 1}
SOURCES = {name: path for name, path in SOURCES.items() if path.name != "__init__.py"}
FOUND = {str(path.relative_to(TESTS)): path for path in sorted(TESTS.rglob("test_*.py"))}


def own(source: str) -> str:
    """Return where the test of a file stands."""
    path = Path(source)
    return str(path.parent / f"test_{path.name}")


@cache
def graph() -> dict[str, frozenset[str]]:
    """Return which modules of ours each module of ours imports."""
    known = {module_of(each): each for each in FILES}
    return {name: imports(path) & known.keys() for name, path in known.items()}


def named(text: str) -> set[str]:
    """Return every module that a test imports. Read as text: its tree would take ten times as long."""
    found = set(re.findall(r"^\s*import ([\w.]+)", text, re.MULTILINE))
    for module, names in re.findall(r"^\s*from ([\w.]+) import (\([^)]*\)|.*)", text, re.MULTILINE):
        found |= {module, *(f"{module}.{name}" for name in re.findall(r"\w+", names))}
    return found


def reached(path: Path) -> set[str]:
    """Return every module of ours that a test imports, itself or through what it imports."""
    known = graph()
    seen: set[str] = set()
    ahead = list(named(path.read_text("utf-8")) & known.keys())
    while ahead:
        each = ahead.pop()
        if each not in seen:
            seen.add(each)
            ahead += known[each] - seen
    return seen


def untested(sources: dict[str, Path], found: dict[str, Path]) -> list[str]:
    """Return the files that have no test of their own, and are imported by no test of their folder or of one above it."""
    reach: dict[str, set[str]] = {}
    wrong = []
    for source, path in sources.items():
        if own(source) in found:
            continue
        folders = [str(each) for each in Path(source).parents if str(each) != "."]
        folders += [ELSEWHERE[each] for each in folders if each in ELSEWHERE]
        near = [each for each in found if str(Path(each).parent) in folders]
        for each in near:
            if each not in reach:
                reach[each] = reached(found[each])
        if not any(module_of(path) in reach[each] for each in near):
            wrong.append(source)
    return wrong


def misplaced(sources: dict[str, Path], found: dict[str, Path]) -> list[str]:
    """Return the tests that are named like a file that stands deeper in their folder."""
    wrong = []
    for each in found:
        folder, name = Path(each).parent, Path(each).name.removeprefix("test_")
        if str(folder / name) in sources or str(folder) == ".":
            continue
        deeper = [source for source in sources if Path(source).name == name and folder in Path(source).parents]
        wrong += [f"{each} is named like {source}" for source in deeper]
    return wrong


def test_each_file_has_a_test_of_its_name_or_tests_by_behaviour_in_its_folder_or_above() -> None:
    assert untested(SOURCES, FOUND) == []


def test_a_test_that_is_named_like_a_file_stands_in_its_folder() -> None:
    assert misplaced(SOURCES, FOUND) == []


@pytest.mark.parametrize("folder", ELSEWHERE)
def test_what_is_tested_elsewhere_needs_it(folder: str) -> None:
    assert any(source.startswith(f"{folder}/") and own(source) not in FOUND for source in SOURCES)
    assert (TESTS / ELSEWHERE[folder]).is_dir()


def test_a_file_without_tests_and_a_misplaced_test_are_found(tmp_path: Path) -> None:
    test = tmp_path / "test_book.py"
    test.write_text("import binance_wsapi.errors\n")
    sources = {"engine/model/book.py": ROOT / "engine" / "model" / "book.py"}
    assert untested(sources, {"engine/test_life.py": test}) == ["engine/model/book.py"]
    assert misplaced(sources, {"engine/test_book.py": test}) == [
        "engine/test_book.py is named like engine/model/book.py"
    ]
    assert misplaced(sources, {"engine/model/test_book.py": test}) == []
