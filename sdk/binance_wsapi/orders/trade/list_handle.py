"""The live handle of an order list: the handles of its orders, and what is known of the list as a whole.

Theory of operation. The venue takes or refuses a list as a whole, and from then on each of its orders has a life of its
own. So a list keeps no state beside theirs: its `ListRecord` holds one `TradeRecord` for each order, and all that the list
says is read off them. Until the venue has the list they share one fate (sent, in doubt, refused, not placed); `Placing`
(`binance_wsapi.orders.trade.placing`) tells it to each. Every change of an order wakes the calls that wait for the list.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Protocol, Self

from binance_wsapi.errors import WsapiError
from binance_wsapi.orders.trade.handle import Changer, Learned, OrderHandle, TradeRecord, Waiters
from binance_wsapi.orders.trade.types import HandleEvent, HandleStatus, ListHandleStatus
from binance_wsapi.wire.border import at_border
from binance_wsapi.wire.endpoint import Params

__all__ = ["ListRecord", "OrderListHandle"]


class ListRecord(Waiters):
    """What the handle of a list shows, and who waits for it.

    Args:
        symbol: trading pair.
        client_order_id: the id of the list.
        fresh: whether no other list can bear it.
        legs: the orders by their names.
        wanted: what each was asked for with, by these names.

    Attributes:
        log: what was learned, in the order in which it was, with the name of the order it is about.
    """

    def __init__(
        self,
        symbol: str,
        client_order_id: str,
        *,
        fresh: bool,
        legs: dict[str, TradeRecord],
        wanted: Mapping[str, Params],
    ) -> None:
        super().__init__()
        self.symbol = symbol
        self.client_order_id = client_order_id
        self.fresh = fresh
        self.legs = legs
        self._wanted = wanted
        self.log: list[tuple[str, HandleEvent]] = []
        for leg in legs.values():
            leg.group = self

    def __repr__(self) -> str:
        legs = ", ".join(f"{name} {leg.state.status.value}" for name, leg in self.legs.items())
        return f"<OrderListHandle {self.symbol} {self.client_order_id} {self.status.value}: {legs}>"

    @property
    def status(self) -> ListHandleStatus:
        """Where the list is."""
        statuses = [leg.state.status for leg in self.legs.values()]
        if any(status.is_placed for status in statuses):
            return ListHandleStatus.ALL_DONE if all(each.is_final for each in statuses) else ListHandleStatus.EXECUTING
        return ListHandleStatus(statuses[0].value)

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to any of its orders, and all of their fills are known."""
        return all(leg.is_done for leg in self.legs.values())

    @property
    def is_settled(self) -> bool:
        """Whether it is known that the venue has, or had, the list, or that it never will."""
        return self.status.is_placed or self.status.is_final

    @property
    def order_list_id(self) -> int | None:
        """The venue's number of the list."""
        return next(
            (leg.state.order_list_id for leg in self.legs.values() if leg.state.order_list_id is not None), None
        )

    @property
    def error(self) -> WsapiError | None:
        """Why there is no list."""
        return next((leg.error for leg in self.legs.values() if leg.error is not None), None)

    def is_told_by(self, order_list_id: int, client_order_id: str) -> bool:
        """Whether an event about a list of that number and id is about this one.

        An id the user chose may be that of an older list: until the number is known nothing tells the two apart.
        """
        known = self.order_list_id
        return order_list_id == known if known is not None else self.fresh and client_order_id == self.client_order_id

    def terms(self, leg: TradeRecord) -> Params:
        """What one of its orders was asked for with, by wire name."""
        return next(self._wanted[name] for name, each in self.legs.items() if each is leg)

    def heard(self, leg: TradeRecord, events: list[HandleEvent]) -> None:
        """Something was learned of one of its orders."""
        name = next(name for name, each in self.legs.items() if each is leg)
        self.log += [(name, event) for event in events]

    def why_not(self) -> WsapiError | None:
        return next((error for leg in self.legs.values() if (error := leg.why_not()) is not None), None)


class ListChanger(Changer, Protocol):
    """Cancels lists for their handles, and changes their orders."""

    async def cancel_list(self, record: ListRecord) -> None: ...


