"""The examples about market streams do what they claim; each compares itself with the exchange's truth."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.simulation.loop import run

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["spread_watcher.py", "local_book.py"])
def test_an_example_runs_to_its_end(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = runpy.run_path(str(EXAMPLES / name))["main"]
    run(lambda _loop: main())
    assert "BTCUSDT" in capsys.readouterr().out
