"""How many lives, examples and rounds tests draw: a part of them in ``make test``, all of them in ``make lives``."""

from __future__ import annotations

import os

__all__ = ["ALL", "drawn"]

ALL = os.environ.get("LIVES") == "all"
"""Whether all are drawn: set by ``make lives``, which continuous integration runs."""


def drawn(some: int, every: int) -> int:
    """Return how many to draw: some of them, or every one."""
    return every if ALL else some
