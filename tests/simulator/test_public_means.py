"""What the parity table counts on comes about by documented means: no test of it reaches into the exchange.

Some tests beside it look inside on purpose: at what is on disk, at what is left behind, at bounds of memory. They are listed
with how many lines of theirs do so; the list may only get shorter.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
INSIDE = re.compile(r"\._(?:venue|server|engine|market|timers|control)\b|\.gateway\b")
LEFT = {
    "access/test_params.py": "a fuzzer of the REST side, and what thousand sockets leave behind",
    "api/test_listen_token.py": "tokens of every length of life",
    "market/test_live_market.py": "what the market's own accounts keep",
    "market/test_tape_market.py": "the times of trades to the microsecond",
    "streams/test_hub.py": "channels without a listener",
    "test_memory.py": "every container of an exchange",
    "venue/test_history.py": "what is on disk",
    "venue/test_prevented.py": "what is on disk",
}
"""Files that look inside, with what they look for."""


def _lines(path: Path) -> set[int]:
    return {number for number, line in enumerate(path.read_text().splitlines(), 1) if INSIDE.search(line)}


def _claims(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Return the tests of a file that claim a row of the parity table."""
    return [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and any("mark.parity" in ast.unparse(each) for each in node.decorator_list)
    ]


def test_no_test_that_claims_a_row_reaches_into_the_exchange() -> None:
    claiming = 0
    for path in sorted(HERE.rglob("test_*.py")):
        claims, inside = _claims(path), _lines(path)
        claiming += len(claims)
        for node in claims:
            assert not inside & set(range(node.lineno, (node.end_lineno or 0) + 1)), f"{path.name}: {node.name}"
    assert claiming > 100


def test_the_files_that_look_inside_are_those_that_are_listed() -> None:
    """A file that no longer does leaves the list; a file that is not on it uses methods of the exchange, scenarios, control."""
    assert {str(path.relative_to(HERE)) for path in HERE.rglob("*.py") if _lines(path)} == LEFT.keys() | {
        Path(__file__).name
    }
