"""Every command in the README and the documentation exists, and runs where it can run here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, pages

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
BLOCKS = [block for page in pages() for block in page.of("console")]
FILES = {
    name for page in pages() for block in page.blocks for mark in ("file", "pytest") if (name := block.marks.get(mark))
}
COMMANDS = Path(sys.executable).parent
HARMLESS = {"python -m venv .venv", ". .venv/bin/activate"}


def lines(block: Block) -> list[str]:
    """Return the commands of a block, without the comments behind them."""
    joined = block.code.replace("\\\n", " ")
    return [line for each in joined.splitlines() if (line := re.sub(r"\s+#.*$", "", each).strip())]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_the_commands_of_a_block_are_there(block: Block) -> None:
    if "venue" in block.marks:
        return
    for line in lines(block):
        words = shlex.split(line)
        match words:
            case ["make", *targets]:
                assert {each for each in targets if "=" not in each} <= TARGETS, line
            case ["pip", "install", what]:
                assert re.fullmatch(r"\.(\[[a-z,]+\])?", what), line
                assert set(re.findall(r"[a-z]+", what)) <= set(PROJECT["optional-dependencies"]), line
            case ["export", assignment]:
                assert assignment.startswith("BINANCE_"), line
            case ["python", name] | ["pytest", "-q", name]:
                assert name in FILES or (ROOT / name).exists(), line
            case ["python", "-m", module, *_] if module.startswith(("tests.", "benchmarks")):
                assert (ROOT / module.replace(".", "/")).exists() or (ROOT / f"{module.replace('.', '/')}.py").exists()
            case ["binance-wsapi", *_]:
                pass  # below
            case _:
                assert line in HARMLESS, f"{block.place}: {line}: a test must know it, or `venue` must mark it"


OURS = sorted({(line, block.place) for block in BLOCKS if "venue" not in block.marks for line in lines(block) if line.startswith("binance-wsapi")})  # fmt: skip


@pytest.mark.parametrize(("line", "place"), OURS)
def test_a_command_of_ours_runs(line: str, place: str, tmp_path: Path) -> None:
    words = shlex.split(line)
    words[0] = str(COMMANDS / words[0])
    if words[1:2] == ["exchange"]:
        words += ["--port", "0", "--seconds", "0.1"]
    done = subprocess.run(
        words, cwd=tmp_path, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{place}: {line}\n{done.stdout}{done.stderr}"


def test_the_extras_are_those_of_the_project() -> None:
    table = (ROOT / "docs" / "start" / "install.md").read_text().split("## Extras", 1)[1]
    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == set(PROJECT["optional-dependencies"])


def test_the_files_of_tests_pass(tmp_path: Path) -> None:
    """Blocks that are files of tests are run by pytest, all in one folder, as a user's project."""
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
    )
    names = []
    for page in pages():
        for block in page.blocks:
            name = block.marks.get("file") or block.marks.get("pytest")
            if name and block.language == "python":
                (tmp_path / name).write_text(block.code)
                names += [name] if "pytest" in block.marks else []
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *names],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "sdk"), str(tmp_path)])},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(names) >= 3
