"""Margin accounts are heard by listen tokens: given over REST, taken on any session, renewed, and ended by time."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx
import pytest

from binance_wsapi.simulator import LocalExchange
from tests.simulation.loop import run
from tests.simulator.desk import Raw, add_ed25519_key, add_hmac_key, log_on

SUBSCRIBE = "userDataStream.subscribe.listenToken"


def token(exchange: LocalExchange, account: str = "alice:margin", validity_ms: int = 60_000) -> str:
    exchange._venue.account(account)
    return exchange._venue.tokens.create(account, exchange.clock.now_us(), validity_ms).token


async def test_a_token_is_given_over_rest_and_lets_hear_one_margin_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("httpx"), "disabled", True)
    async with (
        LocalExchange(market="manual") as exchange,
        Raw(exchange) as raw,
        httpx.AsyncClient(trust_env=False) as web,
    ):
        add_hmac_key(exchange)
        url, headers = f"{exchange.rest_url}/sapi/v1/userListenToken", {"X-MBX-APIKEY": "hmac"}
        for params, account in (({}, "alice:margin"), ({"isIsolated": "TRUE", "symbol": "ETHUSDT"}, "alice:ETHUSDT")):
            given = (await web.post(url, params=params, headers=headers)).json()
            assert abs(given["expirationTime"] - exchange.clock.now_ms() - 86_400_000) < 10_000
            made = await raw.get(SUBSCRIBE, {"listenToken": given["token"]})
            assert made["expirationTime"] // 1000 == given["expirationTime"], "in microseconds, as in the sample"
            exchange.deposit("alice", "BTC", 1)
            exchange.deposit(account, "BTC", 2)
            assert (await raw.event("balanceUpdate"))["d"] == "2.00000000", "the margin account alone is heard"
        for params, key, status, code in (
            ({}, "", 401, -2014), ({}, "unknown", 401, -2015), ({"validity": "0"}, "hmac", 400, -1130),
            ({"validity": "86400001"}, "hmac", 400, -1130), ({"isIsolated": "true"}, "hmac", 400, -1102),
            ({"isIsolated": "true", "symbol": "NOPE"}, "hmac", 400, -1121),
        ):  # fmt: skip
            refused = await web.post(url, params=params, headers={"X-MBX-APIKEY": key} if key else {})
            assert (refused.status_code, refused.json()["code"]) == (status, code), params
        assert (await web.get(url, headers=headers)).status_code == 404


def play(test: Any) -> None:
    async def life(_: Any) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
            await test(exchange, raw)

    run(life)


def test_a_subscription_ends_with_its_token_unless_it_is_renewed() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        first = await raw.get(SUBSCRIBE, {"listenToken": token(exchange)})
        await asyncio.sleep(50)
        again = await raw.get(SUBSCRIBE, {"listenToken": token(exchange)})
        assert again["subscriptionId"] == first["subscriptionId"], "it is extended, not made anew"
        assert 45_000_000 < again["expirationTime"] - first["expirationTime"] < 55_000_000
        assert await raw.get("session.subscriptions") == [again], "it says until when it lasts"
        await asyncio.sleep(50)
        exchange.deposit("alice:margin", "BTC", 1)
        await raw.event("balanceUpdate")
        await asyncio.sleep(15)
        await raw.event("eventStreamTerminated")
        assert await raw.get("session.subscriptions") == []
        exchange.deposit("alice:margin", "BTC", 1)
        assert await raw.get("ping") == {}
        assert not [each for each in raw.events if each["e"] == "balanceUpdate"]

    play(test)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"listenToken": "no such token"}, -1209),
        ({}, -1102),
        ({"listenToken": ""}, -1102),
        ({"listenToken": []}, -1102),
    ],
)
def test_what_is_no_token_is_refused(params: dict[str, Any], code: int) -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        old = token(exchange, validity_ms=1000)
        await asyncio.sleep(2)
        for sent in (params, {"listenToken": old}) if code == -1209 else (params,):
            answer = await raw.ask(SUBSCRIBE, sent)
            assert (answer["status"], answer["error"]["code"]) == (400, code)

    play(test)


def test_several_accounts_are_heard_on_one_connection_and_let_go_one_by_one() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        names = ("alice:margin", "alice:BTCUSDT", "bob:margin")
        made = [(await raw.get(SUBSCRIBE, {"listenToken": token(exchange, name)}))["subscriptionId"] for name in names]
        assert made == [0, 1, 2]
        await raw.get("userDataStream.unsubscribe", {"subscriptionId": 1})
        await raw.event("eventStreamTerminated")
        for name in names:
            exchange.deposit(name, "BTC", 1)
        for _ in range(2):
            await raw.event("balanceUpdate")
        assert [each["subscriptionId"] for each in await raw.get("session.subscriptions")] == [0, 2]
        await raw.socket.close()
        await asyncio.sleep(100)  # no timer of a connection that is gone goes off

    play(test)


def test_a_margin_account_that_trades_is_told_of_its_orders_lists_and_balances_without_a_key() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        add_hmac_key(exchange, account="alice:margin")
        exchange.deposit("alice:margin", "USDT", 100_000)
        exchange.quote("BTCUSDT", asks=[("60000", "1")])
        async with Raw(exchange) as hearing:
            await hearing.get(SUBSCRIBE, {"listenToken": token(exchange)})
            pair = {"workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "60000", "workingQuantity": "0.1"}
            pair |= {
                "workingTimeInForce": "GTC",
                "pendingType": "LIMIT",
                "pendingSide": "SELL",
                "pendingPrice": "70000",
            }
            sent = {"symbol": "BTCUSDT", "pendingQuantity": "0.05", "pendingTimeInForce": "GTC", **pair}
            assert (await raw.signed("orderList.place.oto", **sent))["status"] == 200
            await hearing.event("outboundAccountPosition")
            kinds = [each["e"] for each in hearing.events]
            assert kinds.count("executionReport") == 4, "two are new, one is filled, and then the other begins to work"
            assert kinds.count("listStatus") == 2
            assert (await hearing.ask("account.status", {}))["status"] == 400, (
                "to hear an account is all a token allows"
            )
        assert not raw.events, "who trades hears nothing without a subscription"

    play(test)


def test_a_token_serves_several_connections_and_outlives_a_logout() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        private = add_ed25519_key(exchange, api_key="ed", account="alice:margin")
        text = token(exchange)
        async with Raw(exchange) as other:
            assert (await raw.ask("ping"))["rateLimits"][0]["count"] == 5
            for each in (raw, other):
                await each.get(SUBSCRIBE, {"listenToken": text})
            assert (await raw.ask("ping"))["rateLimits"][0]["count"] == 10, "a subscription weighs 2"
            await log_on(raw, private, "ed")
            refused = await raw.ask("userDataStream.subscribe")
            assert refused["error"]["code"] == -2035, "the account is heard already"
            await raw.get("session.logout")
            exchange.deposit("alice:margin", "BTC", 1)
            for each in (raw, other):
                await each.event("balanceUpdate")
            assert not [each for each in raw.events if each["e"] == "eventStreamTerminated"]
            assert (await raw.get("session.status"))["userDataStream"] is True
            assert await raw.get("userDataStream.unsubscribe") == {}
            await raw.event("eventStreamTerminated")
            exchange.deposit("alice:margin", "BTC", 1)
            await other.event("balanceUpdate")

    play(test)


def test_an_account_that_its_key_subscribed_takes_no_token() -> None:
    async def test(exchange: LocalExchange, raw: Raw) -> None:
        add_hmac_key(exchange, account="alice:margin")
        assert (await raw.signed("userDataStream.subscribe.signature"))["status"] == 200
        assert (await raw.ask(SUBSCRIBE, {"listenToken": token(exchange)}))["error"]["code"] == -2035

    play(test)
