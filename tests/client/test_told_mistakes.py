"""What is used in a wrong way says what to do: a client that is not entered, an argument's foreign name, a field's key."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from binance_wsapi import ConnectFailed, NotConnected, Settings, SpotClient, UsageError, blocking
from binance_wsapi.models import OrderFull
from tests.simulation.house import KEY, SYMBOL, exchange_and_client, requests
from tests.simulation.loop import VirtualLoop, run

ENTER = "the client is not started: enter it with `async with`, or await its start() first"


async def test_a_client_that_was_not_entered_says_how_it_is() -> None:
    client = SpotClient.testnet(KEY)
    with pytest.raises(NotConnected) as refused:
        await client.ping()
    assert str(refused.value).startswith(ENTER)
    with pytest.raises(UsageError) as refused_too:
        client.now_ms()
    assert str(refused_too.value) == ENTER


def test_a_closed_client_says_to_make_another() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            await client.close()
            with pytest.raises(NotConnected, match=r"^the client is closed: make another"):
                await client.ping()

    run(main, 0)


def test_a_client_without_a_key_says_how_it_gets_one() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, key=None) as (_, client):
            for call in (client.account_status(), client.submit_order(SYMBOL, "BUY", "MARKET", quantity="0.01")):
                with pytest.raises(
                    UsageError, match=r"and this client has none: make it with one, as SpotClient\.testnet\(key\)"
                ):
                    await call

    run(main, 0)


def test_the_venue_s_own_address_is_named_by_its_word() -> None:
    with pytest.raises(
        UsageError, match=r"the venues go by name: production, testnet and demo, as SpotClient\.testnet\(key\)"
    ):
        SpotClient.local(KEY, url="wss://ws-api.binance.com/ws-api/v3")


async def test_a_peer_that_answers_nothing_is_told_to_be_asked_about() -> None:
    async def deaf(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            writer.close()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = SpotClient.local(KEY, Settings(connect_timeout=0.05), url=f"wss://127.0.0.1:{port}/ws-api/v3")
    with pytest.raises(ConnectFailed, match=r"the peer answered nothing: is it a WebSocket API, as \.\.\./ws-api/v3"):
        await client.start()
    await client.close()
    server.close()


MEANT: list[tuple[str, dict[str, Any], str]] = [
    ("place_order", {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "timeInForce": "GTC"}, "time_in_force"),
    (
        "place_order",
        {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "newClientOrderId": "x"},
        "new_client_order_id",
    ),
    ("cancel_order", {"symbol": SYMBOL, "orderId": 1}, "order_id"),
    ("klines", {"symbol": SYMBOL, "interval": "1h", "startTime": 1}, "start_time"),
]


@pytest.mark.parametrize(("method", "arguments", "meant"), MEANT)
@pytest.mark.parametrize("kind", [SpotClient, blocking.SpotClient])
def test_an_argument_by_its_name_on_the_wire_is_answered_with_ours(
    kind: type[Any], method: str, arguments: dict[str, Any], meant: str
) -> None:
    async def call() -> None:
        answer = getattr(kind.testnet(KEY), method)(**arguments)
        await answer

    with pytest.raises(TypeError, match=f"unexpected keyword argument '.*': did you mean '{meant}'"):
        asyncio.run(call())


def test_an_option_of_a_making_is_answered_with_ours() -> None:
    foreign: Any = {"recvWindow": 5000}
    with pytest.raises(TypeError, match="'recvWindow': did you mean 'recv_window'"):
        Settings(**foreign)
    wrong: Any = {"api_key": "k"}
    with pytest.raises(TypeError, match="'api_key': did you mean 'key'"):
        SpotClient.testnet(**wrong)


def test_a_type_error_of_a_function_that_runs_stays_as_it_is() -> None:
    def around(caller: Any) -> Any:
        raise TypeError("got an unexpected keyword argument 'sides'")

    with pytest.raises(TypeError, match=r"'sides'(\n|$)"):
        SpotClient.testnet(KEY, around=around)


def test_a_result_taken_for_a_dictionary_says_how_a_field_is_read() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            order: Any = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
            account: Any = await client.account_status()
            for result, key, instead in (
                (order, "orderId", ".order_id"),
                (account, "balances", ".balances"),
                (order, "lastPrice", "such as .symbol"),
                (order, 0, "such as .symbol"),
            ):
                with pytest.raises(TypeError) as caught:
                    result[key]
                says = f"object is not subscriptable: its fields are attributes ({instead}); .raw is the JSON as a dictionary"
                assert str(caught.value) == f"'{type(result).__name__}' {says}"
            assert order.raw["orderId"] == order.order_id
            assert isinstance(order, OrderFull)
            assert len(requests(exchange, "order.place")) == 1

    run(main, 0)


def test_a_stream_of_a_pair_with_a_separator_is_refused_by_its_symbol() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            streams = client.market_streams()
            with pytest.raises(
                UsageError, match=r"^symbol must be a trading pair without a separator, .*, got 'BTC/USDT'"
            ):
                streams.trade("BTC/USDT")

    run(main, 0)
