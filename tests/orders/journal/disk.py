"""A journal that survives a power cut, in virtual time: real fsyncs, and a wait of the loop's own in place of the thread's.

A thread takes real time, of which a virtual clock knows nothing: whatever has a deadline would pass it while the disk works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.hand import Write
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.orders.journal.writer import Writer

__all__ = ["in_virtual_time"]

FSYNC = 0.003
"""Virtual seconds."""


class _LoopWriter(Writer):
    """Writes a record a moment later, also when its caller no longer waits for it."""

    def __init__(self, write: Write, name: str) -> None:
        super().__init__(write, alone=lambda: True, name=name)

    def record(self, intent: Intent) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()

        def write() -> None:
            error = self.failed
            if error is None:
                try:
                    Writer.record(self, intent)
                except JournalFailed as failure:
                    error = failure
            if not waiter.done():
                if error is None:
                    waiter.set_result(None)
                else:
                    waiter.set_exception(error)

        loop.call_later(FSYNC, write)
        return waiter


def in_virtual_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have journals with ``durability="power"`` write on the loop."""

    def writer(write: Write, *, alone: Callable[[], bool], name: str, patience_s: float) -> Writer:
        return Writer(write, alone=alone, name=name) if patience_s else _LoopWriter(write, name)

    monkeypatch.setattr("binance_wsapi.orders.journal.file.Writer", writer)
