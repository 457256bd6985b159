"""Standard output and standard error of a command, and what happens when the system does not take what is written.

Standard output can fail at any moment: its reader is gone (``| head``), the disk is full, it was closed. `guarded` puts a
`Guarded` stream in the place of both, so that every print, by ``rich`` and of the help too, fails in a single way:
`OutputLost`. What cannot be written to standard error is dropped, since no better place is left: a note must not break off
the search for an order.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

__all__ = ["Guarded", "OutputLost", "guarded", "say"]


class OutputLost(Exception):
    """Standard output cannot be written.

    Attributes:
        reader_gone: the program that read it has ended, as ``head`` does when it has seen enough.
    """

    def __init__(self, error: OSError | ValueError) -> None:
        reason = error.strerror if isinstance(error, OSError) else None
        super().__init__(f"standard output cannot be written: {reason or 'it is closed'}")
        self.reader_gone = isinstance(error, BrokenPipeError)


class Guarded:
    """A stream that raises `OutputLost` once when it cannot be written, and drops what is written after that.

    Args:
        stream: where it writes; None where the process was started without it.
        quiet: do not raise.
    """

    def __init__(self, stream: TextIO | None, *, quiet: bool) -> None:
        self._stream = stream
        self._quiet = quiet
        self._lost = False

    def __getattr__(self, name: str) -> Any:
        if self._stream is None:
            raise AttributeError(name)
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # how typer finds out that a stream is one of text
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if self._lost or not text:
            return len(text)
        try:
            if self._stream is None:
                raise OSError(errno.EBADF, os.strerror(errno.EBADF))
            try:
                self._stream.write(text)
            except UnicodeEncodeError:  # a terminal of few letters: \u2026 is read by people and by programs of JSON
                self._stream.write("".join(_escaped(each, self._stream.encoding) for each in text))
        except (OSError, ValueError) as error:
            self._fail(error)
        return len(text)

    def flush(self) -> None:
        if self._lost or self._stream is None:
            return
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self._fail(error)

    def _fail(self, error: OSError | ValueError) -> None:
        self._lost = True
        with contextlib.suppress(OSError, ValueError, AttributeError):
            # What stands in the buffer would fail once more when the interpreter ends, with an exit code of its own.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, cast("TextIO", self._stream).fileno())
            os.close(nowhere)
        if not self._quiet:
            raise OutputLost(error) from None


def _escaped(letter: str, encoding: str) -> str:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(letter)[1:-1]
    return letter


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Guard both streams of the process while a command runs."""
    before = sys.stdout, sys.stderr
    sys.stdout = cast("TextIO", Guarded(before[0], quiet=False))
    sys.stderr = cast("TextIO", Guarded(before[1], quiet=True))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def say(text: str, *, err: bool = False) -> None:
    """Print a line at once, since another program may be reading."""
    print(text, file=sys.stderr if err else sys.stdout, flush=True)
