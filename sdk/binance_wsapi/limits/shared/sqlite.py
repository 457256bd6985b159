"""The budget of all processes of one machine, in a file.

Request weight and connections are counted per address, and one machine is one address: a file is all it takes.

Theory of operation
-------------------
An exchange is one ``BEGIN IMMEDIATE`` transaction: read the state of the scope, divide (`division.exchange`, the
same function as in one process), write it back. SQLite's write lock makes it one at a time; the write-ahead log keeps it
short, a few ten microseconds. It is called from a thread, never from the event loop.

Every process holds a lock on a file of its own beside the database. The system lets go of it when the process ends,
however it ends; so the others see at once that it died, and charge what it held to the window.

A database that was deleted and made anew under a running process would split the processes in two. So the store
looks at the file before each exchange and opens it again when it is another file. The epoch then shows that its state
is new.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Final

import msgspec

from binance_wsapi.limits.shared.division import ScopeState, exchange
from binance_wsapi.limits.shared.store import Reply, Report, StoreUnavailable, check_processes, scope_names

if sys.platform != "win32":
    import fcntl

__all__ = ["SqliteStore"]

_FORMAT: Final = 1
"""Of the state in the file; a file with another one is refused rather than misread."""
_LOOK_FOR_THE_DEAD_MS: Final = 500

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ScopeState).decode


class SqliteStore:
    """Shares the budget between the processes of one machine.

    Args:
        path: the file; it is made when it is missing. On a local disk: SQLite's locks do not work over networks.
        ip: name of the address, when the machine has more than one.
        account: name of the account, so that its orders are shared too; None when each process has its own. Not a
            key: it is written to the file.
        environment: ``production``, ``testnet`` and so on; they share nothing.
        processes: how many processes there will be at most. A process that cannot reach the file takes that part.
        label: what people call this process.
        timeout: seconds after which an exchange is given up.
        token: makes the part of this process's name that no other has.
    """

    blocking = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        ip: str = "default",
        account: str | None = None,
        environment: str = "production",
        processes: int = 8,
        label: str | None = None,
        timeout: float = 0.25,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        check_processes(processes)
        self.path = Path(path).absolute()
        self.ip, self.account = scope_names(environment, ip, account)
        self.processes = processes
        self.timeout = timeout
        self.label = label or f"pid {os.getpid()}"
        self.member = ""
        self._token = token
        self._pid = 0
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._alive: IO[bytes] | None = None
        self._looked_ms = 0
        self._name_this_process()

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """Make the exchanges in one transaction. See `Store.exchange`."""
        with self._lock:
            committing = False
            try:
                db = self._open()
                db.execute("BEGIN IMMEDIATE")
                states = {report.scope: self._read(db, report.scope) for report in reports}
                dead = self._dead(states.values(), reports)
                replies = [exchange(states[report.scope], report, dead) for report in reports]
                for scope, state in states.items():
                    db.execute("INSERT OR REPLACE INTO scope VALUES (?, ?)", (scope, _encode(state)))
                committing = True
                db.execute("COMMIT")
            except (sqlite3.Error, OSError, msgspec.MsgspecError) as error:
                self._abandon()
                raise StoreUnavailable(f"{self.path.name}: {error}", maybe=committing) from error
            return replies

    def inspect(self) -> list[ScopeState]:
        """Return every scope in the file."""
        with self._lock:
            try:
                rows = self._open().execute("SELECT state FROM scope ORDER BY name").fetchall()
                return [_decode(row[0]) for row in rows]
            except (sqlite3.Error, OSError, msgspec.MsgspecError) as error:
                self._abandon()
                raise StoreUnavailable(f"{self.path.name}: {error}", maybe=False) from error

    def close(self) -> None:
        """Close the file and let go of the lock that says that this process lives."""
        with self._lock:
            self._abandon()
            alive, self._alive = self._alive, None
            if alive is not None:
                with contextlib.suppress(OSError):
                    Path(alive.name).unlink()
                alive.close()

    # ------------------------------------------------------------------ the file

    def _open(self) -> sqlite3.Connection:
        if self._pid != os.getpid():  # a child after a fork is a process of its own
            self._db = None
            self._alive = None
            self._name_this_process()
        if self._db is not None and self._identity() == self._file:
            self._say_alive()
            return self._db
        self._abandon()
        db = sqlite3.connect(self.path, timeout=self.timeout, isolation_level=None, check_same_thread=False)
        self._db = db
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            db.execute("CREATE TABLE IF NOT EXISTS scope (name TEXT PRIMARY KEY, state BLOB NOT NULL) WITHOUT ROWID")
            db.execute(f"PRAGMA user_version = {_FORMAT}")
        elif version != _FORMAT:
            raise sqlite3.DatabaseError(f"the file is of format {version}, this version reads {_FORMAT}")
        self._file = self._identity()
        self._say_alive()
        return db

    def _identity(self) -> tuple[int, int] | None:
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return None
        return stat.st_dev, stat.st_ino

    @staticmethod
    def _read(db: sqlite3.Connection, scope: str) -> ScopeState:
        row = db.execute("SELECT state FROM scope WHERE name = ?", (scope,)).fetchone()
        return ScopeState(scope) if row is None else _decode(row[0])

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
        """Hold a lock that the system lets go of when this process ends."""
        if sys.platform == "win32" or self._alive is not None:
            return  # there the dead are forgotten after MEMBER_TTL_MS
        self._members.mkdir(exist_ok=True)
        file = (self._members / self.member).open("wb")
        fcntl.flock(file, fcntl.LOCK_EX)
        self._alive = file

    def _dead(self, states: Iterable[ScopeState], reports: Sequence[Report]) -> set[str]:
        """Return the members whose process has ended."""
        now = max((report.now_ms for report in reports), default=0)
        if abs(now - self._looked_ms) < _LOOK_FOR_THE_DEAD_MS:
            return set()
        self._looked_ms = now
        dead = set()
        for state in states:
            for member in state.members:
                if member != self.member and self._has_ended(self._members / member):
                    dead.add(member)
        return dead

    @staticmethod
    def _has_ended(path: Path) -> bool:
        if sys.platform == "win32":
            return False
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return True
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
            with contextlib.suppress(OSError):
                path.unlink()
            return True
