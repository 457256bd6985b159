"""Nothing that comes over a socket ends the exchange, and each kind of nonsense gets the error that is documented for it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus

from binance_wsapi.simulator import LimitRules, LocalExchange
from binance_wsapi.simulator.access.auth import payload
from binance_wsapi.simulator.api.methods import METHODS
from binance_wsapi.simulator.api.rest import ROUTES, Sent
from tests.counts import drawn
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import SECRET, Raw, add_hmac_key
from tests.simulator.faults.test_faults import ORDER

GENEROUS = LimitRules(weight_per_minute=10**9, orders_per_10_seconds=10**9, orders_per_day=10**9, tolerated=10**9)
LONE = "\\ud800"


def quiet() -> LocalExchange:
    return LocalExchange(market="manual", limits=GENEROUS)


async def refused(raw: Raw, frame: str | bytes) -> tuple[Any, int, int]:
    """Send a frame; return id, status and code of the answer. The connection serves the next request."""
    await raw.socket.send(frame)
    answer = await raw.receive()
    assert await raw.get("ping") == {}
    return answer["id"], answer["status"], answer["error"]["code"]


NO_JSON = [
    "", " ", "{", "}", "[", '"', "nul", '{"id":1,"method":"ping"', '{"id":1,"method":"ping"}}', "\x00", "﻿{}",
    "'id'", '{"id":NaN,"method":"ping"}', '{"id":Infinity}', "[" * 200_000, '{"a":' * 100_000, "[" * 1_000_000,
    "[" * 900 + "]" * 900, '{"id":1,"method":"ping","params":' + "[" * 40 + "]" * 40 + "}",
    '{"id":' + "9" * 5000 + ',"method":"ping"}', '{"id":"' + LONE + '","method":"ping"}',
    '{"id":1,"method":"' + LONE + '"}', '{"id":1,"' + LONE + '":1}', '{"id":1,"method":"ping","params":{"a":"\\udfff"}}',
    "null", "true", "1", "1e400", '"ping"', "[]", '[{"id":1,"method":"ping"}]',
]  # fmt: skip


async def test_what_is_no_request_in_json_is_refused_under_id_null() -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        for frame in NO_JSON:
            assert await refused(raw, frame) == (None, 400, -1135), frame[:60]
        for data in (b"", b"\x00", b'{"id":1,"method":"ping"}', b"\xff" * 1000):
            assert await refused(raw, data) == (None, 400, -1135), data[:60]


@pytest.mark.parametrize("identity", ["1.5", "1e3", "-0.0", "1e400", "true", "false", "[]", "{}", "[1]"])
async def test_an_id_that_cannot_be_echoed_is_refused_and_not_echoed(identity: str) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        assert await refused(raw, f'{{"id":{identity},"method":"ping"}}') == (None, 400, -1130)


@pytest.mark.parametrize("identity", [0, -1, 2**63, "", "x" * 36, "ééé", "\U0001f600", None])
async def test_every_other_id_comes_back_in_its_type(identity: Any) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        await raw.socket.send(json.dumps({"id": identity, "method": "ping"}))
        answer = await raw.receive()
        assert answer["status"] == 200
        assert type(answer["id"]) is type(identity)
        assert answer["id"] == identity


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"id": 7}, 400, -1102),
        ({"id": 7, "method": None}, 400, -1102),
        ({"id": 7, "method": 1.5}, 400, -1102),
        ({"id": 7, "method": ["ping"]}, 400, -1102),
        ({"id": 7, "method": ""}, 400, -1102),
        ({"id": 7, "method": "order.plaice"}, 400, -1130),
        ({"id": 7, "method": "v3/v3/ping"}, 400, -1130),
        ({"id": 7, "method": "ping\n"}, 400, -1130),
        ({"id": 7, "method": "ping", "params": []}, 400, -1135),
        ({"id": 7, "method": "ping", "params": "x"}, 400, -1135),
        ({"id": 7, "method": "ping", "params": {"x": 1}}, 400, -1101),
        ({"id": 7, "method": "ping", "more": 1}, 400, -1104),
        ({"id": 7, "method": "depth", "params": {"symbol": {"a": 1}}}, 400, -1102),
        ({"id": 7, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": 1e3}}, 400, -1100),
        ({"id": 7, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": "1e3"}}, 400, -1100),
        ({"id": 7, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": 10**19}}, 400, -1108),
        ({"id": 7, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": 10**4000}}, 400, -1100),
        ({"id": 7, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": "-1"}}, 400, -1100),
        ({"id": 7, "method": "depth", "params": {"symbol": "BTCUSDT", "limit": "٣"}}, 400, -1100),
        ({"id": 7, "method": "depth", "params": {"symbol": "x" * 100_000}}, 400, -1100),
        ({"id": 7, "method": "ticker.price", "params": {"symbols": ""}}, 400, -1105),
        ({"id": 7, "method": "exchangeInfo", "params": {"permissions": ""}}, 400, -1105),
        ({"id": 7, "method": "ticker.price", "params": {"symbols": "BTCUSDT"}}, 400, -1130),
    ],
)
async def test_a_request_that_is_wrong_gets_its_documented_error(request_: Any, status: int, code: int) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        assert await refused(raw, json.dumps(request_)) == (7, status, code)


async def test_a_name_that_comes_twice_is_refused() -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        assert await refused(raw, '{"id":1,"id":2,"method":"ping"}') == (None, 400, -1101)


@pytest.mark.parametrize("where", ["signature", "newClientOrderId", "apiKey", "symbol"])
async def test_half_a_surrogate_pair_in_a_signed_request_is_refused_before_signing(where: str) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        params = {**raw.sign({**ORDER, "newClientOrderId": "x"}), where: "SURROGATE"}
        text = json.dumps({"id": 1, "method": "order.place", "params": params}).replace("SURROGATE", LONE)
        assert await refused(raw, text) == (None, 400, -1135)
        whole = text.replace(LONE, "\\ud83d\\ude00")  # a whole pair is a character, and simply wrong here
        assert (await refused(raw, whole))[2] in (-1022, -1100, -2014)


@pytest.mark.parametrize("signature", [1, 1.5, None, "", True, [], {}, "ß", "=" * 10_000, "\x00", "\U0001f600"])
@pytest.mark.parametrize("kind", ["hmac", "ed25519"])
async def test_a_signature_of_any_shape_is_refused(signature: Any, kind: str) -> None:
    from tests.simulator.desk import add_ed25519_key

    async with quiet() as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        add_ed25519_key(exchange)
        key = "hmac" if kind == "hmac" else "ed"
        params = {**raw.sign({}, api_key=key), "signature": signature}
        answer = await raw.ask("account.status", params)
        assert answer["status"] == 400
        assert answer["error"]["code"] in (-1022, -1102)


@pytest.mark.parametrize("price", ["1e3", "1E5", "-1", "+1", ".5", "5.", "0x10", "1_000", " 1", "9" * 21, "１", "NaN"])
async def test_a_price_that_is_no_plain_number_is_refused(price: str) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.signed("order.place", **{**ORDER, "price": price})
        assert (answer["status"], answer["error"]["code"]) == (400, -1100)
        assert exchange.truth.all_orders() == []


# --- the firewall ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["SELECT", "drop-1", "a.union", "x:Delete", "insert/", "my-update-7", "exec"])
async def test_an_sql_keyword_is_stopped_by_the_firewall(word: str) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.signed("order.place", **ORDER, newClientOrderId=word)
        assert answer["status"] == 403
        assert (await raw.ask("exchangeInfo", {"symbols": [word]}))["status"] == 403
        assert (await raw.ask("ping", {word: 1}))["status"] == 403
        assert exchange.truth.all_orders() == []


@pytest.mark.parametrize("word", ["dropped", "DROPUSDT", "selection", "reunion", "update2", "x_drop_x"])
async def test_a_word_that_only_contains_one_passes(word: str) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        assert (await raw.signed("order.place", **ORDER, newClientOrderId=word))["status"] == 200


# --- below the messages ------------------------------------------------------------------------------------------------


async def talk(exchange: LocalExchange, data: bytes) -> bytes:
    """Send bytes on a bare socket and return all that comes back until it ends."""
    port = int(exchange.rest_url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(30):
            try:
                return await reader.read()
            except ConnectionResetError:
                return b""
    finally:
        writer.close()


GOOD = (
    b"GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 10_000,
        bytes(range(256)) * 10,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS to a plain port
        b"GET\r\n\r\n",
        b"GET /ws-api/v3 HTTP/9.9\r\n\r\n",
        b"GET " + b"/" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ws-api/v3?%ff%fe=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ws-api/v3 HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        b"DELETE / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        GOOD.replace(b"13", b"12"),
        GOOD.replace(b"dGhl", b"!!!!"),
        GOOD[:-10],
        GOOD + b"\xff" * 100,
        GOOD + b"\x01\x85",
        GOOD + b"\x81\xfe\xff\xff\x00\x00\x00\x00{",
        GOOD + b"\x81\x05hello",  # not masked
        GOOD + b"\x80\x80\x00\x00\x00\x00",  # a continuation of nothing
        GOOD + b"\x88\x81\x00\x00\x00\x00\x01",  # half a close code
        GOOD + b"\x89\xfe\x10\x00\x00\x00\x00\x00",  # a ping of 4 KiB
        GOOD + b"\x81\x82\x00\x00\x00\x00\xc3\x28",  # not UTF-8
    ],
)
async def test_garbage_on_the_socket_ends_that_socket_only(data: bytes) -> None:
    async with quiet() as exchange, Raw(exchange) as raw:
        await talk(exchange, data)
        assert await raw.get("ping") == {}, "others hear nothing of it"
        async with Raw(exchange) as other:
            assert await other.get("ping") == {}


@pytest.mark.parametrize(
    "path", ["", "/", "/ws-api", "/ws-api/v3/", "/ws-api/v4", "/wsapi", "/%00", "/ws-api/v3/../v3"]
)
async def test_a_path_that_does_not_exist_is_404(path: str) -> None:
    async with quiet() as exchange:
        base = exchange.streams_url
        with pytest.raises(InvalidStatus) as found:
            async with Raw(exchange, url=base + path):
                pass
        assert found.value.response.status_code == 404


async def test_a_frame_over_a_megabyte_closes_its_connection_with_1009() -> None:
    async with quiet() as exchange:
        raw = await Raw(exchange).__aenter__()
        with contextlib.suppress(ConnectionClosedError):
            await raw.socket.send("[" * 10_000_000)
        with pytest.raises(ConnectionClosedError) as closed:
            await raw.receive()
        if closed.value.rcvd is not None:  # the close frame can be lost behind a reset
            assert closed.value.rcvd.code == 1009
        async with Raw(exchange) as other:
            assert await other.get("ping") == {}


async def test_leaving_does_not_wait_for_sockets_that_never_ask_for_anything() -> None:
    async with asyncio.timeout(10):
        async with quiet() as exchange:
            port = int(exchange.rest_url.rsplit(":", 1)[1])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(0.05)
    writer.close()


# --- anything at all ---------------------------------------------------------------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40)
    | st.sampled_from(
        ["BTCUSDT", "BUY", "LIMIT", "MARKET", "GTC", "1", "0", "-1", "1e9", "60000", "0.1", "OCO", "null"]
    )
)
values = scalars | st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
names = sorted({param.name for method in METHODS.values() for param in method.params} | {"recvWindow", "timestamp"})
params_of = st.dictionaries(st.sampled_from(names) | st.text(max_size=9), values, max_size=8)
requests_of = st.fixed_dictionaries(
    {},
    optional={
        "id": values,
        "method": st.sampled_from([*METHODS, "v3/ping"]) | values,
        "params": params_of | values,
        "more": values,
    },
)
well_named = st.tuples(st.sampled_from(sorted(METHODS)), params_of)


@st.composite
def plausible(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A method with parameters of its own under their names, most of them wrong in some way."""
    method = METHODS[draw(st.sampled_from(sorted(METHODS)))]
    own = {param.name: draw(values | st.sampled_from(sorted(param.choices) or ["1"])) for param in method.params}
    dropped = draw(st.sets(st.sampled_from(sorted(own)), max_size=3)) if own else set()
    if "symbol" in own and draw(st.booleans()):
        own["symbol"] = "BTCUSDT"
    return method.name, {name: value for name, value in own.items() if name not in dropped}


