"""What strangers send, drawn by hypothesis: frames, replies, events, records of stores, scenarios, tapes, recordings, requests.

Each ends in a value or in an error of the library's own, never in a foreign exception, a hang or memory without bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest
import respx
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from binance_wsapi import endpoints
from binance_wsapi.errors import WsapiError
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Report, StoreUnavailable
from binance_wsapi.models.spot.events import decode_event
from binance_wsapi.simulator import DumpError, LocalExchange, Replay, Scenario, ScenarioError, Tape
from binance_wsapi.streams.kinds import UNREADABLE, decoder, mixed_decoder, newest_of, place_of
from binance_wsapi.streams.names import type_of
from binance_wsapi.wire.codec import decode_frame, read_id, refusal
from binance_wsapi.wire.endpoint import TimeUnit
from tests.conformance.catalogue import EVENTS, RESPONSES
from tests.rest.support import ASKED, ORDER, PING, reader
from tests.rest.test_routes import with_time
from tests.streams.test_events import DOCUMENTED

QUICK = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ODD: Final[st.SearchStrategy[Any]] = st.sampled_from(
    [
        None, True, -1, 0, 10**18, 10**40, -(10**18), 1.5, 1e308, "", "NaN", "-Infinity", "1E+999999999", "9" * 5_000, "\u202e\x1b[2J",
        "\ud800", [], {}, [[]], [None], {"": None}, {"symbol": {}},
    ]
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path to every part of a JSON value, itself included."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield from places(part, (*path, key))


@st.composite
def changed(draw: Callable[..., Any], value: Any) -> Any:
    """A JSON value of the venue's in which one part or two are something else, are gone, or are joined by another."""
    for _ in range(draw(st.integers(1, 2))):
        path, odd = draw(st.sampled_from(list(places(value)))), draw(ODD | ANYTHING)
        if not path:
            value = odd
            continue
        value = json.loads(json.dumps(value))
        home = value
        for step in path[:-1]:
            home = home[step]
        act = draw(st.sampled_from(["replace", "replace", "remove", "join"]))
        if act == "remove":
            del home[path[-1]]
        elif act == "join" and isinstance(home, list):
            home.append(odd)
        else:
            home[path[-1] if act == "replace" else "later"] = odd
    return value


RESULTS: Final = [
    (each["method"], each["response"]["result"])
    for each in RESPONSES
    if each["method"] in endpoints() and "result" in each["response"]
]


def look_at(value: Any) -> None:
    """Do what users do with a result or an event."""
    repr(value)
    for each in value if isinstance(value, list) else [value]:
        if hasattr(each, "to_json"):
            each.to_json()
        for side in ("bids", "asks"):
            list(getattr(each, side, ()))


REPLY = st.fixed_dictionaries(
    {},
    optional={
        "id": ANYTHING, "status": ANYTHING, "result": ANYTHING, "error": ANYTHING, "rateLimits": ANYTHING,
        "subscriptionId": ANYTHING, "event": ANYTHING,
    },
)  # fmt: skip


@QUICK
@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_a_violation(data: bytes) -> None:
    with contextlib.suppress(WsapiError):
        decode_frame(data)
    read_id(data)


@QUICK
@given(REPLY)
def test_any_object_is_a_message_or_a_violation_and_any_refusal_can_be_printed(reply: dict[str, Any]) -> None:
    try:
        envelope = decode_frame(json.dumps(reply).encode())
    except WsapiError:
        return
    if isinstance(envelope.status, int):
        error = refusal(envelope)
        assert error is None or str(error).isprintable()


@QUICK
@given(st.sampled_from(RESULTS).flatmap(lambda known: st.tuples(st.just(known[0]), changed(known[1]))), st.booleans())
def test_any_result_of_any_method_is_read_or_unreadable(known: tuple[str, Any], micro: bool) -> None:
    method, result = known
    unit = TimeUnit.MICROSECOND if micro else TimeUnit.MILLISECOND
    with contextlib.suppress(WsapiError):
        look_at(endpoints()[method].decode(json.dumps(result).encode(), unit))


@QUICK
@given(st.sampled_from([each["frame"]["event"] for each in EVENTS]).flatmap(changed), st.booleans())
def test_any_event_of_an_account_is_read_or_a_violation(event: Any, micro: bool) -> None:
    with contextlib.suppress(WsapiError):
        look_at(decode_event(json.dumps(event).encode(), microseconds=micro))


