"""A client whose calls wait: from its beginning to its end, and what may interrupt it."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import (
    FilterFailed,
    HandleStatus,
    NotConnected,
    Opened,
    Outcome,
    OutcomeUnknown,
    Settings,
    SpotClient,
    UsageError,
    blocking,
)
from binance_wsapi.blocking.events import Events
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.errors import ConnectFailed
from binance_wsapi.models import AccountPosition, ExecutionReport
from binance_wsapi.simulator import Cut, Delay
from binance_wsapi.streams import BookTickerEvent, TradeEvent
from tests.served import Served

RESTING: dict[str, Any] = {"quantity": "0.01", "price": "50000", "time_in_force": "GTC"}


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Have SIGINT raise KeyboardInterrupt, as in a program of a user: tests on several cores run where it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def threads() -> set[threading.Thread]:
    return {*threading.enumerate()}


@contextmanager
def ctrl_c_after(seconds: float) -> Iterator[None]:
    """Interrupt what the block waits for, as Ctrl-C does."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        timer.join()


def rest_of(events: Events[Any]) -> list[object]:
    """Take the events that are there, until none comes for a moment or no more will."""
    taken: list[object] = []
    while True:
        try:
            taken.append(events.next(timeout=0.1))
        except (TimeoutError, EOFError):
            return taken


# --------------------------------------------------------------------------- calls


def test_a_call_returns_what_the_asynchronous_one_does(client: blocking.SpotClient, served: Served) -> None:
    order = client.place_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
    (true,) = served.do(lambda exchange: exchange.truth.all_orders())
    assert true.order_id == order.order_id
    assert [each.order_id for each in client.open_orders("BTCUSDT")] == [order.order_id]
    assert client.ticker_price("BTCUSDT").symbol == "BTCUSDT"
    client.cancel_order("BTCUSDT", order_id=order.order_id)
    assert not served.do(lambda exchange: exchange.truth.all_orders())[0].is_open


def test_an_error_is_the_one_the_asynchronous_client_raises(client: blocking.SpotClient) -> None:
    with pytest.raises(FilterFailed) as refused:
        client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="9000", price="60000", time_in_force="GTC")
    assert refused.value.method == "order.place"


def test_the_fate_of_an_order_whose_reply_was_lost_is_found_out(client: blocking.SpotClient, served: Served) -> None:
    served.do(lambda exchange: exchange.faults.next(Cut(after_execution=True), "order.place"))
    with pytest.raises(OutcomeUnknown) as lost:
        client.place_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
    with pytest.raises(UsageError, match=r"client\.resolve\(error\)"):
        lost.value.resolve()
    assert client.resolve(lost.value).outcome is Outcome.ACCEPTED
    assert len(served.do(lambda exchange: exchange.truth.all_orders())) == 1


def test_several_threads_use_one_client_at_once(client: blocking.SpotClient, served: Served) -> None:
    def buy() -> None:
        for _ in range(5):
            client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.01")

    buyers = [threading.Thread(target=buy) for _ in range(4)]
    for each in buyers:
        each.start()
    for each in buyers:
        each.join(20)
    orders = served.do(lambda exchange: exchange.truth.all_orders())
    assert sum(each.executed_quantity for each in orders) == Decimal("0.20")


async def test_it_works_inside_a_running_loop(served: Served) -> None:
    with served.client() as client:
        assert client.depth("BTCUSDT", limit=5).bids[0].price == 59000


def test_pings_are_answered_while_the_script_computes() -> None:
    """The exchange pings every 20 ms, and cuts a connection from which it has no pong for 600 ms."""
    served = Served(ping_every=0.02, pong_patience=0.6)
    with served.client() as client:
        connections = client._inner._session.connections
        before = connections.newest
        busy_until = time.monotonic() + 1.0
        while time.monotonic() < busy_until:
            pass
        client.ping()
        assert connections.newest == before
    served.close()


# --------------------------------------------------------------------------- what comes by itself


def test_user_data_is_a_plain_iterator(client: blocking.SpotClient) -> None:
    with client.user_data() as events:
        order = client.place_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
        assert [
            event.order_id for _, event in zip(range(1), events, strict=False) if isinstance(event, ExecutionReport)
        ] == [order.order_id]
        assert events.subscribed
        assert events.last_event_age is not None
        assert [type(each) for each in rest_of(events)] == [AccountPosition]
        client.cancel_order("BTCUSDT", order_id=order.order_id)
        report = events.next(timeout=5)  # the time-out has ended nothing
        assert isinstance(report, ExecutionReport)
        assert report.is_final
    assert not events.subscribed
    rest_of(events)
    with pytest.raises(EOFError):
        events.next()


