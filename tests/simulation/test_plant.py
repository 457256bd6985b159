"""The planted bugs: each can still be planted, so none is passed over when the hunt begins."""

from __future__ import annotations

import pytest

from tests.simulation.plant import BUGS, CRASH_BUGS, ROOT, Bug


@pytest.mark.parametrize("bug", [*BUGS, *CRASH_BUGS], ids=lambda bug: bug.name)
def test_the_line_to_break_is_there(bug: Bug) -> None:
    file = ROOT / "sdk" / "binance_wsapi" / bug.file
    assert bug.before in file.read_text("utf-8")
    assert bug.before != bug.after
