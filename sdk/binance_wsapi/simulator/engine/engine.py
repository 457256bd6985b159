"""The engine: every trading command. How a command runs: `model/types.py`; the exchange's own commands: `operator.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from binance_wsapi.simulator.engine.commands.admission import check_duplicate, check_funds, draft, prepare
from binance_wsapi.simulator.engine.commands.closing import amend, cancel, cancel_all, cancel_list, exchange_cancel
from binance_wsapi.simulator.engine.commands.placing import place_list, place_order, precheck
from binance_wsapi.simulator.engine.model.accounts import Account
from binance_wsapi.simulator.engine.model.enums import (
    CancelReplaceMode,
    CancelRestrictions,
    ExecutionType,
    OrderStatus,
)
from binance_wsapi.simulator.engine.model.events import (
    Event,
    Sink,
)
from binance_wsapi.simulator.engine.model.filters import ExchangeFilter
from binance_wsapi.simulator.engine.model.ids import client_order_ids
from binance_wsapi.simulator.engine.model.market import Market
from binance_wsapi.simulator.engine.model.state import State
from binance_wsapi.simulator.engine.model.types import (
    AmendResult,
    CancelReplaceResult,
    CancelResult,
    ListRequest,
    ListResult,
    OrderRequest,
    OrderResult,
    Refused,
    SorSpec,
    SymbolSpec,
)
from binance_wsapi.simulator.engine.operator import Operator

__all__ = ["Engine"]


def _ignore(event: Event) -> None:
    pass


class Engine(Operator):
    """The matching engine of the local exchange.

    Every method that takes `now` (microseconds) is a command or depends on the time; time must not go backwards.
    Methods raise `Refused` for what the venue would refuse, and KeyError for an account that was never opened.

    Args:
        symbols: what can be traded.
        sink: gets every event, in order. It must not call the engine.
        new_id: makes client order ids for orders and lists that come without one.
        sors: which books smart order routing joins.
        exchange_filters: limits over all symbols.
        former_ids_findable: whether order.status still finds an order by the client order id it had before it was
            cancelled or amended. The documentation only says that the id is replaced.
        keeps_history: whether orders, lists and fills that are over can be asked for. Without it the engine only knows what
            is open, and its events are all that tells of the rest.

    Raises:
        ValueError: a symbol is listed twice, or smart order routing names an unlisted symbol.
    """

    def __init__(
        self,
        symbols: Iterable[SymbolSpec],
        sink: Sink = _ignore,
        *,
        new_id: Callable[[], str] | None = None,
        sors: Iterable[SorSpec] = (),
        exchange_filters: Iterable[ExchangeFilter] = (),
        former_ids_findable: bool = True,
        keeps_history: bool = True,
    ) -> None:
        self._state = State(
            sink, new_id or client_order_ids(), tuple(exchange_filters), former_ids_findable, keeps_history
        )
        for spec in symbols:
            self.add_symbol(spec)
        self.sors: tuple[SorSpec, ...] = ()
        for sor in sors:
            self.set_sor(sor)

    # --- placing ---------------------------------------------------------------------------------------------------

    def place(self, account_id: int, request: OrderRequest, now: int) -> OrderResult:
        """Place a single order (order.place)."""
        return self._place(account_id, request, now, sor=False)

    def place_sor(self, account_id: int, request: OrderRequest, now: int) -> OrderResult:
        """Place a single order with smart order routing (sor.order.place)."""
        return self._place(account_id, request, now, sor=True)

    def _place(self, account_id: int, request: OrderRequest, now: int, *, sor: bool) -> OrderResult:
        state = self._at(now)
        account = state.account(account_id)
        result = place_order(state, account, state.market(request.symbol), request, sor=sor)
        self._finish()
        return result

    def test(
        self, account_id: int, request: OrderRequest, now: int, *, sor: bool = False, matching_engine: bool = False
    ) -> None:
        """Check an order and change nothing (order.test, sor.order.test).

        Args:
            matching_engine: also run the checks the venue's test request leaves out, because it "does not send it into
                the matching engine": balance, duplicates, immediate triggers and matches.
        """
        state = self._at(now)
        account, market = state.account(account_id), state.market(request.symbol)
        precheck(state, account, market, request, sor=sor)
        if matching_engine:
            check_duplicate(account, market, request.new_client_order_id)
            order = draft(state, account, market, request, sor=sor)
            check_funds(order, prepare(state, order))

    def place_list(self, account_id: int, request: ListRequest, now: int) -> ListResult:
        """Place an order list (orderList.place and orderList.place.oco, .oto, .otoco, .opo, .opoco).

        Raises:
            ValueError: the number of orders does not fit the kind of list.
        """
        state = self._at(now)
        result = place_list(state, state.account(account_id), state.market(request.symbol), request)
        self._finish()
        return result

    # --- cancelling and amending -----------------------------------------------------------------------------------

    def cancel(
        self,
        account_id: int,
        symbol: str,
        now: int,
        *,
        order_id: int | None = None,
        orig_client_order_id: str | None = None,
        new_client_order_id: str | None = None,
        restrictions: CancelRestrictions | None = None,
    ) -> CancelResult:
        """Cancel an order, and the list it belongs to (order.cancel)."""
        state = self._at(now)
        result = cancel(
            state,
            state.account(account_id),
            state.market(symbol),
            order_id,
            orig_client_order_id,
            new_client_order_id,
            restrictions,
        )
        self._finish()
        return result

    def cancel_list(
        self,
        account_id: int,
        symbol: str,
        now: int,
        *,
        order_list_id: int | None = None,
        list_client_order_id: str | None = None,
        new_client_order_id: str | None = None,
        rename_orders: bool = False,
    ) -> CancelResult:
        """Cancel an order list (orderList.cancel); the new id is the list's, or that of its orders."""
        state = self._at(now)
        result = cancel_list(
            state,
            state.account(account_id),
            state.market(symbol),
            order_list_id,
            list_client_order_id,
            new_client_order_id,
            rename_orders=rename_orders,
        )
        self._finish()
        return result

    def cancel_all(self, account_id: int, symbol: str, now: int) -> list[CancelResult]:
        """Cancel all open orders and lists of an account on a symbol (openOrders.cancelAll)."""
        state = self._at(now)
        results = cancel_all(state, state.account(account_id), state.market(symbol))
        self._finish()
        return results

    def cancel_replace(
        self,
        account_id: int,
        mode: CancelReplaceMode,
        request: OrderRequest,
        now: int,
        *,
        cancel_order_id: int | None = None,
        cancel_orig_client_order_id: str | None = None,
        cancel_new_client_order_id: str | None = None,
        restrictions: CancelRestrictions | None = None,
        placement_refused: Refused | None = None,
    ) -> CancelReplaceResult:
        """Cancel an order and place another (order.cancelReplace). Not atomic: look at both halves.

        Filters and counts are evaluated first, so a new order that fails them leaves the old one alone.

        Args:
            placement_refused: the reason why the new order may not be placed in any case (the caller's order rate
                limit with `orderRateLimitExceededMode=CANCEL_ONLY`).

        Raises:
            Refused: the new order fails the checks before the matching engine; nothing was done.
        """
        state = self._at(now)
        account, market = state.account(account_id), state.market(request.symbol)
        if not market.spec.cancel_replace_allowed:
            raise Refused(-2010, "Order cancel-replace is not supported for this symbol.")
        if placement_refused is None:
            precheck(state, account, market, request)
        cancelled: CancelResult | Refused
        try:
            cancelled = cancel(
                state,
                account,
                market,
                cancel_order_id,
                cancel_orig_client_order_id,
                cancel_new_client_order_id,
                restrictions,
            )
        except Refused as refusal:
            cancelled = refusal
            if mode is CancelReplaceMode.STOP_ON_FAILURE:
                return CancelReplaceResult(cancelled, None)
        placed: OrderResult | Refused
        try:
            if placement_refused is not None:
                raise placement_refused
            placed = place_order(state, account, market, request)
        except Refused as refusal:
            placed = refusal
            if not isinstance(cancelled, Refused) and placement_refused is None:
                self._report_rejected(account, market, request, refusal)
        self._finish()
        return CancelReplaceResult(cancelled, placed)

    def _report_rejected(self, account: Account, market: Market, request: OrderRequest, refusal: Refused) -> None:
        """Report a replacement that was rejected after its order was cancelled (enums.md, execution type REJECTED).

        It never became an order: its order id is -1.
        """
        state = self._state
        order = draft(state, account, market, request)
        order.client_order_id = order.client_order_id or state.new_id()
        order.status = OrderStatus.REJECTED
        order.is_open = False
        state.report(order, ExecutionType.REJECTED, refusal.reason)

    def amend_keep_priority(
        self,
        account_id: int,
        symbol: str,
        new_qty: int,
        now: int,
        *,
        order_id: int | None = None,
        orig_client_order_id: str | None = None,
        new_client_order_id: str | None = None,
    ) -> AmendResult:
        """Reduce an order's quantity (order.amend.keepPriority)."""
        state = self._at(now)
        result = amend(
            state,
            state.account(account_id),
            state.market(symbol),
            order_id,
            orig_client_order_id,
            new_qty,
            new_client_order_id,
        )
        self._finish()
        return result

    def exchange_cancel(self, account_id: int, symbol: str, order_id: int, now: int) -> None:
        """Expire an open order on behalf of the exchange (expiry reason EXCHANGE_CANCELED).

        Raises:
            KeyError: the account has no such open order.
        """
        state = self._at(now)
        exchange_cancel(state, state.account(account_id).record(symbol).open[order_id])
        self._finish()