@QUICK
@given(
    st.sampled_from(DOCUMENTED).flatmap(
        lambda known: st.tuples(st.just(known[1]), changed({"stream": known[1], "data": known[2]}))
    )
)
def test_any_event_of_a_market_stream_is_read_or_unreadable(known: tuple[str, Any]) -> None:
    name, message = known
    data, kind = json.dumps(message).encode(), type_of(name)
    for decode in (decoder(kind), mixed_decoder([name])):
        with contextlib.suppress(*UNREADABLE):
            look_at(decode(data))
    place_of(kind, data)
    newest_of(kind, data)


@FEW
@given(
    st.sampled_from([200, 201, 302, 400, 401, 403, 418, 429, 500, 599]),
    st.binary(max_size=80) | REPLY.map(lambda reply: json.dumps(reply).encode()),
    st.dictionaries(
        st.sampled_from(["Retry-After", "Content-Encoding", "X-MBX-USED-WEIGHT-1M", "Content-Type"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
    ),
)
def test_any_answer_over_rest_is_a_result_or_an_error(status: int, body: bytes, headers: dict[str, str]) -> None:
    async def ask() -> None:
        with respx.mock(base_url="https://venue.test", assert_all_called=False) as router:
            with_time(router)
            for path in ("/api/v3/order", "/api/v3/ping"):
                router.get(path).mock(return_value=httpx.Response(status, stream=Body(body), headers=headers))
            async with reader() as rest:
                for endpoint, params in ((PING, {}), (ORDER, ASKED)):
                    with contextlib.suppress(WsapiError):
                        await rest.call(endpoint, params)

    asyncio.run(ask())


class Body(httpx.AsyncByteStream):
    """A body as it comes over the wire; `httpx.Response` would unpack what it is given at once."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> Any:
        yield self._data


@QUICK
@given(
    st.lists(
        st.text(max_size=60)
        | st.fixed_dictionaries(
            {},
            optional={
                "connection": ANYTHING,
                "direction": st.sampled_from(["in", "out"]) | ANYTHING,
                "time": ANYTHING,
                "frame": ANYTHING | REPLY.map(json.dumps),
            },
        ).map(json.dumps),
        max_size=6,
    )
)
@example(['{"connection": Infinity}'])
@example(['{"connection": 1, "direction": "in", "frame": ' + "[" * 100_000])
def test_any_recording_is_played_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(ValueError):
        Replay(lines)


@pytest.mark.parametrize(
    "frame", [b"[" * 500_000, b'{"id":' * 300_000, b'{"id":"a","status":200,"result":' + b"[" * 400_000]
)
def test_depth_ends_in_a_violation(frame: bytes) -> None:
    with pytest.raises(WsapiError):
        decode_frame(frame)


@FEW
@given(st.binary(max_size=200))
def test_any_record_of_the_store_is_read_or_set_aside(tmp_path_factory: pytest.TempPathFactory, record: bytes) -> None:
    path = tmp_path_factory.mktemp("store") / "limits.db"
    report = Report(
        "a:ip:b", "m", "l", 1_700_000_000_000, 5, [Ask("REQUEST_WEIGHT 60000", 6_000, 60_000, 0, 28_333_333, 0, 1)]
    )
    store = SqliteStore(path, timeout=5.0)
    store.exchange([report])
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE scope SET state = ?", (record,))
    with contextlib.suppress(StoreUnavailable):
        store.inspect()
    assert len(store.exchange([report])) == 1
    store.close()


KEPT = {
    "scope": "a:ip:b", "epoch": "m.1", "version": 7, "spoke_ms": 1_700_000_000_000, "skew_ms": None, "ghosts": 0,
    "members": {"m": {"label": "l", "seen_ms": 1_700_000_000_000, "version": 7, "holdings": {
        "REQUEST_WEIGHT 60000": {"window": 28_333_333, "held": 10, "share": 750}}}},
    "bans": {"ip": 1_700_000_100_000}, "lifted": {},
    "limits": {"REQUEST_WEIGHT 60000": {"limit": 6_000, "length": 60_000, "newest": 28_333_333, "windows": {
        "28333333": {"index": 28_333_333, "b_count": 40, "b_mark": 6, "lost": [[1_700_000_050_000, 4]], "spent": 44}}}},
    "outsiders": {"o": {"until_ms": 1_700_000_020_000, "shares": {"REQUEST_WEIGHT 60000": 100}}}, "returning": {"p": 7},
}  # fmt: skip
"""A record as a store keeps it."""


@settings(QUICK, max_examples=100)
@given(changed(KEPT))
def test_any_record_that_looks_like_one_gives_no_more_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, record: Any
) -> None:
    path = tmp_path_factory.mktemp("store") / "limits.db"
    ask = Ask("REQUEST_WEIGHT 60000", 6_000, 60_000, 0, 28_333_333, 0, 750, want=10_000)
    report = Report("a:ip:b", "n", "l", 1_700_000_000_000, 5, [ask])
    store = SqliteStore(path, timeout=5.0, far=1e9)
    store.exchange([msgspec.structs.replace(report, asks=[])])
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE scope SET state = ?", (json.dumps(record).encode(),))
    with contextlib.suppress(StoreUnavailable):
        store.inspect()
    (reply,) = store.exchange([report])
    assert sum(grant.granted for grant in reply.grants) <= 6_000
    (again,) = store.exchange([msgspec.structs.replace(report, member="p", epoch=reply.epoch)])
    assert sum(grant.granted for each in (reply, again) for grant in each.grants) <= 6_000
    store.close()


@QUICK
@given(st.text(max_size=200) | st.lists(st.text(max_size=20), max_size=5).map("\n".join))
def test_any_scenario_is_one_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("scenario") / "s.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ScenarioError):
        Scenario.load(path)


@FEW
@given(
    st.binary(max_size=300),
    st.sampled_from(["BTCUSDT-trades-2024-01-01.csv", "BTCUSDT-aggTrades-2024-01-01.zip", "x.csv"]),
)
def test_any_tape_plays_or_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str) -> None:
    path = tmp_path_factory.mktemp("tape") / name
    path.write_bytes(data)

    async def play() -> None:
        async with LocalExchange(market=Tape(path, 1e9)) as exchange, asyncio.timeout(5):
            await exchange.tape_end()

    with contextlib.suppress(DumpError, ValueError):
        asyncio.run(play())


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.binary(max_size=120) | st.text(max_size=60).map(lambda text: f"GET /{text} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                | ANYTHING.map(lambda body: _post(json.dumps(body))), min_size=20, max_size=20))  # fmt: skip
def test_any_request_is_answered_or_dropped_and_the_exchange_goes_on(requests: list[bytes]) -> None:
    async def ask(port: int, data: bytes, patience: float = 0.3) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        try:
            return await asyncio.wait_for(reader.read(), patience)
        except (ConnectionError, TimeoutError):
            return b""  # what is no whole request is waited for
        finally:
            writer.close()

    async def main() -> None:
        async with LocalExchange(market="manual", control_port=0) as exchange:
            assert exchange.control_url is not None
            ports = [int(url.rpartition(":")[2]) for url in (exchange.rest_url, exchange.control_url)]
            for port in ports:
                await asyncio.gather(*(ask(port, data) for data in requests))
            alive = b"GET /api/v3/ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
            assert b" 200 " in (await ask(ports[0], alive, 5.0)).split(b"\r\n")[0]

    asyncio.run(main())


UPGRADE: Final = {
    "Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip
CHOICES: Final = ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions")


@st.composite
def upgrades(draw: Callable[..., Any]) -> bytes:
    """A handshake with odd headers, subprotocols and extensions among them, whole or cut off somewhere."""
    odd = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
    headers = UPGRADE | draw(st.dictionaries(st.sampled_from([*CHOICES, *UPGRADE]), odd, max_size=2))
    path = draw(st.sampled_from(["/ws-api/v3", "/ws/btcusdt@trade", "/stream", "/faults", "/"]))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    whole = f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1")
    return whole[: draw(st.sampled_from([len(whole), len(whole), len(whole) // 2, len(whole) - 2, 1]))]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(upgrades(), min_size=20, max_size=20))
def test_any_handshake_is_answered_or_held_and_no_choice_is_agreed_to(requests: list[bytes]) -> None:
    async def main() -> None:
        async with LocalExchange(market="manual", control_port=0) as exchange:
            assert exchange.control_url is not None
            held = []
            for port in (int(url.rpartition(":")[2]) for url in (exchange.rest_url, exchange.control_url)):
                for data in requests:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(data)
                    held.append((reader, writer))
            async with httpx.AsyncClient(trust_env=False) as http:
                for url in (f"{exchange.rest_url}/api/v3/ping", f"{exchange.control_url}/faults"):
                    assert (await http.get(url)).status_code == 200
        for reader, writer in held:  # the exchange ended at once, and each connection with it
            with contextlib.suppress(ConnectionError):
                answer = await asyncio.wait_for(reader.read(), 5)
                if answer.startswith(b"HTTP/1.1 101"):
                    assert not any(choice.encode().lower() in answer.lower() for choice in CHOICES)
            writer.close()

    asyncio.run(main())


def _post(body: str) -> bytes:
    head = f"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()
