"""How orders and lists begin: the request that makes a handle, and what became of it.

Theory of operation. A handle is there before its request is sent. It is placed through the tracked caller, which knows the
fate of every request; where the reply is lost its verdict is waited for. What is learned goes to the keeper
(`binance_wsapi.orders.trade.keeper`), which follows each order from then on. The orders of a list are named before it is
sent, so events find their handles even when they come before the reply.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final
from weakref import WeakValueDictionary

from binance_wsapi.errors import NotPlaced, OutcomeUnknown, UsageError, VenueError, WsapiError, shown
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.models.enums import OrderType, Side
from binance_wsapi.orders.fate.fence import Outcome, Verdict
from binance_wsapi.orders.fate.listeners import FateListener, FateRank, Named
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.renames import same_account
from binance_wsapi.orders.ids.terms import ID, PENDING, terms_of
from binance_wsapi.orders.tracked_caller import TrackedCaller
from binance_wsapi.orders.trade.changes import lost
from binance_wsapi.orders.trade.handle import OrderHandle, TradeRecord
from binance_wsapi.orders.trade.keeper import TradeKeeper
from binance_wsapi.orders.trade.legs import ListLegs
from binance_wsapi.orders.trade.list_handle import ListRecord, OrderListHandle
from binance_wsapi.orders.trade.state import TradeState
from binance_wsapi.orders.trade.types import HandleSource, HandleStatus, ListHandleStatus
from binance_wsapi.session.session import Session
from binance_wsapi.wire.border import without_ours
from binance_wsapi.wire.caller import Caller, CallOptions, check_seconds
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["Placing"]

log = logging.getLogger("binance_wsapi")

LIST_ID: Final = "listClientOrderId"


class Placing(FateListener):
    """Begins the handles of orders and lists.

    Args:
        keeper: follows them.
        session: tells the time, and answers questions.
        tracked: knows the fate of each.
        caller: places them: ``tracked``, or what the user put around it.
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(
        self, keeper: TradeKeeper, session: Session, tracked: TrackedCaller, caller: Caller, lag: float
    ) -> None:
        self._keeper = keeper
        self._session = session
        self._tracked = tracked
        self._caller = caller
        self._legs = ListLegs(keeper, session, tracked.calls, lag)
        self._lists: WeakValueDictionary[tuple[str, str], ListRecord] = WeakValueDictionary()
        tracked.listeners.add(FateRank.LISTS, self)

    # ------------------------------------------------------------------ beginning

    def order(self, params: Params, options: CallOptions) -> OrderHandle:
        """Begin to place an order, and return its handle.

        Args:
            params: of ``order.place``, by wire name.
            options: how the call is made.

        Raises:
            UsageError: the parameters cannot be sent, or the client has no key. Nothing was sent.
            NotConnected: the client is closed or not started.
        """
        request, sent = self._prepared(params, options)
        trade = self._record(sent, "newClientOrderId", "side", "type", self._tracked.calls.place, options)
        request["newClientOrderId"] = trade.state.client_order_id

        async def place() -> None:
            await self._place(self._tracked.calls.place, request, options, [trade])

        self._keeper.keep(trade, place)
        return OrderHandle(trade, self._keeper.changes)

    def order_list(self, endpoint: Endpoint[Any], params: Params, options: CallOptions) -> OrderListHandle:
        """Begin to place an order list, and return its handle.

        Args:
            endpoint: what places it.
            params: by wire name.
            options: how the call is made.

        Raises:
            UsageError: the parameters cannot be sent, or the client has no key. Nothing was sent.
            NotConnected: the client is closed or not started.
        """
        request, sent = self._prepared(params, options)
        named = sent.get(LIST_ID)
        name = str(named or self._tracked.new_id())
        symbol = str(sent.get("symbol", ""))
        known = self._lists.get((symbol, name))
        if known is not None and not known.status.is_final and known.why_not() is None:
            raise UsageError(f"the list id {name} is that of a live handle; leave it out to get a fresh one")
        legs, wanted = {}, {}
        for parameter in endpoint.client_ids:
            if parameter != LIST_ID:
                prefix = parameter.removesuffix(ID)
                part = PENDING if prefix.startswith(PENDING) else prefix
                side = next((each for each in (f"{part}Side", "side") if each in sent), "side")
                leg = self._record(sent, parameter, side, f"{prefix}Type", endpoint, options)
                request[parameter] = leg.state.client_order_id
                legs[_snake(prefix)] = leg
                wanted[_snake(prefix)] = terms_of(sent, parameter)
        ids = [leg.state.client_order_id for leg in legs.values()]
        if len({name, *ids}) <= len(ids):
            raise UsageError("the ids of a list and of its orders must differ")
        request[LIST_ID] = name
        group = self._lists[symbol, name] = ListRecord(symbol, name, fresh=not named, legs=legs, wanted=wanted)
        for leg in legs.values():
            self._keeper.enter(leg)
        self._keeper.spawn(self._keep_list(endpoint, request, options, group), f"order list {name}")
        return OrderListHandle(group, self._keeper.changes)

    def _prepared(self, params: Params, options: CallOptions) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the request, and its parameters as they go onto the wire."""
        self._keeper.check()
        if options.timeout is not None:
            check_seconds(options.timeout)
        request = dict(params)
        if request.get("newOrderRespType") is None:
            request["newOrderRespType"] = "FULL"
        return request, wire_params(request)

    def _record(
        self, sent: Params, id_name: str, side_name: str, type_name: str, endpoint: Endpoint[Any], options: CallOptions
    ) -> TradeRecord:
        """Return what will be known of an order."""
        try:
            side = Side(str(sent.get(side_name)))
        except ValueError:
            raise UsageError(f"{_snake(side_name)} must be BUY or SELL, got {shown(sent.get(side_name))}") from None
        kind = OrderType(str(sent.get(type_name)))
        if not kind.known:
            raise UsageError(
                f"{_snake(type_name)} must be one of {', '.join(OrderType)}, got {shown(sent.get(type_name))}"
            )
        named = sent.get(id_name)
        name = str(named or self._tracked.new_id())
        symbol = str(sent.get("symbol", ""))
        if self._keeper.has(symbol, name):
            raise UsageError(f"the client order id {name} is that of a live handle; leave it out to get a fresh one")
        begins = HandleStatus.PENDING_NEW if id_name.startswith(PENDING) else HandleStatus.NEW
        state = TradeState(name, fresh=not named, begins=begins)
        trade = TradeRecord(symbol, side, kind, state, endpoint.method)
        trade.key = options.key or self._session.credentials.key
        return trade

    # ------------------------------------------------------------------ placing

    async def _place(
        self, endpoint: Endpoint[Any], request: Params, options: CallOptions, orders: list[TradeRecord]
    ) -> Any:
        """Place an order or a list, and tell its orders what became of it.

        Returns:
            What the evidence of the verdict is, where the reply was lost and it is there; None in every other case.
        """
        keeper = self._keeper

        def sent(_request_id: str, _timestamp: int | None) -> None:
            for trade in orders:
                trade.learn(trade.state.sent(self._session.now_ms()))

        def refused(status: HandleStatus, error: WsapiError, source: HandleSource) -> None:
            for trade in orders:
                keeper.refused(trade, status, error, source)

        log.info("%s is being placed at %d", orders[0].state.client_order_id, self._session.now_ms())
        try:
            reply = await self._caller.call(
                endpoint, request, CallOptions(options.timeout, keeper.whom(orders[0]).key, sent)
            )
        except OutcomeUnknown as error:
            verdict: Verdict = await error.resolve()
            if verdict.outcome is Outcome.ACCEPTED:
                keeper.see(orders[0], verdict.order, HandleSource.RESOLVER)
                return verdict.order
            if verdict.outcome is Outcome.REJECTED and isinstance(verdict.error, WsapiError):
                refused(HandleStatus.REJECTED, verdict.error, HandleSource.RESOLVER)
            elif verdict.outcome is Outcome.UNDECIDED:
                for trade in (each for each in orders if not each.is_settled):  # an event may have told of it
                    keeper.give_up(trade, "the venue does not tell whether it was placed: look at the account")
            else:
                refused(HandleStatus.NOT_PLACED, lost(error, verdict), HandleSource.RESOLVER)
        except NotPlaced as error:
            refused(HandleStatus.NOT_PLACED, error, HandleSource.RESOLVER)
        except VenueError as error:
            refused(HandleStatus.REJECTED, error, HandleSource.REPLY)
        except WsapiError as error:
            refused(HandleStatus.NOT_SENT, error, HandleSource.LOCAL)
        else:
            keeper.see(orders[0], reply, HandleSource.REPLY)
        return None

    async def _keep_list(
        self, endpoint: Endpoint[Any], request: Params, options: CallOptions, group: ListRecord
    ) -> None:
        """Place a list, and have each of its orders followed."""
        legs = list(group.legs.values())
        try:
            evidence = await self._place(endpoint, request, options, legs)
            if evidence is not None:
                await self._legs.find(group, evidence)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.error("%r can no longer be followed", group, exc_info=without_ours(error))
            for leg in legs:
                self._keeper.give_up(leg, f"following it failed ({type(error).__name__})")
        for leg in legs:
            self._keeper.keep(leg)

    def _named(self, named: Named) -> ListRecord | None:
        """Return the list that is known by this id, where there is one."""
        group = self._lists.get((named.symbol, named.client_id))
        if group is None or not all(same_account(leg.key, named.key) for leg in group.legs.values()):
            return None
        return group

    def on_doubt(self, intent: Unresolved) -> None:
        """The tracked caller says that a reply is lost."""
        now = self._session.now_ms()
        for doubt in intent.doubts:
            named = Named(doubt.token.client_id, doubt.token.symbol, intent.key)
            orders: list[TradeRecord] = []
            if intent.endpoint is self._tracked.calls.place:
                orders = self._keeper.named(named)
            elif LIST_ID in intent.endpoint.client_ids and (group := self._named(named)) is not None:
                orders = [*group.legs.values()]
            for trade in orders:
                trade.learn(trade.state.doubt(now))

    def on_turned_up(self, named: Named, evidence: Any) -> None:
        """A list that was called not placed is there after all."""
        group = self._named(named)
        if group is not None and group.status is ListHandleStatus.NOT_PLACED:
            self._keeper.see(next(iter(group.legs.values())), evidence, HandleSource.RESOLVER)
            self._keeper.spawn(self._legs.find(group, evidence), f"order list {named.client_id}")


def _snake(wire: str) -> str:
    """Return the name of an argument by its wire name."""
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in wire)
