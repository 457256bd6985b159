"""Each statement that runs is noted by its first line, in functions that others hold already."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.loading import load
from tests.mutants.probes import Probes

TEXT = b'''
def outside(x):
    """Its text."""
    total = (0 +
             1)
    for each in range(x):
        if each > 1:
            total += each
        elif x:
            total -= each
    try:
        return total / x
    except ZeroDivisionError:
        return make()(x)

def make():
    def inner(x):
        global held
        held = x
        return "inner"
    return inner

HELD = outside
'''


@pytest.fixture
def module(tmp_path: Path) -> Iterator[ModuleType]:
    module = load(tmp_path / "noted_by_the_test.py", TEXT)
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def test_the_statements_that_run_are_noted_and_no_others(module: ModuleType) -> None:
    path = str(module.__file__)
    probes = Probes({path: TEXT})
    assert module.HELD(1) == 1
    assert sorted(probes.take()) == [(path, line) for line in (4, 6, 7, 9, 10, 11, 12)]
    assert module.HELD(0) == "inner"
    assert sorted(probes.take()) == [(path, line) for line in (4, 6, 11, 12, 14, 17, 18, 19, 20, 21)]
    assert list(probes.take()) == []


def test_a_function_with_notes_keeps_its_text(module: ModuleType) -> None:
    Probes({str(module.__file__): TEXT})
    assert module.HELD.__doc__ == "Its text."
