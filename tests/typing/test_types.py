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


CONFIGURATION = f"""
[mypy]
strict = true
mypy_path = {ROOT / "sdk"}
follow_imports = silent

[mypy-pandas.*,polars.*,numpy.*,redis.*,hypothesis.*,trio.*,opentelemetry.*,rich.*]
follow_imports = skip
"""
"""As a user has it. Of the library mypy reads the signatures alone, and nothing of large packages that no line here uses."""


def mypy(*paths: Path, folder: Path) -> str:
    """Return what mypy says of files; what it needs of its own it keeps in the folder."""
    (folder / "mypy.ini").write_text(CONFIGURATION)
    options = ["--config-file", str(folder / "mypy.ini"), "--cache-dir", str(folder / "cache")]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, *map(str, paths)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    return done.stdout + done.stderr


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
    tmp_path: Path,
) -> None:
    """Accepted as it stands; with every claim made false and no error ignored, refused at each of these lines."""
    text = CODE.read_text()
    falsified = Falsified()
    wrong = tmp_path / "wrong.py"
    wrong.write_text(ast.unparse(falsified.visit(ast.parse(text))))  # comments are not kept: nothing is ignored
    said = mypy(CODE, wrong, folder=tmp_path).splitlines()
    refused = {line.partition(": ")[0] for line in said if ": error:" in line}
    assert {place.partition(":")[0] for place in refused} == {str(wrong)}, "\n".join(said)
    assert falsified.claims > 60
    assert len(refused) == falsified.claims + text.count("# type: ignore")


MISTAKES = """
from binance_wsapi import SpotClient, blocking


async def mistakes(client: SpotClient, scripts: blocking.SpotClient, price: float) -> None:
    await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity=0.01)
    await client.place_order("BTCUSDT", side=5, type="LIMIT")
    await client.place_order("BTCUSDT", "BUY", type=5)
    await client.place_order("BTCUSDT", "BUY", "LIMIT", time_in_force=5)
    await client.place_order("BTCUSDT", "BUY", "LIMIT", new_order_resp_type="FUL")
    await client.place_order("BTCUSDT", "BUY", "LIMIT", self_trade_prevention_mode="EXPIRE")
    await client.test_order("BTCUSDT", "BUY", "LIMIT", price=price)
    await client.place_sor_order("BTCUSDT", "BUY", "LIMIT", quantity=price)
    await client.ticker_24hr("BTCUSDT", type="TINY")
    scripts.place_order("BTCUSDT", "BUY", "LIMIT", quantity=0.01)
"""
NAMED = [
    "quantity", "side", "type", "time_in_force", "new_order_resp_type", "self_trade_prevention_mode", "price", "quantity",
    "type", "quantity",
]  # fmt: skip


@pytest.mark.timeout(120)
def test_a_mistake_in_a_call_with_overloads_is_told_by_the_name_of_the_argument_and_in_one_line(tmp_path: Path) -> None:
    """Of a method with overloads mypy lists all of them, five lines of 900 characters: `api/arguments.py` says why not here."""
    code = tmp_path / "mistakes.py"
    code.write_text(MISTAKES)
    *said, _count = mypy(code, folder=tmp_path).splitlines()
    assert [re.findall(r'error: Argument "(\w+)" to "\w+" ', line) for line in said] == [[name] for name in NAMED], said
