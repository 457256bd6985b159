"""What truly happens at the adversary's venue: orders, lists, fills, what the views may show of them, and since when.

Requests come to it through `tests.adversary.venue`, which decides when, and who is told.
"""

from __future__ import annotations

import itertools
from typing import Any

from tests.adversary.plan import Fate, World
from tests.adversary.truth import OPEN, Frame, Order, OrderList, Refusal

__all__ = ["EPOCH", "STRANGE", "SYMBOL", "UNKNOWN", "Engine", "text"]

SYMBOL = "BTCUSDT"
EPOCH = 1_767_225_600_000

LONGEST_LAG = 5.9
"""Seconds; the client assumes six."""

STRANGE = 50
"""Number of an order that is there before the client, where some rows cannot be read."""


UNKNOWN = (-2011, "Unknown order sent.")


def text(amount: int) -> str:
    """Write an amount."""
    return f"{amount}.00000000"


class Engine:
    """The truth, and how much of it the views show.

    Args:
        loop: tells the time.
        world: how the venue is.
    """

    def __init__(self, loop: Any, world: World) -> None:
        self.loop = loop
        self.world = world
        self.engine_offset = 0.0
        self.orders: list[Order] = []
        self.lists: list[OrderList] = []
        self.wiped: list[list[Order]] = []
        """The orders that there were at each reset."""
        self.trades: list[tuple[float, dict[str, Any]]] = []
        self.amendments: list[tuple[float, dict[str, Any]]] = []
        self._account = ""
        """The one in whose name the venue acts now."""
        self._numbers = itertools.count(101)
        self._executions = itertools.count(1)

    def engine_ms(self) -> int:
        """The engine's clock, by which orders and events are dated."""
        return int(EPOCH + (self.loop.time() - 100_000) * 1000 + self.engine_offset)

    # ------------------------------------------------------------------ the engine

    def _open_by_id(self, client_id: str) -> Order | None:
        mine = (order for order in self.orders if order.account == self._account)
        return next((order for order in mine if order.is_open and order.id == client_id), None)

    def _target(self, params: dict[str, Any], number: str = "orderId", name: str = "origClientOrderId") -> Order:
        found: Order | None = None
        if params.get(number) is not None:
            found = next(
                (o for o in self.orders if o.account == self._account and o.number == int(params[number])), None
            )
            if found is not None and params.get(name) not in (None, found.id):
                found = None
        elif params.get(name):
            found = self._open_by_id(params[name])
        if found is None or not found.is_open:
            raise Refusal(*UNKNOWN)
        return found

    def _new(self, params: dict[str, Any], client_id: str, kind: str, price: int, fate: Fate, group: int = -1) -> Order:
        if self._open_by_id(client_id) is not None:
            raise Refusal(-2010, "Duplicate order sent.")
        qty = int(float(params["quantity"]))
        order = Order(
            next(self._numbers), client_id, params["side"], kind, price, qty, self.engine_ms(), group, self._account
        )
        order.ids.append(client_id)
        self.orders.append(order)
        self._changed(order, "NEW", fate)
        return order

    def _order_place(self, frame: Frame, fate: Fate) -> dict[str, Any]:
        params = frame.params
        order = self._new(params, params["newClientOrderId"], params["type"], int(float(params["price"])), fate)
        frame.made.append(order)
        market = getattr(frame.call, "market", 0)
        fills = []
        if market:
            fills.append(self.fill(order, min(market, order.qty), fate))
        return {**self._row(order), "transactTime": order.updated, "fills": fills}

    def _order_cancel(self, frame: Frame, fate: Fate) -> dict[str, Any]:
        order = self._target(frame.params)
        frame.made.append(order)
        if order.group >= 0:
            return self._cancel_list(self._list(order.group), frame.params, fate)
        return self._cancel(order, frame.params.get("newClientOrderId"), fate)

    def _cancel(self, order: Order, new_id: str | None, fate: Fate, *, rename: bool = True) -> dict[str, Any]:
        former = order.id
        if rename:
            order.id = new_id or f"x{next(self._executions)}"
            order.ids.append(order.id)
        order.status = "CANCELED"
        self._changed(order, "CANCELED", fate, former)
        return {**self._row(order), "transactTime": order.updated, **({"origClientOrderId": former} if rename else {})}

    def _order_amend_keepPriority(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        order = self._target(params)
        qty = int(float(params["newQty"]))
        if not max(order.executed, 0) < qty < order.qty:
            raise Refusal(-2038, "The order amend (keep priority) request has failed.")
        new_id = params.get("newClientOrderId") or f"x{next(self._executions)}"
        taken = self._open_by_id(new_id)
        if taken is not None and taken is not order:
            raise Refusal(-2010, "Duplicate order sent.")
        former, before = order.id, order.qty
        order.id, order.qty = new_id, qty
        order.ids.append(new_id)
        frame.made.append(order)
        execution = self._changed(order, "REPLACED", fate, former)
        at = order.past[-1][0]
        for whole in (each for each in self.lists if order in each.legs):
            for other in (leg for leg in whole.legs if leg is not order):  # "amending either order affects both orders"
                other.qty = qty
                self._changed(other, "REPLACED", fate, other.id)
            self._list_changed(whole, "UPDATED", fate)
        self.amendments.append((at, {"symbol": SYMBOL, "orderId": order.number, "executionId": execution, "origClientOrderId": former, "newClientOrderId": new_id, "origQty": text(before), "newQty": text(qty), "time": order.updated}))  # fmt: skip
        row = self._row(order)
        row.update({"qty": row.pop("origQty"), "preventedQty": text(0), "quoteOrderQty": row.pop("origQuoteOrderQty")})
        row.update({"cumulativeQuoteQty": row.pop("cummulativeQuoteQty"), "origClientOrderId": former})
        return {"transactTime": order.updated, "executionId": execution, "amendedOrder": row}

    def _order_cancelReplace(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        cancelled: Any = None
        placed: Any = None
        try:
            order = self._target(params, "cancelOrderId", "cancelOrigClientOrderId")
            cancelled = self._cancel(order, params.get("cancelNewClientOrderId"), fate)
            frame.made.append(order)
        except Refusal as refusal:
            if params["cancelReplaceMode"] == "STOP_ON_FAILURE":
                raise Refusal(-2022, "Order cancel-replace failed.", 400, {"cancelResult": "FAILURE", "newOrderResult": "NOT_ATTEMPTED", "cancelResponse": refusal.error, "newOrderResponse": None}) from None  # fmt: skip
            failed_cancel = refusal.error
        try:
            placed = self._order_place(frame, fate)
        except Refusal as refusal:
            failed_place = refusal.error
        frame.parts = (cancelled is not None, placed is not None)
        both = {"cancelResult": "SUCCESS" if cancelled else "FAILURE", "newOrderResult": "SUCCESS" if placed else "FAILURE", "cancelResponse": cancelled or failed_cancel, "newOrderResponse": placed or failed_place}  # fmt: skip
        if cancelled and placed:
            return both
        if cancelled or placed:
            frame.executed.append(self.loop.time())
            raise Refusal(-2021, "Order cancel-replace partially failed.", 409, both)
        raise Refusal(-2022, "Order cancel-replace failed.", 400, both)

    def _openOrders_cancelAll(self, frame: Frame, fate: Fate) -> list[dict[str, Any]]:  # noqa: N802 - the venue's name
        told: list[dict[str, Any]] = []
        for order in (each for each in self.orders if each.account == self._account):
            if order.is_open:  # the end of a list ends both its orders
                frame.made.append(order)
                whole = (
                    None if order.group < 0 else self._cancel_list(self._list(order.group), {}, fate, by_number=False)
                )
                told.append(whole or self._cancel(order, None, fate))
        if not told:
            raise Refusal(*UNKNOWN)
        return told

    # lists

    def _list(self, number: int) -> OrderList:
        return next(each for each in self.lists if each.number == number)

    def _orderList_place_oco(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        if any(not each.done and each.id == params["listClientOrderId"] for each in self.lists):
            raise Refusal(-2010, "Duplicate order sent.")
        for leg in ("above", "below"):
            if self._open_by_id(params[f"{leg}ClientOrderId"]) is not None:
                raise Refusal(-2010, "Duplicate order sent.")
        number = next(self._numbers)
        made = [
            self._new(
                params, params["aboveClientOrderId"], "LIMIT_MAKER", int(float(params["abovePrice"])), fate, number
            ),
            self._new(params, params["belowClientOrderId"], "STOP_LOSS", 0, fate, number),
        ]
        placed = OrderList(number, params["listClientOrderId"], self.engine_ms(), made)
        placed.ids.append(placed.id)
        self.lists.append(placed)
        frame.made.append(placed)
        self._list_changed(placed, "EXEC_STARTED", fate)
        return {
            **self._list_row(placed),
            "orderReports": [{**self._row(each), "transactTime": each.updated} for each in made],
        }

    def _orderList_cancel(self, frame: Frame, fate: Fate) -> dict[str, Any]:  # noqa: N802 - the venue's name
        params = frame.params
        found = [
            each for each in self.lists
            if not each.done and (each.number == params.get("orderListId") or each.id == params.get("listClientOrderId"))
        ]  # fmt: skip
        if not found:
            raise Refusal(*UNKNOWN)
        frame.made.append(found[0])
        return self._cancel_list(found[0], params, fate, by_list=True)

    def _cancel_list(
        self, which: OrderList, params: dict[str, Any], fate: Fate, *, by_list: bool = False, by_number: bool = True
    ) -> dict[str, Any]:
        new_id = params.get("newClientOrderId") or f"x{next(self._executions)}"
        legs = not (by_list and self.world.list_renamed)
        reports = [self._cancel(leg, new_id, fate, rename=legs) for leg in which.legs if leg.is_open]
        which.done = True
        if not legs:
            which.id = new_id
            which.ids.append(new_id)
        self._list_changed(which, "ALL_DONE", fate)
        return {**self._list_row(which), "orderReports": reports}

    def fill(self, order: Order, qty: int, fate: Fate) -> dict[str, Any]:
        """Let the market take a part of an open order."""
        order.executed += qty
        order.status = "FILLED" if order.executed >= order.qty else "PARTIALLY_FILLED"
        number = next(self._numbers)
        self._changed(order, "TRADE", fate, filled=qty, trade=number)
        row = {"symbol": SYMBOL, "id": number, "orderId": order.number, "orderListId": order.group, "price": text(order.price), "qty": text(qty), "quoteQty": text(qty * order.price), "commission": text(0), "commissionAsset": "BNB", "time": order.updated, "isBuyer": order.side == "BUY", "isMaker": True, "isBestMatch": True}  # fmt: skip
        self.trades.append((order.past[-1][0], row))
        if order.group >= 0 and not self._list(order.group).done:
            which = self._list(order.group)
            for leg in which.legs:
                if leg is not order and leg.is_open:
                    leg.status = "EXPIRED"
                    self._changed(leg, "EXPIRED", fate)
            if order.status == "FILLED":
                which.done = True
                self._list_changed(which, "ALL_DONE", fate)
        return {
            "price": text(order.price),
            "qty": text(qty),
            "commission": text(0),
            "commissionAsset": "BNB",
            "tradeId": number,
        }

    # ------------------------------------------------------------------ telling of a change

    def _changed(self, order: Order, what: str, fate: Fate, former: str = "", filled: int = 0, trade: int = -1) -> int:
        """Note a change of an order: for the views, and as events."""
        order.updated = self.engine_ms()
        at = max(self.loop.time() + self._unseen(fate), order.past[-1][0] if order.past else 0.0)
        order.past.append((at, (order.id, order.qty, order.executed, order.status, order.updated)))
        execution = next(self._executions)
        self._emit(
            {
                "e": "executionReport", "E": order.updated, "s": SYMBOL, "c": order.id, "S": order.side, "o": order.type,
                "f": "GTC", "q": text(order.qty), "p": text(order.price), "P": text(0), "F": text(0), "g": order.group,
                "C": former, "x": what, "X": order.status, "r": "NONE", "i": order.number, "l": text(filled),
                "z": text(order.executed), "L": text(order.price if filled else 0), "n": "0", "N": None,
                "T": order.updated, "t": trade, "I": execution, "w": order.is_open, "m": True, "M": False,
                "O": order.made, "Z": text(order.executed * order.price), "Y": text(filled * order.price), "Q": text(0),
                "W": order.made, "V": "NONE",
            },
            fate,
            order.account,
        )  # fmt: skip
        self._emit({"e": "outboundAccountPosition", "E": order.updated, "u": order.updated, "B": [{"a": each["asset"], "f": each["free"], "l": each["locked"]} for each in self.balances(self.loop.time() + 1e9, order.account)]}, fate, order.account)  # fmt: skip
        return execution

    def _unseen(self, fate: Fate) -> float:
        """Seconds a change stays out of the views' past; with what they lag anyway, below what the client assumes."""
        return min(fate.view, LONGEST_LAG - max(self.world.lags))

    def _list_changed(self, which: OrderList, what: str, fate: Fate) -> None:
        before = which.past[-1][0] if which.past else 0.0
        ids = [leg.id for leg in which.legs]
        which.past.append((max(self.loop.time() + self._unseen(fate), before), (which.id, which.done, ids)))
        now = self.engine_ms()
        self._emit({"e": "listStatus", "E": now, "s": SYMBOL, "g": which.number, "c": "OCO", "l": what, "L": "ALL_DONE" if which.done else "EXECUTING", "r": "NONE", "C": which.id, "T": now, "O": self._legs(which, ids)}, fate, which.legs[0].account)  # fmt: skip

    def _emit(self, event: dict[str, Any], fate: Fate, account: str) -> None:
        """Tell of a change."""
        raise NotImplementedError

    # ------------------------------------------------------------------ what the views show

    @staticmethod
    def _then(past: list[tuple[float, Any]], at: float) -> Any:
        for since, state in reversed(past):
            if since <= at:
                return state
        return None

    def _seen(self, order: Order, at: float) -> dict[str, Any] | None:
        """Return an order as a view shows it."""
        state = self._then(order.past, at)
        if state is None:
            return None
        client_id, qty, executed, status, updated = state
        row = self._row(order)
        row.update({"clientOrderId": client_id, "origQty": text(qty), "executedQty": text(executed), "status": status})
        row.update({"cummulativeQuoteQty": text(executed * order.price), "stopPrice": text(0), "icebergQty": text(0)})
        return self._odd({**row, "time": order.made, "updateTime": updated, "isWorking": True})

    def _odd(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row as the venue writes it: of one order in a new way."""
        if row["orderId"] != STRANGE or not self.world.rows:
            return row
        return {**row, "price": None} if self.world.rows == "broken" else {**row, "timeInForce": "GTX9", "type": "MOON"}

    def _owner_of(self, row: dict[str, Any]) -> str:
        return next((order.account for order in self.orders if order.number == row["orderId"]), "")

    def strange(self, account: str) -> None:
        """Have an order there that was placed long ago, and is written in a new way."""
        order = Order(STRANGE, "long-ago", "BUY", "LIMIT", 5, 10, EPOCH - 7_200_000, account=account)
        order.ids.append(order.id)
        order.updated = order.made
        order.past.append((float("-inf"), (order.id, order.qty, 0, "NEW", order.made)))
        self.orders.append(order)

    def reset(self) -> None:
        """Wipe everything, as the test network is about once a month: numbers begin anew, keys stay."""
        self.wiped.append(self.orders)
        self.orders, self.lists, self.trades, self.amendments = [], [], [], []
        self._numbers, self._executions = itertools.count(1), itertools.count(1)

    def _list_seen(self, which: OrderList, at: float) -> dict[str, Any] | None:
        state = self._then(which.past, at)
        return None if state is None else self._list_row(which, *state)

    @staticmethod
    def _row(order: Order) -> dict[str, Any]:
        return {"symbol": SYMBOL, "orderId": order.number, "orderListId": order.group, "clientOrderId": order.id, "price": text(order.price), "origQty": text(order.qty), "executedQty": text(order.executed), "origQuoteOrderQty": text(0), "cummulativeQuoteQty": text(order.executed * order.price), "status": order.status, "timeInForce": "GTC", "type": order.type, "side": order.side, "workingTime": order.made, "selfTradePreventionMode": "NONE"}  # fmt: skip

    @staticmethod
    def _legs(which: OrderList, ids: list[str]) -> list[dict[str, Any]]:
        return [
            {"symbol": SYMBOL, "orderId": leg.number, "clientOrderId": name}
            for leg, name in zip(which.legs, ids, strict=True)
        ]

    def _list_row(self, which: OrderList, client_id: str = "", done: bool | None = None, ids: list[str] | None = None) -> dict[str, Any]:  # fmt: skip
        over = which.done if done is None else done
        return {"orderListId": which.number, "contingencyType": "OCO", "listStatusType": "ALL_DONE" if over else "EXEC_STARTED", "listOrderStatus": "ALL_DONE" if over else "EXECUTING", "listClientOrderId": client_id or which.id, "transactionTime": which.made, "symbol": SYMBOL, "orders": self._legs(which, ids or [leg.id for leg in which.legs])}  # fmt: skip

    def balances(self, at: float, account: str) -> list[dict[str, str]]:
        """Return the balances as they were: what was traded, and what open orders lock."""
        free = {"BTC": 1000, "USDT": 100_000}
        locked = {"BTC": 0, "USDT": 0}
        lists: set[int] = set()
        for order in self.orders:
            state = self._then(order.past, at)
            if state is None or order.account != account:
                continue
            _, qty, executed, status, _ = state
            left = qty - executed if status in OPEN else 0
            if order.group >= 0 and left:  # the legs of a list lock once
                left = 0 if order.group in lists else left
                lists.add(order.group)
            gets, gives = ("BTC", "USDT") if order.side == "BUY" else ("USDT", "BTC")
            rate = (1, order.price) if order.side == "BUY" else (order.price, 1)
            free[gets] += executed * rate[0]
            free[gives] -= (executed + left) * rate[1]
            locked[gives] += left * rate[1]
        return [{"asset": each, "free": text(free[each]), "locked": text(locked[each])} for each in free]
