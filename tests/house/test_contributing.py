"""CONTRIBUTING.md says what the tests enforce."""

from __future__ import annotations

import re
from pathlib import Path

from tests.house.test_imports import ALLOWED, ROOT

REPOSITORY = Path(__file__).parents[2]
TEXT = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    lines = text[text.index(heading) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|---"))
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_table_of_layers_is_the_rule_that_is_enforced() -> None:
    told: dict[str, set[str]] = {}
    for names, _, allowed in rows(TEXT, "## The house"):
        for name in re.findall(r"`(\w+)`", names):
            if allowed != "all":
                told[name] = set() if name == "simulator" else set(re.findall(r"`(\w+)`", allowed))
    assert told == ALLOWED


def test_every_folder_is_a_row_of_the_table() -> None:
    told = {name for names, *_ in rows(TEXT, "## The house") for name in re.findall(r"`(\w+)`", names)}
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders <= told


def test_the_files_for_newcomers_exist() -> None:
    for _, folders, files in rows(TEXT, "## Where a line belongs"):
        for name in re.findall(r"`([\w/.]+)`", f"{folders} {files}"):
            assert (ROOT / name).exists() or (name.startswith("tests/") and (REPOSITORY / name).exists()), name


def test_the_words_are_those_of_the_glossary() -> None:
    glossary = (REPOSITORY / "docs" / "glossary.md").read_text("utf-8")
    assert rows(TEXT, "## Words") == rows(glossary, "# Glossary")
