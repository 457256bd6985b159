"""How what is late and what is urgent reach the file: by a thread, for which the event loop waits where it is quick.

A record takes everything late into its own transaction, and of what is late about one line only the newest is written.
That a frame was sent waits for what became of it, where that comes soon: an order costs one update. A late write that no
record follows goes out by itself after `LINGER_S` seconds; after a crash within them the venue is asked again. A writer
that failed once stays failed.

Records that wait at the same time share a transaction (group commit): a commit, with the look at the names of the files,
costs three times what a row does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from asyncio import _get_running_loop  # None where there is none, without an exception
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from binance_wsapi.orders.journal.base import InTurn, JournalFailed
from binance_wsapi.orders.journal.hand import PATIENCE_S, Hand, Write
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.orders.journal.rows import Statement, delete, insert, update

__all__ = ["LINGER_S", "Writer"]

log = logging.getLogger("binance_wsapi")

LINGER_S: Final = 0.05
"""Seconds a late write waits for a record to go with."""

_MOST_LATE: Final = 500
"""Late writes that are not kept waiting for a record."""


class Writer:
    """Brings intents to the file. The records of one turn of the event loop share a write.

    The loop waits for a write where it is, for `patience_s` at most; not at all where a write is known to take long, as an
    fsync. What is to be written until that is over goes into one write then.

    Args:
        write: makes statements durable in one transaction, or raises `JournalFailed`.
        alone: tells whether no intent is open, so that a new one has none to share the write with.
        name: of the thread that writes.
        patience_s: seconds, by the clock of the loop; 0 waits for none.

    Attributes:
        failed: why no order is taken any more; None where all was written.
    """

    def __init__(self, write: Write, *, alone: Callable[[], bool], name: str, patience_s: float = PATIENCE_S) -> None:
        self.failed: JournalFailed | None = None
        self._hand = Hand(write, name, patience_s)
        self._hurries = patience_s > 0
        self._alone = alone
        self._records: list[Statement] = []
        self._waiters: list[InTurn] = []
        self._notes: dict[int, Intent] = {}
        self._sent: dict[int, Intent] = {}
        self._forgotten: list[Statement] = []
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._under_way = False
        """Whether the disk takes its time over a write."""
        self._handed: list[asyncio.Future[None]] = []
        """Wait for that write."""
        self._behind: list[asyncio.Future[None]] = []
        """Wait for the next."""

    def record(self, intent: Intent) -> Awaitable[None] | InTurn | None:
        """Write a new intent, which has its line, and everything late before it. See `Journal.record`.

        What is alone is written where this is called.
        """
        loop = self._running()
        self._records.append(insert(intent))
        if loop is None:
            self._write_out(None)
            return None
        if self._under_way or not self._hurries or self._alone():
            joined = self._write_out(loop)
            return None if joined is None else _join(joined, loop)
        if not self._waiters:
            loop.call_soon(self._turn_over, loop)
        waiter = InTurn(loop=loop)
        self._waiters.append(waiter)
        return waiter

    def note(self, intent: Intent) -> None:
        """Write down soon how far an intent got, no later than the next record.

        The row is made when it is written: sending and verdict together are one.
        """
        self._sent.pop(intent.line, None)
        self._notes[intent.line] = intent
        self._linger()

    def sent(self, intent: Intent) -> None:
        """Write down soon that a frame was handed to the network; a record need not take it along."""
        self._sent[intent.line] = intent
        self._linger()

    def _linger(self) -> None:
        """See that what was noted is written in time."""
        if (
            self._timer is None
            or len(self._notes) + len(self._sent) > _MOST_LATE
            or _get_running_loop() is not self._loop  # it has ended: no timer of it goes off
        ):
            self._soon()

    def forget(self, line: int) -> None:
        """Take an intent out of the file soon."""
        self._forgotten.append(delete(line))
        self._soon()

    def close(self) -> None:
        """Write out what is late, and stop. It may be called on another thread, while the loop waits or goes on."""
        self._closed = True
        self._take_back()
        self._flush(None)
        waiters, self._waiters = self._waiters, []
        self._stop(waiters)

    def abandon(self) -> None:
        """Stop as a killed process would: what is late is lost."""
        self._closed = True
        self._take_back()
        if (self._records or self._behind) and self.failed is None:
            self.failed = JournalFailed("the journal was abandoned")
        self._stop(())  # who waits for the end of this turn is told then

    def _stop(self, in_turn: Sequence[InTurn]) -> None:
        """Let the thread end, and tell who waits."""
        waiters: list[asyncio.Future[Any]] = [*in_turn, *self._handed, *self._behind]
        self._handed, self._behind = [], []
        self._records.clear()
        self._notes.clear()
        self._sent.clear()
        self._forgotten.clear()
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self._hand.end()
        if waiters:
            with contextlib.suppress(RuntimeError):  # the loop is closed: no caller waits any more
                waiters[0].get_loop().call_soon_threadsafe(_tell, waiters, self.failed)

    def _running(self) -> asyncio.AbstractEventLoop | None:
        """Return the loop that runs. What was begun on another ended with it: nothing there waits any more."""
        loop = _get_running_loop()
        if loop is not None and loop is not self._loop:
            self._loop, self._timer, self._waiters, self._handed, self._behind = loop, None, [], [], []
            if self._under_way and self._hand.finished:
                self._take_back()
        return loop

    def _soon(self) -> None:
        """Write what is late within `LINGER_S`."""
        loop = self._running()
        if loop is None or len(self._notes) + len(self._sent) + len(self._forgotten) > _MOST_LATE:
            self._flush(loop)
        elif self._timer is None:
            self._timer = loop.call_later(LINGER_S, self._linger_over)

    def _turn_over(self, loop: asyncio.AbstractEventLoop) -> None:
        waiters, self._waiters = self._waiters, []
        joined = None
        with contextlib.suppress(JournalFailed):  # it is kept, and each caller is told
            joined = self._write_out(loop)
        if joined is None:
            _tell(waiters, self.failed)
            return
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(_join(joined, loop))

    def _linger_over(self) -> None:
        self._timer = None
        self._flush(self._loop)

    def _flush(self, loop: asyncio.AbstractEventLoop | None) -> None:
        if self.failed is not None:
            return
        self._notes, self._sent = {**self._sent, **self._notes}, {}
        try:
            self._write_out(loop)
        except JournalFailed as error:
            log.error("no more orders are sent: %s", error)

    def _write_out(self, loop: asyncio.AbstractEventLoop | None) -> list[asyncio.Future[None]] | None:
        """Write records and notes that wait, in one transaction.

        Returns:
            None where that is done; where the disk takes its time, those that wait for it.
        """
        if self.failed is not None:
            raise JournalFailed(*self.failed.args)
        if self._under_way:
            if loop is not None:
                return self._behind
            self._take_back()
        statements, self._records = self._records, []
        if self._notes:
            notes, self._notes = self._notes, {}
            statements += map(update, notes.values())
        if self._forgotten:
            statements += self._forgotten
            self._forgotten = []
        if not statements:
            return None
        self._under_way = True  # also where a signal ends the wait
        try:
            if not self._hand.write(statements, loop, self._written):
                if self._hurries:
                    log.error("the disk takes its time: the event loop goes on without waiting for the journal")
                return self._handed
        except JournalFailed as error:
            self._under_way = False
            self.failed = JournalFailed(*error.args)  # of no request: each call is told its own
            raise
        self._under_way = False
        return None

    # ------------------------------------------------------------------ a disk that takes its time

    def _written(self) -> None:
        """Called by the thread: a write has ended that the loop did not wait for."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed
                loop.call_soon_threadsafe(self._over)

    def _over(self) -> None:
        """Tell who waited for that write, and write what came meanwhile."""
        if self._closed or not self._under_way or not self._hand.finished:
            return  # it was waited for to the end since
        handed, self._handed = self._handed, []
        self._take_back()
        _tell(handed, self.failed)
        behind, self._behind = self._behind, []
        joined = None
        with contextlib.suppress(JournalFailed):
            joined = self._write_out(self._loop)
        if joined is None:
            _tell(behind, self.failed)
        else:
            joined += behind

    def _take_back(self) -> None:
        """Wait to the end of a write that is under way."""
        if not self._under_way:
            return
        self._under_way = False
        try:
            self._hand.wait()
        except JournalFailed as error:
            self.failed = JournalFailed(*error.args)
            log.error("no more orders are sent: %s", error)


def _join(waiting: list[asyncio.Future[None]], loop: asyncio.AbstractEventLoop) -> asyncio.Future[None]:
    """Return what is told with the others that wait."""
    waiter: asyncio.Future[None] = loop.create_future()
    waiting.append(waiter)
    return waiter


def _tell(waiters: Sequence[asyncio.Future[Any]], failed: JournalFailed | None) -> None:
    for waiter in waiters:
        if waiter.done():
            continue  # cancelled
        if failed is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(JournalFailed(*failed.args))
