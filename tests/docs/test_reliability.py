"""Every promise of docs/reliability.md names a rule, a fault and tests; all of them are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import NamedTuple

import pytest

from tests.docs.blocks import ROOT
from tests.simulation.mischief import FAULTS, REVOKED, UNREACHED

RULES = {f"F{number}" for number in range(1, 25)}
INVARIANTS = {f"I{number}" for number in range(1, 13)} | {"X1"}


class Promise(NamedTuple):
    """One item of the lists."""

    text: str
    kept_by: str
    rules: tuple[str, ...]
    faults: tuple[str, ...]
    tests: tuple[str, ...]


ITEM = re.compile(r"\*\*(.+?)\*\*: (.+)\. \*Rules\* ([IFX\d, ]+); \*faults\* ([A-E\d, ]+)\.((?: - `[^`]+`)+)")
"""A promise, what keeps it, its rules, its faults and its tests, on one line."""


def promises() -> list[Promise]:
    page = (ROOT / "docs" / "reliability.md").read_text("utf-8")
    listed = page.partition("## Promises")[2].partition("\n## ")[0]
    found = []
    for item in re.split(r"^- ", re.sub(r"^### .*$", "", listed, flags=re.MULTILINE), flags=re.MULTILINE)[1:]:
        read = ITEM.fullmatch(" ".join(item.split()))
        assert read is not None, item
        text, kept_by, rules, faults, tests = read.groups()
        named = tuple(re.findall("`([^`]+)`", tests))
        found.append(Promise(text, kept_by, tuple(rules.split(", ")), tuple(faults.split(", ")), named))
    return found


def fault_rows() -> set[str]:
    """Return the rows of the fault list by their letters and numbers."""
    names = " ".join(FAULTS | REVOKED | dict.fromkeys(UNREACHED))
    rows = set(re.findall(r"\b[A-E]\d+\b", names))
    for letter, first, last in re.findall(r"\b([A-E])(\d+)-[A-E](\d+)\b", names):
        rows |= {f"{letter}{number}" for number in range(int(first), int(last) + 1)}
    return rows


@cache
def defined(path: str) -> set[str]:
    """Return what a file of tests defines at its top."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names


@pytest.mark.parametrize("promise", promises(), ids=lambda promise: promise.text[:60])
def test_a_promise_names_rules_faults_and_tests_that_are_there(promise: Promise) -> None:
    assert promise.kept_by
    assert set(promise.rules) <= RULES | INVARIANTS
    assert set(promise.faults) <= fault_rows()
    assert promise.tests
    for test in promise.tests:
        path, _, name = test.partition("::")
        assert name in defined(path), f"there is no {test}"
        assert name.lower().startswith("test")


def test_every_rule_and_every_invariant_is_promised() -> None:
    named = {rule for promise in promises() for rule in promise.rules}
    assert named == RULES | INVARIANTS
