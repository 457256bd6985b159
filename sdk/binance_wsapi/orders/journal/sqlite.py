"""The file of a journal: one SQLite database, one connection, one owner.

Theory of operation
-------------------
*Writing.* Each `JournalFile.write` is one transaction in SQLite's write-ahead log. A torn tail of the log is
recognised by its checksums and left out: the journal is then as it was after the last whole transaction. Damage before the
last one is refused (`binance_wsapi.orders.journal.write_ahead`).

*Durability.* For "process" ``synchronous`` is ``OFF``: a commit is a write to the operating system, which keeps it when
the process is killed, and there is no fsync that could hold up the event loop, not even when the log is folded into the
database. The price is a power cut, after which the file may be damaged as well as short; it is checked when it is opened,
and refused when it is. Who fears that wants "power": ``FULL`` makes every commit an fsync, here in a thread of its own.
A journal that was closed in an orderly way was fsynced in either case.

*One owner.* The lock beside the file (`binance_wsapi.orders.journal.lock`) is taken before the file is touched, and
SQLite's own is held on top (``locking_mode = EXCLUSIVE``): where the lock file was deleted or the journal is reached by
another name, that one refuses. It makes commits faster too, for there is no index to share.

*Forks.* A connection of SQLite's must not be used in a forked child, nor even closed there: closing would fold an old state
of the log into the database and delete the log under the parent. So the child lets go of it without closing it.

*Replaced underneath.* A journal that was deleted or moved would still take writes, and lose them. So after each commit
the names are looked up; when they do not lead to the files that were opened, the write has failed.

*Damage.* A file at rest is sealed (`binance_wsapi.orders.journal.seal`), and each row has checksums of its own: what was
written and never changes, and how far the intent got. A file that was cut or holds a foreign byte is refused, and so is an
empty one: a new file is made whole under another name before it gets its own.

*What is in it.* Ids, the parameters of orders in clear, times and verdicts; the account as a hash; never a key or a
signature. The file is readable by its owner only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sqlite3
import stat
import weakref
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

import msgspec

from binance_wsapi.errors import UsageError
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.orders.journal.lock import JournalLock
from binance_wsapi.orders.journal.rows import COLUMNS, FORMAT, SCHEMA, SELECT, Statement, read, to_format_2
from binance_wsapi.orders.journal.seal import BLANK, Damaged, check_and_break, is_marked, seal
from binance_wsapi.orders.journal.write_ahead import check_log
from binance_wsapi.private_files import refuse_others, refuse_strange

__all__ = ["JournalFile"]

_APPLICATION: Final = 0x6F726A31
"""Marks the file as an order journal."""

_sql_of: Final = itemgetter(0)
_values_of: Final = itemgetter(1)

_open: weakref.WeakSet[JournalFile] = weakref.WeakSet()


class JournalFile:
    """The file, from `opening` to `close`; to be used by one thread at a time.

    Args:
        path: where it is, links resolved; it is made when it is missing, its folder is not. On a local disk: neither
            locks nor fsync can be trusted over networks.
        fsync: whether a write has to survive a power cut.
    """

    def __init__(self, path: Path, *, fsync: bool) -> None:
        self.name = path.name
        self.forked = False
        self._path = path
        self._fsync = fsync
        self._lock = JournalLock(path)
        self._db: sqlite3.Connection | None = None
        self._names = (str(path), f"{path}-wal")
        self._files: list[tuple[int, int]] = []

    # ------------------------------------------------------------------ life

    def opening(self, account: str) -> Iterator[None]:
        """Open the file, or make it, and show that it can be written, in steps of some milliseconds.

        A file that holds more than some ten thousand lines has longer ones: the digest of its bytes, and SQLite's check.

        Raises:
            UsageError: it belongs to another account, is in use, or is not a journal.
            JournalFailed: it cannot be read or written, or is damaged.
        """
        with self._failures():
            self._lock.acquire()
        try:
            with self._failures():
                made = self._make(account)
                if not made:
                    yield from self._check()
                    yield
                self._db = self._connect(account)
                if made and self._fsync:
                    self._sync_folder()
                self._files = list(self._identities())
                _open.add(self)
        except BaseException:
            self.abandon()
            raise

    def close(self) -> None:
        """Fold the log into the database, make it durable, seal it, and let go of the file. Idempotent."""
        db = self._db
        try:
            if db is not None:
                with self._failures():
                    db.execute("PRAGMA synchronous = FULL")
                    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                    itself = next(self._identities()) == self._files[0]
                    self._db = None
                    db.close()
                    if itself:
                        seal(self._path)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        db, self._db = self._db, None
        _open.discard(self)
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()
        self._lock.release()

    def leave_to_the_parent(self) -> None:
        """Forget the file, in a child that was forked while it was open."""
        db, self._db = self._db, None
        self.forked = True
        self._lock.release()
        if db is not None:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(db))  # nothing may ever close it here

    # ------------------------------------------------------------------ use

    def intents(self) -> Iterator[Intent]:
        """Read all intents, in the order they were written.

        Raises:
            JournalFailed: a line cannot be read.
        """
        assert self._db is not None
        with self._failures():
            for row in self._db.execute(SELECT):
                try:
                    intent = read(row)
                except (ValueError, KeyError, TypeError, msgspec.MsgspecError):
                    raise JournalFailed(f"{self.name}: line {row[0]} cannot be read") from None
                yield intent

    def write(self, statements: Iterable[Statement]) -> None:
        """Write in one transaction; when this returns, it is as durable as was asked for.

        Raises:
            JournalFailed: it may or may not be written.
        """
        db = self._db
        if db is None:
            raise JournalFailed(f"{self.name}: the journal is not open")
        try:
            db.execute("BEGIN IMMEDIATE")
            for sql, alike in groupby(statements, _sql_of):  # statements in a row are run in C
                db.executemany(sql, map(_values_of, alike))
            db.execute("COMMIT")
            found = list(self._identities())
        except (sqlite3.Error, OSError) as error:
            with contextlib.suppress(sqlite3.Error):
                if db.in_transaction:
                    db.execute("ROLLBACK")
            raise JournalFailed(f"{self.name}: {_reason(error)}") from None
        if found != self._files:
            raise JournalFailed(f"{self.name}: the file was moved, deleted or replaced underneath")

    # ------------------------------------------------------------------ opening

    def _make(self, account: str) -> bool:
        """Make the file where there is none: whole, under another name first, and its owner's alone from the start."""
        if os.path.lexists(self._path):
            return False
        new = self._path.with_name(f"{self._path.name}.new")
        for leftover in (new, new.with_name(f"{new.name}-journal")):
            leftover.unlink(missing_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        os.close(os.open(new, flags, 0o600))
        with contextlib.closing(sqlite3.connect(new, timeout=0.0, isolation_level=None)) as db:
            db.execute(f"PRAGMA synchronous = {'FULL' if self._fsync else 'OFF'}")
            db.execute("BEGIN IMMEDIATE")
            for each in SCHEMA:
                db.execute(each)
            db.execute("INSERT INTO journal VALUES (?, 0)", (account,))
            db.execute("INSERT INTO seal VALUES (?)", (BLANK,))
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {FORMAT}")
            db.execute("COMMIT")
        for suffix in ("-wal", "-shm"):  # of a journal that was deleted
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        new.rename(self._path)
        return True

    def _check(self) -> Iterator[None]:
        """Look at the bytes before SQLite does, in steps."""
        flags = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
        file = os.open(self._path, flags)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                raise UsageError(f"{self.name} is not a file")
            refuse_others(self._path, found, _remedy(self._path))
            if os.name == "posix" and found.st_mode & 0o077:
                os.fchmod(file, 0o600)
        finally:
            os.close(file)
        for suffix in ("-wal", "-shm", "-journal"):
            beside = Path(f"{self._path}{suffix}")
            refuse_strange(beside, _remedy(beside))
        try:
            yield from check_log(Path(f"{self._path}-wal"))
            yield
            check_and_break(self._path, _APPLICATION)
        except Damaged as damage:
            raise JournalFailed(
                f"{self.name}: the file is damaged: {damage}; see what it holds before putting it aside"
            ) from None

    def _connect(self, account: str) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=0.0, isolation_level=None, check_same_thread=False)
        self._db = db
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION:
            raise self._no_journal()
        if version > FORMAT:
            raise UsageError(f"{self.name} is of format {version}, this version reads up to {FORMAT}")
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise JournalFailed(f"{self.name}: this file system has no room for a write-ahead log")
        db.execute(f"PRAGMA synchronous = {'FULL' if self._fsync else 'OFF'}")
        (healthy,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if healthy != "ok":
            raise self._damage()
        db.execute("BEGIN IMMEDIATE")
        if version < FORMAT:
            to_format_2(db)
        if tuple(row[1] for row in db.execute("PRAGMA table_info(intent)")) != COLUMNS:
            raise self._damage()
        owners = db.execute("SELECT account FROM journal").fetchall()
        if len(owners) != 1:
            raise self._damage()
        if owners[0][0] != account:
            raise UsageError(
                f"{self.name} is the journal of another API key or another environment: give each a file of its own "
                "(when the key was exchanged: recover with the old key first, then begin a new file; a local exchange on "
                "another host or port is another environment, and versions before this one did not write down which: begin "
                "a new file)"
            )
        db.execute("UPDATE journal SET openings = openings + 1")  # shows that it can be written
        db.execute("COMMIT")
        return db

    def _damage(self) -> JournalFailed:
        return JournalFailed(f"{self.name}: the file is damaged; see what it holds before putting it aside")

    def _no_journal(self) -> UsageError | JournalFailed:
        with contextlib.suppress(OSError, ValueError):
            if is_marked(self._path):
                return self._damage()
        return UsageError(f"{self.name} is not an order journal")

    def _sync_folder(self) -> None:
        """Make the name of a new file as durable as the file."""
        if os.name != "posix":
            return
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _identities(self) -> Iterator[tuple[int, int]]:
        for name in self._names:
            try:
                found = os.stat(name)  # noqa: PTH116  half the price of a Path, for every order
            except FileNotFoundError:
                yield (0, 0)
            else:
                yield (found.st_dev, found.st_ino)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            text = _reason(error)
            if isinstance(error, sqlite3.Error) and "locked" in text:
                raise UsageError(f"the journal {self.name} is in use by another process or client") from None
            if isinstance(error, sqlite3.Error) and "not a database" in text:
                raise self._no_journal() from None
            raise JournalFailed(f"{self.name}: {text}") from None
        except (UsageError, JournalFailed):
            raise
        except Exception as error:  # noqa: BLE001 - what damaged bytes make of a value is not foreseen
            raise JournalFailed(f"{self.name}: the file is damaged: {type(error).__name__}") from None


def _remedy(path: Path) -> str:
    """Return what to do about a file that is not this user's alone. To delete it would be to forget what is in doubt."""
    return f"take {path.name} over (chown, chmod go-w, a copy) if you know what is in it, or name another journal"


def _reason(error: sqlite3.Error | OSError) -> str:
    """Return what went wrong, without the folder the file is in."""
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None)
        return f"{error} ({name})" if name else str(error)
    return error.strerror or type(error).__name__


def _after_fork() -> None:
    for file in list(_open):
        file.leave_to_the_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
