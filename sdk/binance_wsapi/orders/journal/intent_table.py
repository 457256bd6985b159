"""What every journal holds in memory: open intents, ids that are taken, and what should never be seen at the venue.

Theory of operation. An intent enters with `IntentTable.add`, which takes its ids, and is open until it is settled. What
was accepted is then forgotten but for its ids; what was not is kept, to be watched for. After ``keep_ms`` the rest goes
too. The oldest stand in front of a queue; each new intent lets at most two of them go, so that the table stays as large
as a day is without ever stopping to tidy up. An open intent never goes.

The queue is in the order of arrival. Should the venue's clock have been set back in between, some go late; none goes early.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.orders.fate.fence import Verdict
from binance_wsapi.orders.journal.intent import Intent, IntentState, Settlement

__all__ = ["DAY_MS", "Accepted", "IntentTable"]

DAY_MS: Final = 24 * 3600 * 1000
"""How long ids and verdicts are kept: as long as the watch over what was declared not placed."""

_AT_ONCE: Final = 2
"""Old ones let go for each new one: more than one, so that a longer day shrinks to a shorter."""

_CREATED: Final = IntentState.CREATED
_RECORDED: Final = IntentState.RECORDED
_ACCEPTED: Final = IntentState.ACCEPTED


ACCEPTED_KEPT: Final = 4_096
"""Accepted requests of an earlier process of which the numbers are kept, the latest."""


class Accepted(NamedTuple):
    """A request of an earlier process that was accepted, and the number of the order that it was about."""

    method: str
    symbol: str
    client_id: str
    order_id: int


class _Kept(msgspec.Struct, gc=False):
    """What is kept of an intent for a day. Not a tuple: those the garbage collector would go through, order after order."""

    created_ms: int
    intent_id: str
    ids: tuple[str, ...] | None
    """None where the intent is known by its only id."""
    line: int

    @classmethod
    def of(cls, intent: Intent) -> _Kept:
        """Return what is kept of an intent."""
        ids, intent_id = intent.ids, intent.intent_id
        return cls(intent.created_ms, intent_id, None if ids == (intent_id,) else ids, intent.line)


class IntentTable:
    """The intents of one journal.

    Args:
        keep_ms: how long an intent is remembered after it was made.
    """

    __slots__ = ("_accepted", "_keep_ms", "_kept", "_open", "_refused", "_used")

    def __init__(self, keep_ms: int = DAY_MS) -> None:
        if keep_ms <= 0:
            raise UsageError(f"keep_ms must be a number of milliseconds above 0, got {shown(keep_ms)}")
        self._keep_ms = keep_ms
        self._open: dict[str, Intent] = {}
        self._refused: dict[str, Intent] = {}
        self._used: dict[str, str] = {}
        self._kept: deque[_Kept] = deque()
        self._accepted: deque[Accepted] = deque(maxlen=ACCEPTED_KEPT)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def idle(self) -> bool:
        """Whether no intent is open."""
        return not self._open

    def check(self, intent: Intent) -> None:
        """Refuse what cannot be added.

        Raises:
            UsageError: an id is taken, or the intent was recorded before.
        """
        if intent.state is _CREATED:
            self.check_ids(intent.ids, intent.method)
        if intent.state is not _CREATED or intent.intent_id in self._open:
            raise UsageError("an intent is recorded once").about(
                method=intent.method, client_order_id=intent.client_order_id
            )

    def check_ids(self, ids: Iterable[str], method: str) -> None:
        """Refuse ids that are taken.

        Raises:
            UsageError: one of them was used before.
        """
        used = self._used
        for each in ids:
            if each in used:
                raise UsageError(
                    "this client order id was used before, and what bears it could be taken for this request: name another, "
                    "or name none, and the client makes one; an amendment cannot keep its order's id where there is a "
                    "journal"
                ).about(method=method, client_order_id=each)

    def add(self, intent: Intent) -> None:
        """Take an intent and its ids; it is then recorded.

        Raises:
            UsageError: an id is taken, or the intent was recorded before.
        """
        self.check(intent)
        self.enter(intent)

    def enter(self, intent: Intent) -> None:
        """Take an intent that passed `check`."""
        intent.state = _RECORDED
        intent_id, ids = intent.intent_id, intent.ids
        self._open[intent_id] = intent
        for each in ids:
            self._used[each] = intent_id
        self._kept.append(_Kept.of(intent))

    def restore(self, intent: Intent) -> None:
        """Take an intent as it was read from a file."""
        intent_id = intent.intent_id
        self._refused.pop(intent_id, None)  # an id that was not sent may be used again: the newer line counts
        if not intent.state.is_final:
            self._open[intent_id] = intent
        elif intent.state is not IntentState.ACCEPTED:
            self._refused[intent_id] = intent
        elif intent.settlement is not None and intent.settlement.order_id is not None:
            order_id = intent.settlement.order_id
            self._accepted.append(Accepted(intent.method, intent.symbol, intent.ids[-1], order_id))
        if intent.state is not IntentState.NOT_SENT:
            for each in intent.ids:
                self._used[each] = intent_id
        self._kept.append(_Kept.of(intent))

    def settle(self, intent: Intent, verdict: Verdict | Settlement) -> bool:
        """Settle an intent; False when it was settled alike before.

        Raises:
            UsageError: the verdict contradicts what is known.
        """
        known = intent.state
        if not intent.settle(verdict if isinstance(verdict, Settlement) else Settlement.of(verdict)):
            return False
        if known is _CREATED:
            return True  # it never was in the journal
        intent_id = intent.intent_id
        # After the journal was opened again its own copy is open, and asked about.
        if self._open.get(intent_id) is intent:
            del self._open[intent_id]
        if intent.state is _ACCEPTED:
            if self._refused:
                self._refused.pop(intent_id, None)
        else:
            self._refused[intent_id] = intent
            if intent.state is IntentState.NOT_SENT:  # the venue never saw its ids
                self._free(intent_id, intent.ids)
        return True

    def open_intents(self) -> list[Intent]:
        """Return what has no verdict, the oldest first."""
        return list(self._open.values())

    def accepted(self) -> list[Accepted]:
        """Return what earlier processes had accepted, the oldest first; only once: it need not be kept for longer."""
        accepted = list(self._accepted)
        self._accepted.clear()
        return accepted

    def watched(self, since_ms: int) -> list[Intent]:
        """Return what should never be seen at the venue, made at a moment or later."""
        return [each for each in self._refused.values() if each.created_ms >= since_ms]

    def is_due(self, now_ms: int) -> bool:
        """Whether the oldest one is past its time."""
        return bool(self._kept) and self._kept[0].created_ms < now_ms - self._keep_ms

    def expire(self, now_ms: int) -> list[int]:
        """Let a few of those go that are past their time; returns their lines."""
        return self._let_go(now_ms - self._keep_ms, _AT_ONCE)

    def forget(self, before_ms: int) -> list[int]:
        """Let all settled ones go that were made before a moment; returns their lines."""
        return self._let_go(before_ms, len(self._kept))

    def _let_go(self, before_ms: int, most: int) -> list[int]:
        lines = []
        kept = self._kept
        for _ in range(most):
            if not kept or kept[0].created_ms >= before_ms:
                break
            entry = kept.popleft()
            intent_id = entry.intent_id
            if intent_id in self._open:
                kept.append(entry)
                continue
            self._refused.pop(intent_id, None)
            self._free(intent_id, (intent_id,) if entry.ids is None else entry.ids)
            lines.append(entry.line)
        return lines

    def _free(self, intent_id: str, ids: tuple[str, ...]) -> None:
        used = self._used
        for each in ids:
            if used.get(each) == intent_id:
                del used[each]