def sign(exchange: LocalExchange, params: dict[str, Any]) -> dict[str, Any]:
    full = {"timestamp": exchange.clock.now_ms(), **params, "apiKey": "hmac"}
    full.pop("signature", None)
    text = payload(json.loads(json.dumps(full)))
    return {**full, "signature": hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()}


async def survives(exchange: LocalExchange, frames: list[str]) -> None:
    async with Raw(exchange) as raw:
        for frame in frames:
            await raw.socket.send(frame)
            answer = await raw.receive()
            while "event" in answer:
                answer = await raw.receive()
            assert set(answer) >= {"id", "status"}, frame
            assert answer["status"] in (200, 400, 401, 403, 409), frame
            assert ("result" in answer) is (answer["status"] == 200), frame
        await raw.socket.send('{"id":"last","method":"time"}')
        while (answer := await raw.receive()).get("id") != "last":
            assert "event" in answer
        assert answer["status"] == 200


@pytest.mark.lives
@settings(max_examples=drawn(25, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(values | requests_of, min_size=1, max_size=20))
def test_any_json_over_a_real_socket_is_answered_and_the_next_good_request_too(shapes: list[Any]) -> None:
    async def life() -> None:
        async with quiet() as exchange:
            await survives(exchange, [json.dumps(shape) for shape in shapes])

    asyncio.run(life())


@pytest.mark.lives
@settings(max_examples=drawn(60, 150), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(plausible() | well_named, min_size=1, max_size=20))
def test_any_parameters_of_any_method_are_answered_signed_or_not(asked: list[tuple[str, dict[str, Any]]]) -> None:
    async def life(_: VirtualLoop) -> None:
        async with quiet() as exchange:
            add_hmac_key(exchange)
            exchange.quote("BTCUSDT", bids=[("59000", "1")], asks=[("61000", "1")])
            frames = []
            for method, params in asked:
                signed = sign(exchange, params) if METHODS[method].security != "NONE" else params
                frames.append(json.dumps({"id": 1, "method": method, "params": signed}))
            await survives(exchange, frames)

    run(life)


@pytest.mark.lives
@settings(max_examples=drawn(25, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(max_size=60) | st.binary(max_size=60), min_size=1, max_size=20))
def test_any_text_and_any_bytes_are_answered(frames: list[str | bytes]) -> None:
    async def life(_: VirtualLoop) -> None:
        async with quiet() as exchange, Raw(exchange) as raw:
            for frame in frames:
                await refused(raw, frame)

    run(life)


@pytest.mark.lives
@settings(max_examples=drawn(25, 60), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        values
        | st.fixed_dictionaries(
            {
                "id": values,
                "method": st.sampled_from(
                    ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"]
                ),
                "params": values,
            }
        ),
        max_size=5,
    )
)
def test_any_json_on_the_market_streams_is_answered(shapes: list[Any]) -> None:  # fmt: skip
    async def life(_: VirtualLoop) -> None:
        async with quiet() as exchange, Raw(exchange, url=f"{exchange.streams_url}/ws") as raw:
            for shape in shapes:
                await raw.socket.send(json.dumps(shape))
                answer = await raw.receive()
                assert "result" in answer or "code" in answer
            await asyncio.sleep(2)
            assert await raw.ask("LIST_SUBSCRIPTIONS")

    run(life)


