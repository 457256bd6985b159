"""Between them, ``make test`` and ``make lives`` draw each life once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests import counts


def test_both_draw_each_number_and_each_item_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn, seen, shared = 0, Counter[int](), Counter[str]()
    for rest in (False, True):
        monkeypatch.setattr(counts, "REST", rest)
        drawn += counts.drawn(3, 10)
        seen.update(counts.numbers(3, 10))
        shared.update(counts.share("abcdefg", 3))
    assert drawn == 10
    assert seen == Counter(range(10))
    assert shared == Counter("abcdefg")


def test_every_file_that_draws_marks_its_tests_for_make_lives() -> None:
    texts = {path.name: path.read_text("utf-8") for path in Path(__file__).parent.rglob("test_*.py")}
    draw = {name for name, text in texts.items() if "\nfrom tests.counts import" in text}
    marked = {name for name, text in texts.items() if "pytest.mark.lives" in text} - {Path(__file__).name}
    assert draw
    assert draw == marked
