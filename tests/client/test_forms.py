"""Results and events as objects, as dictionaries and as bytes: one name, the same content."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from binance_wsapi import CancelRejected, Ed25519Key, SpotClient, UsageError
from binance_wsapi.models import ExecutionReport, OrderFull
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut
from binance_wsapi.streams import book

ORDER: dict[str, Any] = {"time_in_force": "GTC", "price": "50000", "quantity": "0.01"}


@pytest.fixture
async def exchange() -> AsyncIterator[LocalExchange]:
    async with LocalExchange(seed=1, market="manual") as running:
        yield running


def keyed(exchange: LocalExchange) -> Ed25519Key:
    key = Ed25519Key.generate(api_key="A" * 64)
    exchange.register_key(key.api_key, "ed25519", public_pem=key.public_pem())
    return key


@pytest.mark.parametrize("form", ["dicts", "bytes"])
async def test_a_client_delivers_every_result_in_its_form(
    exchange: LocalExchange, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(book, "CONFIRM_AFTER", 0.1)  # nothing moves here

    def content(result: Any) -> Any:
        if form == "bytes":
            assert isinstance(result, bytes)
            return json.loads(result)
        assert isinstance(result, dict | list)
        return result

    key = keyed(exchange)
    async with (
        SpotClient.local(key, url=exchange.url) as typed,
        SpotClient.local(key, url=exchange.url, form=form) as client,
    ):
        placed = content(await client.place_order("BTCUSDT", "BUY", "LIMIT", **ORDER))
        found = await typed.order_status("BTCUSDT", order_id=placed["orderId"])
        assert found.client_order_id == placed["clientOrderId"]
        told = content(await client.order_status("BTCUSDT", order_id=placed["orderId"]))
        assert told == found.raw
        assert [each["orderId"] for each in content(await client.open_orders("BTCUSDT"))] == [placed["orderId"]]
        assert content(await client.exchange_info("BTCUSDT"))["symbols"][0]["symbol"] == "BTCUSDT"
        assert content(await client.depth("BTCUSDT"))["bids"] == [["50000.00000000", "0.01000000"]]
        assert content(await client.call("time"))["serverTime"] > 0
        with pytest.raises(CancelRejected):
            await client.cancel_order("BTCUSDT", orig_client_order_id="none")
        # What the client builds on its own results has objects, also where its user asks for other forms.
        assert [each.id async for each in client.history.aggregate_trades("BTCUSDT", "2020-01-01", "2020-01-02")] == []
        async with client.order_book("BTCUSDT") as local:
            assert len(local.bids) == 1
        handle = await client.submit_order("BTCUSDT", "BUY", "LIMIT", **ORDER)
        await handle.cancel()


async def test_user_data_comes_in_the_form_of_each_consumer(exchange: LocalExchange) -> None:
    async with (
        SpotClient.local(keyed(exchange), url=exchange.url) as client,
        client.user_data() as objects,
        client.user_data(form="dicts") as dictionaries,
        client.user_data(form="bytes") as raw,
    ):
        order = await client.place_order("BTCUSDT", "BUY", "LIMIT", **ORDER)
        assert isinstance(order, OrderFull)
        consumers: list[Any] = [objects, dictionaries, raw]
        event, plain, data = [await anext(aiter(each)) for each in consumers]
        assert isinstance(event, ExecutionReport)
        assert isinstance(data, bytes)
        assert data == event.raw_json
        assert json.loads(data) == plain == event.raw
        with pytest.raises(UsageError, match="form must be"):
            async with client.user_data(form="text"):  # type: ignore[arg-type]
                pass


async def test_an_order_whose_reply_is_lost_comes_in_the_form_too(exchange: LocalExchange) -> None:
    client = SpotClient.local(keyed(exchange), url=exchange.url, form="dicts", on_unknown="wait")
    async with client:
        exchange.faults.next(Cut(after_execution=True), "order.place")
        placed: Any = await client.place_order("BTCUSDT", "BUY", "LIMIT", **ORDER)
        assert isinstance(placed, dict)
        assert placed["clientOrderId"] in {each.client_order_id for each in exchange.truth.all_orders()}


async def test_streams_come_in_each_form(exchange: LocalExchange) -> None:
    async with (
        SpotClient.local(url=exchange.url) as client,
        client.market_streams() as streams,
        streams.book_ticker("BTCUSDT") as objects,
        streams.book_ticker("BTCUSDT").in_form("dicts") as dictionaries,
        streams.subscribe("btcusdt@bookTicker", form="bytes") as raw,
    ):
        exchange.quote("BTCUSDT", bids=[("49000", "1")], asks=[("51000", "1")])
        consumers: list[Any] = [objects, dictionaries, raw]
        event, plain, data = [await anext(aiter(each)) for each in consumers]
        assert isinstance(data, bytes)
        assert json.loads(data) == plain
        assert plain["stream"] == "btcusdt@bookTicker"
        assert plain["data"]["s"] == event.symbol
        with pytest.raises(UsageError, match="form must be 'objects', 'dicts' or 'bytes', got 'x'"):
            streams.subscribe("a@trade", form="x")  # type: ignore[call-overload]
        with pytest.raises(UsageError, match="form must be 'objects', 'dicts' or 'bytes', got 'x'"):
            streams.trade("A").in_form("x")  # type: ignore[call-overload]


def test_a_form_that_is_none_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(UsageError, match="form must be 'objects', 'dicts' or 'bytes', got 'text'"):
        SpotClient.local(url="ws://127.0.0.1:1", form="text")  # type: ignore[arg-type]