def test_a_loop_over_user_data_opens_and_closes_it(client: blocking.SpotClient) -> None:
    placing = threading.Timer(0.1, client.place_order, ("BTCUSDT", "BUY", "MARKET"), {"quantity": "0.01"})
    placing.start()
    for event in client.user_data():
        assert isinstance(event, ExecutionReport)
        break
    placing.join()
    assert client.session_subscriptions() == []


def test_a_stream_is_a_plain_iterator(client: blocking.SpotClient, served: Served) -> None:
    with client.market_streams() as streams, streams.book_ticker("BTCUSDT") as tickers:
        served.quote("59001", "60000")
        seen = [
            event.bid_price for _, event in zip(range(2), tickers, strict=False) if isinstance(event, BookTickerEvent)
        ]
        assert seen[-1] == 59001
        assert tickers.live
        assert tickers.received >= 1
        with pytest.raises(UsageError, match="entered once"):
            tickers.__enter__()
    rest_of(tickers)
    with pytest.raises(EOFError):
        tickers.next()


def test_events_that_came_together_are_fetched_together_and_in_order(
    client: blocking.SpotClient, served: Served
) -> None:
    with client.market_streams() as streams, streams.trade("BTCUSDT") as trades:
        for _ in range(40):
            client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.01")
        seen = [trades.next(timeout=5) for _ in range(40)]
    ids = [event.trade_id for event in seen if isinstance(event, TradeEvent)]
    assert ids == sorted(ids)
    assert len(ids) == 40


