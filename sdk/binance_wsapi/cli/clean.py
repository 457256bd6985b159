"""Text of the venue's, made safe to print: a symbol or a message must not move a cursor or turn a line around."""

from __future__ import annotations

from binance_wsapi.errors import printable

__all__ = ["clean"]


def clean(text: str) -> str:
    """Replace what a terminal would act on, or a reader not see; lines and tabs stay."""
    return printable(text, "\n\t")
