"""The control endpoint tells the truth, makes faults happen, and answers nonsense with an error."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosedError

from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults import control
from binance_wsapi.simulator.faults.names import NAMES
from binance_wsapi.simulator.record.transcript import redact
from binance_wsapi.simulator.record.truth import Frame
from tests.simulator.desk import SECRET, Raw, add_ed25519_key, add_hmac_key, log_on
from tests.simulator.faults.test_faults import ORDER


@pytest.fixture
async def exchange() -> AsyncIterator[LocalExchange]:
    async with LocalExchange(market="manual", control_port=0) as exchange:
        add_hmac_key(exchange)
        yield exchange


@pytest.fixture
async def http(exchange: LocalExchange) -> AsyncIterator[httpx.AsyncClient]:
    assert exchange.control_url is not None
    async with httpx.AsyncClient(base_url=exchange.control_url, trust_env=False) as client:
        yield client


async def test_it_is_off_unless_asked_for() -> None:
    async with LocalExchange(market="manual") as exchange:
        assert exchange.control_url is None
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"{exchange.rest_url}/control")).status_code == 404
            assert (await http.get(f"{exchange.rest_url}/truth")).status_code == 404


async def test_it_tells_the_truth(exchange: LocalExchange, http: httpx.AsyncClient) -> None:
    async with Raw(exchange) as raw:
        exchange.quote("BTCUSDT", asks=[("49000", "0.04")])
        await raw.signed("order.place", **ORDER, newClientOrderId="mine")
    [order] = (await http.get("/orders", params={"id": "mine"})).json()
    assert (order["status"], order["executedQuantity"], order["price"]) == ("PARTIALLY_FILLED", "0.04", "50000")
    assert (await http.get("/orders")).json() == [order]
    assert (await http.get("/orders", params={"id": "other"})).json() == []
    [trade] = (await http.get("/trades")).json()
    assert (trade["original_id"], trade["price"]) == ("mine", "49000")
    balances = (await http.get("/balances")).json()
    assert balances["USDT"] == {
        side: f"{amount:f}" for side, amount in zip(("free", "locked"), exchange.truth.balances()["USDT"], strict=True)
    }
    assert (await http.get("/balances", params={"account": "nobody"})).status_code == 404
    truth = (await http.get("/truth")).json()
    assert (truth["orders"], truth["trades"], truth["counters"]["order.place"]) == (1, 1, 1)
    assert "/faults" in (await http.get("/")).json()


async def test_it_makes_faults_happen(exchange: LocalExchange, http: httpx.AsyncClient) -> None:
    async with Raw(exchange) as raw:
        answer = await http.post("/faults", json={"fault": "cut", "after_execution": True, "method": "order.place"})
        assert answer.json() == {"done": 1, "waiting": 1}
        await raw.get("ping")
        await raw.send("order.place", raw.sign({**ORDER, "newClientOrderId": "x"}))
        with pytest.raises(ConnectionClosedError):
            await raw.receive()
    found = (await http.get("/faults")).json()
    assert found["used"] == [["order.place", "Cut(after_execution=True)"]]
    assert found["known"].keys() == NAMES.keys()
    assert len((await http.get("/orders", params={"id": "x"})).json()) == 1
    pair = [{"fault": "drop", "count": 3}, {"fault": "stall_connects", "seconds": 1}]
    assert (await http.post("/faults", json=pair)).json()["waiting"] == 3
    assert (await http.delete("/faults")).json() == {"waiting": 0}


async def test_of_several_faults_all_happen_or_none(exchange: LocalExchange, http: httpx.AsyncClient) -> None:
    answer = await http.post("/faults", json=[{"fault": "drop"}, {"fault": "explode"}])
    assert answer.status_code == 400
    assert "no fault 'explode'" in answer.json()["error"]
    assert exchange.faults.waiting == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("POST", "/truth", 405), ("PUT", "/faults", 405), ("GET", "/frames?limit=x", 400)],
)
async def test_what_is_not_there_is_an_error(http: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"1", b'"drop"', b"[1]", b"[" * 100_000, b"\xff", b'{"fault":[]}'])
async def test_a_body_that_is_none_is_an_error(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/faults", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


async def test_a_page_in_a_browser_cannot_reach_it(http: httpx.AsyncClient) -> None:
    body = b'{"fault":"cut_all"}'
    assert (await http.post("/faults", content=body, headers={"Content-Type": "text/plain"})).status_code == 415
    assert (await http.get("/truth", headers={"Host": "evil.example"})).status_code == 403
    assert (await http.get("/truth", headers={"Host": "localhost:80"})).status_code == 200
    assert (
        await http.post("/faults", content=b"x" * 2_000_000, headers={"Content-Type": "application/json"})
    ).status_code == 413


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 100, b"GET\r\n\r\n", b"x" * 100_000, b"GET / HTTP/1.1\r\n\r\n", b"GET //[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
     b"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\r\n",
     b"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"],
)  # fmt: skip
async def test_garbage_does_not_end_it(exchange: LocalExchange, http: httpx.AsyncClient, data: bytes) -> None:
    assert exchange.control_url is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", int(exchange.control_url.rsplit(":", 1)[1]))
    writer.write(data)
    writer.write_eof()
    async with asyncio.timeout(30):
        try:
            answer = await reader.read()
        except ConnectionResetError:
            answer = b"HTTP/1.1 4"
    writer.close()
    assert answer.startswith(b"HTTP/1.1 4")
    assert (await http.get("/truth")).status_code == 200


async def test_leaving_does_not_wait_for_who_never_asks(caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(20):
        async with LocalExchange(market="manual", control_port=0) as exchange:
            assert exchange.control_url is not None
            _, writer = await asyncio.open_connection("127.0.0.1", int(exchange.control_url.rsplit(":", 1)[1]))
            await asyncio.sleep(0.05)
    writer.close()
    assert not [record for record in caplog.records if record.name == "asyncio"], "no traceback for each of them"


async def test_who_does_not_read_an_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left to write does not keep the socket, nor the end of the exchange, for as long as a peer likes."""
    monkeypatch.setattr(control, "PATIENCE", 0.2)
    ended, serve = asyncio.Event(), control.Control._serve

    async def noted(*args: Any) -> None:
        await serve(*args)
        ended.set()

    monkeypatch.setattr(control.Control, "_serve", noted)
    async with LocalExchange(market="manual", control_port=0) as exchange:
        assert exchange.control_url is not None
        for _ in range(32):
            exchange.truth.frame(1, "in", "x" * 1_000_000)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(exchange.control_url.rsplit(":", 1)[1]))
        writer.write(b"GET /transcript HTTP/1.1\r\nHost: localhost\r\n\r\n")
        transport = writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        await ended.wait()
        transport.resume_reading()
        heard = 0
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(1 << 20):
                heard += len(data)
        assert heard < 32_000_000
        writer.close()


