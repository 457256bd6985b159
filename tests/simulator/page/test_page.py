"""The page is for a browser on this machine and for no page of another origin; it shows no secret and is no client."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from binance_wsapi.simulator import Clock, Cut, LocalExchange
from binance_wsapi.simulator.page.files import FILES
from tests.simulator.desk import Raw, add_hmac_key


def port(exchange: LocalExchange) -> int:
    return urlsplit(exchange.url).port or 0


async def ask(exchange: LocalExchange, head: str) -> tuple[int, str]:
    """Send a request as it stands; return status and everything that came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port(exchange))
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer


@asynccontextmanager
async def live(exchange: LocalExchange, origin: str | None = None) -> AsyncIterator[ClientConnection]:
    assert exchange.page_url is not None
    url = exchange.page_url.replace("http", "ws", 1) + "page/live"
    headers = {"Origin": origin or exchange.page_url.rstrip("/")}
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        yield socket


async def picture(socket: ClientConnection) -> dict[str, Any]:
    while True:
        shown: dict[str, Any] = json.loads(await socket.recv())
        if "time" in shown:
            return shown


@pytest.mark.parametrize("path", sorted(FILES))
async def test_every_file_is_served_and_asks_nothing_of_another_host(path: str) -> None:
    async with LocalExchange(market="manual", page=True) as exchange:
        status, answer = await ask(exchange, f"GET {path} HTTP/1.1\nHost: 127.0.0.1:{port(exchange)}")
    assert status == 200
    assert "default-src 'none'" in answer
    assert "X-Frame-Options: DENY" in answer
    if not path.endswith(("LICENSE", "uPlot.js", ".svg")):
        assert "http://" not in answer
        assert "https://" not in answer


@pytest.mark.parametrize(
    "host",
    ["Host: evil.example", "Host: evil.example:80", "Host: 127.0.0.1.evil.example", "Host: [", "X: y",
     "Host: localhost\nHost: localhost"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/page/page.js"])
async def test_a_name_that_is_made_to_resolve_to_this_machine_gets_nothing(host: str, path: str) -> None:
    async with LocalExchange(market="manual", page=True) as exchange:
        status, answer = await ask(exchange, f"GET {path} HTTP/1.1\n{host}")
    assert status in (400, 403)
    assert "<script" not in answer


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "http://127.0.0.1"])
async def test_no_other_page_may_connect(origin: str) -> None:
    async with LocalExchange(market="manual", page=True) as exchange:
        with pytest.raises(InvalidStatus) as refused:
            async with live(exchange, origin):
                pass
        assert exchange.page_url is not None
        host = exchange.page_url.removeprefix("http://").rstrip("/")
        assert (await ask(exchange, f"GET / HTTP/1.1\nHost: {host}\nOrigin: {origin}"))[0] == 403
        assert (await ask(exchange, f"GET / HTTP/1.1\nHost: {host}\nOrigin: http://{host}"))[0] == 200
    assert refused.value.response.status_code == 403


async def test_allowed_names_and_origins_have_the_page_too() -> None:
    """As behind a proxy on this machine that has a name and speaks TLS."""
    allowed = ("exchange.test", "https://exchange.test:8443")
    async with LocalExchange(market="manual", page=True, allow=allowed) as exchange:
        assert (await ask(exchange, "GET / HTTP/1.1\nHost: exchange.test:8443"))[0] == 200
        assert (await ask(exchange, "GET / HTTP/1.1\nHost: other.test:8443"))[0] == 403
        async with live(exchange, "https://exchange.test:8443") as socket:
            assert (await picture(socket))["time"]
        for origin in ("https://exchange.test", "https://other.test:8443"):
            with pytest.raises(InvalidStatus):
                async with live(exchange, origin):
                    pass


async def test_without_it_there_is_no_page() -> None:
    async with LocalExchange(market="manual") as exchange:
        assert exchange.page_url is None
        status, _ = await ask(exchange, "GET / HTTP/1.1\nHost: 127.0.0.1")
        assert status == 404


