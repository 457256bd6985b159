"""How what is late and what is urgent reach the file: on the event loop's thread, or on one of its own.

A record takes everything late into its own transaction, and of what is late about one line only the newest is written: an
order that was sent and settled costs one update. A late write that no record follows goes out by itself after `LINGER`
seconds; after a crash within them the venue is asked again. A writer that failed once stays failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.rows import Statement

__all__ = ["LINGER", "InlineWriter", "ThreadWriter", "Writer"]

log = logging.getLogger("binance_wsapi")

LINGER: Final = 0.05
"""Seconds a late write waits for a record to go with."""

_MOST_LATE: Final = 500
"""Late writes that are not kept waiting for a record."""

Write = Callable[[Iterable[Statement]], None]


class Writer(Protocol):
    """Brings statements to the file."""

    failed: JournalFailed | None

    def record(self, statement: Statement) -> Awaitable[None] | None:
        """Write it and everything late before it. See `Journal.record`."""

    def late(self, line: int, statement: Statement) -> None:
        """Write it soon, no later than the next record, in place of what is late about the same line."""

    def close(self) -> None:
        """Write out what is late, and stop."""

    def abandon(self) -> None:
        """Stop as a killed process would: what is late is lost."""


class InlineWriter:
    """Writes where it is called; a write is short.

    Args:
        write: makes statements durable in one transaction, or raises `JournalFailed`.
    """

    def __init__(self, write: Write) -> None:
        self.failed: JournalFailed | None = None
        self._write = write
        self._late: dict[int, Statement] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def record(self, statement: Statement) -> None:
        """See `Writer.record`."""
        statements = [statement]
        if self._late:
            statements += self._late.values()
            self._late = {}
        try:
            self._write(statements)
        except JournalFailed as error:
            self.failed = error
            raise

    def late(self, line: int, statement: Statement) -> None:
        """See `Writer.late`."""
        self._late[line] = statement
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._flush()
            return
        if len(self._late) > _MOST_LATE:
            self._flush()
        elif self._timer is None or self._loop is not loop:
            self._loop = loop
            self._timer = loop.call_later(LINGER, self._linger_over)

    def close(self) -> None:
        """See `Writer.close`."""
        self._flush()
        self.abandon()

    def abandon(self) -> None:
        """See `Writer.abandon`."""
        self._late.clear()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _linger_over(self) -> None:
        self._timer = None
        self._flush()

    def _flush(self) -> None:
        late, self._late = self._late, {}
        if not late or self.failed is not None:
            return
        try:
            self._write(late.values())
        except JournalFailed as error:
            self.failed = error
            log.error("no more orders are sent: %s", error)


class ThreadWriter:
    """Writes on a thread of its own; all records that wait share the next write.

    Args:
        write: as for `InlineWriter`; called on the thread only.
        name: of the thread.
    """

    def __init__(self, write: Write, name: str) -> None:
        self.failed: JournalFailed | None = None
        self._write = write
        self._records: list[Statement] = []
        self._late: dict[int, Statement] = {}
        self._waiters: list[asyncio.Future[None]] = []
        self._closing = False
        self._lost = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def record(self, statement: Statement) -> Awaitable[None]:
        """See `Writer.record`."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._wake:
            self._records.append(statement)
            self._waiters.append(waiter)
            self._wake.notify()
        return waiter

    def late(self, line: int, statement: Statement) -> None:
        """See `Writer.late`."""
        with self._wake:
            self._late[line] = statement
            if len(self._late) == 1:
                self._wake.notify()  # the thread sleeps without end while there is nothing

    def close(self) -> None:
        """See `Writer.close`."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def abandon(self) -> None:
        """See `Writer.abandon`."""
        with self._wake:
            self._lost = True
            self._late.clear()
            self._records.clear()
        self.close()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._records and not self._late and not self._closing:
                    self._wake.wait()
                if not self._records and not self._closing:
                    self._wake.wait_for(lambda: bool(self._records) or self._closing, LINGER)
                statements = [*self._records, *self._late.values()]  # an update may be of a record beside it
                self._records, self._late = [], {}
                waiters, self._waiters = self._waiters, []
                ends = self._closing
            self._carry_out(statements, waiters)
            if ends:
                return

    def _carry_out(self, statements: list[Statement], waiters: list[asyncio.Future[None]]) -> None:
        if self.failed is None and self._lost:
            self.failed = JournalFailed("the journal was abandoned")
        if self.failed is None and statements:
            try:
                self._write(statements)
            except JournalFailed as error:
                self.failed = error
                log.error("no more orders are sent: %s", error)
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        for waiter in waiters:
            by_loop.setdefault(waiter.get_loop(), []).append(waiter)
        for loop, group in by_loop.items():
            with contextlib.suppress(RuntimeError):  # the loop is closed: no caller waits any more
                loop.call_soon_threadsafe(_tell, group, self.failed)


def _tell(waiters: list[asyncio.Future[None]], failed: JournalFailed | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue  # cancelled
        if failed is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(JournalFailed(str(failed)))