# --- the transcript ----------------------------------------------------------------------------------------------------


async def test_the_transcript_is_every_frame_without_its_secrets(
    exchange: LocalExchange, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    async with Raw(exchange) as raw:
        key = add_ed25519_key(exchange, api_key="an-api-key-of-mine")
        await log_on(raw, key, "an-api-key-of-mine")
        sent = raw.sign(dict(ORDER))
        await raw.ask("order.place", sent)
        await raw.socket.send(b"\x00\xff")
        await raw.receive()
    path = tmp_path / "frames.jsonl"
    assert exchange.write_transcript(path) == len(exchange.truth.frames) == 6
    text = path.read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert [(row["connection"], row["direction"]) for row in rows] == [(1, "in"), (1, "out")] * 3
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    order = json.loads(rows[2]["frame"])
    assert order["params"] == {**sent, "signature": "***", "apiKey": "***"}
    assert rows[4]["bytes"] == "AP8="
    assert "an-api-key-of-mine" not in text
    assert sent["signature"] not in text
    assert SECRET not in text
    assert (await http.get("/transcript")).text == text
    assert (await http.get("/frames", params={"limit": 2})).json() == rows[-2:]
    exchange.write_transcript(path, secrets=True)
    assert sent["signature"] in path.read_text()


@pytest.mark.parametrize(
    "text",
    [
        '{"signature":"TOPSECRET"}',
        '{"a":{"b":[{"apiKey" : "TOP\\"SECRET"}]}}',
        '{"signature":"TOPSECRET',
        '{"signature":"TOPSECRET","signature":"TOPSECRET"}',
        '{"signatur\\u0065":"TOPSECRET"}',
        '{"signatur\\u0065":["TOPSECRET"]}',
        '{"signatur\\u0065":"TOPSECRET"',
        '{"a":"\\ud800","signatur\\u0065":"TOPSECRET"}',
        '"signature":"TOPSECRET"',
        '{"signature":["TOPSECRET"]}',
        '{"signature" :{"a":"TOPSECRET"}',
    ],
)
def test_a_secret_is_hidden_even_where_json_is_bent(text: str) -> None:
    hidden = redact(text)
    assert "SECRET" not in hidden
    assert "***" in hidden


@pytest.mark.parametrize(
    "text", ['{"id":1,"method":"ping"}', "", "not json", '{"apiKey":null}', '{"a":"\\u00e9 signature"}']
)
def test_a_frame_without_secrets_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_the_truth_keeps_a_frame_as_it_was() -> None:
    assert Frame(1, "in", 0.0, "x").data == "x"


def test_faults_and_names_agree_with_what_any_method_takes() -> None:
    kinds: set[Any] = {kind for takes in NAMES.values() for each in takes.values() for kind in each}
    assert kinds == {str, int, float, bool, dict}
