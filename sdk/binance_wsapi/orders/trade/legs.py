"""The numbers of a list's orders, where what proved the list tells only some of them.

Theory of operation. A list that was found tells its orders by number and by the ids they have now. An order that a change
renamed meanwhile, perhaps one of another program, bears its id no more: then it is told by its terms, which the client asked
for, or it is the last without a number. What cannot be told is followed no more: a call must not wait for it for ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

from binance_wsapi.errors import OrderNotFound, WsapiError
from binance_wsapi.orders.ids.identity import same_terms
from binance_wsapi.orders.trade.handle import TradeRecord
from binance_wsapi.orders.trade.keeper import TradeKeeper
from binance_wsapi.orders.trade.list_handle import ListRecord
from binance_wsapi.orders.trade.schedule import LONGEST_PAUSE_S
from binance_wsapi.orders.trade.types import HandleSource
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import shows_another
from binance_wsapi.wire.order_calls import OrderCalls

__all__ = ["ListLegs"]

log = logging.getLogger("binance_wsapi")

LEGS_PAUSE_S: Final = 0.5
"""Seconds between questions for the numbers of a list's orders."""


class ListLegs:
    """Asks for them.

    Args:
        keeper: follows the orders.
        session: answers.
        calls: the methods that tell of lists and of orders.
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(self, keeper: TradeKeeper, session: Session, calls: OrderCalls, lag: float) -> None:
        self._keeper = keeper
        self._session = session
        self._calls = calls
        self._lag = lag

    async def find(self, group: ListRecord, evidence: Any) -> None:
        """Ask for the numbers of a list's orders.

        Args:
            group: the list.
            evidence: what proved it.
        """
        number = getattr(evidence, "order_list_id", None)
        legs = list(group.legs.values())
        loop = asyncio.get_running_loop()
        until = loop.time() + self._lag + LONGEST_PAUSE_S
        while number is not None and any(_missing(group)) and loop.time() < until:
            question = {"orderListId": number}
            try:
                found = await self._session.call(self._calls.list_status, question, self._keeper.whom(legs[0]))
                if not shows_another({**question, "symbol": group.symbol}, found):
                    self._keeper.see(legs[0], found, HandleSource.RESOLVER)
                    await self._tell_renamed(group, [each.order_id for each in found.orders])
            except WsapiError as error:
                log.info("the question about list %d was not answered: %s", number, error)
            if any(_missing(group)):
                await self._keeper.pause(LEGS_PAUSE_S)
        for leg in list(_missing(group)):
            self._keeper.give_up(
                leg, "the list is there, and which of its orders this is cannot be told: look at the account"
            )
        for leg in legs:
            self._keeper.interrupt(leg)  # what proved the list need not tell how its orders stand

    async def _tell_renamed(self, group: ListRecord, numbers: list[int]) -> None:
        """Give those orders their numbers that bear their ids no more."""
        known = {leg.state.order_id for leg in group.legs.values()}
        orders: dict[int, Any] = {}
        for number in (each for each in numbers if each not in known and any(_missing(group))):
            question = {"symbol": group.symbol, "orderId": number}
            try:
                order = await self._session.call(
                    self._calls.order_status, question, self._keeper.whom(next(iter(group.legs.values())))
                )
            except OrderNotFound:
                return  # the view does not show it yet
            if not shows_another(question, order):
                orders[number] = order
        while (found := self._only(group, orders)) is not None:
            leg, number = found
            self._keeper.see_renamed(leg, orders.pop(number), HandleSource.RESOLVER)

    def _only(self, group: ListRecord, orders: Mapping[int, Any]) -> tuple[TradeRecord, int] | None:
        """Return an order of a list that can be but one of these, and its number."""
        missing = list(_missing(group))
        if len(missing) == len(orders) == 1:
            return missing[0], next(iter(orders))
        for leg in missing:
            fits = [
                number
                for number, order in orders.items()
                if any(same_terms(group.terms(leg), sight) for sight in self._calls.sights(order))
            ]
            if len(fits) == 1:
                return leg, fits[0]
        return None


def _missing(group: ListRecord) -> Iterator[TradeRecord]:
    """Return the orders of a list whose numbers are not known."""
    return (leg for leg in group.legs.values() if leg.state.order_id is None)
