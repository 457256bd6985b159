"""Tables that list what the library has list all of it."""

from __future__ import annotations

import inspect
import re

import pytest

import binance_wsapi
from binance_wsapi import JournalFailed, SpotClient, errors, remedies
from tests.docs.blocks import DOCS, ROOT, pages

ERRORS = (DOCS / "howto" / "errors.md").read_text()
REFERENCE = "\n".join(path.read_text() for path in sorted((DOCS / "reference").glob("*.md")))
CODE = re.compile(r"-([12]\d{3})(?: to -([12]\d{3}))?")


def test_every_class_of_error_has_a_row() -> None:
    rows = set(re.findall(r"^\| `(\w+)` \|", ERRORS.split("## All classes")[1].split("## Codes")[0], re.MULTILINE))
    classes = {name for name in errors.__all__ if inspect.isclass(getattr(errors, name))} | {JournalFailed.__name__}
    assert rows == classes


def test_a_code_is_told_with_the_class_it_becomes() -> None:
    table = ERRORS.split("## Codes of the venue")[1]
    told: set[int] = set()
    for row in re.findall(r"^\| (-[^\n]*)$", table, re.MULTILINE):
        codes, _, classes, *_ = row.split(" | ")
        for first, last in CODE.findall(codes):
            for code in range(int(last or first), int(first) - 1, -1) if last else [int(first)]:
                told.add(-code)
            assert f"`{type(errors.venue_error(400, -int(first), '')).__name__}`" in classes, row
    assert set(errors._BY_CODE) | errors._FAULT_CODES <= told


def test_what_to_do_about_a_code_is_the_error_s_remedy() -> None:
    text = ERRORS.split("## Codes of the venue")[1]
    told: dict[int, str] = {}
    for row in re.findall(r"^\| (-1[^\n]*|-2[^\n]*) \|$", text, re.MULTILINE):
        codes, _, _, remedy = row.split(" | ")
        for first, last in CODE.findall(codes):
            told |= dict.fromkeys(range(-int(last or first), -int(first) + 1), remedy)
    assert {code: told.get(code) for code in remedies.BY_CODE} == remedies.BY_CODE
    for heading, table in (("`msg`", remedies.BY_WORDS), ("`error.filter`", remedies.BY_FILTER)):
        rows = text.split(f"| {heading} | do |\n|---|---|\n")[1].split("\n\n")[0].splitlines()
        assert (
            dict(row.strip("| ").replace("`", "", 2 if heading != "`msg`" else 0).split(" | ") for row in rows) == table
        )


def test_the_reference_has_every_public_name() -> None:
    shown = set(re.findall(r"^::: binance_wsapi\.(?:_face\.)?(\S+)$", REFERENCE, re.MULTILINE))
    module_of = {name: getattr(binance_wsapi, name).__module__ for name in binance_wsapi.__all__ if inspect.isclass(getattr(binance_wsapi, name))}  # fmt: skip
    whole = {f"binance_wsapi.{each}" for each in shown if each in {"errors", "streams", "models", "simulator"}}
    missing = {
        name
        for name in binance_wsapi.__all__
        if name not in shown and not any(module_of.get(name, "").startswith(each) for each in whole)
    }
    assert not missing


def test_the_reference_has_every_method_of_the_client_once() -> None:
    shown = re.findall(r"^::: binance_wsapi\.SpotClient\.(\w+)$", REFERENCE, re.MULTILINE)
    public = {
        name
        for name, value in inspect.getmembers(SpotClient)
        if not name.startswith("_") and (callable(value) or isinstance(value, property))
    }
    assert sorted(shown) == sorted(public)


def test_docs_and_examples_import_from_the_public_modules_only() -> None:
    public = {
        "",
        "models",
        "streams",
        "user_data",
        "simulator",
        "limits",
        "testing",
        "blocking",
        "history",
        "observability",
    }
    texts = {page.name: page.text for page in pages()}
    texts |= {path.name: path.read_text() for path in (ROOT / "examples").glob("*.py")}
    for name, text in texts.items():
        for module in re.findall(r"^\s*(?:from|import) binance_wsapi\.?([\w.]*)", text, re.MULTILINE):
            assert module in public, f"{name}: binance_wsapi.{module}"


@pytest.mark.parametrize("page", ["python-binance", "official-sdk", "ccxt"])
def test_a_page_about_moving_begins_with_keys_and_how_a_client_is_made_and_closed(page: str) -> None:
    text = (DOCS / "compare" / f"{page}.md").read_text()
    _, _, *rows = [line.split("|")[1:] for line in text.split("\n| ", 1)[1].split("\n\n")[0].splitlines()]
    told = {task.strip(): here for task, _, here, _ in rows}
    assert told.keys() >= {"a key and its secret", "a private key", "close it"}
    assert "HmacKey(" in told["a key and its secret"]
    assert "Ed25519Key.from_file(" in told["a private key"]
    assert "async with SpotClient.testnet(key) as client" in next(
        here for task, here in told.items() if "make a client" in task
    )
    assert "await client.close()" in told["close it"]


FILE = re.compile(r"`((?:[a-z_]+/)*[a-z_]+\.py)`")


def test_every_file_that_is_named_is_there() -> None:
    """Maintainers' pages name files; a move must take them along."""
    for path in [DOCS / "design.md", DOCS / "fence.md", DOCS / "limits.md", ROOT / "CONTRIBUTING.md"]:
        text = path.read_text()
        places = [ROOT / "sdk" / "binance_wsapi", ROOT, ROOT / "sdk"]
        for name in FILE.findall(text):
            if "/" in name:
                assert any((place / name).exists() for place in places), f"{path.name} names {name}"
            assert "/" in name or not name.startswith("test_"), f"{path.name} does not say where {name} is"
