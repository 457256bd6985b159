"""Streams, books and fills as they come."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.streams import OrderBook
from tests.cli.conftest import Terminal


def test_a_stream_is_a_line_for_each_event(terminal: Terminal) -> None:
    lines: list[str] = []

    def watch() -> None:
        lines.extend(terminal.run("stream btcusdt@bookTicker --count 2 --json").stdout.splitlines())

    watching = threading.Thread(target=watch)
    watching.start()
    for step in range(400):
        terminal.served.quote(f"{59990 - step % 7}", "60010")
        watching.join(0.02)
        if not watching.is_alive():
            break
    events = [json.loads(line) for line in lines]
    assert len(events) == 2
    assert all(each["stream"] == "btcusdt@bookTicker" and each["data"]["s"] == "BTCUSDT" for each in events)


def test_a_name_that_no_stream_has_is_refused(terminal: Terminal) -> None:
    assert "lower case" in terminal.run("stream BTCUSDT@trade", code=2).stderr
    assert "did you mean btcusdt@trade?" in terminal.run("stream btcusdt@trades", code=2).stderr
    assert "a name is SYMBOL@KIND, as btcusdt@trade" in terminal.run("stream @trade", code=2).stderr
    assert "bookTicker" in terminal.run("stream ethusdt@trade btcusdt@nope", code=2).stderr


def test_a_symbol_that_the_venue_does_not_have_is_refused(terminal: Terminal) -> None:
    assert "NOPEUSDT" in terminal.run("stream btcusdt@trade nopeusdt@trade --count 1", code=2).stderr


def test_a_book_is_shown_once_or_as_it_moves(terminal: Terminal) -> None:
    assert "59990" in terminal.run("book btcusdt --once").stdout
    book = terminal.json("book BTCUSDT --once --levels 1")
    assert book["bids"] == [["59990", "5"]]
    assert book["asks"] == [["60010", "5"]]


def test_the_book_of_a_market_that_stands_still_is_waited_for(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float | None] = []

    def order_book(client: SpotClient, symbol: str, **options: Any) -> OrderBook:
        given.append(options["timeout"])
        return opened(client, symbol, **options)

    opened = SpotClient.order_book
    monkeypatch.setattr(SpotClient, "order_book", order_book)
    monkeypatch.setattr("binance_wsapi.streams.book.CONFIRM_AFTER", 0.25)
    shown = terminal.run("book BTCUSDT --count 1 --json --timeout 30").stdout
    assert json.loads(shown)["bids"] == [["59990", "5"]]
    assert given == [30.25], "longer than a call may take, by what the market needs"


def test_fills_are_those_of_the_exchange(terminal: Terminal) -> None:
    lines: list[str] = []
    watching = threading.Thread(target=lambda: lines.extend(terminal.run("fills --count 1").stdout.splitlines()))
    watching.start()
    with terminal.served.client() as client:
        deadline = time.monotonic() + 20
        while watching.is_alive() and time.monotonic() < deadline:
            client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.001")
            watching.join(0.2)
    assert len(lines) == 1
    assert "BUY 0.001 at 60010" in lines[0]


@pytest.mark.parametrize("line", ["stream btcusdt@trade", "book BTCUSDT --once", "ping", "balances"])
def test_a_dead_port_is_told_within_the_timeout(line: str, terminal: Terminal) -> None:
    begun = time.monotonic()
    done = terminal.run(f"{line} --timeout 0.5 --env ws://127.0.0.1:9/ws-api/v3", code=3)
    assert time.monotonic() - begun < 8
    assert "127.0.0.1:9" in done.stderr


def test_ping_measures_and_needs_no_key(terminal: Terminal) -> None:
    told = terminal.json("ping --count 3", BINANCE_API_KEY="", BINANCE_PRIVATE_KEY_FILE="")
    assert len(told["milliseconds"]) == 3
    assert abs(told["clock_offset_ms"]) < 1000