@pytest.mark.lives
@settings(max_examples=drawn(40, 100), deadline=None)
@given(
    st.sampled_from([*ROUTES, ("GET", ""), ("POST", "nothing"), ("DELETE", "order/")]),
    st.text(max_size=40) | st.binary(max_size=20).map(lambda data: data.decode("latin-1")),
    st.none() | st.text(max_size=20) | st.just("hmac"),
)
def test_any_request_of_the_rest_side_is_answered(route: tuple[str, str], query: str, api_key: str | None) -> None:
    exchange = LocalExchange(market="manual", limits=GENEROUS)

    async def life(_: VirtualLoop) -> None:
        async with exchange:
            add_hmac_key(exchange)
            for each in (query, f"symbol=BTCUSDT&{query}", f"symbols={query}", f"timestamp=1&signature={query}"):
                for sent, body in ((each, b""), ("", each.encode()), (each, each.encode())):
                    request = Sent(*route, sent, body, api_key, "MILLISECOND", "127.0.0.1")
                    answer = await exchange._server.rest.answer(request)
                    assert answer is not None
                    assert answer.status in (200, 400, 401, 403, 404)
                    assert json.loads(answer.body) is not None

    run(life)


async def test_a_thousand_sockets_that_come_and_go_leave_nothing_behind(no_log: None) -> None:
    async with LocalExchange(market="manual", limits=LimitRules(connects_per_5_minutes=10**6)) as exchange:
        for _ in range(20):
            raws = [await Raw(exchange).__aenter__() for _ in range(10)]
            for number, raw in enumerate(raws):
                if number % 2:
                    raw.socket.transport.abort()
            for raw in raws:
                with contextlib.suppress(ConnectionClosed):
                    await raw.socket.close()
        async with asyncio.timeout(30):
            while exchange._server.lines.links:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert exchange._server.lines.api_sessions == {}
        assert exchange._server.gateway.sessions == {}
