"""What a journal left open, looked for in lists of orders before it is asked about one by one.

Theory of operation. A question about one order costs request weight 4, so ten thousand of them take the limit of seven
minutes; the open orders of a symbol cost 6, and a thousand orders of any state cost 20. So for a symbol with many open
records the lists are asked for first. What bears an id of a record is proof that it was executed, in a list as in any other
answer. That an id is in no list proves nothing: what is not found is asked about one by one.

A list may hold ten thousand orders. Its rows stay bytes; only those that are looked for are read, some at a time, so that
the event loop is not held up.
"""

from __future__ import annotations

import contextlib
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any, Final

import msgspec

from binance_wsapi.errors import VenueError, WsapiError
from binance_wsapi.models.base import Timestamp
from binance_wsapi.orders.journal.intent import Intent
from binance_wsapi.session.session import Session
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Params
from binance_wsapi.wire.order_calls import OrderCalls

__all__ = ["ROWS_PER_TURN", "RecoveryLists"]

log = logging.getLogger("binance_wsapi")

LISTED_FROM: Final = 10
"""Open records of a symbol from which on its lists are asked for: fewer cost less one by one."""

ROWS_PER_TURN: Final = 20
"""Rows read, and records taken up, before other tasks have their turn."""

LIST_TIMEOUT_S: Final = 10.0
"""Seconds a list may take."""

PAGE: Final = 1_000
"""Orders of one answer (``allOrders``, ``limit``)."""

MOST_PAGES: Final = 30
"""Answers of one symbol: 600 request weight."""

LISTED_BEFORE_MS: Final = 60_000
"""Milliseconds before the oldest record from which on orders are listed: this machine's clock may be wrong by as much."""


class _Row(msgspec.Struct, gc=False):
    """What tells whether a row is looked for."""

    client_order_id: Any = msgspec.field(name="clientOrderId", default=None)
    order_id: Any = msgspec.field(name="orderId", default=None)


class RecoveryLists:
    """Looks for open records in lists of orders.

    Args:
        session: asks.
        calls: the lists, and how their rows are read.
        sleep: wait that many seconds.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._session = session
        self._options = CallOptions(timeout=LIST_TIMEOUT_S)
        self._sleep = sleep
        self._rows = calls.order_status
        self._open = replace(calls.open_orders, result=list[msgspec.Raw])
        self._all = replace(calls.all_orders, result=list[msgspec.Raw])

    async def find(self, records: Iterable[Intent]) -> dict[str, bytes]:
        """Return the rows that bear an id of a record, by this id; none where the lists cannot be had."""
        by_symbol: defaultdict[str, list[Intent]] = defaultdict(list)
        for record in records:
            if record.symbol and record.ids:
                by_symbol[record.symbol].append(record)
        found: dict[str, bytes] = {}
        for symbol, left_open in by_symbol.items():
            if len(left_open) < LISTED_FROM:
                continue
            try:
                await self._look(symbol, left_open, found)
            except WsapiError as error:
                log.info("the orders of %s cannot be listed, they are asked about one by one: %s", symbol, error)
                if not isinstance(error, VenueError):
                    break  # the venue does not answer: the next list would only cost its time, too
        return found

    def orders(self, record: Intent, found: dict[str, bytes]) -> list[Any]:
        """Take out what was found for a record; a row that cannot be read is left out, and its order asked about."""
        orders = []
        for row in (found.pop(each) for each in record.ids if each in found):
            with contextlib.suppress(WsapiError):
                orders.append(self._rows.decode(row, self._session.settings.time_unit))
        return orders

    async def _look(self, symbol: str, records: list[Intent], found: dict[str, bytes]) -> None:
        wanted = {each for record in records for each in record.ids}
        await self._take(await self._session.call(self._open, {"symbol": symbol}, self._options), wanted, found)
        since = Timestamp(max(min(record.created_ms for record in records) - LISTED_BEFORE_MS, 0))
        question: Params = {"symbol": symbol, "startTime": since, "limit": PAGE}
        for _ in range(MOST_PAGES):
            if len(wanted) < LISTED_FROM:
                return
            rows = await self._session.call(self._all, question, self._options)
            last = await self._take(rows, wanted, found)
            if len(rows) < PAGE or last is None:
                return
            question = {"symbol": symbol, "orderId": last + 1, "limit": PAGE}

    async def _take(self, rows: list[msgspec.Raw], wanted: set[str], found: dict[str, bytes]) -> int | None:
        """Read the rows that are looked for; return the largest number of an order."""
        numbers = []
        for number, row in enumerate(rows, 1):
            if number % ROWS_PER_TURN == 0:
                await self._sleep(0.0)
            try:
                brief = msgspec.json.decode(row, type=_Row)
                if isinstance(brief.order_id, int):
                    numbers.append(brief.order_id)
                if brief.client_order_id in wanted:
                    found[brief.client_order_id] = bytes(row)
                    wanted.discard(brief.client_order_id)
            except (msgspec.DecodeError, TypeError):
                continue  # a row that cannot be read hides no other
        return max(numbers, default=None)
