"""The budget of all processes of one machine, in a file.

Request weight and connections are counted per address, and one machine is one address: a file is all it takes.

Theory of operation
-------------------
An exchange is one ``BEGIN IMMEDIATE`` transaction: read the state of the scope, divide (`division.exchange`, the
same function as in one process), write it back. SQLite's write lock makes it one at a time; the write-ahead log keeps it
short, a few ten microseconds. It is called from a thread, never from the event loop.

Every process holds a lock on a file of its own beside the database. The system lets go of it when the process ends,
however it ends; so the others see at once that it died, and charge what it held to the window.

The file, its neighbours and the folder of the locks are for this user alone, under every umask, and no symbolic link is
followed to any of them. A record that cannot be read is put into a table beside the others, a file that is no database
is renamed; both are told, and the store begins anew, which the processes notice by its epoch.

A file that was deleted and made anew under a running process would split the processes in two, and so would another log
beside it. So the store looks at both before each exchange and opens them again when they are others. The epoch then shows
that their state is new, or the version that it is older than what a process was told (`division`).

A file, a log or a folder that another user made or can write to is refused, and so is a file that holds views or
triggers: the error names it.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import starmap
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from binance_wsapi.limits.shared.division import FAR_MS, exchange
from binance_wsapi.limits.shared.records import UNREADABLE, ScopeState, sound
from binance_wsapi.limits.shared.sqlite_file import (
    FAILURES,
    Identity,
    identity,
    is_broken,
    is_hopeless,
    open_file,
    set_aside,
    what_changed,
)
from binance_wsapi.limits.shared.store import LONGEST_SECONDS, Reply, Report, StoreScope, StoreUnavailable, check_member
from binance_wsapi.private_files import make_private_folder, refuse_strange_folder
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import check_path, check_seconds

if sys.platform != "win32":
    import fcntl

__all__ = ["SqliteStore"]

_LOOK_FOR_THE_DEAD_MS: Final = 500
_BROKEN_KEPT: Final = 10
"""Broken records that are kept to be looked at."""

# As bytes: what another program wrote need be no text.
_ONE: Final = "SELECT CAST(state AS BLOB) FROM scope WHERE name = ?"
_EVERY: Final = "SELECT typeof(name), CAST(name AS BLOB), CAST(state AS BLOB) FROM scope ORDER BY name"


class _Row(NamedTuple):
    """A row of the table of scopes, as it was read."""

    kind: str
    raw_name: bytes
    state: bytes

    @property
    def name(self) -> str:
        return self.raw_name.decode("utf-8", "backslashreplace")


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(ScopeState)


def _decode(scope: str, record: bytes) -> ScopeState:
    return sound(_decoder.decode(record), scope)


@made_at_border
class SqliteStore(StoreScope):
    """Shares the budget between the processes of one machine.

    Args:
        path: the file; it is made when it is missing. On a local disk: SQLite's locks do not work over networks.
        ip: name of the address, when the machine has more than one.
        account: name of the account, so that its orders are shared too; None when each process has its own. Not a
            key: it is written to the file.
        environment: ``production``, ``testnet`` and so on; they share nothing. None takes that of the client.
        processes: how many processes there will be at most. A process that cannot reach the file takes that part.
        label: what people call this process.
        timeout: seconds after which an exchange is given up.
        far: seconds by which the venue's time may differ between two processes. A report that differs more is refused: one
            of the two has a wrong clock, or asked a node of the venue that has.
        token: makes the part of this process's name that no other has.
        clock: this machine's time in seconds. Whether it is right does not matter, only that all processes have the same.

    Attributes:
        unreadable: names of the records that `inspect` could not read, until `change` sets them aside.
    """

    blocking = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        ip: str = "default",
        account: str | None = None,
        environment: str | None = None,
        processes: int = 8,
        label: str | None = None,
        timeout: float = 0.25,
        far: float = FAR_MS / 1_000,
        token: Callable[[int], str] = secrets.token_hex,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(environment, ip, account, processes)
        self.path = Path(check_path(path, "path", 'a file, as "limits.db"')).absolute()
        check_seconds(timeout, "timeout", LONGEST_SECONDS)
        check_seconds(far, "far", LONGEST_SECONDS)
        check_member(label, token)
        self._far_ms = int(far * 1_000)
        self._clock = clock
        self.timeout = timeout
        self.label = label or f"pid {os.getpid()}"
        self.member = ""
        self._token = token
        self._pid = 0
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file: Identity = ()
        self._untold = ""
        self.unreadable: list[str] = []
        self._alive: int | None = None
        self._left = True
        self._looked_ms = 0
        self._name_this_process()

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """Make the exchanges in one transaction. See `Store.exchange`."""
        with self._lock:
            committing = False
            try:
                db = self._open(heal=True)
                trouble = ""
                db.execute("BEGIN IMMEDIATE")
                own_ms = int(self._clock() * 1_000)
                states = {}
                for report in reports:
                    states[report.scope], broken = self._read(db, report.scope)
                    trouble = trouble or broken
                dead = self._dead(states.values(), max((report.now_ms for report in reports), default=0))
                replies = []
                for report in reports:
                    reply, broken = self._divide(db, states, report, dead, own_ms)
                    replies.append(reply)
                    trouble = trouble or broken
                for scope, state in states.items():
                    db.execute("INSERT OR REPLACE INTO scope VALUES (?, ?)", (scope, _encode(state)))
                committing = True
                db.execute("COMMIT")
            except FAILURES as error:
                self._abandon()
                raise self._unavailable(error, maybe=committing) from error
            except BaseException:
                self._abandon()  # a transaction that stays open would lock every other process out
                raise
            self._left = all(report.leaving or not report.compared for report in reports)
            trouble, self._untold = self._untold or trouble, ""
            for reply in replies:
                reply.trouble = reply.trouble or trouble
            return replies

    def inspect(self) -> list[ScopeState]:
        """Return every scope in the file that can be read; `unreadable` names the others."""
        with self._lock:
            try:
                states, broken = self._readable(self._open())
            except FAILURES as error:
                self._abandon()
                raise self._unavailable(error, maybe=False) from error
            self.unreadable = [row.name for row in broken]
            return states

    def change(self, change: Callable[[ScopeState], bool]) -> int:
        """Change every scope as a person says, in one transaction. Records that cannot be read are set aside."""
        with self._lock:
            try:
                db = self._open()
                db.execute("BEGIN IMMEDIATE")
                states, broken = self._readable(db)
                for row in broken:
                    self._begin_anew(db, row.name, row.state)
                    db.execute("DELETE FROM scope WHERE typeof(name) = ? AND CAST(name AS BLOB) = ?", row[:2])
                changed = [state for state in states if change(state)]
                for state in changed:
                    db.execute("UPDATE scope SET state = ? WHERE name = ?", (_encode(state), state.scope))
                db.execute("COMMIT")
            except FAILURES as error:
                self._abandon()
                raise self._unavailable(error, maybe=True) from error
            self.unreadable = []
            return len(changed)

    def close(self) -> None:
        """Close the file and let go of the lock that says that this process lives."""
        with self._lock:
            self._abandon()
            alive, self._alive = self._alive, None
            if alive is not None:
                # A process that did not say that it leaves is found dead by its file, whose lock is let go of here.
                if self._left:
                    with contextlib.suppress(OSError):
                        (self._members / self.member).unlink()
                os.close(alive)

    def _unavailable(self, error: BaseException, *, maybe: bool) -> StoreUnavailable:
        return StoreUnavailable(f"{self.path}: {error}", maybe=maybe, hopeless=is_hopeless(error))

    # ------------------------------------------------------------------ the file

    def _open(self, *, heal: bool = False) -> sqlite3.Connection:
        """Return the database; what is found broken on the way to it is set aside, and told by the next exchange."""
        if self._pid != os.getpid():  # a child after a fork is a process of its own
            self._db = None
            self._alive = None
            self._name_this_process()
        found, changed = identity(self.path), ""
        if self._db is not None:
            if found == self._file:
                self._say_alive()
                return self._db
            changed = what_changed(self._file, found, self.path.name)
        self._abandon()
        try:
            self._db = open_file(self.path, self.timeout)
        except sqlite3.DatabaseError as error:
            if not heal or not is_broken(error):
                raise
            aside = set_aside(self.path, int(self._clock()))
            self._untold = f"{self.path.name} is no database any more: it was set aside as {aside}"
            self._db = open_file(self.path, self.timeout)
        self._file = identity(self.path)
        self._untold = self._untold or changed
        self._say_alive()
        return self._db

    @staticmethod
    def _readable(db: sqlite3.Connection) -> tuple[list[ScopeState], list[_Row]]:
        """Return the states of all scopes that can be read, and the rows of the others."""
        states, broken = [], []
        for row in starmap(_Row, db.execute(_EVERY).fetchall()):
            try:
                states.append(_decode(row.name, row.state))
            except UNREADABLE:
                broken.append(row)
        return states, broken

    def _read(self, db: sqlite3.Connection, scope: str) -> tuple[ScopeState, str]:
        """Return the state of a scope, and what was broken of it."""
        row = db.execute(_ONE, (scope,)).fetchone()
        if row is None:
            return ScopeState(scope), ""
        try:
            return _decode(scope, row[0]), ""
        except UNREADABLE:
            pass
        return self._begin_anew(db, scope, row[0])

    def _divide(
        self,
        db: sqlite3.Connection,
        states: dict[str, ScopeState],
        report: Report,
        dead: set[str],
        own_ms: int,
    ) -> tuple[Reply, str]:
        """Make one exchange; return what was broken of its record, too.

        A record that can be read and contradicts itself is set aside like any other that is broken.
        """
        scope = report.scope
        try:
            return exchange(states[scope], report, dead, own_ms, self._far_ms), ""
        except Exception:  # noqa: BLE001 - what a foreign record leads to is not foreseen
            row = db.execute(_ONE, (scope,)).fetchone()
            states[scope], broken = self._begin_anew(db, scope, None if row is None else row[0])
        return exchange(states[scope], report, dead, own_ms, self._far_ms), broken

    def _begin_anew(self, db: sqlite3.Connection, scope: str, record: bytes | None) -> tuple[ScopeState, str]:
        """Set a record aside; return an empty state, and what is told of it."""
        db.execute("CREATE TABLE IF NOT EXISTS broken (name TEXT, at INTEGER, state BLOB)")
        db.execute("INSERT INTO broken VALUES (?, ?, ?)", (scope, int(self._clock()), record))
        db.execute(
            "DELETE FROM broken WHERE rowid NOT IN (SELECT rowid FROM broken ORDER BY rowid DESC LIMIT ?)",
            (_BROKEN_KEPT,),
        )
        told = f"the record of {scope} in {self.path.name} could not be read: it is in the table broken"
        return ScopeState(scope), told

    def _abandon(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with contextlib.suppress(sqlite3.Error):
                db.close()

    # ------------------------------------------------------------------ who lives

    def _name_this_process(self) -> None:
        self._pid = os.getpid()
        self.member = f"{self._pid}-{self._token(4)}"

    @property
    def _members(self) -> Path:
        return self.path.with_name(self.path.name + "-members")

    def _say_alive(self) -> None:
        """Hold a lock that the system lets go of when this process ends; again when its file was taken away."""
        if sys.platform == "win32":
            return  # there the dead are forgotten after MEMBER_TTL_MS
        path = self._members / self.member
        if self._alive is not None:
            try:
                there, held = path.lstat(), os.fstat(self._alive)
            except FileNotFoundError:
                pass
            else:
                if (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino):
                    refuse_strange_folder(self._members)
                    return
            os.close(self._alive)
            self._alive = None
        make_private_folder(self._members)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with contextlib.suppress(FileNotFoundError):
            path.unlink()  # a link that was put there, or what a process of this name left: names are used once
        file = os.open(path, flags, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(file)
            raise
        self._alive = file

    def _dead(self, states: Iterable[ScopeState], now: int) -> set[str]:
        """Return the members whose process has ended."""
        if abs(now - self._looked_ms) < _LOOK_FOR_THE_DEAD_MS:
            return set()
        self._looked_ms = now
        dead = set()
        for state in states:
            for member in state.members.keys() | state.outsiders.keys():
                if member != self.member and self._has_ended(self._members / member):
                    dead.add(member)
        return dead

    @staticmethod
    def _has_ended(path: Path) -> bool:
        """Whether the lock of a process was let go of. A file that is gone says nothing: it may have been taken away."""
        if sys.platform == "win32":
            return False
        try:
            file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with contextlib.suppress(OSError):
                path.unlink()
        except OSError:
            return False
        finally:
            os.close(file)
        return True
