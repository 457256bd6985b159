"""Paths that a caller names: refused where they are named, and not when a file is first opened."""

from __future__ import annotations

from pathlib import Path

__all__ = ["as_path"]


def as_path(path: str | Path, name: str) -> Path:
    """Return a path.

    Args:
        path: what the caller named.
        name: of the argument.

    Raises:
        ValueError: it is empty, or holds a character that no path has; the message names the argument.
    """
    text = str(path)
    if not text or "\0" in text or any("\ud800" <= each < "\udc80" or "\udcff" < each <= "\udfff" for each in text):
        raise ValueError(
            f"{name} must be a path, got {text[:100]!r}: it is empty, or holds a character that no path has"
        )
    return Path(path)
