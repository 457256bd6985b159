"""What the queries of the adversary's venue show: the engine's past, as a view has it at a moment."""

from __future__ import annotations

from typing import Any

from tests.adversary.engine import Engine, text
from tests.adversary.truth import OPEN, Refusal

__all__ = ["Views"]


class Views(Engine):
    """Answers queries from the engine's past. The account that asks is set before."""

    def shown(self, method: str, params: dict[str, Any], at: float) -> Any:
        """Return what a query shows of a moment of the engine's past. Raises `Refusal`."""
        if method == "order.status":
            return self._status(params, at)
        if method in ("openOrders.status", "allOrders"):
            mine = [order for order in self.orders if order.account == self._account]
            rows = [row for order in mine if (row := self._seen(order, at)) is not None]
            return [row for row in rows if method == "allOrders" or row["status"] in OPEN]
        if method == "orderList.status":
            name = params.get("origClientOrderId")
            for each in reversed([each for each in self.lists if each.legs[0].account == self._account]):
                row = self._list_seen(each, at)
                if row is not None and (
                    row["listClientOrderId"] == name if name else each.number == params.get("orderListId")
                ):
                    return row
            raise Refusal(-2018, "Order list does not exist.")
        if method in ("openOrderLists.status", "allOrderLists"):
            mine_too = [each for each in self.lists if each.legs[0].account == self._account]
            rows = [row for each in mine_too if (row := self._list_seen(each, at)) is not None]
            first = params.get("fromId", 0)
            return [
                row
                for row in rows
                if (row["listOrderStatus"] == "EXECUTING" if method[0] == "o" else row["orderListId"] >= first)
            ]
        if method == "myTrades":
            rows = [self._odd(row) for seen, row in self.trades if seen <= at and self._owner_of(row) == self._account]
            rows = [
                row
                for row in rows
                if params.get("orderId") in (None, row["orderId"]) and row["id"] >= params.get("fromId", 0)
            ]
            return [row for row in rows if row["time"] >= params.get("startTime", 0)][: params.get("limit", 500)]
        if method == "order.amendments":
            return [row for seen, row in self.amendments if seen <= at and row["orderId"] == int(params["orderId"])]
        if method == "account.status":
            return {"makerCommission": 0, "takerCommission": 0, "buyerCommission": 0, "sellerCommission": 0, "commissionRates": {"maker": text(0), "taker": text(0), "buyer": text(0), "seller": text(0)}, "canTrade": True, "canWithdraw": True, "canDeposit": True, "brokered": False, "requireSelfTradePrevention": False, "preventSor": False, "updateTime": self.engine_ms(), "accountType": "SPOT", "balances": self.balances(at, self._account), "permissions": ["SPOT"], "uid": 1}  # fmt: skip
        if method == "myAllocations":
            return []
        raise Refusal(-1000, f"this venue has no {method}")

    def _status(self, params: dict[str, Any], at: float) -> dict[str, Any]:
        name, number = params.get("origClientOrderId"), params.get("orderId")
        for order in reversed([order for order in self.orders if order.account == self._account]):
            row = self._seen(order, at)
            if row is not None and (
                order.number == int(number) if number is not None else row["clientOrderId"] == name
            ):
                if number is not None and name is not None and row["clientOrderId"] != name:
                    break
                return row
        raise Refusal(-2013, "Order does not exist.")