async def test_it_shows_what_the_exchange_knows_and_no_secret() -> None:
    midnight = Clock(1_767_225_600_000)  # no window of the limits ends within ten seconds
    async with LocalExchange(market="manual", clock=midnight, page=True) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("ETHUSDT", bids=[("2999", "1")], asks=[("3001", "2")])
        async with live(exchange) as socket:
            await socket.send(json.dumps({"symbol": "ETHUSDT", "account": "nobody there"}))
            placed = await raw.signed("order.place", symbol="ETHUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                                      price="3001", quantity="0.5", newClientOrderId="half")  # fmt: skip
            await raw.signed("order.place", symbol="ETHUSDT", side="BUY", type="LIMIT", timeInForce="GTC",
                             price="2000", quantity="1", newClientOrderId="rests")  # fmt: skip
            frames: list[Any] = []
            trades: list[Any] = []
            while not (shown := await picture(socket))["orders"]:
                frames, trades = frames + shown["frames"], trades + shown["trades"]
            frames, trades = frames + shown["frames"], trades + shown["trades"]
            assert shown["symbol"] == "ETHUSDT"
            assert shown["account"] == "alice", "a name that there is not changes nothing"
            assert shown["bids"][0] == ["2999.00000000", "1.00000000"]
            assert shown["asks"] == [["3001.00000000", "1.50000000"]]
            assert [each[1:3] for each in trades] == [["3001.00000000", "0.50000000"]]
            [order] = shown["orders"]
            assert order[-1] == "rests"
            assert shown["fills"][0][-1] == "half"
            balances = {asset: (free, locked) for asset, free, locked in shown["balances"]}
            assert balances["USDT"][1] == "2000.00000000"
            assert [each["kind"] for each in shown["clients"]] == ["WebSocket API"], "the page is no client"
            assert {each.get("count") for each in shown["limits"]} >= {2}
            told = json.dumps([shown, frames])
            assert placed["status"] == 200
            assert told.count("***") >= 4, "a key and a signature in each of two requests"
            assert not re.search(r"[0-9a-f]{64}", told)


async def test_candles_are_told_whole_at_first_and_then_as_they_change() -> None:
    """An interval that there is not changes nothing; another symbol begins anew."""
    async with LocalExchange(market="manual", page=True) as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        exchange.quote("BTCUSDT", asks=[("60001", "1"), ("60005", "1")])
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1.5"}
        assert (await raw.signed("order.place", **order))["status"] == 200
        async with live(exchange) as socket:
            assert (await picture(socket))["candles"] == {"interval": "", "fresh": True, "rows": []}
            await socket.send(json.dumps({"interval": "1m"}))
            while not (told := (await picture(socket))["candles"])["interval"]:
                pass
            assert told["fresh"]
            assert told["rows"][-1][0] % 60 == 0
            prices = [row[1:] for row in told["rows"]]
            assert ["60001.00000000", "60005.00000000", "60001.00000000", "60005.00000000"] in prices
            await socket.send(json.dumps({"interval": "7m"}))
            while (told := (await picture(socket))["candles"])["fresh"]:
                pass
            assert told["interval"] == "1m"
            assert 0 < len(told["rows"]) <= 5
            await socket.send(json.dumps({"symbol": "ETHUSDT"}))
            while (shown := await picture(socket))["symbol"] != "ETHUSDT":
                pass
            assert (shown["candles"]["fresh"], shown["candles"]["rows"]) == (True, [])
            await socket.send(json.dumps({"interval": ""}))
            while (await picture(socket))["candles"]["interval"]:
                pass


async def test_a_fault_is_injected_met_and_told() -> None:
    async with LocalExchange(market="manual", page=True) as exchange, Raw(exchange) as raw, live(exchange) as socket:
        await socket.send(json.dumps({"make": {"fault": "cut", "after_execution": True, "method": "ping"}}))
        while "done" not in (answer := json.loads(await socket.recv())):
            pass
        assert answer["done"]["fault"] == "cut"
        assert exchange.faults.waiting == 1
        await raw.send("ping")
        met: list[Any] = []
        ended: list[Any] = []
        while not (met and ended):
            shown = await picture(socket)
            met, ended = met + shown["met"], ended + shown["ended"]
        assert met[0][1:] == ["ping", "cut"]
        assert ended[0][0] == 1
        assert [type(action) for _, action in exchange.faults.used] == [Cut]
        for wrong in (
            "{",
            "[]",
            json.dumps({"make": {"fault": "explode"}}),
            json.dumps({"make": 1}),
            json.dumps({"make": {"setting": 1}}),
        ):
            await socket.send(wrong)
            while "error" not in (answer := json.loads(await socket.recv())):
                pass


async def test_faults_leave_the_page_alone() -> None:
    async with LocalExchange(market="manual", page=True) as exchange, live(exchange) as socket:
        assert exchange.faults.cut_all() == 0
        exchange.faults.ban(30)
        exchange.faults.busy(30)
        while not (shown := await picture(socket))["spell"]:
            pass
        assert shown["spell"].startswith("busy (-1008)")
        while not (shown := await picture(socket))["limits"][-1].get("seconds"):
            pass
        assert shown["limits"][-1]["what"] == "127.0.0.1 is banned"
        assert exchange.truth.counters["connects"] == 0
        assert not exchange.truth.frames
