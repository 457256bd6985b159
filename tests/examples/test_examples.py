"""Every example runs to its end against the local exchange, in virtual time, and compares itself with its truth."""

from __future__ import annotations

import ast
import runpy
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.simulator.record import truth
from tests.served import Served
from tests.simulation.loop import run

FOLDER = Path(__file__).parents[2] / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*.py") if path.stem != "script")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_to_its_end(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [str(path)])
    monkeypatch.setenv("COLUMNS", "160")
    main: Callable[[], Coroutine[Any, Any, None]] = runpy.run_path(str(path))["main"]
    run(lambda _loop: main())
    assert capsys.readouterr().out.count("\n") >= 3, "it says nothing"


def test_an_example_notices_when_the_exchange_tells_another_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo compares what it prints: with a falsified truth it must end with exit code 1."""
    path = next(path for path in EXAMPLES if path.stem == "quickstart")
    monkeypatch.setattr(truth.OrderTruth, "executed_quantity", 0)
    main: Callable[[], Coroutine[Any, Any, None]] = runpy.run_path(str(path))["main"]
    with pytest.raises(SystemExit) as ended:
        run(lambda _loop: main())
    assert ended.value.code == 1


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_names_the_extra_it_needs(path: Path) -> None:
    source = path.read_text()
    said = ast.get_docstring(ast.parse(source)) or ""
    assert ("from rich" in source) is ('pip install ".[cli]"' in said)


def test_the_script_without_asyncio_runs_to_its_end(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in served.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    runpy.run_path(str(FOLDER / "script.py"), run_name="__main__")
    out = capsys.readouterr().out
    (order,) = served.do(lambda exchange: exchange.truth.all_orders())
    assert f"order {order.order_id}: FILLED" in out
    assert "filled 0.01000000 at 60000.00000000" in out