def test_an_order_book_is_read_whole(
    client: blocking.SpotClient, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("binance_wsapi.streams.book.CONFIRM_AFTER", 0.1)  # nothing moves here
    with client.order_book("BTCUSDT", limit=100) as book:
        seen = book.update_id
        served.quote("59002", "60000")
        while (
            book.best.bid is None or book.best.bid.price != 59002
        ):  # the change may come before this thread waits for it
            seen = book.updated(after=seen, timeout=5)
        assert book.bids[0] == book.levels(1)[0][0]
        with pytest.raises(TimeoutError):
            book.updated(timeout=0.05)
    assert book.bids == []


def test_an_order_is_followed_by_its_handle(client: blocking.SpotClient, served: Served) -> None:
    trade = client.submit_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
    trade.accepted(timeout=5)
    with pytest.raises(TimeoutError):
        trade.filled(timeout=0.05)
    assert trade.status is HandleStatus.NEW
    assert trade.cancel() is HandleStatus.CANCELED
    assert [event.status for event in trade.events()][-1] is HandleStatus.CANCELED
    assert trade.done().is_done


def test_a_list_is_followed_by_its_handle(client: blocking.SpotClient, served: Served) -> None:
    handle = client.submit_oco(
        "BTCUSDT", "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="70000", below_stop_price="50000"
    )
    assert handle.accepted(timeout=5) is handle
    with pytest.raises(TimeoutError):
        handle.done(timeout=0.05)
    assert handle.legs["above"].status is HandleStatus.NEW
    assert handle.cancel() == {"above": HandleStatus.CANCELED, "below": HandleStatus.CANCELED}
    assert {name for name, _ in handle.events()} == {"above", "below"}
    assert handle.done().is_done


def test_the_account_is_shown_as_it_is_at_the_moment(client: blocking.SpotClient) -> None:
    with pytest.raises(UsageError, match="track_account"):
        _ = client.balances
    client.track_account()
    before, orders = client.balances, client.orders
    with client.user_data() as events:
        client.place_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
        events.next(timeout=5)
    assert orders.open == ()
    assert len(client.orders.open) == 1
    assert before["USDT"].locked == 0


def test_history_is_a_plain_iterator_and_a_table(client: blocking.SpotClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("binance_wsapi.history.rows.PAGE", 3)
    placed = [client.place_order("BTCUSDT", "BUY", "MARKET", quantity="0.01").order_id for _ in range(10)]
    reading = client.history.my_trades("BTCUSDT", "2020-01-01", "2100-01-01")
    seen = [row.order_id for _, row in zip(range(4), reading, strict=False)]
    assert seen == placed[:4]
    rest = client.history.my_trades("BTCUSDT", "2020-01-01", "2100-01-01", resume=reading.position)
    assert [row.order_id for row in rest] == placed[4:]
    assert rest.progress.rows == 6
    frame = client.history.my_trades("BTCUSDT", "2020-01-01").to_pandas()
    assert frame["qty"].sum() == pytest.approx(0.1)
    assert len(client.history.my_trades("BTCUSDT", "2020-01-01").to_polars()) == 10


# --------------------------------------------------------------------------- beginning and end


def test_it_leaves_no_thread_behind(served: Served) -> None:
    before = threads()
    client = served.client().start()
    assert len(threads() - before) == 1
    client.close()
    client.close()
    assert threads() <= before
    with pytest.raises(NotConnected, match="closed"):
        client.ping()
    with pytest.raises(UsageError, match="started once"):
        client.start()
    assert isinstance(client.limits, list), "what was known stays readable"


def test_it_says_that_it_is_not_started(served: Served) -> None:
    client = served.client()
    with pytest.raises(NotConnected, match="start"):
        client.ping()
    with pytest.raises(NotConnected, match="start"):
        client.now_ms()
    client.close()


def test_a_client_that_cannot_connect_leaves_no_thread_behind() -> None:
    before = threads()
    client = blocking.SpotClient.local(None, Settings(connect_timeout=0.3), url="ws://127.0.0.1:9/ws-api/v3")
    with pytest.raises((NotConnected, ConnectFailed)):
        client.start()
    assert threads() <= before


def test_a_call_that_waits_in_another_thread_ends_when_the_client_is_closed(served: Served) -> None:
    client = served.client().start()
    raised: list[BaseException] = []
    listening = threading.Event()

    def listen() -> None:
        trade = client.submit_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
        trade.accepted()
        listening.set()
        try:
            trade.filled()
        except BaseException as error:  # noqa: BLE001 - looked at below
            raised.append(error)

    waiting = threading.Thread(target=listen)
    waiting.start()
    assert listening.wait(5)
    client.close()
    waiting.join(5)
    assert [type(each).__name__ for each in raised] == ["NotFollowed"]


def test_from_env_reads_the_same_variables(served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in served.environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    with blocking.SpotClient.from_env() as client:
        assert client.session_status().api_key == served.key.api_key


def test_a_hook_that_is_a_plain_function_may_call_the_client_and_a_coroutine_may_not(served: Served) -> None:
    told: list[object] = []
    done = threading.Event()

    def plain(_event: Opened) -> None:
        told.append(client.now_ms())
        done.set()

    client = blocking.SpotClient.local(served.key, url=served.url, on_open=plain)
    with client:
        assert done.wait(5)
    assert isinstance(told[0], int)

    async def coroutine(_event: Opened) -> None:
        try:
            other.ping()
        except UsageError as error:
            told.append(error)
        done.set()

    done.clear()
    other = blocking.SpotClient.local(served.key, url=served.url, on_open=coroutine)
    with other:
        assert done.wait(5)
    assert "would wait for itself" in str(told[1])


# --------------------------------------------------------------------------- interrupted


def test_ctrl_c_ends_a_wait_for_user_data_and_the_client_lives_on(client: blocking.SpotClient) -> None:
    with client.user_data() as events:
        with ctrl_c_after(0.2):
            next(iter(events))
        client.place_order("BTCUSDT", "BUY", "LIMIT", **RESTING)
        assert isinstance(events.next(timeout=5), ExecutionReport)


def test_ctrl_c_at_any_instruction_leaves_a_client_that_works(client: blocking.SpotClient) -> None:
    """Interrupts come at every moment of a call, the moments in which locks are taken and given back included."""
    interrupted = 0
    for number in range(60):
        timer = threading.Timer(number * 0.00004, os.kill, (os.getpid(), signal.SIGINT))
        try:
            timer.start()
            while True:
                client.now_ms()
                client.ping()
        except KeyboardInterrupt:
            interrupted += 1
        timer.join()
    assert interrupted == 60
    client.ping()


def test_ctrl_c_leaves_neither_thread_nor_connection_behind(served: Served) -> None:
    before = threads()
    with ctrl_c_after(0.3), served.client() as client, client.user_data() as events:
        next(iter(events))
    assert threads() <= before
    deadline = time.monotonic() + 5
    while served.do(lambda exchange: len(exchange._server.lines.links)) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert served.do(lambda exchange: len(exchange._server.lines.links)) == 0


def test_ctrl_c_while_it_connects_leaves_nothing_behind() -> None:
    """A port that accepts and says nothing. The client is closed then, as one whose start failed."""
    before = threads()
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"ws://127.0.0.1:{deaf.getsockname()[1]}/ws-api/v3"
        client = blocking.SpotClient.local(url=url)
        with ctrl_c_after(0.3):
            client.start()
    assert threads() <= before
    with pytest.raises(NotConnected, match="the client is closed"):
        client.ping()
    with pytest.raises(UsageError, match="a client is started once; make another"):
        client.start()
    client.close()


def test_ctrl_c_while_an_order_is_placed_leaves_the_order_and_a_client_that_finds_it(served: Served) -> None:
    with served.client() as client:
        served.do(lambda exchange: exchange.faults.next(Delay(1.0), "order.place"))
        with ctrl_c_after(0.4):
            client.place_order("BTCUSDT", "BUY", "LIMIT", **RESTING, new_client_order_id="mine-1")
        assert client.order_status("BTCUSDT", orig_client_order_id="mine-1").status == "NEW"


def test_ctrl_c_while_it_closes_leaves_a_closed_client(served: Served, monkeypatch: Any) -> None:
    client = served.client().start()
    inner = client._inner
    close = inner.close

    async def slow() -> None:
        await asyncio.sleep(1)
        await close()

    monkeypatch.setattr(inner, "close", slow)
    with ctrl_c_after(0.2):
        client.close()
    with pytest.raises(NotConnected, match="the client is closed"):
        client.ping()
    client.close()
    assert not client._thread._thread.is_alive()


SCRIPT = """
import gc, os, signal, sys, threading
from binance_wsapi import Ed25519Key, UsageError
from binance_wsapi.blocking import SpotClient

def main(url, how):
    client = SpotClient.local(url=url)
    client.start()
    if how == "forgotten":
        client.ping()
    elif how == "collected":
        del client
        gc.collect()
        print(threading.active_count())
    elif how == "forked":
        pid = os.fork()
        if pid == 0:
            try:
                client.ping()
            except UsageError as error:
                print(error, flush=True)
            try:
                client.now_ms()
            except UsageError as error:
                print(error, flush=True)
            client.close()
            sys.exit(7)
        _, status = os.waitpid(pid, 0)
        client.ping()
        print(os.waitstatus_to_exitcode(status))
        client.close()

main(*sys.argv[1:])
"""


SLOW = re.compile(r"Executing <.+> took \d+\.\d{3} seconds")
"""What asyncio says under ``-X dev`` of a step that a busy machine made long."""


def script(served: Served, how: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", SCRIPT, served.url, how],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if SLOW.fullmatch(line) is None]
    assert said == []
    return done.stdout.splitlines()


def test_a_script_that_forgets_to_close_its_client_ends_and_closes_it(served: Served) -> None:
    assert script(served, "forgotten") == []


def test_a_client_that_is_collected_ends_its_thread(served: Served) -> None:
    assert script(served, "collected") == ["1"]


@pytest.mark.filterwarnings("ignore:coroutine 'SpotClient.close' was never awaited")
def test_a_close_that_is_interrupted_before_it_began_is_made_up_for(served: Served, monkeypatch: Any) -> None:
    client = blocking.SpotClient.local(served.key, url=served.url).start()
    thread, hand_in = client._thread, client._thread._loop.call_soon_threadsafe

    def interrupted(*_: Any) -> None:
        monkeypatch.setattr(thread._loop, "call_soon_threadsafe", hand_in)
        raise KeyboardInterrupt

    monkeypatch.setattr(thread._loop, "call_soon_threadsafe", interrupted)
    with pytest.raises(KeyboardInterrupt):
        client.close()
    client.close()
    client.close()
    assert not thread._thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_is_refused_and_the_parent_goes_on(served: Served) -> None:
    *refused, code = script(served, "forked")
    assert len(refused) == 2
    assert all("does not go through a fork" in line for line in refused)
    assert code == "7"


@pytest.mark.parametrize("wait", ["accepted", "filled", "done"])
def test_a_wait_that_is_refused_leaves_no_coroutine_that_was_never_awaited(wait: str) -> None:
    class Inner:
        async def accepted(self) -> None: ...

        async def filled(self) -> None: ...

        async def done(self) -> None: ...

    inner: Any = Inner()
    handle = blocking.OrderHandle(LoopThread(), inner)
    with warnings.catch_warnings(record=True, action="always") as told:
        with pytest.raises(NotConnected, match="not started"):
            getattr(handle, wait)(timeout=2)
        gc.collect()
    assert [str(each.message) for each in told if "never awaited" in str(each.message)] == []


# --------------------------------------------------------------------------- the asynchronous client, used like this one


async def test_the_asynchronous_client_is_started_and_closed_without_a_block(served: Served) -> None:
    client = await SpotClient.local(served.key, url=served.url).start()
    await client.ping()
    with pytest.raises(UsageError, match="started once"):
        await client.start()
    await client.close()


async def test_with_and_await_answer_with_the_remedy(tmp_path: Path) -> None:
    client: Any = SpotClient.local(url="ws://127.0.0.1:9/ws-api/v3")
    with pytest.raises(UsageError, match="async with"), client:
        pass
    with pytest.raises(UsageError, match="start"):
        await client


def test_what_a_notebook_shows_of_it_says_what_it_is(client: blocking.SpotClient) -> None:
    assert repr(client) == "<blocking <SpotClient local, open>>"
    assert repr(client.history).startswith("<blocking <SpotHistory: klines, ")
