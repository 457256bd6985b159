"""What strangers send, drawn by hypothesis: frames, replies, store records, scenarios, tapes, requests to the exchange.

Each ends in a value or in an error of the library's own, never in a foreign exception, a hang or memory without bound.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_wsapi.errors import WsapiError
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Report, StoreUnavailable
from binance_wsapi.simulator import DumpError, LocalExchange, Scenario, ScenarioError, Tape
from binance_wsapi.wire.codec import decode_frame, read_id, refusal

QUICK = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
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


def _post(body: str) -> bytes:
    head = f"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()
