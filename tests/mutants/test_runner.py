"""Which tests a mutant has: those that execute its lines, or those of its file where no test can execute any."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.mutants import areas
from tests.mutants.operators import mutants
from tests.mutants.runner import Runner, _Known

OWN, OTHER = "tests/a/test_b.py", "tests/a/test_c.py"
CONSTANT = b"class Rank:\n    FIRST = 1\n"
FUNCTION = b"def act(x):\n    return x + 1\n"


def chosen_for(text: bytes, executed: dict[int, list[int]]) -> list[list[int]]:
    """Return the tests of each mutant of a text, of which these tests execute these lines."""
    runner = Runner([], {"a/b.py": areas.Tests(OWN, ("tests/a",))}, 1, lambda _mutant, _noticed: None)
    names = (f"{OTHER}::one", f"{OWN}::two", f"{OWN}::three", f"{OWN}::fails")
    runner._items = cast("Any", [SimpleNamespace(nodeid=name) for name in names])
    known = _Known(seconds={0: 0.1, 1: 0.2, 2: 0.1, 3: 0.1}, failed={3})
    for line, tests in executed.items():
        known.tests[str(areas.PACKAGE / "a/b.py"), line] |= set(tests)
    return [runner._job(each, known).tests for each in mutants("a/b.py", text)]


@pytest.mark.parametrize(("executed", "tests"), [({}, [2, 1]), ({9: [0]}, [0])])
def test_a_constant_has_the_tests_that_execute_its_file_else_those_named_after_it(
    executed: dict[int, list[int]], tests: list[int]
) -> None:
    assert chosen_for(CONSTANT, executed) == [tests]


def test_a_line_of_a_function_that_no_test_executes_has_none() -> None:
    assert chosen_for(FUNCTION, {}) == [[]] * 3
    assert chosen_for(FUNCTION, {2: [0, 1]}) == [[1, 0]] * 3
