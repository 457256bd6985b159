"""Every block of Python in the README and the documentation runs as it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import Page, pages
from tests.docs.running import compiled, run_page

PAGES = pages()
WITH_PYTHON = [page for page in PAGES if page.of("python")]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=lambda page: page.name)
def test_the_blocks_of_a_page_run_as_printed(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binance_wsapi.streams.book.CONFIRM_AFTER", 0.1)  # books of markets that stand still
    for block in page.of("python"):
        compiled(block)
    for each in PAGES:
        for block in each.of("python"):
            if "file" in block.marks:
                (tmp_path / block.marks["file"]).write_text(block.code)
    run_page(page, tmp_path)
