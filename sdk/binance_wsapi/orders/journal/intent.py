"""One request that changes orders, from before it is sent until its fate is known.

Theory of operation. An intent moves only along these lines, and `Intent` refuses every other step::

    CREATED ──record──► RECORDED ──frame handed to the network──► SENT ──► ACCEPTED | REJECTED
       │                   │                                       │
       └──► NOT_SENT ◄─────┤                                       └──► UNKNOWN ──► ACCEPTED | REJECTED | NOT_PLACED
                           └──(the process died)──► UNKNOWN

* Before ``RECORDED`` no byte may leave: it is the journal's word that the intent outlives the process.
* A process that died between ``RECORDED`` and ``SENT`` may or may not have sent the frame, so what comes back from a
  journal is ``UNKNOWN`` for both. From there nothing leads to ``NOT_SENT``.
* ``SENT`` may be entered again: after -1021, which is a definite refusal, one frame more is signed (``session``). Where
  that second frame could not be sent, ``SENT`` ends in ``NOT_SENT``.
* Evidence may overtake the reply, so ``ACCEPTED`` and ``REJECTED`` are reached from any state in which a frame may be out.
* A verdict is final, and hearing it twice changes nothing. One step leads out: what was called ``NOT_PLACED`` may turn up
  after all, and then the truth is written down.

An intent is a `msgspec.Struct` rather than a dataclass: one is made for every order, and it is made four times as fast.
This file is pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

import msgspec

from binance_wsapi.errors import UsageError
from binance_wsapi.orders.fate.fence import Evidence, Outcome, Verdict

__all__ = ["Intent", "IntentState", "Settlement", "account_tag"]

_TAG_LENGTH = 16


def account_tag(environment: str, api_key: str) -> str:
    """Return a name for an account that does not show its key.

    Args:
        environment: ``production``, ``testnet`` and so on (`Environment.venue`): the same key elsewhere is another account.
        api_key: the public half of the key. It is hashed, and cannot be had back from the tag.
    """
    return sha256(f"{environment}\0{api_key}".encode()).hexdigest()[:_TAG_LENGTH]


class IntentState(StrEnum):
    """Where an intent is in its life."""

    CREATED = "CREATED"
    RECORDED = "RECORDED"
    SENT = "SENT"
    UNKNOWN = "UNKNOWN"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    NOT_PLACED = "NOT_PLACED"
    NOT_SENT = "NOT_SENT"

    @property
    def is_final(self) -> bool:
        """Whether the fate of the intent is known."""
        return self in _FINAL


_FINAL: Final = frozenset({IntentState.ACCEPTED, IntentState.REJECTED, IntentState.NOT_PLACED, IntentState.NOT_SENT})

# Names for the hot path: an attribute of an Enum class is looked up in Python.
_OUTCOME_ACCEPTED: Final = Outcome.ACCEPTED
_ACCEPTED: Final = IntentState.ACCEPTED
_SENT: Final = IntentState.SENT

_STEPS: Final[dict[IntentState, frozenset[IntentState]]] = {
    IntentState.CREATED: frozenset({IntentState.RECORDED, IntentState.NOT_SENT}),
    IntentState.RECORDED: frozenset(
        {
            IntentState.SENT,
            IntentState.UNKNOWN,
            IntentState.NOT_SENT,
            IntentState.ACCEPTED,
            IntentState.REJECTED,
        }
    ),
    IntentState.SENT: frozenset(
        {
            IntentState.SENT,
            IntentState.UNKNOWN,
            IntentState.NOT_SENT,
            IntentState.ACCEPTED,
            IntentState.REJECTED,
            IntentState.NOT_PLACED,
        }
    ),
    IntentState.UNKNOWN: frozenset({IntentState.ACCEPTED, IntentState.REJECTED, IntentState.NOT_PLACED}),
    IntentState.ACCEPTED: frozenset(),
    IntentState.REJECTED: frozenset(),
    IntentState.NOT_PLACED: frozenset({IntentState.ACCEPTED}),
    IntentState.NOT_SENT: frozenset(),
}


class Settlement(msgspec.Struct, frozen=True, gc=False):
    """What a journal keeps of a verdict.

    Args:
        outcome: what became of the request.
        evidence: what shows it.
        at_ms: when it was known, in milliseconds of the venue's clock.
        order_id: the venue's number of the order; of the list, for an order list. None where there is none.
        status: the order's status as the evidence told it.
        code: the venue's error code of a refusal.
    """

    outcome: Outcome
    evidence: Evidence
    at_ms: int = 0
    order_id: int | None = None
    status: str | None = None
    code: int | None = None

    @classmethod
    def of(cls, verdict: Verdict) -> Settlement:
        """Return what is worth keeping of a verdict: no text of the venue, only numbers and its own words."""
        return cls.told(verdict.outcome, verdict.evidence, verdict.order, verdict.error, verdict.at_ms)

    @classmethod
    def told(cls, outcome: Outcome, evidence: Evidence, order: Any, error: Exception | None, at_ms: int) -> Settlement:
        """Return the same of the parts of a verdict: every order is settled so, and needs no verdict made for it."""
        order_id = getattr(order, "order_id", None)
        if order_id is None and order is not None:
            if not hasattr(order, "order_id"):
                for name in ("new_order_response", "amended_order"):  # of a cancel-replace, of an amend
                    order = getattr(order, name, None) or order
            order_id = _first(order, "order_id", "order_list_id")
        status = getattr(order, "status", None)
        if status is None and order is not None:
            status = _first(order, "order_status", "list_order_status")
        code = None if error is None else getattr(error, "code", None)
        return cls(
            outcome,
            evidence,
            at_ms,
            order_id if isinstance(order_id, int) else None,
            status if isinstance(status, str) else None,
            code if isinstance(code, int) else None,
        )

    @property
    def state(self) -> IntentState:
        """The state an intent with this verdict is in."""
        return _ACCEPTED if self.outcome is _OUTCOME_ACCEPTED else IntentState[self.outcome.name]


def _first(order: Any, *names: str) -> Any:
    for name in names:
        value = getattr(order, name, None)
        if value is not None:
            return value
    return None


# Without the collector: none of its parts leads back to it.
class Intent(msgspec.Struct, eq=False, gc=False):
    """A request that changes orders, and how far it got.

    Args:
        intent_id: names the intent; unique for ever. The request's own client order id will do.
        method: wire name, ``order.place``.
        symbol: the symbol it is about; empty where it names none.
        ids: every client id the request makes or renames an order to. Each is used once, for ever.
        params: the parameters by wire name, as they were before anything was stamped or signed: enough to recognise
            and to check what the venue made of it. A journal writes no key and no signature down.
        created_ms: when it was made, in milliseconds of the venue's clock.
        recv_window_ms: the ``recvWindow`` that holds for its frame.
        account: `account_tag` of the key that signs it.
        client_order_id: the id people know it by, where it has one.
        state: how far it got.
        timestamp_ms: ``timestamp`` of its newest frame; None before the first.
        settlement: its fate, as soon as it is known.
        recovered: whether it comes from the journal of a process that has ended.
        line: where it stands in the file of a journal; 0 where it does not.
        seen: number of the order that bore its id while its reply was awaited; a change may have taken the id since.
        hidden: whether a change that was executed, and told no former id, may have taken its id.
    """

    intent_id: str
    method: str
    symbol: str
    ids: tuple[str, ...]
    params: Mapping[str, Any]
    created_ms: int
    recv_window_ms: float
    account: str = ""
    client_order_id: str | None = None
    state: IntentState = IntentState.CREATED
    timestamp_ms: int | None = None
    settlement: Settlement | None = None
    recovered: bool = False
    line: int = 0
    seen: int | None = None
    hidden: bool = False

    def __repr__(self) -> str:
        return f"<Intent {self.method} {self.client_order_id or self.intent_id} {self.state.value}>"

    def step(self, state: IntentState) -> None:
        """Go to another state.

        Raises:
            UsageError: no line leads there.
        """
        if state not in _STEPS[self.state]:
            raise UsageError(f"an intent that is {self.state.value} cannot become {state.value}").about(
                method=self.method, client_order_id=self.client_order_id
            )
        self.state = state

    def sent(self, timestamp_ms: int | None) -> None:
        """A frame was handed to the network."""
        self.step(_SENT)
        if timestamp_ms is not None:
            self.timestamp_ms = timestamp_ms

    def doubt(self) -> None:
        """Its reply was lost."""
        if self.state is not IntentState.UNKNOWN:
            self.step(IntentState.UNKNOWN)

    def settle(self, settlement: Settlement) -> bool:
        """Its fate is known.

        Returns:
            False when that was known before; the first evidence stays.
        """
        state = settlement.state
        if state is self.state:
            return False
        self.step(state)
        self.settlement = settlement
        return True

    def latest_timestamp_ms(self, now_ms: int) -> int:
        """Return the latest ``timestamp`` any frame of it can bear: what a fence has to count from.

        A process that died may have signed a second frame after -1021, with its clock set right by an unknown amount. Only
        this is sure: it was dead when its journal could be opened.

        Args:
            now_ms: the latest it can be now at the venue.
        """
        if self.recovered or self.timestamp_ms is None:
            return now_ms
        return self.timestamp_ms
