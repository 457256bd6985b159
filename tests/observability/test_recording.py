"""A recording holds every frame and no secret, and the local exchange plays it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import BadRequest, HandleStatus, SpotClient, UsageError
from binance_wsapi.environments import local
from binance_wsapi.models import ExecutionReport
from binance_wsapi.observability import WireRecorder
from binance_wsapi.simulator import LocalExchange, Replay
from tests.orders.trade.handles import play
from tests.simulation.house import HMAC, KEY, SYMBOL, runtime
from tests.simulation.loop import VirtualLoop, run


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def record(path: Path, key: Any = KEY, **options: Any) -> WireRecorder:
    """Record what a small bot does."""
    recorder = WireRecorder(path)

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await bot(client)

    play(test, key=key, recorder=recorder, **options)
    return recorder


async def bot(client: SpotClient) -> tuple[Any, ...]:
    """Ask, trade and listen; return what came of it."""
    depth = await client.depth(SYMBOL, limit=5)
    async with client.user_data() as events:
        order = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
        report = await anext(each async for each in events if isinstance(each, ExecutionReport))
    balances = (await client.account_status(omit_zero_balances=True)).balances
    return depth.bids, order.fills, order.order_id, report.order_id, [each.free for each in balances]


@pytest.mark.parametrize("key", [KEY, HMAC], ids=["ed25519", "hmac"])
def test_every_frame_is_there_and_no_secret(tmp_path: Path, key: Any) -> None:
    path = tmp_path / "wire.jsonl"
    recorder = record(path, key)
    text = path.read_text()
    found = rows(path)
    assert recorder.frames == len(found) > 8
    assert key.api_key not in text
    for row in found:
        params = json.loads(row["frame"]).get("params") or {}
        assert params.get("signature") in {None, "***"}
        assert params.get("apiKey") in {None, "***"}
    assert {row["direction"] for row in found} == {"in", "out"}
    methods = [json.loads(row["frame"])["method"] for row in found if row["direction"] == "in"]
    assert "order.place" in methods
    assert any('"executionReport"' in row["frame"] for row in found if row["direction"] == "out")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    path.write_text("mine")
    with pytest.raises(UsageError, match="new file"):
        WireRecorder(path)
    assert path.read_text() == "mine"


def test_a_disk_that_takes_no_more_ends_the_recording_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    written = 0
    write = os.write

    def full(file: int, data: bytes) -> int:
        nonlocal written
        written += 1
        if written > 5:
            raise OSError(28, "No space left on device")
        return write(file, data)

    monkeypatch.setattr("binance_wsapi.observability.recording.os.write", full)
    with caplog.at_level(logging.ERROR):
        recorder = record(tmp_path / "wire.jsonl")
    assert recorder.frames == 5
    assert "No space left on device" in caplog.text


def replayed(path: Path, test: Any, key: Any = KEY) -> Any:
    """Run a coroutine with a client of a recording."""

    async def main(loop: VirtualLoop) -> Any:
        async with Replay(path) as venue:
            where = replace(local(venue.url), rest="")
            async with SpotClient(where, key, runtime=runtime(loop)) as client:
                return await test(client), venue

    return run(main, 1)


@pytest.mark.parametrize("key", [KEY, HMAC], ids=["ed25519", "hmac"])
def test_the_same_bot_meets_the_same_answers(tmp_path: Path, key: Any) -> None:
    met: list[Any] = []
    path = tmp_path / "wire.jsonl"
    recorder = WireRecorder(path)

    async def first(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        met.append(await bot(client))

    play(first, key=key, recorder=recorder)
    again, venue = replayed(path, bot, key)
    assert again == met[0]
    assert not {"order.place", "depth", "account.status"} & set(venue.missing)


def test_a_handle_recognises_its_order_in_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    recorder = WireRecorder(path)

    async def trade(client: SpotClient) -> HandleStatus:
        handle = await client.submit_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
        await asyncio.wait_for(handle.filled(), 30)
        return handle.status

    async def first(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        await trade(client)

    play(first, recorder=recorder)
    status, _ = replayed(path, trade)
    assert status is HandleStatus.FILLED


def test_what_was_not_recorded_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "wire.jsonl"
    record(path)

    async def ask(client: SpotClient) -> None:
        with pytest.raises(Exception, match="no further reply to klines"):
            await client.klines(SYMBOL, "1m")

    _, venue = replayed(path, ask)
    assert venue.missing == ["klines"]
    assert venue.left > 0


@pytest.mark.parametrize(
    "line", ["nonsense", "[]", '{"connection":1}', '{"connection":"x","direction":"in","frame":"{}"}']
)
def test_a_line_that_is_no_frame_is_told_by_its_number(line: str) -> None:
    with pytest.raises(ValueError, match="line 2 is no frame of a recording"):
        Replay(['{"connection":1,"direction":"in","time":1,"frame":"{}"}', line])


def test_a_transcript_of_the_exchange_is_a_recording_too(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    met: list[Any] = []

    async def first(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        met.append(await bot(client))
        exchange.write_transcript(path)

    play(first)
    again, _ = replayed(path, bot)
    assert again == met[0]
    assert issubclass(BadRequest, Exception)
