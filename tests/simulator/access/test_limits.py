"""Rate limits: windows aligned to the clock, weight given back, unfilled orders taken off, bans that grow."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from binance_wsapi.simulator import Clock, LimitRules, LocalExchange
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import Raw, add_hmac_key

START = 1_767_225_600_000
"""A whole day, minute and ten seconds."""
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.1",
    "price": "50000",
}


def counts(answer: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(row["rateLimitType"], row["interval"], row["count"]) for row in answer["rateLimits"]]


def exchange_with(clock: Clock | None = None, **rules: Any) -> LocalExchange:
    return LocalExchange(market="manual", clock=clock, limits=LimitRules(**rules), lag=(0, 0))


@pytest.mark.parity("behaviour", "300 connections in five minutes, each of weight 2")
async def test_connecting_weighs_two_and_a_request_its_weight() -> None:
    async with exchange_with(Clock(START)) as exchange, Raw(exchange) as raw:
        assert counts(await raw.ask("ping")) == [("REQUEST_WEIGHT", "MINUTE", 3)]
        assert counts(await raw.ask("exchangeInfo")) == [("REQUEST_WEIGHT", "MINUTE", 23)]


def test_a_window_starts_with_the_minute_of_the_clock() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_with(Clock(START + 59_000)) as exchange, Raw(exchange) as raw:
            await raw.ask("exchangeInfo")
            assert counts(await raw.ask("ping"))[0][2] == 23
            await asyncio.sleep(1.0)
            assert counts(await raw.ask("ping"))[0][2] == 1

    run(life)


@pytest.mark.parity("behaviour", "weight 0 on success of placing and cancelling")
async def test_an_accepted_order_is_free_and_a_refused_one_weighs() -> None:
    async with exchange_with(Clock(START)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.signed("order.place", **ORDER, newClientOrderId="a")
        assert counts(answer) == [("ORDERS", "SECOND", 1), ("ORDERS", "DAY", 1), ("REQUEST_WEIGHT", "MINUTE", 2)]
        answer = await raw.signed("order.place", **ORDER, newClientOrderId="a")
        assert answer["error"]["msg"] == "Duplicate order sent."
        assert counts(answer) == [("ORDERS", "SECOND", 1), ("ORDERS", "DAY", 1), ("REQUEST_WEIGHT", "MINUTE", 3)]
        answer = await raw.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="a")
        assert counts(answer) == [("REQUEST_WEIGHT", "MINUTE", 3)]


def test_too_much_weight_is_429_until_the_minute_ends() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_with(Clock(START + 30_000), weight_per_minute=5) as exchange, Raw(exchange) as raw:
            for _ in range(3):
                assert (await raw.ask("ping"))["status"] == 200
            answer = await raw.ask("ping")
            assert answer["status"] == 429
            assert answer["error"]["code"] == -1003
            assert answer["error"]["data"]["retryAfter"] == START + 60_000
            assert START + 30_000 <= answer["error"]["data"]["serverTime"] < START + 31_000
            await asyncio.sleep(30)
            assert (await raw.ask("ping"))["status"] == 200

    run(life)


def test_the_times_of_a_refusal_are_in_the_unit_of_the_connection() -> None:
    """ "All timestamps in the JSON responses" (General API Information); over REST the wait is a header, in seconds."""

    async def life(loop: VirtualLoop) -> None:
        async with exchange_with(Clock(START + 30_000), weight_per_minute=5) as exchange:
            async with Raw(exchange, url=f"{exchange.url}?timeUnit=MICROSECOND") as raw:
                while (answer := await raw.ask("ping"))["status"] == 200:
                    pass
            data = answer["error"]["data"]
            assert data["retryAfter"] == (START + 60_000) * 1000
            assert 0 <= data["serverTime"] - (START + 30_000) * 1000 < 1_000_000

    run(life)


@pytest.mark.parity("behaviour", "429, then 418 with growing bans that disconnect")
@pytest.mark.parity("error code", "-1003")
def test_going_on_after_429_is_a_ban_that_closes_connections_and_grows() -> None:
    async def life(loop: VirtualLoop) -> None:
        rules = {"weight_per_minute": 5, "tolerated": 2}
        async with exchange_with(Clock(START), **rules) as exchange:
            for minutes in (2, 4):
                async with Raw(exchange) as raw:
                    for _ in range(3):
                        await raw.ask("ping")
                    for _ in range(2):
                        assert (await raw.ask("ping"))["status"] == 429
                    answer = await raw.ask("ping")
                    assert answer["status"] == 418
                    data = answer["error"]["data"]
                    assert data["retryAfter"] - data["serverTime"] == minutes * 60_000
                    assert str(data["retryAfter"]) in answer["error"]["msg"]
                    with pytest.raises(ConnectionClosedError):
                        await raw.receive()
                with pytest.raises(InvalidStatus) as refused:
                    async with Raw(exchange):
                        pass
                assert refused.value.response.status_code == 418
                assert int(refused.value.response.headers["Retry-After"]) <= minutes * 60
                await asyncio.sleep(minutes * 60)

    run(life)


@pytest.mark.parity("behaviour", "300 connections in five minutes, each of weight 2")
async def test_three_hundred_connects_are_enough() -> None:
    async with exchange_with(Clock(START), connects_per_5_minutes=2) as exchange:
        for _ in range(2):
            async with Raw(exchange):
                pass
        with pytest.raises(InvalidStatus) as refused:
            async with Raw(exchange):
                pass
        assert refused.value.response.status_code == 429


def test_too_many_orders_are_1015_until_ten_seconds_are_over() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_with(Clock(START), orders_per_10_seconds=2) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            for client_id in ("a", "b"):
                assert (await raw.signed("order.place", **ORDER, newClientOrderId=client_id))["status"] == 200
            answer = await raw.signed("order.place", **ORDER, newClientOrderId="c")
            assert (answer["status"], answer["error"]["code"]) == (429, -1015)
            assert answer["error"]["msg"] == "Too many new orders; current limit is 2 orders per 10 SECOND."
            assert answer["error"]["data"]["retryAfter"] == START + 10_000
            await asyncio.sleep(10)
            assert (await raw.signed("order.place", **ORDER, newClientOrderId="c"))["status"] == 200
            assert [row["count"] for row in (await raw.signed("account.rateLimits.orders"))["result"]] == [1, 3]

    run(life)


@pytest.mark.parametrize(("side", "price", "left"), [("taker", "50000", 0), ("maker", "49000", 0)])
@pytest.mark.parity("behaviour", "unfilled order count and its decrement by the first fill")
def test_a_first_fill_takes_the_order_off_the_count_a_moment_later(side: str, price: str, left: int) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with exchange_with(Clock(START)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            if side == "taker":
                exchange.quote("BTCUSDT", asks=[("50000", "1")])
            answer = await raw.signed("order.place", **ORDER)
            assert counts(answer)[0] == ("ORDERS", "SECOND", 1), "not yet"
            if side == "maker":
                exchange.quote("BTCUSDT", asks=[("50000", "1")])
            await asyncio.sleep(0.1)
            rows = (await raw.signed("account.rateLimits.orders"))["result"]
            assert [row["count"] for row in rows] == [left, left]

    run(life)


@pytest.mark.parametrize(("mode", "status", "code"), [("DO_NOTHING", 429, -1015), ("CANCEL_ONLY", 409, -2021)])
@pytest.mark.parity("behaviour", "cancel-replace over the order limit: DO_NOTHING and CANCEL_ONLY")
async def test_cancel_replace_over_the_limit_cancels_only_if_told_so(mode: str, status: int, code: int) -> None:
    async with exchange_with(Clock(START), orders_per_10_seconds=1) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("order.place", **ORDER, newClientOrderId="a")
        answer = await raw.signed(
            "order.cancelReplace",
            **ORDER,
            cancelReplaceMode="STOP_ON_FAILURE",
            cancelOrigClientOrderId="a",
            orderRateLimitExceededMode=mode,
        )
        assert (answer["status"], answer["error"]["code"]) == (status, code)
        [order] = exchange.truth.orders["a"]
        assert order.is_open is (mode == "DO_NOTHING")
        if mode == "CANCEL_ONLY":
            data = answer["error"]["data"]
            assert (data["cancelResult"], data["newOrderResult"]) == ("SUCCESS", "FAILURE")
            assert data["newOrderResponse"]["code"] == -1015


@pytest.mark.parametrize(
    ("mode", "old", "status", "code"),
    [
        ("STOP_ON_FAILURE", "none", 429, -2022),
        ("STOP_ON_FAILURE", "a", 409, -2021),
        ("ALLOW_FAILURE", "none", 400, -2022),
        ("ALLOW_FAILURE", "a", 409, -2021),
    ],
)
@pytest.mark.parity("behaviour", "cancel-replace over the order limit: DO_NOTHING and CANCEL_ONLY")
async def test_the_status_of_a_cancel_only_is_that_of_the_table(mode: str, old: str, status: int, code: int) -> None:
    """Rows "Exceeds Limits" of order.cancelReplace, but for the one its text contradicts (409, not 429)."""
    async with exchange_with(Clock(START), orders_per_10_seconds=1) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("order.place", **ORDER, newClientOrderId="a")
        how = {"cancelReplaceMode": mode, "cancelOrigClientOrderId": old, "orderRateLimitExceededMode": "CANCEL_ONLY"}
        answer = await raw.signed("order.cancelReplace", **ORDER, **how)
        assert (answer["status"], answer["error"]["code"]) == (status, code)


async def test_a_replacement_counts_even_when_it_was_not_attempted() -> None:
    async with exchange_with(Clock(START)) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.signed(
            "order.cancelReplace", **ORDER, cancelReplaceMode="STOP_ON_FAILURE", cancelOrigClientOrderId="none"
        )
        assert (answer["status"], answer["error"]["code"]) == (400, -2022)
        assert answer["error"]["data"]["newOrderResult"] == "NOT_ATTEMPTED"
        assert answer["error"]["data"]["newOrderResponse"] is None
        assert counts(answer)[0] == ("ORDERS", "SECOND", 1)


@pytest.mark.parity("behaviour", "returnRateLimits in the URL and in a request")
async def test_limits_are_hidden_by_url_or_request() -> None:
    async with exchange_with() as exchange:
        async with Raw(exchange, url=exchange.url + "?returnRateLimits=false") as raw:
            assert "rateLimits" not in await raw.ask("ping")
            assert "rateLimits" in await raw.ask("ping", {"returnRateLimits": True})
        async with Raw(exchange) as raw:
            assert "rateLimits" not in await raw.ask("ping", {"returnRateLimits": False})