@at_border
class OrderListHandle:
    """An order list that was handed to the client to be placed, kept true until nothing more can happen to its orders.

    Made by `SpotClient.submit_oco` and its like. Each order of the list is an `OrderHandle` in `legs`. Forgetting the handle
    cancels nothing.
    """

    def __init__(self, record: ListRecord, changer: ListChanger) -> None:
        self._record = record
        self._changer = changer
        self._legs = MappingProxyType({name: OrderHandle(leg, changer) for name, leg in record.legs.items()})

    def __repr__(self) -> str:
        return repr(self._record)

    # ------------------------------------------------------------------ what is known

    @property
    def symbol(self) -> str:
        """Trading pair."""
        return self._record.symbol

    @property
    def legs(self) -> Mapping[str, OrderHandle]:
        """The orders by their names.

        ``above`` and ``below`` of an OCO, ``working`` and ``pending`` of an OTO or OPO; ``working``, ``pending_above`` and
        ``pending_below`` of an OTOCO or OPOCO.
        """
        return self._legs

    @property
    def list_client_order_id(self) -> str:
        """The id the list was placed with."""
        return self._record.client_order_id

    @property
    def order_list_id(self) -> int | None:
        """The venue's number of the list; None until the venue was heard of it."""
        return self._record.order_list_id

    @property
    def status(self) -> ListHandleStatus:
        """Where the list is."""
        return self._record.status

    @property
    def is_done(self) -> bool:
        """Whether nothing more can happen to any of its orders, and all of their fills are known."""
        return self._record.is_done

    @property
    def log(self) -> list[tuple[str, HandleEvent]]:
        """What was learned of its orders, when and from whom, each with the name of the order."""
        return list(self._record.log)

    @property
    def error(self) -> WsapiError | None:
        """Why there is no list: the venue's refusal, `NotPlaced`, or what kept it from being sent. Else None."""
        return None if self.status.is_placed else self._record.error

    # ------------------------------------------------------------------ waiting

    async def accepted(self) -> Self:
        """Wait until the venue has the list, and the number of each of its orders is known.

        Returns:
            The handle. Its orders may already be filled, or ended.

        Raises:
            OrderRejected: the venue refused it; or another `VenueError` that says why.
            NotPlaced: its reply was lost, and it can no longer be executed.
            NotSent: it never left this machine.
            NotFollowed: the client was closed.

        Cancelling the await changes nothing about the list.
        """
        record = self._record
        await record.until(
            lambda: (
                record.is_settled
                and (not record.status.is_placed or all(leg.state.order_id is not None for leg in record.legs.values()))
            )
        )
        if not record.status.is_placed:
            error = record.error
            assert error is not None, "a request that made no list has a reason"
            raise error.with_traceback(None)
        return self

    async def done(self) -> Self:
        """Wait until nothing more can happen to any of its orders, however they ended, and all fills are known.

        Returns:
            The handle; `legs` say how each order ended, and `error` why where the list was not placed.

        Raises:
            NotFollowed: the client was closed.
        """
        await self._record.until(lambda: self._record.is_done)
        return self

    def events(self) -> AsyncIterator[tuple[str, HandleEvent]]:
        """Iterate over what is learned of its orders: first what is known already, then what comes, until all are done.

        Yields:
            The name of the order in `legs`, and what was learned of it.

        Raises:
            NotFollowed: the client was closed.
        """
        return Learned(self._record)

    # ------------------------------------------------------------------ changing it

    async def cancel(self) -> Mapping[str, HandleStatus]:
        """Cancel what is open of the list, and return how each order really ended.

        Wire: ``orderList.cancel``, security TRADE, weight 1 (0 on success), orders 0.

        A list whose own fate is not known yet is waited for first: cancelling it by its id would take that id away, by which
        alone it can be found.

        Returns:
            The final status of each order by its name, when all are proven; their fills are complete by then.

        Raises:
            NotPlaced: the cancel was lost, and can no longer be executed: orders may be open, try again.
            CancelRejected: the venue refused the cancel, and orders are still open.
            NotSent: the cancel never left this machine.
            NotFollowed: the client was closed.

        Cancelling the await does not cancel what was sent.
        """
        await self._changer.cancel_list(self._record)
        return {name: leg.status for name, leg in self._legs.items()}
