"""A journal in a file: after a crash it tells what was sent. See `binance_wsapi.orders.journal.base`."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Awaitable, Generator, Iterable
from pathlib import Path
from typing import Final, Literal

from binance_wsapi.errors import UsageError, WsapiError, shown
from binance_wsapi.orders.fate.fence import Verdict
from binance_wsapi.orders.journal.base import InTurn, JournalFailed
from binance_wsapi.orders.journal.hand import PATIENCE_S
from binance_wsapi.orders.journal.intent import Intent, Settlement
from binance_wsapi.orders.journal.intent_table import DAY_MS, Accepted, IntentTable
from binance_wsapi.orders.journal.rows import delete
from binance_wsapi.orders.journal.sqlite import JournalFile
from binance_wsapi.orders.journal.writer import Writer
from binance_wsapi.private_files import make_private
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import check_path

__all__ = ["FileJournal"]

log = logging.getLogger("binance_wsapi")

ROWS_PER_STEP: Final = 200
"""Lines read before other tasks have their turn: some 5 ms."""

CLOSE_WAIT_S: Final = 1.0
"""Seconds `FileJournal.close` waits for the disk; what takes longer goes on in the background."""

ENDING_LOOKS: Final = 500
ENDING_LOOK_S: Final = 0.01
"""How often, and for how many seconds each, a journal that is opened again waits for its end in the background."""

_ending: Final[dict[Path, threading.Thread]] = {}
"""What ends in this process, by file: the lock is free when it is done."""

MARK_WAIT_S: Final = 0.25
"""Seconds a cancel waits for the mark that it is not written down."""


@made_at_border
class FileJournal:
    """A journal that survives its process.

    One client at a time uses it. It is opened by the client; after a failure it takes no order until it is closed and
    opened again.

    Args:
        path: the file, on a local disk; it is made when it is missing, and is readable by its owner only.
        durability: ``"process"`` survives ``kill -9`` and costs some 30 µs per order where many are under way, and three
            times as much where one is alone; ``"power"`` survives a power cut too and costs an fsync, milliseconds, which
            concurrent orders share.
        keep_ms: how long ids and verdicts are remembered; what is older goes from the file by itself.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        durability: Literal["process", "power"] = "process",
        *,
        keep_ms: int = DAY_MS,
    ) -> None:
        if durability not in {"process", "power"}:
            raise UsageError(f"durability must be 'process' or 'power', got {shown(durability)}")
        self._path = Path(os.path.realpath(check_path(path, "path", 'a file, as "orders.journal"')))
        self._durability = durability
        self._keep_ms = keep_ms
        self._table = IntentTable(keep_ms)
        self._file: JournalFile | None = None
        self._writer: Writer | None = None
        self._lines = 0
        self._mark = self._path.with_name(f"{self._path.name}.unrecorded")
        self._spare = self._path.with_name(f"{self._path.name}.all-recorded")
        self._unrecorded = self._marked = False

    def __repr__(self) -> str:
        return f"<FileJournal {self._path.name} {self._durability}>"

    @property
    def failed(self) -> bool:
        """Whether a write went wrong, so that no order is taken until the journal is opened again."""
        return self._writer is not None and self._writer.failed is not None

    def open(self, account: str) -> None:
        """See `Journal.open`."""
        for _ in self.opening(account):
            pass

    def opening(self, account: str) -> Generator[None, None, None]:
        """See `Journal.opening`."""
        if self._file is not None:
            raise UsageError("the journal is open already: a journal belongs to one client")
        if not account:
            raise UsageError("a journal belongs to an account: name it")
        fsync = self._durability == "power"
        ending = _ending.get(self._path)
        for _ in range(ENDING_LOOKS):
            if ending is None or not ending.is_alive():
                break
            ending.join(ENDING_LOOK_S)  # other tasks have their turn in between
            yield
        file = JournalFile(self._path, fsync=fsync)
        table = IntentTable(self._keep_ms)
        lines = 0
        newest = 0
        yield from file.opening(account)
        try:
            for number, intent in enumerate(file.intents(), 1):
                table.restore(intent)
                lines = intent.line
                newest = max(newest, intent.created_ms)
                if number % ROWS_PER_STEP == 0:
                    yield
            old = table.forget(newest - self._keep_ms)
            if old:
                file.write(map(delete, old))
        except BaseException as error:
            file.abandon()
            if isinstance(error, Exception) and not isinstance(error, WsapiError):
                raise JournalFailed(f"{file.name}: the file is damaged: {type(error).__name__}") from None
            raise
        self._unrecorded, self._marked = os.path.lexists(self._mark), False
        if not self._unrecorded:
            try:
                make_private(self._spare)
            except OSError as error:
                file.abandon()
                raise JournalFailed(f"{self._spare.name}: {error.strerror}") from None
        self._file, self._table, self._lines = file, table, lines
        patience_s = 0.0 if fsync else PATIENCE_S
        self._writer = Writer(file.write, alone=lambda: table.idle, name=f"journal {file.name}", patience_s=patience_s)

    @property
    def unrecorded(self) -> bool:
        """See `Journal.unrecorded`."""
        return self._unrecorded

    def mark_unrecorded(self) -> None:
        """See `Journal.mark_unrecorded`. The mark is an empty file beside the journal, which gets another name then.

        Such a file is there from the beginning: a full disk has no room for a new one.
        """
        if self._marked or self._file is None or self._file.forked:
            return
        self._marked = True
        maker = threading.Thread(target=self._make_mark, name=f"mark of {self._path.name}", daemon=True)
        maker.start()
        maker.join(MARK_WAIT_S)  # on a thread: a disk that hangs must not hold up a cancel
        if maker.is_alive():
            log.critical("a cancel or an amendment is sent that no later process may know of: the disk hangs")

    def clear_unrecorded(self) -> None:
        """See `Journal.clear_unrecorded`."""
        if self._unrecorded and not self._marked:
            self._unrecorded = False
            try:
                self._mark.replace(self._spare)
            except OSError as error:
                log.warning("the file that marks unrecorded changes stays: %s", error.strerror)

    def _make_mark(self) -> None:
        if self._unrecorded:
            return  # an earlier process left it
        try:
            self._spare.replace(self._mark)
        except OSError as error:
            log.critical("a cancel or an amendment is sent that no later process will know of: %s", error.strerror)

    def check_ids(self, ids: Iterable[str], method: str) -> None:
        """See `Journal.check_ids`."""
        self._table.check_ids(ids, method)

    def record(self, intent: Intent) -> Awaitable[None] | InTurn | None:
        """See `Journal.record`."""
        writer, table = self._ready(), self._table
        table.check(intent)
        if table.is_due(intent.created_ms):
            for line in table.expire(intent.created_ms):
                writer.forget(line)
        self._lines += 1
        intent.line = self._lines
        waiting = writer.record(intent)
        table.enter(intent)
        return waiting

    def mark_sent(self, intent: Intent, timestamp_ms: int | None) -> None:
        """See `Journal.mark_sent`."""
        intent.sent(timestamp_ms)
        writer = self._writer
        if self._file is not None and writer is not None and intent.line and not self._file.forked:
            writer.sent(intent)

    def mark_unknown(self, intent: Intent) -> None:
        """See `Journal.mark_unknown`."""
        intent.doubt()
        self._note(intent)

    def mark_seen(self, intent: Intent, order_id: int) -> None:
        """See `Journal.mark_seen`."""
        intent.seen = order_id
        self._note(intent)

    def mark_hidden(self, intent: Intent) -> None:
        """See `Journal.mark_hidden`."""
        if not intent.hidden:
            intent.hidden = True
            self._note(intent)

    def settle(self, intent: Intent, verdict: Verdict | Settlement) -> bool:
        """See `Journal.settle`."""
        if not self._table.settle(intent, verdict):
            return False
        self._note(intent)
        return True

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
        writer = self._ready()
        lines = self._table.forget(before_ms)
        for line in lines:
            writer.forget(line)
        return len(lines)

    def close(self) -> None:
        """See `Journal.close`. What is in it stays readable; nothing more can be recorded until it is opened again.

        It takes `CLOSE_WAIT_S` at most. With a disk that hangs for longer the journal ends in the background, and stays
        locked until then; what is not written when the process ends is asked about on the next start.
        """
        file, writer = self._file, self._writer
        self._file = None
        if file is None or writer is None or file.forked:
            return
        ending = threading.Thread(
            target=self._end, args=(file, writer, self._spare), name=f"end of {file.name}", daemon=True
        )
        _ending[self._path] = ending
        ending.start()
        ending.join(CLOSE_WAIT_S)
        if ending.is_alive():
            log.error("the disk takes too long: the journal %s is closed in the background", file.name)
        elif _ending.get(self._path) is ending:
            del _ending[self._path]

    @staticmethod
    def _end(file: JournalFile, writer: Writer, spare: Path) -> None:
        try:
            writer.close()
            with contextlib.suppress(OSError):
                spare.unlink()
            file.close()
        except JournalFailed as error:
            log.error("the journal may lack the newest verdicts, which are asked for again: %s", error)
        finally:
            file.abandon()

    def abandon(self) -> None:
        """Let go of the file as a killed process would: what is late is lost. For simulations of a crash."""
        file, writer = self._file, self._writer
        self._file = None
        if file is None or writer is None or file.forked:
            return
        writer.abandon()
        file.abandon()

    def _ready(self) -> Writer:
        writer = self._writer
        if self._file is None or writer is None:
            raise JournalFailed(f"{self._path.name}: the journal is not open")
        if self._file.forked:
            raise JournalFailed(f"{self._path.name}: the journal is the parent's: open one of your own after a fork")
        if writer.failed is not None:
            raise JournalFailed(f"{writer.failed.args[0]} (it failed before: close the journal and open it again)")
        return writer

    def _note(self, intent: Intent) -> None:
        """Write down soon how far an intent got, if it is in the file at all."""
        writer = self._writer
        if self._file is not None and writer is not None and intent.line and not self._file.forked:
            writer.note(intent)
