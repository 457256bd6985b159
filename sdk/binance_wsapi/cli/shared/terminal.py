"""Whether a person sits at the other end."""

from __future__ import annotations

import sys

__all__ = ["can_ask"]


def can_ask() -> bool:
    """Whether a person is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty()
