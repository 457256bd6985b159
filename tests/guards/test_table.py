"""Each guard stands where the table says, each row names tests that are there, and one loss is tried.

``make guards`` takes all of them out.
"""

from __future__ import annotations

import ast

import pytest

from tests.guards.table import GUARDS, Guard
from tests.guards.taking_out import ROOT, notice


@pytest.mark.parametrize("guard", GUARDS, ids=str)
def test_a_guard_stands_once_and_its_tests_are_there(guard: Guard) -> None:
    text = (ROOT / "sdk" / "binance_wsapi" / guard.file).read_text("utf-8")
    assert text.count(guard.before) == 1
    assert guard.after not in (guard.before, None)
    assert guard.tests
    for test in guard.tests:
        path, _, name = test.partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_loss_of_a_guard_is_noticed_and_a_standing_guard_fails_no_test() -> None:
    guard = next(each for each in GUARDS if each.file == "errors.py")
    assert notice(guard)
    assert not notice(Guard("none", guard.file, guard.before, guard.before, guard.tests))
