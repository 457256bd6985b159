"""An exchange that keeps two prevented matches in memory answers as an exchange that keeps them all."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.simulator import Clock, LimitRules, LocalExchange
from binance_wsapi.simulator.venue import prevented
from tests.simulator.desk import Raw, add_hmac_key

BTC = {"symbol": "BTCUSDT"}
NO_LIMITS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9)
RESTING = {"type": "LIMIT", "timeInForce": "GTC", "price": "60000"}


async def trade_with_itself(raw: Raw, times: int) -> None:
    """Meet one resting order of the account with so many of its own, each prevented in turn by another mode."""
    resting = await raw.signed("order.place", **BTC, **RESTING, side="SELL", quantity="1")
    assert resting["status"] == 200
    for number in range(times):
        mode = ("EXPIRE_TAKER", "DECREMENT")[number % 2]
        order = {**RESTING, "side": "BUY", "quantity": "0.001", "selfTradePreventionMode": mode}
        answer = await raw.signed("order.place", **BTC, **order)
        assert answer["result"]["status"] == "EXPIRED_IN_MATCH"


async def told(raw: Raw, **which: Any) -> list[Any]:
    return [
        {name: value for name, value in row.items() if name != "transactTime"}
        for row in (await raw.signed("myPreventedMatches", **BTC, **which))["result"]
    ]


async def test_what_went_to_disk_is_answered_as_what_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prevented, "BATCH", 3)
    answers = []
    for keep in (2, 10**6):
        exchange = LocalExchange(market="manual", clock=Clock(1_767_225_600_000), limits=NO_LIMITS, keep_orders=keep)
        async with exchange:
            add_hmac_key(exchange)
            async with Raw(exchange) as raw:
                await trade_with_itself(raw, 20)
                rows = await told(raw, orderId=1)
                assert [row["preventedMatchId"] for row in rows] == list(range(20))
                answers.append(
                    [
                        rows,
                        *[await told(raw, preventedMatchId=number) for number in (0, 7, 19, 20)],
                        *[await told(raw, orderId=order) for order in (2, 12, 21, 22)],
                        *[await told(raw, orderId=1, fromPreventedMatchId=first, limit=5) for first in (0, 7, 14, 18)],
                    ]
                )
            on_disk = next(exchange._venue.archive.read("SELECT count(*) FROM prevented"), (0,))[0]
            assert (on_disk > 10) == (keep == 2)
            exchange.faults.reset()
            async with Raw(exchange) as raw:
                assert await told(raw, orderId=1) == []
    assert answers[0] == answers[1]
    assert [len(each) for each in answers[0]] == [20, 1, 1, 1, 0, 1, 1, 1, 0, 5, 5, 5, 2]


async def test_an_account_that_took_no_part_is_told_of_no_match() -> None:
    async with LocalExchange(market="manual", limits=NO_LIMITS) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.register_key("other", "hmac", secret="secret", account="bob")
        await trade_with_itself(raw, 2)
        assert len(await told(raw, orderId=1)) == 2
        answer = await raw.signed("myPreventedMatches", secret="secret", api_key="other", **BTC, orderId=1)
        assert answer["result"] == []
