"""The demo checks what it claims."""

from __future__ import annotations

from tests.cli.conftest import Terminal


def test_the_demo_finds_its_lost_order(terminal: Terminal) -> None:
    steps = {each["step"]: each for each in terminal.json("demo")}
    assert steps["bought"]["status"] == "FILLED"
    assert steps["found"]["outcome"] == "accepted"
    assert steps["true"]["orders"] == 1
    assert steps["lost"]["error"] == "ConnectionLost"
