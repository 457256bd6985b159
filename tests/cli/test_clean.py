"""Nothing the venue sends can drive the terminal."""

from __future__ import annotations

import pytest

from binance_wsapi.cli.clean import clean


@pytest.mark.parametrize(
    "attack",
    [
        "\x1b]52;c;aGVsbG8=\x07",  # write the clipboard
        "\x1b]0;title\x07",
        "\x1b[2J",
        "\x9b2J",
        "a\u202eb",
        "a\u2066b",
        "a\u200bb",
        "a\rb",
        "\u2028",
    ],
)
def test_what_a_terminal_would_act_on_is_replaced(attack: str) -> None:
    shown = clean(attack)
    assert len(shown) == len(attack)
    assert not set(shown) & set("\x1b\x9b\x07\r\u202e\u2066\u200b\u2028")


def test_ordinary_text_in_any_script_passes() -> None:
    assert clean("这是测试币456 é\n\tok") == "这是测试币456 é\n\tok"
