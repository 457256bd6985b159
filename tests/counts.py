"""How many lives, examples and rounds tests draw: ``make test`` draws some of them, ``make lives`` the others.

A test that draws carries the marker ``lives``; ``make lives`` runs no other test.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["REST", "drawn", "numbers", "share"]

T = TypeVar("T")

REST = os.environ.get("LIVES") == "rest"
"""Whether the others are drawn: set by ``make lives``, which continuous integration runs after ``make test``."""


def drawn(some: int, every: int) -> int:
    """Return how many to draw by chance: some of all, or as many as are left."""
    return every - some if REST else some


def numbers(some: int, every: int) -> range:
    """Return the numbers of what is drawn: the first ones, or those after them."""
    return range(some, every) if REST else range(some)


def share(items: Sequence[T], step: int) -> list[T]:
    """Return each `step`-th of the items, from the first on, or all between them."""
    return [item for index, item in enumerate(items) if (index % step != 0) is REST]
