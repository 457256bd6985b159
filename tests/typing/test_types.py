"""The signatures say what the results are: a type checker agrees with every line of `user_code`."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = Path(__file__).parent / "user_code.py"


def mypy(path: Path, cache: Path) -> str:
    """Return what mypy says of a file, by the configuration of the project."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mypy keeps what it knows between the tests of this file, apart from the developer's own."""
    return tmp_path_factory.mktemp("mypy")


class Falsified(ast.NodeTransformer):
    """Makes every claim about a type a false one."""

    claims = 0

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "assert_type":
            node.args[1] = ast.Name("bytes")
            self.claims += 1
        return node


@pytest.mark.timeout(120)
def test_a_type_checker_agrees_with_the_code_of_users_and_would_notice_if_a_type_were_another(
    tmp_path: Path, cache: Path
) -> None:
    """Accepted as it stands; with every claim made false and no error ignored, refused at each of these lines."""
    said = mypy(CODE, cache)
    assert said.startswith("Success"), said

    text = CODE.read_text()
    falsified = Falsified()
    wrong = tmp_path / "wrong.py"
    wrong.write_text(ast.unparse(falsified.visit(ast.parse(text))))  # comments are not kept: nothing is ignored
    refused = set(re.findall(r":(\d+): error:", mypy(wrong, cache)))
    assert falsified.claims > 60
    assert len(refused) == falsified.claims + text.count("# type: ignore")
