"""Which lines of a file run, in every thread of this process."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Line", "traced"]

_Trace = Callable[[FrameType, str, Any], Any]
Line = tuple[str, int]
"""A file, by its whole path, and a number."""


@contextmanager
def traced(paths: Iterable[str]) -> Iterator[set[Line]]:
    """Note the lines of these files that run inside the block. All other code runs without being followed."""
    seen: set[Line] = set()

    def follower(path: str) -> _Trace:
        def follow(frame: FrameType, event: str, arg: Any) -> _Trace:
            if event == "line":
                seen.add((path, frame.f_lineno))
            return follow

        return follow

    followers = {path: follower(path) for path in paths}

    def enter(frame: FrameType, event: str, arg: Any) -> _Trace | None:
        return followers.get(frame.f_code.co_filename)

    before = sys.gettrace()
    threading.settrace(enter)
    sys.settrace(enter)
    try:
        yield seen
    finally:
        sys.settrace(before)
        threading.settrace(before)
