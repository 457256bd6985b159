"""The journal: where an order is written down before its frame is sent.

Theory of operation
-------------------
One rule carries everything: **no frame without a record**. `Journal.record` is done before the frame is handed to the
network, and it is done only when the record is as durable as the user asked for. So all that reached the venue is in the
journal, wherever the process died.

The other two writes may be late. That a frame was sent (`Journal.mark_sent`) and what became of it (`Journal.settle`)
need not be durable when they are told, because losing them loses no order: what was recorded and never settled counts
as *possibly sent* after a crash, and is asked about. One thing must not happen: a later request of ours may rename an
order (a cancel, an amend), and then the id of the earlier intent finds nothing any more, though it was executed. So
what became of a request goes out **no later than the next record**, in the same transaction before it: when a request
that can rename an order is sent, the fate of what it renames is already on disk, or the intent is still open and in doubt.

When the journal cannot be written (`JournalFailed`), the order is not sent; and the journal stays failed until it is
closed and opened again, for a file that failed once may miss what was written before. `mark_sent` and `settle` never
raise for that reason: the order has happened, its caller has to be told.

Three degrees
-------------
========================  ==========================  ========================================================
`MemoryJournal`           nothing survives            for scripts, and where a restart asks anyway
`FileJournal` "process"   ``kill -9``, a crash        one write to the operating system per order, shared likewise
`FileJournal` "power"     a power cut too             one fsync per order, shared by concurrent ones
========================  ==========================  ========================================================

Why `record` returns ``None`` or an awaitable. In memory it costs a microsecond, which is not worth a task switch. A write
to the operating system costs about twenty: an order that is alone is written where it is; orders that are under way at
the same time wait for the end of this turn of the event loop, and share one write (`InTurn`). An fsync takes milliseconds,
and a disk that hangs takes what it wants: that must not hold up the event loop, and the caller minds the deadline of the
call. So::

    waiting = journal.record(intent)
    if isinstance(waiting, InTurn):
        waiting = await waiting
    if waiting is not None:
        await waiting

Ids
---
A client order id is used once. The venue would take it again as soon as its order filled ("unique among open orders"),
and then a question about the second order would be answered with the first. So the journal refuses an id that it has
seen within the last day, unless that intent never left this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator, Iterable
from typing import Protocol

from binance_wsapi.errors import NotSent
from binance_wsapi.orders.fate.fence import Verdict
from binance_wsapi.orders.journal.intent import Intent, Settlement
from binance_wsapi.orders.journal.intent_table import DAY_MS, Accepted, IntentTable
from binance_wsapi.wire.border import made_at_border

__all__ = ["DAY_MS", "InTurn", "Journal", "JournalFailed", "MemoryJournal"]


class JournalFailed(NotSent):
    """The journal could not write the order down, so it was not sent; nor will any other be until it is opened again.

    Cancels and amendments are sent all the same.
    """


class InTurn(asyncio.Future["Awaitable[None] | None"]):
    """What `Journal.record` returns where the write is done before the next turn of the event loop.

    It is awaited without a timer: a timer costs as much as the rest of the wait, and would not come earlier. Its result is
    None when the record is written; where the disk takes its time, what to await for it.
    """


class Journal(Protocol):
    """Where intents are written down. All methods belong to the thread of the event loop."""

    @property
    def failed(self) -> bool:
        """Whether a write went wrong, so that no order is taken until the journal is opened again."""

    def open(self, account: str) -> None:
        """Make the journal ready. It blocks where there is a file, for some 20 ms a thousand lines; see `opening`.

        Args:
            account: `account_tag` of the client's key; a journal of another key or environment is refused.

        Raises:
            UsageError: the journal is another's, in use by another client, or not a journal at all.
            JournalFailed: it cannot be read or written.
        """

    def opening(self, account: str) -> Generator[None, None, None]:
        """Make the journal ready, as `open` does, in steps of some milliseconds: a client lets other tasks run between.

        The journal is ready when all steps are taken; closed before, the generator leaves it as it was.
        """

    def check_ids(self, ids: Iterable[str], method: str) -> None:
        """Refuse what `record` would refuse for its ids, before anything is waited for or thought of the request.

        Args:
            ids: client order ids of a request.
            method: what is called.

        Raises:
            UsageError: one of them was used before.
        """

    def record(self, intent: Intent) -> Awaitable[None] | InTurn | None:
        """Write an intent down; only when this is done may its frame be sent.

        Returns:
            None when it is done; otherwise what to await: an `InTurn`, or what may take long. When that await is cancelled,
            the intent is to be settled as ``NOT_SENT`` like any other that was recorded and not sent.

        Raises:
            JournalFailed: it could not be written: nothing may be sent.
            UsageError: one of its ids was used before.
        """

    def mark_sent(self, intent: Intent, timestamp_ms: int | None) -> None:
        """Note that a frame was handed to the network. It never waits and never fails for want of a disk.

        Args:
            intent: a recorded one.
            timestamp_ms: the ``timestamp`` the frame bears.
        """

    def mark_unknown(self, intent: Intent) -> None:
        """Note that the reply was lost. It never waits and never fails for want of a disk."""

    def mark_seen(self, intent: Intent, order_id: int) -> None:
        """Note the number of what bears the id of a recorded intent: a change takes the id, and no reply has come yet.

        After a crash the order is found by its number. It never waits and never fails for want of a disk.
        """

    def mark_hidden(self, intent: Intent) -> None:
        """Note that a change was executed that may have taken the id of what a recorded intent made, and tells no former id.

        After a crash no absence of the id counts. It never waits and never fails for want of a disk.
        """

    def settle(self, intent: Intent, verdict: Verdict | Settlement) -> bool:
        """Note what became of an intent. It never waits and never fails for want of a disk.

        Returns:
            False when that was known before: the first evidence stays.

        Raises:
            UsageError: the verdict contradicts what is known of the intent.
        """

    def open_intents(self) -> list[Intent]:
        """Return what has no verdict yet, the oldest first."""

    def accepted(self) -> list[Accepted]:
        """Return the latest requests of earlier processes that were accepted, with the numbers of their orders; once."""

    def watched(self, since_ms: int) -> list[Intent]:
        """Return what was called not placed, refused or not sent, and should never be seen at the venue.

        Args:
            since_ms: leave out what was made before this moment.

        Returns:
            The intents, the oldest first.
        """

    @property
    def unrecorded(self) -> bool:
        """Whether an earlier process sent a cancel or an amendment that is not written down: it renamed what it changed."""

    def mark_unrecorded(self) -> None:
        """Note, so that it outlives the process, that such a request is about to be sent.

        It works with a disk that is full, takes a quarter of a second at most, and never raises. Where the disk takes no
        writes at all, or hangs, it cannot be noted, and the log says so.
        """

    def clear_unrecorded(self) -> None:
        """Drop what an earlier process noted so: all it left open is settled. What this one noted stays."""

    def forget(self, before_ms: int) -> int:
        """Drop settled intents made before a moment; open ones stay. Old ones go by themselves, a few at each record.

        Returns:
            How many were dropped.
        """

    def close(self) -> None:
        """Write out what is late and let go of the file. Idempotent."""


@made_at_border
class MemoryJournal:
    """A journal that ends with the process.

    Args:
        keep_ms: how long ids and verdicts are remembered.
    """

    def __init__(self, *, keep_ms: int = DAY_MS) -> None:
        self._table = IntentTable(keep_ms)

    @property
    def failed(self) -> bool:
        """See `Journal.failed`."""
        return False

    @property
    def unrecorded(self) -> bool:
        """See `Journal.unrecorded`."""
        return False

    def mark_unrecorded(self) -> None:
        """See `Journal.mark_unrecorded`. There is no later process."""

    def clear_unrecorded(self) -> None:
        """See `Journal.clear_unrecorded`."""

    def open(self, account: str) -> None:
        """See `Journal.open`. There is nothing that could fail."""

    def opening(self, account: str) -> Generator[None, None, None]:
        """See `Journal.opening`."""
        self.open(account)
        yield from ()

    def check_ids(self, ids: Iterable[str], method: str) -> None:
        """See `Journal.check_ids`."""
        self._table.check_ids(ids, method)

    def record(self, intent: Intent) -> None:
        """See `Journal.record`."""
        table = self._table
        if table.is_due(intent.created_ms):
            table.expire(intent.created_ms)
        table.add(intent)

    def mark_sent(self, intent: Intent, timestamp_ms: int | None) -> None:
        """See `Journal.mark_sent`."""
        intent.sent(timestamp_ms)

    def mark_seen(self, intent: Intent, order_id: int) -> None:
        """See `Journal.mark_seen`."""
        intent.seen = order_id

    def mark_hidden(self, intent: Intent) -> None:
        """See `Journal.mark_hidden`."""
        intent.hidden = True

    def mark_unknown(self, intent: Intent) -> None:
        """See `Journal.mark_unknown`."""
        intent.doubt()

    def settle(self, intent: Intent, verdict: Verdict | Settlement) -> bool:
        """See `Journal.settle`."""
        return self._table.settle(intent, verdict)

    def open_intents(self) -> list[Intent]:
        """See `Journal.open_intents`."""
        return self._table.open_intents()

    def accepted(self) -> list[Accepted]:
        """See `Journal.accepted`."""
        return self._table.accepted()

    def watched(self, since_ms: int) -> list[Intent]:
        """See `Journal.watched`."""
        return self._table.watched(since_ms)

    def forget(self, before_ms: int) -> int:
        """See `Journal.forget`."""
        return len(self._table.forget(before_ms))

    def close(self) -> None:
        """See `Journal.close`. What is in it stays readable, and what is open is the next client's to settle."""
        for intent in self._table.open_intents():
            intent.recovered = True
