"""A changed text takes effect in functions that others hold already, and says so where it cannot."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.loading import load
from tests.mutants.operators import mutants
from tests.mutants.swap import CannotSwap, swap
from tests.mutants.trace import traced

TEXT = b"""
LIMIT = 2 + 1

def make():
    def inner(x):
        return x > LIMIT
    return inner

held = make()

def outside(x):
    if x:
        y = x + 1
        return y
    return 0
"""


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    return load(tmp_path / "changed_by_the_test.py", TEXT)


def test_a_function_that_was_made_before_runs_the_new_code(module: ModuleType) -> None:
    held = module.held
    assert not held(3)
    swap(str(module.__file__), TEXT, TEXT.replace(b"x > LIMIT", b"x >= LIMIT"))
    assert held(3)
    assert module.make()(3)


def test_a_change_outside_functions_cannot_be_swapped(module: ModuleType) -> None:
    with pytest.raises(CannotSwap):
        swap(str(module.__file__), TEXT, TEXT.replace(b"2 + 1", b"2 - 1"))


def test_the_lines_that_run_are_seen_and_no_others(module: ModuleType) -> None:
    path = str(module.__file__)
    with traced([path]) as lines:
        module.outside(0)
    assert lines == {(path, 12), (path, 15)}


def test_mutants_know_the_lines_of_their_statement_and_whether_they_stand_in_a_function() -> None:
    found = {each.key.partition(" | ")[2]: each for each in mutants("a.py", TEXT)}
    assert not found[" | LIMIT = 2 + 1 | + -> -"].inside
    within = found["outside | y = x + 1 | + -> -"]
    assert within.inside
    assert within.lines == range(13, 14)
    assert b"y = x - 1" in within.apply(TEXT)
