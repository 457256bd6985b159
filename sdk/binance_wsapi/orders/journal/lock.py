"""A lock that one process holds on a journal for as long as it has it open.

The lock is on a file of its own beside the journal (``flock``), so that the system lets go of it however the process
ends. The file stays when the lock is gone: removing it could remove a file that another process has just locked.

A forked child shares its parent's lock, and would keep the journal locked after the parent's death: it has to `release`
its copy, which leaves the parent's alone.

Where there is no ``flock`` (Windows), the lock of SQLite itself, which is held as long, does the work alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import IO

from binance_wsapi.errors import UsageError
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.private_files import refuse_others

if sys.platform != "win32":
    import fcntl

__all__ = ["JournalLock"]


class JournalLock:
    """The lock of one journal.

    Args:
        journal: the file the lock stands for.
    """

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._path = journal.with_name(f"{journal.name}.lock")
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            UsageError: another process, or another client in this one, holds it.
            JournalFailed: a link is in its place.
            OSError: the file cannot be made, or another user made it, can write to it, or has it under another name.
        """
        if sys.platform == "win32":
            return
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW  # a link here would be another file's end
        try:
            file = os.fdopen(os.open(self._path, flags, 0o600), "r+b", buffering=0)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise JournalFailed(f"{self._path.name}, the lock of the journal, is a link: remove it") from None
        try:
            refuse_others(self._path, os.fstat(file.fileno()), f"remove {self._path.name}, or name another journal")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = file.read(20).decode("ascii", "replace").strip()
            file.close()
            if holder == str(os.getpid()):
                told = "in use in this process, by another client or by a client that the disk still keeps from closing"
            else:
                told = f"in use by process {holder or 'unknown'}"
            raise UsageError(
                f"the journal {self._journal.name} is {told}: two clients cannot share a journal, give each its own file"
            ) from None
        except BaseException:
            file.close()
            raise
        self._file = file
        with contextlib.suppress(OSError):  # for people only; a full disk does not matter here
            file.truncate(0)
            file.write(f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let go of the lock. Idempotent."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
