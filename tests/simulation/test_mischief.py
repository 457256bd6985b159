"""A fault that the local exchange has is drawn by the lives, or left out with a reason."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import get_args

from binance_wsapi.simulator.faults.actions import Action, Raw
from binance_wsapi.simulator.faults.names import NAMES, REQUESTS
from tests.simulation import mischief

ROOT = Path(__file__).parents[2]


def drawn(source: str) -> set[str]:
    """Return the names of the faults that a source brings about: by an action, by a frame or by a method of the faults."""
    used: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            used.add(ast.unparse(node.func).rpartition("faults.")[2])
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "Raw":
            used.add(node.attr)
    classes = {kind.__name__: name for name, kind in REQUESTS.items()}
    return {classes.get(each, each) for each in used} & NAMES.keys()


def test_every_fault_with_a_name_is_drawn_or_its_reason_is_given() -> None:
    lives = drawn(inspect.getsource(mischief))
    assert lives | mischief.UNDRAWN.keys() == NAMES.keys(), "draw it in FAULTS, or name it in UNDRAWN"
    assert not lives & mischief.UNDRAWN.keys()
    for where in re.findall(r"tests/[\w/]+\.py", " ".join(mischief.UNDRAWN.values())):
        assert (ROOT / where).exists(), where


def test_every_action_has_a_name() -> None:
    assert {*REQUESTS.values(), Raw} == set(get_args(Action)), "simulator/faults/names.py"


def test_what_a_source_draws_is_found() -> None:
    assert drawn("_reply(Cut(after_execution=True))\nw.exchange.faults.pong()\n[Raw.masked]\nlink.reset()") == {
        "cut", "pong", "masked",
    }  # fmt: skip
