"""Files and tests that the documentation names are there, so that a move or a new name of one cannot leave a page behind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import binance_wsapi

ROOT = Path(__file__).parents[2]
PACKAGE = Path(binance_wsapi.__file__).parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LAYERS = sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__")

TESTS = re.compile(r"\btests/[a-z0-9_/]+\.py(?:::test_\w+)?")
SOURCES = re.compile(rf"`((?:{'|'.join(LAYERS)})/[a-z0-9_/]+\.py)`")


def missing(text: str) -> list[str]:
    """Return the tests and files of the package that a text names and that are not there."""
    found = []
    for name in TESTS.findall(text):
        file, _, test = name.partition("::")
        path = ROOT / file
        if not path.is_file() or (test and not re.search(rf"\bdef {test}\b", path.read_text("utf-8"))):
            found.append(name)
    return found + [name for name in SOURCES.findall(text) if not (PACKAGE / name).is_file()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    if page.name == "parity.md":  # its tests are named from the folder of the local exchange
        text = re.sub(r"`[a-z_/]*test_\w+\.py`", "", text)
    assert missing(text) == []


def test_a_planted_name_of_nothing_is_found() -> None:
    assert missing("`tests/docs/test_paths.py` and `link/keeper.py`") == []
    assert missing("`tests/docs/test_paths.py::test_what_a_page_names_is_there`") == []
    assert missing("`tests/docs/test_gone.py`") == ["tests/docs/test_gone.py"]
    assert missing("`tests/docs/test_paths.py::test_gone`") == ["tests/docs/test_paths.py::test_gone"]
    assert missing("`link/gone.py`") == ["link/gone.py"]
