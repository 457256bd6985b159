"""Configuration that the documentation prints is what the program that reads it takes."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from binance_wsapi.cli.shared.config import load
from binance_wsapi.keys.env import Variables
from binance_wsapi.simulator import Scenario
from tests.docs.blocks import LANGUAGES, MARKS, ROOT, Page, pages

PAGES = pages()
FOUND = [(block, page) for page in PAGES for block in page.blocks]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_block_says_its_language_and_its_marker_is_known(page: Page) -> None:
    for block in page.blocks:
        assert block.language in LANGUAGES, f"{block.place}: {block.language!r}"
        assert block.marks.keys() <= MARKS, block.place


MOST_LETTERS = 85
"""Letters of a line of code that a page shows in a window of 1,280 pixels, beside its navigation and its contents."""


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_no_line_of_code_is_wider_than_a_page_shows(page: Page) -> None:
    lines = page.text.splitlines()
    wide = [
        f"{block.page}:{block.line + number}"
        for block in page.blocks
        if not lines[block.line - 1].startswith("|")  # a cell of a table breaks its lines
        for number, line in enumerate(block.code.splitlines())
        if len(line) > MOST_LETTERS
    ]
    assert wide == []


def test_scenarios_are_read_by_the_exchange(tmp_path: Path) -> None:
    blocks = [block for block, _ in FOUND if block.language == "toml" and "command-line" not in block.page]
    assert blocks
    for block in blocks:
        path = tmp_path / "scenario.toml"
        path.write_text(block.code)
        Scenario.load(path)


def test_configurations_are_read_by_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BINANCE_ENVIRONMENT", raising=False)
    blocks = [block for block, _ in FOUND if block.language == "toml" and "command-line" in block.page]
    assert blocks
    for block in blocks:
        path = tmp_path / "config.toml"
        path.write_text(block.code)
        assert load(path, {}).place().name == "testnet"


def test_units_and_ini_files_are_read() -> None:
    blocks = [block for block, _ in FOUND if block.language == "ini"]
    assert blocks
    for block in blocks:
        parser = configparser.ConfigParser(strict=False, interpolation=None)
        parser.read_string(block.code)
        assert parser.sections(), block.place


def test_json_is_json() -> None:
    for block, _ in FOUND:
        if block.language == "json":
            for line in block.code.splitlines():
                json.loads(line)


def test_every_variable_that_is_named_is_one_the_library_reads() -> None:
    known = {Variables("BINANCE").name(short) for short in (
        "API_KEY", "PRIVATE_KEY_PEM", "PRIVATE_KEY_FILE", "PRIVATE_KEY_PASSPHRASE", "API_SECRET", "API_SECRET_FILE"
    )} | {"BINANCE_ENVIRONMENT", "BINANCE_LIMITS_REDIS", "BINANCE_CONFIG"}  # fmt: skip
    for page in PAGES:
        named = set(re.findall(r"\bBINANCE_[A-Z_]+[A-Z]\b", page.text))
        assert named <= known, f"{page.name}: {named - known}"
    table = (ROOT / "docs" / "howto" / "keys.md").read_text()
    assert known <= set(re.findall(r"\bBINANCE_[A-Z_]+[A-Z]\b", table))
