"""The parity table is the one the tests give, it has every row of the venue's documentation, and it claims nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.simulator import parity
from tests.simulator.parity import ABSENT, ROOT, TABLE, TESTS, Claims, check, expected, problems, render


def _sections() -> dict[str, list[list[str]]]:
    """Return the cells of the committed table's rows, by heading."""
    found: dict[str, list[list[str]]] = {}
    for line in TABLE.read_text().splitlines():
        if line.startswith("## "):
            rows = found[line[3:].lower()] = []
        elif line.startswith("| ") and found:
            rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return {heading: rows[1:] for heading, rows in found.items()}


def _whole(session: pytest.Session) -> bool:
    """Say whether this run has collected every test of the simulator."""
    option = session.config.option
    chosen = (
        option.keyword
        or option.markexpr
        or option.deselect
        or getattr(option, "lf", False)  # the cache may be off
        or any("::" in each for each in option.file_or_dir)
    )
    files = {item.path for item in session.items}
    return not chosen and files.issuperset(TESTS.rglob("test_*.py"))


def test_the_committed_table_is_the_one_the_tests_give(request: pytest.FixtureRequest) -> None:
    if _whole(request.session):
        claims = Claims()
        claims.note(request.session.items)
        assert check(claims) == []
        return
    done = subprocess.run(
        [sys.executable, "-m", "tests.simulator.parity", "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'sdk'}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", sorted(expected()))
def test_everything_the_venue_has_is_in_the_table_once(kind: str) -> None:
    shown = Counter(row[0] for row in _sections()[kind.lower()])
    wanted = Counter(parity._cell(kind, name) for name in expected()[kind])
    assert shown == wanted
    assert set(shown.values()) == {1}


def test_every_row_has_its_proof_or_its_reason() -> None:
    for kind, rows in _sections().items():
        for name, state, proof in rows:
            assert state in ("behaves", "shape only", "absent"), (kind, name)
            if state == "absent":
                assert len(proof) > 15
                continue
            path, _, rest = proof.strip("`").partition("` ")
            test = rest.split(" and ")[0]
            source = (ROOT / "tests" / "simulator" / path).read_text()
            assert f"def {test}(" in source or f"{test} = " in source, (kind, name)


def _claimed() -> Claims:
    """Return claims of every row that is not absent."""
    claims = Claims()
    for kind, names in expected().items():
        for name in names:
            if (kind, name) not in ABSENT:
                claims.behaves[kind, name].append("tests/simulator/test_x.py::test_y")
    return claims


def test_claims_of_every_row_are_complete() -> None:
    assert problems(_claimed()) == []


def test_a_row_without_a_test_is_a_problem() -> None:
    claims = _claimed()
    del claims.behaves["filter", "LOT_SIZE"]
    assert problems(claims) == ["filter LOT_SIZE: no test and no reason"]


def test_a_claim_of_what_the_venue_does_not_have_is_a_problem() -> None:
    claims = _claimed()
    claims.shape["method", "order.guess"].append("tests/simulator/test_x.py::test_y")
    assert any("order.guess" in each and "it is no row" in each for each in problems(claims))


def test_a_reason_for_what_a_test_does_is_a_problem() -> None:
    claims = _claimed()
    claims.behaves["error code", "-1002"].append("tests/simulator/test_x.py::test_y")
    assert problems(claims) == ["error code -1002: absent, and claimed by a test"]


def test_a_shape_is_not_a_behaviour() -> None:
    claims = _claimed()
    claims.shape["method", "ping"] = claims.behaves.pop(("method", "ping"))
    assert "| `ping` | shape only | `test_x.py` test_y |" in render(claims).splitlines()
