"""Every event of the user data stream and every payload of the market streams has the documented shape."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.simulation.loop import VirtualLoop, run
from tests.simulator.conformance.facts import EVENTS, STREAMS, USER_EVENTS
from tests.simulator.conformance.shapes import differences
from tests.simulator.conformance.stage import LIMIT, stage
from tests.simulator.conformance.test_requests import OCO
from tests.simulator.streams.test_hub import Streams

TOLD = sorted({each["event"]["e"] for each in EVENTS})


def _documented(kind: str) -> list[dict[str, Any]]:
    return [each for each in EVENTS if each["event"]["e"] == kind]


@pytest.mark.parametrize("kind", TOLD)
async def test_a_user_event_has_the_documented_shape(kind: str) -> None:
    async with stage() as raw:
        number = await raw.get("userDataStream.subscribe")
        assert number == {"subscriptionId": 0}
        if kind == "balanceUpdate":
            raw.exchange.deposit("alice", "BTC", "100")
        elif kind == "externalLockUpdate":
            raw.exchange.lock("alice", "BTC", 10)
        elif kind == "listStatus":
            await raw.send("orderList.place.oco", raw.sign(OCO))
        elif kind == "eventStreamTerminated":
            await raw.send("userDataStream.unsubscribe")
        elif kind == "serverShutdown":
            raw.exchange.faults.shutdown(lead=0.5)
        else:
            await raw.send("order.place", raw.sign(LIMIT))
        while "event" not in (frame := await raw.receive()) or frame["event"]["e"] != kind:
            pass
    # A prevented match is told by orders that met one; the sample shows its id on an order that did not.
    left_out = {".event.v"} if kind == "executionReport" else set()
    found = [differences(frame, each, left_out=left_out, nullable={".event.N"}) for each in _documented(kind)]
    assert [] in found, (frame, found)


def test_every_event_of_the_stream_is_there() -> None:
    """`allocationReport` is in the SBE schema alone: no page of the documentation tells of it in JSON."""
    assert set(TOLD) | {"allocationReport"} == USER_EVENTS.keys()


@pytest.mark.parametrize("kind", sorted(USER_EVENTS.keys() - {"allocationReport"}))
def test_an_event_has_no_field_without_a_name(kind: str) -> None:
    """The letters of the samples are those of the schema; a letter more would be one no client can know."""
    names = USER_EVENTS[kind]["keys"]
    for each in _documented(kind):
        assert each["event"].keys() <= names.keys()


# --- market streams ----------------------------------------------------------------------------------------------------

NAMES = {
    "<symbol>@referencePrice": "bazusd@referencePrice",
    "<symbol>@kline_<interval>": "btcusdt@kline_1m",
    "<symbol>@kline_<interval>@+08:00": "btcusdt@kline_1d@+08:00",
    "<symbol>@ticker_<window_size>": "btcusdt@ticker_1h",
    "!ticker_<window-size>@arr": "!ticker_4h@arr",
    "<symbol>@depth<levels>": "btcusdt@depth5",
    "<symbol>@depth<levels>@100ms": "btcusdt@depth20@100ms",
}
TITLED = {name: each for each in STREAMS for name in each["names"]}
SAME = {"!miniTicker@arr": "<symbol>@miniTicker", "!ticker_<window-size>@arr": "<symbol>@ticker_<window_size>"}


def _sample(name: str) -> Any:
    if name in SAME:
        return [TITLED[SAME[name]]["payload"]]
    return TITLED[name]["payload"]


@pytest.mark.parametrize("query", ["", "&timeUnit=MICROSECOND"], ids=["ms", "us"])
@pytest.mark.parametrize("name", sorted(TITLED))
def test_a_stream_has_the_documented_payload(name: str, query: str) -> None:
    stream = NAMES.get(name, name.replace("<symbol>", "btcusdt"))

    async def life(loop: VirtualLoop) -> None:
        async with (
            stage() as raw,
            Streams(raw.exchange, f"/stream?streams={stream}{query}") as streams,
        ):
            if name == "<symbol>@referencePrice":
                raw.exchange.quote("BAZUSD", bids=[("0.0049", "2000")], asks=[("0.0051", "2000")])
            await raw.place(side="BUY", price="60001")
            await raw.place(side="BUY", price="60000")
            raw.exchange.block_trade("BTCUSDT", "60000", "50")
            frame = await streams.next()
        assert frame.keys() == {"stream", "data"}
        assert frame["stream"] == stream
        # A stream of the reference price says null until there is one ("Reference Price Streams").
        found = differences(frame["data"], _sample(name), nullable={".r"}, unit=1000 if query else 1)
        assert not found, json.dumps(frame)

    run(life)


@pytest.mark.parametrize("name", sorted(TITLED))
def test_a_stream_keeps_the_documented_pace(name: str) -> None:
    """What is told at once is told with the trade; what has a pace comes at multiples of it."""
    stream = NAMES.get(name, name.replace("<symbol>", "btcusdt"))
    speed = TITLED[name]["speed"]
    pace = 0 if speed == "Real-time" else 100 if name.endswith("@100ms") else 2000 if "kline" in name else 1000

    async def life(loop: VirtualLoop) -> None:
        async with stage() as raw, Streams(raw.exchange, f"/ws/{stream}") as streams:
            before = loop.now
            await raw.place(side="BUY", price="60001")
            await raw.place(side="BUY", price="60000")
            raw.exchange.block_trade("BTCUSDT", "60000", "50")
            await streams.next()
            first = raw.exchange.clock.now_ms()
            if not pace:
                assert loop.now - before < 0.1
                return
            await raw.place(side="BUY", price="60001")
            await streams.next()
            second = raw.exchange.clock.now_ms()
            assert second - first >= pace - 100
            assert second - first <= pace + 100
            assert first % pace <= 100

    run(life)
