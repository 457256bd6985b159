"""The order and trade queries lag behind the matching engine, each account's changes in order."""

from __future__ import annotations

import asyncio

import pytest

from binance_wsapi.simulator import LocalExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1"}


@pytest.mark.parity("behaviour", "matching engine answers at once, queries lag behind")
def test_right_after_a_success_an_order_is_not_found_and_a_moment_later_it_is() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(3, 4)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            exchange.quote("BTCUSDT", asks=[("50000", "0.04")])
            assert (await raw.signed("order.place", **ORDER, price="50000", newClientOrderId="a"))["status"] == 200
            which = {"symbol": "BTCUSDT", "origClientOrderId": "a"}
            assert (await raw.signed("order.status", **which))["error"]["code"] == -2013
            assert (await raw.signed("openOrders.status"))["result"] == []
            assert (await raw.signed("allOrders", symbol="BTCUSDT"))["result"] == []
            assert (await raw.signed("myTrades", symbol="BTCUSDT"))["result"] == []
            await asyncio.sleep(5)
            assert (await raw.signed("order.status", **which))["result"]["status"] == "PARTIALLY_FILLED"
            assert len((await raw.signed("openOrders.status"))["result"]) == 1
            assert [row["qty"] for row in (await raw.signed("myTrades", symbol="BTCUSDT"))["result"]] == ["0.04000000"]

            await raw.signed("order.cancel", **which, newClientOrderId="gone")
            assert (await raw.signed("order.status", **which))["result"]["status"] == "PARTIALLY_FILLED", "still open"
            await asyncio.sleep(5)
            row = (await raw.signed("order.status", **which))["result"]
            assert (row["status"], row["clientOrderId"]) == ("CANCELED", "gone")
            assert (await raw.signed("openOrders.status"))["result"] == []

    run(life)


@pytest.mark.parity("behaviour", "matching engine answers at once, queries lag behind")
def test_lists_lag_like_their_orders() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(3, 4)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            legs = {"workingType": "LIMIT", "workingTimeInForce": "GTC", "workingPrice": "50000", "workingSide": "BUY"}
            legs |= {"pendingType": "MARKET", "pendingSide": "SELL", "pendingQuantity": "0.1", "workingQuantity": "0.1"}
            placed = await raw.signed("orderList.place.oto", symbol="BTCUSDT", listClientOrderId="a", **legs)
            number = placed["result"]["orderListId"]
            assert (await raw.signed("orderList.status", origClientOrderId="a"))["error"]["code"] == -2018
            assert (await raw.signed("orderList.status", orderListId=number))["error"]["code"] == -2018
            assert (await raw.signed("openOrderLists.status"))["result"] == []
            assert (await raw.signed("allOrderLists"))["result"] == []
            await asyncio.sleep(5)
            row = (await raw.signed("orderList.status", origClientOrderId="a"))["result"]
            assert row["transactionTime"] == placed["result"]["transactionTime"]
            assert (await raw.signed("openOrderLists.status"))["result"] == [row]

            gone = await raw.signed("orderList.cancel", symbol="BTCUSDT", orderListId=number, newClientOrderId="b")
            assert (await raw.signed("openOrderLists.status"))["result"] == [row], "still open"
            assert (await raw.signed("orderList.status", origClientOrderId="b"))["error"]["code"] == -2018
            await asyncio.sleep(5)
            assert (await raw.signed("openOrderLists.status"))["result"] == []
            for name in ("a", "b"):
                row = (await raw.signed("orderList.status", origClientOrderId=name))["result"]
                assert (row["listClientOrderId"], row["listOrderStatus"]) == ("b", "ALL_DONE")
                assert row["transactionTime"] == gone["result"]["transactionTime"]
            assert (await raw.signed("allOrderLists"))["result"] == [row]

    run(life)


def test_an_id_used_again_names_the_newer_order() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lag=(0, 0.05)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            for price in ("50000", "51000"):
                await raw.signed("order.place", **ORDER, price=price, newClientOrderId="a")
                if price == "50000":
                    await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="a")
            await asyncio.sleep(1)
            row = (await raw.signed("order.status", symbol="BTCUSDT", origClientOrderId="a"))["result"]
            assert (row["price"], row["status"]) == ("51000.00000000", "NEW")
            rows = (await raw.signed("allOrders", symbol="BTCUSDT"))["result"]
            assert [row["status"] for row in rows] == ["CANCELED", "NEW"]
            answer = await raw.signed(
                "order.status", symbol="BTCUSDT", orderId=rows[1]["orderId"], origClientOrderId="b"
            )
            assert answer["error"]["code"] == -2039

    run(life)


async def test_the_same_questions_answer_the_engine_without_lag() -> None:
    async with LocalExchange(market="manual", lag=(0, 0)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        for number in range(5):
            await raw.signed("order.place", **ORDER, price=f"{50_000 + number}", newClientOrderId=f"n{number}")
        rows = (await raw.signed("allOrders", symbol="BTCUSDT", limit=2))["result"]
        assert [row["clientOrderId"] for row in rows] == ["n3", "n4"]
        rows = (await raw.signed("allOrders", symbol="BTCUSDT", orderId=rows[0]["orderId"] - 1))["result"]
        assert [row["clientOrderId"] for row in rows] == ["n2", "n3", "n4"]
        assert len((await raw.signed("openOrders.status", symbol="BTCUSDT"))["result"]) == 5
        assert (await raw.signed("openOrders.status", symbol="XYZ"))["error"]["code"] == -1121


def test_a_lag_is_least_and_most() -> None:
    with pytest.raises(ValueError, match="least, most"):
        LocalExchange(lag=(2, 1))
