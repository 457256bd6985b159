"""A stream of a symbol the venue does not have is refused where it can be known, and never costs a subscription that is right."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from binance_wsapi import SpotClient, UsageError
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Drop, Refuse
from binance_wsapi.streams import MarketStreams
from tests.simulation.house import environment, exchange_and_client, requests, runtime
from tests.simulation.loop import VirtualLoop, run


def play(test: Any, **options: Any) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop, **options) as (exchange, client):
            await test(loop, exchange, client)

    run(main, 1)


def asked(exchange: LocalExchange) -> list[dict[str, Any]]:
    return [each.get("params", {}) for each in requests(exchange, "ticker.price")]


@pytest.mark.parametrize(
    ("symbols", "says"),
    [
        (["BTCUSTD"], "no symbol BTCUSTD: .* did you mean BTCUSDT?"),
        (["BTCUSDT", "ETHUSTD", "BNBUSDT"], "no symbol ETHUSTD: .* did you mean ETHUSDT?"),
        (["QQQQQQQQ"], "no symbol QQQQQQQQ: a stream of it would bring nothing$"),
    ],
)
def test_a_misspelt_symbol_is_told_when_its_stream_is_entered(symbols: list[str], says: str) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.market_streams() as streams:
            with pytest.raises(UsageError, match=says):
                async with streams.subscribe(*(f"{each.lower()}@trade" for each in symbols)):
                    pass
            assert not streams.routes

    play(test)


def test_a_symbol_is_asked_about_once_and_streams_of_all_symbols_never() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.market_streams() as streams:
            async with streams.subscribe("!ticker@arr"):
                assert asked(exchange) == []
            for _ in range(3):
                async with streams.trade("BTCUSDT"), streams.kline("BTCUSDT", interval="1m"):
                    pass
            assert asked(exchange) == [{"symbol": "BTCUSDT"}]
            async with streams.trade("BTCUSDT", "ETHUSDT", "BNBUSDT"), streams.trade("BNBUSDT") as one:
                assert one.live
            assert asked(exchange) == [{"symbol": "BTCUSDT"}, {}]
        async with client.order_book("BTCUSDT"):
            pass
        assert len(asked(exchange)) == 2

    play(test)


@pytest.mark.parametrize("fault", [Drop(), Refuse(429, -1003, "Too many requests.")], ids=["no answer", "no room"])
def test_a_question_that_fails_costs_no_subscription(fault: Any) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        for _ in range(3):
            exchange.faults.next(fault, "ticker.price")
        async with client.market_streams() as streams, streams.trade("BTCUSDT") as trades:
            assert trades.live

    play(test)


def test_without_a_client_symbols_are_not_asked_about() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, _):
            where = environment(exchange)
            async with MarketStreams(where, runtime=runtime(loop)) as streams, streams.trade("BTCUSTD") as trades:
                assert trades.live
            assert asked(exchange) == []

    run(main, 1)


def test_a_cancelled_entering_leaves_no_question_behind() -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.market_streams() as streams:
            exchange.faults.next(Drop(), "ticker.price")
            entering = asyncio.ensure_future(streams.trade("BTCUSDT").__aenter__())
            await asyncio.sleep(1)
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
            await asyncio.sleep(0)
            assert not [task for task in asyncio.all_tasks() if task.get_name() == "binance-wsapi symbols"]

    play(test)


def test_a_kind_that_is_not_documented_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        async with client.market_streams() as streams:
            with caplog.at_level(logging.WARNING):
                streams.subscribe("btcusdt@trad")
            assert "no documented stream is called btcusdt@trad" in caplog.text

    play(test)
