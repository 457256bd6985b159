"""The fall-back against the local exchange, which shares no line with it: same answers as over the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.client.spot import SpotClient
from binance_wsapi.environments import Environment
from binance_wsapi.errors import (
    AuthFailed,
    Banned,
    IpBanned,
    OrderNotFound,
    OutcomeUnknown,
    RateLimited,
    UsageError,
    VenueError,
)
from binance_wsapi.keys import Ed25519Key, HmacKey, RsaKey
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest import RestReader
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.faults.faults import Drop
from binance_wsapi.wire.caller import CallOptions
from tests.rest.support import API_KEY, KEY, SECRET, WALL, dress
from tests.simulation.loop import VirtualLoop, run

# What the local exchange does not have.
ABSENT = {"blockTrades.historical"}
# Times of asking, and the window that ends there.
MOVING = {"serverTime", "openTime", "closeTime", "timestamp"}
# And what exchangeInfo shows otherwise: REST limits raw requests where the WebSocket API limits connections.
OTHERWISE = {"rateLimits"}
PARAMS: dict[str, dict[str, Any]] = {
    "exchangeInfo": {"symbols": ["BTCUSDT", "ETHBTC"]},
    "executionRules": {"symbol": "BTCUSDT"},
    "klines": {"symbol": "BTCUSDT", "interval": "1m"},
    "uiKlines": {"symbol": "BTCUSDT", "interval": "1m"},
    "ticker.tradingDay": {"symbols": ["BTCUSDT", "ETHBTC"]},
    "ticker": {"symbol": "BTCUSDT"},
    "ticker.24hr": {"symbols": ["BTCUSDT"]},
    "order.status": {"symbol": "BTCUSDT", "origClientOrderId": "mine"},
    "orderList.status": {"origClientOrderId": "list"},
    "account.status": {"omitZeroBalances": True},
    "myPreventedMatches": {"symbol": "BTCUSDT", "orderId": 1},
}
BARE = {"ping", "time", "ticker.price", "ticker.book", "openOrders.status", "openOrderLists.status", "allOrderLists",
        "account.rateLimits.orders"}  # fmt: skip


class Rest(SpotMethods):
    """The typed methods over REST."""

    def __init__(self, reader: RestReader) -> None:
        self._caller = reader


@asynccontextmanager
async def world(
    loop: VirtualLoop, key: Any = KEY, settings: Settings | None = None, **options: Any
) -> AsyncIterator[tuple[LocalExchange, RestReader]]:
    dress(loop)
    async with LocalExchange(market="manual", **options) as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
        exchange.quote("ETHBTC", bids=[("0.05", "1")], asks=[("0.051", "1")])
        where = Environment("local", (exchange.url,), (exchange.streams_url,), exchange.rest_url)
        runtime = Runtime(wall=lambda: WALL, uniform=loop.random.uniform)
        async with RestReader(where, key, settings, runtime=runtime, routes=ROUTES) as reader:
            yield exchange, reader


async def trade_a_little(client: SpotClient) -> None:
    await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000", time_in_force="GTC",
                             new_client_order_id="mine")  # fmt: skip
    await client.amend_order("BTCUSDT", orig_client_order_id="mine", new_qty="0.008", new_client_order_id="mine")
    await client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.02")
    await client.call("orderList.place.oco", {
        "symbol": "BTCUSDT", "listClientOrderId": "list", "side": "SELL", "quantity": "0.01",
        "aboveType": "LIMIT_MAKER", "abovePrice": "70000", "belowType": "STOP_LOSS", "belowStopPrice": "50000",
    })  # fmt: skip
    await asyncio.sleep(5.0)  # until every view has seen it


def still(value: Any) -> Any:
    """Leave out of a result what says when it was asked."""
    if isinstance(value, dict):
        return {name: still(each) for name, each in value.items() if name not in MOVING | OTHERWISE}
    return [still(each) for each in value] if isinstance(value, list) else value


def test_every_method_answers_over_rest_what_it_answers_over_the_socket() -> None:
    known = endpoints()

    async def main(loop: VirtualLoop) -> None:
        async with world(loop) as (exchange, rest):
            client = SpotClient.local(KEY, url=exchange.url, runtime=Runtime(wall=lambda: WALL))
            async with client:
                await trade_a_little(client)
                mine = exchange.truth.orders["mine"][0].order_id
                amended = PARAMS | {"order.amendments": {"symbol": "BTCUSDT", "orderId": mine}}
                for method in sorted(set(ROUTES) - ABSENT):
                    params = amended.get(method, {} if method in BARE else {"symbol": "BTCUSDT"})
                    over_socket = await outcome(client.call(method, params))
                    over_rest = await outcome(rest.call(known[method], params))
                    assert over_rest == over_socket, method
                    compared[method] = over_socket

    compared: dict[str, Any] = {}
    run(main)
    assert len(compared) == len(ROUTES) - len(ABSENT)
    for method in ("allOrders", "openOrders.status", "openOrderLists.status", "myTrades", "order.amendments", "klines"):
        assert compared[method], f"{method} had nothing to show"
    refused = {method for method, value in compared.items() if isinstance(value, tuple)}
    assert refused <= {"referencePrice", "referencePrice.calculation"}, "what both refuse proves little"


async def outcome(call: Awaitable[Any]) -> Any:
    """Return the result in plain values, or what the refusal says."""
    try:
        return still(plain(await call))
    except VenueError as error:
        return type(error), error.status, error.code, error.msg


def plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(by_alias=True)
    return [plain(each) for each in value] if isinstance(value, list) else value


def test_the_typed_methods_work_over_rest() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with world(loop) as (exchange, reader):
            async with SpotClient.local(KEY, url=exchange.url, runtime=Runtime(wall=lambda: WALL)) as client:
                await trade_a_little(client)
            rest = Rest(reader)
            order = await rest.order_status("BTCUSDT", orig_client_order_id="mine")
            assert (order.status, order.price, order.orig_qty) == ("NEW", Decimal(50_000), Decimal("0.008"))
            assert [each.client_order_id for each in await rest.open_orders("BTCUSDT")].count("mine") == 1
            assert sum(trade.qty for trade in await rest.my_trades("BTCUSDT")) == Decimal("0.02")
            with pytest.raises(UsageError, match="only reads"):
                await rest.cancel_order("BTCUSDT", orig_client_order_id="mine")
            assert (await rest.order_status("BTCUSDT", orig_client_order_id="mine")).status == "NEW"

    run(main)


def test_an_order_whose_reply_was_lost_is_found_when_no_socket_can_be_had() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with world(loop) as (exchange, rest):
            async with SpotClient.local(KEY, url=exchange.url, runtime=Runtime(wall=lambda: WALL)) as client:
                exchange.faults.next(Drop(), "order.place")
                with pytest.raises(OutcomeUnknown):
                    await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="50000",
                                             time_in_force="GTC", new_client_order_id="lost", timeout=1.0)  # fmt: skip
            found = await Rest(rest).order_status("BTCUSDT", orig_client_order_id="lost")
            assert found.order_id == exchange.truth.orders["lost"][0].order_id
            with pytest.raises(OrderNotFound) as caught:
                await Rest(rest).order_status("BTCUSDT", orig_client_order_id="never")
            assert caught.value.client_order_id == "never"

    run(main)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_a_signature_of_any_kind_of_key_is_accepted(kind: Any) -> None:
    key: Ed25519Key | RsaKey = (Ed25519Key if kind == "ed25519" else RsaKey).generate(api_key="another-key")
    public = key._private_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    async def main(loop: VirtualLoop) -> None:
        async with world(loop, key) as (exchange, rest):
            exchange.register_key("another-key", kind, public_pem=public)
            assert (await Rest(rest).account_status()).can_trade

    run(main)


def test_a_signature_of_the_wrong_secret_is_refused_and_so_is_an_unknown_key() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with world(loop) as (_, rest):
            for key in (HmacKey(API_KEY, "wrong"), HmacKey("unknown" * 9, SECRET)):
                with pytest.raises(AuthFailed):
                    await rest.call(endpoints()["account.status"], {}, CallOptions(key=key))

    run(main)


@pytest.mark.parametrize("step", [-3600.0, -30.0, 2.0, 3600.0])
def test_a_step_of_the_exchange_s_clock_is_followed(step: float) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with world(loop) as (exchange, rest):
            await Rest(rest).account_status()
            exchange.clock.step(step)
            await Rest(rest).account_status()
            assert abs(rest.now_ms() - exchange.clock.now_ms()) < 5_000

    run(main)


def test_an_exhausted_address_is_told_and_nothing_is_sent_until_the_window_ends() -> None:
    async def main(loop: VirtualLoop) -> None:
        rules = LimitRules(weight_per_minute=100)
        async with world(loop, limits=rules) as (exchange, rest):
            for _ in range(5):  # 20 each
                await Rest(rest).account_status()
                if exchange.truth.counters["rest requests"] == 5:  # one was the question for the time
                    break
            with pytest.raises(RateLimited) as caught:
                await Rest(rest).account_status()
            retry_after = caught.value.retry_after
            assert retry_after is not None
            assert 0 < retry_after - exchange.clock.now_ms() <= 61_000
            before = exchange.truth.counters["rest requests"]
            with pytest.raises(Banned):
                await Rest(rest).ping(timeout=0.5)
            assert exchange.truth.counters["rest requests"] == before
            await Rest(rest).ping(timeout=120.0)
            assert exchange.clock.now_ms() >= retry_after - 1_000

    run(main)


def test_a_ban_is_raised_as_one() -> None:
    async def main(loop: VirtualLoop) -> None:
        rules = LimitRules(weight_per_minute=30, tolerated=0)
        async with world(loop, settings=Settings(limit_policy="off"), limits=rules) as (exchange, rest):
            await Rest(rest).account_status()
            with pytest.raises((IpBanned, RateLimited)) as caught:
                await Rest(rest).account_status()
            assert caught.value.retry_after is not None
            assert caught.value.retry_after > exchange.clock.now_ms()

    run(main)
