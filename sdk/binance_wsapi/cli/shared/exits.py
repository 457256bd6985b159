"""How a command ends: the exit code answers what a script has to know, above all whether an order may be out."""

from __future__ import annotations

import errno
import os

from binance_wsapi.errors import NotPlaced, NotSent, OutcomeUnknown, UsageError

__all__ = ["DONE", "NOT_SENT", "REFUSED", "UNKNOWN", "USAGE", "cannot_listen", "code_of"]

DONE = 0
REFUSED = 1
"""The venue said no, or what was asked for does not hold."""
USAGE = 2
"""The command is wrong as written. Nothing was sent."""
NOT_SENT = 3
"""Nothing was sent, or it is proven that it was not executed: it is safe to try again."""
UNKNOWN = 4
"""It was sent, and what became of it is not known."""


def code_of(error: Exception) -> int:
    """Return the exit code that an error of the library stands for."""
    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, NotSent | NotPlaced):
        return NOT_SENT
    if isinstance(error, OutcomeUnknown):
        return UNKNOWN
    return REFUSED


def cannot_listen(port: int, error: OSError) -> str:
    """Return what to say where a server cannot have its port, with the remedy where another program has it."""
    remedy = "; --port 0 takes a free one" if error.errno == errno.EADDRINUSE else ""
    return f"cannot listen on port {port}: {os.strerror(error.errno) if error.errno else error}{remedy}"
