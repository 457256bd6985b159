"""Text of the venue's, made safe to print: a symbol or a message must not move a cursor or turn a line around."""

from __future__ import annotations

import unicodedata

__all__ = ["clean"]

_KEPT = frozenset("\n\t")


def clean(text: str) -> str:
    """Replace what a terminal would act on, or a reader not see: control, bidirectional and zero-width characters."""
    return "".join(
        character if character in _KEPT or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else "\ufffd"
        for character in text
    )
