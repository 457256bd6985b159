"""Text of the venue's, made safe to print: a symbol or a message must not move a cursor or turn a line around."""

from __future__ import annotations

import unicodedata

__all__ = ["clean"]

_KEPT = frozenset("\n\t")


def clean(text: str) -> str:
    """Replace what a terminal would act on, or a reader not see: control, bidirectional and zero-width characters."""
    return "".join("\ufffd" if _acts(character) else character for character in text)


def _acts(character: str) -> bool:
    return character not in _KEPT and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
