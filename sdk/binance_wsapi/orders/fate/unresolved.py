"""A request in doubt: what was sent, what would bear witness of it, and the task that finds out what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

from binance_wsapi.errors import NotFollowed
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.models.base import Time
from binance_wsapi.orders.fate.fence import Doubt, Outcome, Verdict
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["CLOSED", "Sent", "Unresolved", "former_id", "outlive"]

R = TypeVar("R")

CLOSED: Final = "the client was closed before it was known what became of the request: it may be executed"
"""What is told of a request in doubt when the client is closed."""

_LISTED: Final = "listClientOrderId"

AHEAD_MS: Final = 30_000
"""How much older than the request an order must be to be another: the venue takes a timestamp up to a second ahead of its
own clock (Timing security), and a clock may be set in between."""


class Sent:
    """What is known of the frame of one call. It is the call's `CallOptions.sent`.

    Args:
        key: signs it: the key it is asked about with, also when the session uses another key by then.
        recv_window_ms: the ``recvWindow`` that holds for it.
        also: who else wants to be told when the frame was handed to the network.
        journal: where that is written down.
        record: what the journal calls the request.
    """

    __slots__ = ("also", "journal", "key", "record", "recv_window_ms", "request_id", "timestamp")

    def __init__(
        self,
        key: Signer | AsyncSigner | None,
        recv_window_ms: float,
        also: Callable[[str, int | None], None] | None = None,
        journal: Journal | None = None,
        record: Intent | None = None,
    ) -> None:
        self.key = key
        self.recv_window_ms = recv_window_ms
        self.also = also
        self.journal = journal
        self.record = record
        self.request_id: str | None = None
        self.timestamp: int | None = None

    def __call__(self, request_id: str, timestamp: int | None) -> None:
        self.request_id = request_id
        self.timestamp = timestamp
        if self.journal is not None and self.record is not None:
            self.journal.mark_sent(self.record, timestamp)
        if self.also is not None:
            self.also(request_id, timestamp)


class Unresolved:
    """One intent in doubt.

    Args:
        endpoint: what was called.
        doubts: one for each token of the request.
        connection: number of the newest connection there was when the doubt arose.
        key: the key it was signed with, and is asked about with.
        record: what the journal calls it; None where nothing was written down.
        former: the id the order had that the request cancels or changes, where the request says it.
        legs: every client id the request makes: the leg of a list shows that the list was taken.
        request_id: what its reply is known by; None after a restart.

    Attributes:
        answer: the result of the late reply, where it came after all.
        wake: set when something was learned.
        task: finds out.
    """

    def __init__(
        self,
        endpoint: Endpoint[Any],
        doubts: list[Doubt],
        connection: int,
        key: Signer | AsyncSigner | None,
        record: Intent | None = None,
        former: str = "",
        legs: tuple[str, ...] = (),
        request_id: str | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.doubts = doubts
        self.connection = connection
        self.key = key
        self.record = record
        self.former = former
        self.legs = legs
        self.request_id = request_id
        self.answer: Any = None
        self.wake = asyncio.Event()
        self.task: asyncio.Task[Verdict] | None = None

    @property
    def settled(self) -> bool:
        """Whether every part has a verdict."""
        return all(doubt.verdict is not None for doubt in self.doubts)

    def verdict(self) -> Verdict:
        """The verdict on the whole: executed if any part of it was. Call only when all parts are settled."""
        verdicts = [doubt.verdict for doubt in self.doubts if doubt.verdict is not None]
        whole = next((each for each in verdicts if each.outcome is Outcome.ACCEPTED), verdicts[-1])
        return whole if len(verdicts) == 1 else replace(whole, parts=tuple(verdicts))

    def is_another(self, doubt: Doubt, made: Time) -> bool:
        """Whether an order that bears the id is older than the request: a user's own id, used a second time.

        A journal does not let that happen.
        """
        places = self.endpoint.orders > 0 and doubt is self.doubts[-1]
        return places and self.record is None and made.microseconds / 1000 < doubt.timestamp_ms - AHEAD_MS


def former_id(endpoint: Endpoint[Any], request: Params) -> str:
    """Return the id of the order, or of the list, that a request cancels or changes, where the request says it."""
    if _LISTED in endpoint.client_ids:
        return ""  # it names the list that is made
    return str(
        request.get("origClientOrderId")
        or request.get("cancelOrigClientOrderId")
        or request.get("listClientOrderId")
        or ""
    )


async def outlive(task: asyncio.Task[R]) -> R:
    """Wait for a task that goes on when the waiting is cancelled, and is cancelled when the client is closed.

    Raises:
        NotFollowed: the client was closed. The caller was not cancelled, and must not be told so.
    """
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        caller = asyncio.current_task()
        if not task.cancelled() or (caller is not None and caller.cancelling()):
            raise
    raise NotFollowed(CLOSED)
