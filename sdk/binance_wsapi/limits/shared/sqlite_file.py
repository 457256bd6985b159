"""The file of a `SqliteStore`, opened only where it and what SQLite keeps beside it are this user's alone and made by us.

SQLite keeps a log (``-wal``) and its index (``-shm``) beside the file. Processes that have the same file open and other
neighbours do not see each other. So the identity of a file is that of all three.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from binance_wsapi.errors import shown
from binance_wsapi.private_files import keep_private, make_private

__all__ = ["FAILURES", "Identity", "identity", "is_broken", "is_hopeless", "open_file", "set_aside", "what_changed"]

Identity: TypeAlias = tuple[tuple[int, ...] | None, ...]
"""Of the file, its log and its index: device, inode, rights of others, names, owner."""

FAILURES: Final = (
    sqlite3.Error, OSError, ValueError, TypeError, LookupError, ArithmeticError, msgspec.MsgspecError, RecursionError,
)  # fmt: skip
"""What a file that others write to may bring about."""

_FORMAT: Final = 1
"""Of the state in the file; a file with another one is refused rather than misread."""
_TABLES: Final = {
    "scope": "CREATE TABLE scope (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID",
    "broken": "CREATE TABLE broken (name TEXT, at INTEGER, state BLOB)",
}
_LOG: Final = ("-wal", "-shm")
_BESIDE: Final = (*_LOG, "-journal")
_LOCK_PART: Final = 0.8
"""Of the timeout, waited for a lock: the file then says itself what is wrong, and that nothing was written."""
_HOPELESS_ERRNO: Final = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EINVAL,
    errno.ELOOP,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENAMETOOLONG,
    errno.ENXIO,
}
_HOPELESS_CODES: Final = {
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_AUTH,
}


class _Foreign(sqlite3.DatabaseError):
    """The file was made by another version, or by another program."""


def identity(path: Path) -> Identity:
    """Return which file stands at a path, which log and index beside it, and who may use them."""
    found: list[tuple[int, ...] | None] = []
    for end in ("", *_LOG):
        try:
            stat = os.lstat(f"{path}{end}")
        except FileNotFoundError:
            found.append(None)
        else:
            found.append((stat.st_dev, stat.st_ino, stat.st_mode & 0o077, stat.st_nlink, stat.st_uid))
    return tuple(found)


@contextlib.contextmanager
def _closed_on_failure(db: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise


def open_file(path: Path, timeout: float) -> sqlite3.Connection:
    """Open the database; make it where there is none.

    Raises:
        OSError: the file or one beside it is not this user's alone.
        sqlite3.Error: it is no database, or one of another version or program, or it is locked.
    """
    make_private(path)
    for end in _BESIDE:
        keep_private(Path(f"{path}{end}"))
    db = sqlite3.connect(path, timeout=timeout * _LOCK_PART, isolation_level=None, check_same_thread=False)
    with _closed_on_failure(db):
        db.execute("PRAGMA trusted_schema = OFF")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version not in {0, _FORMAT}:
            raise _Foreign(f"the file is of format {version}, this version reads {_FORMAT}")
        _check_tables(db)
        if version == 0:
            for table in _TABLES.values():
                db.execute(table.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
            db.execute(f"PRAGMA user_version = {_FORMAT}")
        db.execute("SELECT count(name), count(state) FROM scope").fetchone()
    return db


def _check_tables(db: sqlite3.Connection) -> None:
    """Refuse a file with a view, a trigger or a table that another program put in the place of ours.

    A query of such may never end.
    """
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind in {"view", "trigger"} or _TABLES.get(name, sql) != sql:
            raise _Foreign(f"the {kind} {shown(name)} in it was not made by this library: name another file")


def is_broken(error: sqlite3.Error) -> bool:
    """Whether a file is no database, or none that can be read."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}


def what_changed(before: Identity, now: Identity, name: str) -> str:
    """Return what is told of a file that was opened again, because it or what is beside it changed in use.

    Args:
        before: what was opened.
        now: what is there.
        name: of the file.
    """
    if before[0] is None or now[0] is None or now[0][:2] != before[0][:2]:
        return ""  # another file: its epoch tells
    if [each and each[:2] for each in now] != [each and each[:2] for each in before]:
        return f"{name}-wal or {name}-shm was taken away in use: it was opened again"
    return f"the rights of {name} or of its log were changed in use: other users can use it no more"


def set_aside(path: Path, now: int) -> str:
    """Rename a file that is no database, with what SQLite keeps beside it. Returns its new name."""
    aside, number = Path(f"{path}.broken-{now}"), 0
    while os.path.lexists(aside):
        number += 1
        aside = Path(f"{path}.broken-{now}-{number}")
    for end in ("", *_LOG):
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{end}").rename(f"{aside}{end}")
    return aside.name


def is_hopeless(error: BaseException) -> bool:
    """Whether trying again cannot help: a path, rights or tables that are wrong, and not a lock or a full disk."""
    if isinstance(error, OSError):
        return error.errno in _HOPELESS_ERRNO
    return isinstance(error, _Foreign) or getattr(error, "sqlite_errorcode", -1) & 0xFF in _HOPELESS_CODES
