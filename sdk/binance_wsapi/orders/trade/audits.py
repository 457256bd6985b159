"""Audits of orders with a handle: how the order stands, and its fills where they do not add up to what was executed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from binance_wsapi.errors import OrderNotFound, UnreadableReply, WsapiError
from binance_wsapi.orders.trade.handle import TradeRecord
from binance_wsapi.orders.trade.schedule import TradeWatch
from binance_wsapi.orders.trade.types import HandleEvent, HandleEventKind, HandleSource
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import shows_another
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import weigh
from binance_wsapi.wire.order_calls import OrderCalls

__all__ = ["TradeAudits"]

log = logging.getLogger("binance_wsapi")

FILL_ANSWERS: Final = 20
"""Answers after which the fills of an order that has ended are no longer waited for: more than half a minute."""

AUDITS_AT_ONCE: Final = 8
"""Audits under way at the same time: after a reconnect hundreds may be due, and orders have to get through."""

TRADES_PER_PAGE: Final = 1_000
"""Most trades ``myTrades`` tells at once."""


class TradeAudits:
    """Asks the venue about orders.

    Args:
        session: answers.
        calls: the methods that tell of orders.
        see: merges an answer into what is known of an order, and returns what was new.
        whom: tells with which key the account of an order is spoken to.

    Attributes:
        weight: request weight of the first question of an audit.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        see: Callable[[TradeRecord, Any, HandleSource], list[HandleEvent]],
        whom: Callable[[TradeRecord], CallOptions],
    ) -> None:
        self._session = session
        self._calls = calls
        self._see = see
        self._whom = whom
        self._asking = asyncio.Semaphore(AUDITS_AT_ONCE)
        self.weight = weigh(calls.order_status.weight, {})

    async def ask(self, trade: TradeRecord, watch: TradeWatch) -> None:
        """Ask the venue once how the order stands, and for its fills where they are not all known."""
        loop = asyncio.get_running_loop()
        question: dict[str, Any] = {"symbol": trade.symbol, "orderId": trade.state.order_id}
        if trade.state.order_id is None:
            question["origClientOrderId"] = trade.state.client_order_id
        try:
            async with self._asking:
                asked = loop.time()
                news = []
                if not trade.state.status.is_final or trade.state.order_id is None:
                    news = self._see(trade, await self._order(question, trade), HandleSource.AUDIT)
                if not trade.state.complete:
                    news += await self._ask_trades(trade)
        except OrderNotFound:
            news = []  # the view that was asked lags behind: that is an answer, and says nothing
        except WsapiError as error:
            log.info("the question about %s was not answered: %s", trade.state.client_order_id, error)
            watch.failed(loop.time())
            return
        watch.answered(asked, news=bool(news))
        if trade.state.status.is_final and not trade.state.complete and watch.tries >= FILL_ANSWERS:
            detail = f"the venue tells no more of its fills; {trade.state.executed_quantity:f} are executed"
            log.error("%r: %s", trade, detail)
            trade.give_up(
                HandleEvent(
                    HandleEventKind.ENDED, HandleSource.AUDIT, self._session.now_ms(), trade.state.status,
                    trade.state.executed_quantity, None, detail,
                )
            )  # fmt: skip

    async def _order(self, question: dict[str, Any], trade: TradeRecord) -> Any:
        """Ask how an order stands; what cannot be read as a whole is taken field by field."""
        state = trade.state
        try:
            order = await self._session.call(self._calls.order_status, question, self._whom(trade))
        except UnreadableReply as error:
            for sight in self._calls.unread(error.raw, self._session.settings.time_unit):
                if sight.number is not None and state.order_id in {None, sight.number}:
                    return sight.whole
            raise
        by_id = state.order_id is None
        if shows_another(question, order) or (by_id and order.client_order_id != state.client_order_id):
            raise UnreadableReply("the answer is about another order")
        return order

    async def _ask_trades(self, trade: TradeRecord) -> list[HandleEvent]:
        news: list[HandleEvent] = []
        following = 0  # without it the venue tells the latest, and not the ones before (Account trade history, fromId)
        while True:
            try:
                found = await self._session.call(
                    self._calls.trades,
                    {
                        "symbol": trade.symbol,
                        "orderId": trade.state.order_id,
                        "fromId": following,
                        "limit": TRADES_PER_PAGE,
                    },
                    self._whom(trade),
                )
            except UnreadableReply as error:
                if not error.rows:
                    raise
                return news + self._see(trade, error.rows, HandleSource.AUDIT)
            if shows_another({"symbol": trade.symbol, "orderId": trade.state.order_id}, found):
                raise UnreadableReply("the answer is about trades of another order")
            news += self._see(trade, found, HandleSource.AUDIT)
            if len(found) < TRADES_PER_PAGE:
                return news
            following = found[-1].id + 1
