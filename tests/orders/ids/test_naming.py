"""An id that looks as those made here do is no guess of a user's."""

from __future__ import annotations

import pytest

from binance_wsapi.orders.ids.naming import looks_made_here
from binance_wsapi.wire.ids import ALPHABET


@pytest.mark.parametrize(
    ("text", "made_here"),
    [
        (ALPHABET[:22], True),
        (ALPHABET[:21], False),
        (ALPHABET[:23], False),
        (ALPHABET[:21] + "a", False),
        (ALPHABET[:21] + "-", False),
        ("", False),
    ],
)
def test_an_id_looks_made_here_by_its_length_and_its_letters(text: str, made_here: bool) -> None:
    assert looks_made_here(text) is made_here
