"""A thread that writes, and is waited for as long as an event loop may stand still.

A write to the operating system takes some ten microseconds, until the disk hangs, and nothing tells before. So each is made
by a thread. The loop waits for it where it is, which costs eight microseconds more; where it takes longer than `PATIENCE_S`
the loop goes on, and is told when it is done. For an fsync, which takes milliseconds, it does not wait.
"""

from __future__ import annotations

import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.rows import Statement

__all__ = ["PATIENCE_S", "Hand", "Write"]

PATIENCE_S: Final = 0.02
"""Seconds, by the clock of the loop, that it waits for a write: in virtual time it waits for as long as that takes."""

Write: TypeAlias = Callable[[Iterable[Statement]], None]


class Hand:
    """Writes one batch at a time. All but its thread belongs to one thread.

    Args:
        write: makes statements durable in one transaction, or raises `JournalFailed`.
        name: of the thread.
        patience_s: seconds, by the clock of the loop, that it waits for a write.
    """

    def __init__(self, write: Write, name: str, patience_s: float = PATIENCE_S) -> None:
        self._write = write
        self._patience_s = patience_s
        self._statements: Iterable[Statement] = ()
        self._error: JournalFailed | None = None
        self._then: Callable[[], None] | None = None
        self._ends = False
        self._settled = threading.Lock()
        self._finished = True
        self._go, self._done = threading.Lock(), threading.Lock()
        self._go.acquire()  # each lets one pass: the thread, and who waits for it
        self._done.acquire()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def finished(self) -> bool:
        """Whether the last batch is written, or failed."""
        return self._finished

    def write(self, statements: Iterable[Statement], loop: AbstractEventLoop | None, then: Callable[[], None]) -> bool:
        """Write a batch; return whether that is done.

        Args:
            statements: the batch.
            loop: that waits, for a while at most; None waits to the end.
            then: called by the thread when a batch is written, or failed, that was not waited for to the end.

        Raises:
            JournalFailed: it may or may not be written; or the thread was let go.
        """
        if self._ends:
            raise JournalFailed("the journal is not open")
        self._statements, self._finished = statements, False
        self._go.release()
        if loop is None:
            self.wait()
            return True
        done, began, patience_s = self._done, loop.time(), self._patience_s
        try:
            while not done.acquire(timeout=patience_s):
                if loop.time() - began >= patience_s and self._leaves(then):
                    return False
        except KeyboardInterrupt:
            if not self._leaves(then):
                then()
            raise
        self._tell()
        return True

    def _leaves(self, then: Callable[[], None]) -> bool:
        """Wait no longer; return whether the thread will tell."""
        with self._settled:
            if self._finished:
                return False
            self._then = then
            return True

    def wait(self) -> None:
        """Wait to the end of the batch that was not waited for. Raises `JournalFailed` where it failed."""
        self._done.acquire()
        self._tell()

    def _tell(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            raise error

    def end(self) -> None:
        """Let the thread end, when it has written what it was given."""
        self._ends = True
        self._go.release()
        self._thread.join()

    def _run(self) -> None:
        go, done, settled = self._go, self._done, self._settled
        while True:
            go.acquire()
            if self._ends:
                return
            error = None
            try:
                self._write(self._statements)
            except JournalFailed as failure:
                error = failure
            except Exception as failure:  # noqa: BLE001 - the thread must go on, and the caller is told
                error = JournalFailed(f"the journal could not be written: {type(failure).__name__}")
            self._statements = ()
            with settled:
                self._error, self._finished = error, True
                then, self._then = self._then, None
            done.release()
            if then is not None:
                then()
