"""A misspelt word of an order, or an amount that is no number, is told before anything is sent, and a word that the venue adds later is sent."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from binance_wsapi import OrderType, SpotClient, TimeInForce, UsageError, VenueError
from binance_wsapi.models import SelfTradePreventionMode
from tests.simulation.house import KEY, SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

ORDER: dict[str, Any] = {
    "symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": "50000", "time_in_force": "GTC",
}  # fmt: skip
OTO: dict[str, Any] = {
    "symbol": SYMBOL, "working_type": "LIMIT", "working_side": "BUY", "working_quantity": "0.01", "working_price": "50000",
    "working_time_in_force": "GTC", "pending_type": "LIMIT", "pending_side": "SELL", "pending_quantity": "0.01",
    "pending_price": "70000", "pending_time_in_force": "GTC",
}  # fmt: skip
OTOCO: dict[str, Any] = {
    **{name: value for name, value in OTO.items() if not name.startswith("pending")},
    "pending_side": "SELL", "pending_quantity": "0.01", "pending_above_type": "LIMIT_MAKER",
    "pending_below_type": "STOP_LOSS",
}  # fmt: skip
OCO: dict[str, Any] = {
    "symbol": SYMBOL, "side": "SELL", "quantity": "0.01", "above_type": "LIMIT_MAKER", "below_type": "STOP_LOSS",
}  # fmt: skip
REPLACED = {**ORDER, "cancel_replace_mode": "STOP_ON_FAILURE", "cancel_order_id": 1}
WITHOUT_PENDING = {name: value for name, value in OTO.items() if name != "pending_quantity"}

SLIPS: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("place_order", ORDER, "side", "BYU", "side must be BUY or SELL, got 'BYU': did you mean 'BUY'?"),
    ("place_order", ORDER, "side", "buy", "side must be BUY or SELL, got 'buy': did you mean 'BUY'?"),
    ("place_order", ORDER, "side", "LONG", "side must be BUY or SELL, got 'LONG'"),
    ("place_order", ORDER, "side", None, "side must be BUY or SELL, got None"),
    ("place_order", ORDER, "side", ["BUY"], "side must be BUY or SELL, got a value of type list"),
    ("place_order", ORDER, "side", "s" * 64, "side must be BUY or SELL, got text of 64 characters"),
    ("place_order", ORDER, "type", "LIMTI", "got 'LIMTI': did you mean 'LIMIT'?"),
    ("place_order", ORDER, "type", "limit maker", "got 'limit maker': did you mean 'LIMIT_MAKER'?"),
    ("place_order", ORDER, "type", "STOP_LIMIT", "got 'STOP_LIMIT': did you mean 'STOP_LOSS_LIMIT'?"),
    ("place_order", ORDER, "type", "stop_market", "got 'stop_market': did you mean 'STOP_LOSS'?"),
    ("place_oco", OCO, "below_type", "TAKE_PROFIT_MARKET", "did you mean 'TAKE_PROFIT'?"),
    ("place_order", ORDER, "time_in_force", "GCT", "time_in_force must be GTC, IOC or FOK, got 'GCT': did you mean 'GTC'?"),
    ("place_order", ORDER, "new_order_resp_type", "FUL", "did you mean 'FULL'?"),
    ("place_order", ORDER, "self_trade_prevention_mode", "EXPIRE_MAKR", "did you mean 'EXPIRE_MAKER'?"),
    ("place_order", ORDER, "peg_price_type", "PRIMARY-PEG", "did you mean 'PRIMARY_PEG'?"),
    ("place_order", ORDER, "peg_offset_type", "PRICE_LEVELS", "did you mean 'PRICE_LEVEL'?"),
    ("test_order", ORDER, "time_in_force", "gtc", "did you mean 'GTC'?"),
    ("submit_order", ORDER, "side", "SEL", "did you mean 'SELL'?"),
    ("place_sor_order", ORDER, "type", "MAKRET", "did you mean 'MARKET'?"),
    ("test_sor_order", ORDER, "side", "SELLL", "did you mean 'SELL'?"),
    ("cancel_order", {"symbol": SYMBOL, "order_id": 1}, "cancel_restrictions", "ONLYNEW", "did you mean 'ONLY_NEW'?"),
    ("cancel_replace_order", REPLACED, "cancel_replace_mode", "STOP_ON_FAIL", "cancel_replace_mode must be"),
    ("cancel_replace_order", REPLACED, "order_rate_limit_exceeded_mode", "DO_NOTING", "did you mean 'DO_NOTHING'?"),
    ("place_oco", OCO, "above_type", "LIMIT_MAKE", "above_type must be"),
    ("place_oco", OCO, "below_time_in_force", "ICO", "did you mean 'IOC'?"),
    ("submit_oco", OCO, "side", "Sell", "did you mean 'SELL'?"),
    ("place_oto", OTO, "pending_side", "SLEL", "pending_side must be BUY or SELL"),
    ("place_opo", WITHOUT_PENDING, "working_type", "LMIT", "working_type must be"),
    ("place_otoco", OTOCO, "pending_below_type", "STOPLOSS", "pending_below_type must be"),
    ("submit_otoco", OTOCO, "pending_above_peg_price_type", "PRIMARYPEG", "pending_above_peg_price_type must be"),
    ("place_opoco", {name: value for name, value in OTOCO.items() if name != "pending_quantity"}, "working_side", "BY",
     "working_side must be BUY or SELL"),
    ("place_order_list", {"symbol": SYMBOL, "side": "SELL", "price": "70000", "quantity": "0.01"},
     "stop_limit_time_in_force", "GTCC", "did you mean 'GTC'?"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "order", "name", "word", "says"), SLIPS, ids=lambda each: str(each)[:20])
def test_a_misspelt_word_is_told_and_nothing_is_sent(
    method: str, order: dict[str, Any], name: str, word: Any, says: str
) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            before = len(requests(exchange))
            with pytest.raises(UsageError) as caught:
                await getattr(client, method)(**{**order, name: word})
            assert says in str(caught.value)
            assert str(caught.value).startswith(f"{name} must be ")
            assert caught.value.method is not None
            assert len(requests(exchange)) == before

    run(main, 0)


AMOUNTS: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("place_order", ORDER, "quantity", "abc", "quantity must be digits with one point at most, as '0.01', got 'abc'"),
    ("place_order", ORDER, "quantity", "", "quantity must be digits with one point at most, as '0.01', got ''"),
    ("place_order", ORDER, "price", "50,000", "price must be digits with one point at most, as '0.01', got '50,000'"),
    ("place_order", ORDER, "price", "NaN", "got 'NaN'"),
    ("place_order", ORDER, "price", "5e4", "got '5e4'; Decimal('5e4') is sent as digits"),
    ("place_order", ORDER, "price", " 50000", "got ' 50000'; Decimal(' 50000') is sent as digits"),
    ("place_order", ORDER, "price", "７", "got '７'; Decimal('７') is sent as digits"),
    ("place_order", ORDER, "price", "k" * 64, "got text of 64 characters"),
    ("place_order", ORDER, "quantity", "-1", "got '-1'"),
    ("place_order", ORDER, "quantity", -1, "quantity must be 0 or more, got -1"),
    ("place_order", ORDER, "quantity", Decimal("-0.1"), "quantity must be 0 or more, got Decimal('-0.1')"),
    ("place_order", ORDER, "quantity", Decimal("NaN"), "'quantity' is not a finite number"),
    ("place_order", ORDER, "quantity", True, "'quantity' is a bool; use text, an int or a Decimal"),
    ("place_order", ORDER, "quantity", 0.001, "quantity must be text, an int or a Decimal, got the float 0.001: write '0.001'"),
    ("place_order", ORDER, "quote_order_qty", 12.5, "quote_order_qty must be text, an int or a Decimal, got the float 12.5"),
    ("amend_order", {"symbol": SYMBOL, "order_id": 1}, "new_qty", 1e-05, "got the float 1e-05: write '0.00001'"),
    ("place_order", ORDER, "stop_price", "x", "stop_price must be"),
    ("place_order", ORDER, "iceberg_qty", "x", "iceberg_qty must be"),
    ("place_order", ORDER, "quote_order_qty", "x", "quote_order_qty must be"),
    ("place_order", ORDER, "trailing_delta", True, "'trailingDelta' is a bool; use an int"),
    ("place_order", ORDER, "new_client_order_id", True, "'newClientOrderId' is a bool; use a str"),
    ("test_order", ORDER, "price", "x", "price must be"),
    ("submit_order", ORDER, "price", "x", "price must be"),
    ("place_sor_order", ORDER, "quantity", "x", "quantity must be"),
    ("cancel_order", {"symbol": SYMBOL}, "order_id", True, "'orderId' is a bool; use an int"),
    ("cancel_replace_order", REPLACED, "price", "x", "price must be"),
    ("amend_order", {"symbol": SYMBOL, "order_id": 1}, "new_qty", "x", "new_qty must be"),
    ("amend_order", {"symbol": SYMBOL, "order_id": 1}, "new_qty", False, "'newQty' is a bool"),
    ("place_oco", OCO, "above_price", "x", "above_price must be"),
    ("submit_oto", OTO, "pending_quantity", "x", "pending_quantity must be"),
    ("place_otoco", OTOCO, "pending_above_stop_price", "x", "pending_above_stop_price must be"),
    ("place_order_list", {"symbol": SYMBOL, "side": "SELL", "price": "70000", "quantity": "0.01"},
     "stop_limit_price", "x", "stop_limit_price must be"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "order", "name", "amount", "says"), AMOUNTS, ids=lambda each: str(each)[:20])
def test_an_amount_that_is_no_number_is_told_and_nothing_is_sent(
    method: str, order: dict[str, Any], name: str, amount: Any, says: str
) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            before = len(requests(exchange))
            with pytest.raises(UsageError) as caught:
                await getattr(client, method)(**{**order, name: amount})
            assert says in str(caught.value)
            assert len(requests(exchange)) == before

    run(main, 0)


def test_a_handle_is_amended_to_a_number_only() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            trade = await client.submit_order(**ORDER)
            await trade.accepted()
            with pytest.raises(UsageError, match=r"^new_quantity must be digits"):
                await trade.amend(new_quantity="half")
            assert not requests(exchange, "order.amend.keepPriority")

    run(main, 0)


@pytest.mark.parametrize("amount", ["0.01", "1", 1, Decimal("1E-2"), Decimal("0.010")])
def test_an_amount_is_sent_as_it_is_written(amount: Any) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            await client.place_order(**{**ORDER, "quantity": amount})
            (sent,) = requests(exchange, "order.place")
            assert Decimal(sent["params"]["quantity"]) == Decimal(amount)

    run(main, 0)


class MySide(Enum):
    BUY = "BUY"
    HOLD = "HOLD"


@pytest.mark.parametrize(
    ("name", "word", "sent"),
    [
        ("type", "TRAILING_STOP", "TRAILING_STOP"),
        ("type", OrderType("LIMIT_TAKER"), "LIMIT_TAKER"),
        ("type", OrderType("STOP_LIMIT"), "STOP_LIMIT"),
        ("time_in_force", "GTD", "GTD"),
        ("time_in_force", TimeInForce("GTCX"), "GTCX"),
        ("self_trade_prevention_mode", "HALVE", "HALVE"),
        ("self_trade_prevention_mode", SelfTradePreventionMode("TRANSFERS"), "TRANSFERS"),
    ],
)
def test_a_word_that_this_version_does_not_know_is_the_venues_to_refuse(name: str, word: Any, sent: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            with pytest.raises(VenueError):  # which knows no such word, or misses another
                await client.place_order(**{**ORDER, name: word})
            assert [request["params"][WIRE[name]] for request in requests(exchange, "order.place")] == [sent]

    run(main, 0)


WIRE = {
    "type": "type",
    "time_in_force": "timeInForce",
    "self_trade_prevention_mode": "selfTradePreventionMode",
}


def test_a_side_of_the_users_own_enumeration_is_looked_at_too() -> None:
    async def main() -> None:
        client = SpotClient.testnet(KEY)
        side: Any = MySide.HOLD
        with pytest.raises(UsageError, match=r"^side must be BUY or SELL, got 'HOLD'"):
            await client.place_order(SYMBOL, side, "MARKET", quantity=1)

    asyncio.run(main())


def test_a_side_of_the_users_own_enumeration_is_sent_by_its_word() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            side: Any = MySide.BUY
            await client.place_order(SYMBOL, side, "MARKET", quantity="0.01")
            assert [request["params"]["side"] for request in requests(exchange, "order.place")] == ["BUY"]

    run(main, 0)


def test_by_its_wire_name_every_word_is_sent() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            with pytest.raises(VenueError, match="Invalid side"):
                await client.call("order.place", {"symbol": SYMBOL, "side": "BYU", "type": "MARKET", "quantity": "1"})
            assert len(requests(exchange, "order.place")) == 1

    run(main, 0)
