"""Closing: at whatever moment a client is closed, everything that waits ends within a second, and nothing runs on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi import FileJournal, NotFollowed, OutcomeUnknown, SpotClient, UsageError, Verdict, WsapiError
from binance_wsapi.session.connection import State
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut, Delay, Drop
from tests.orders.journal.disk import in_virtual_time
from tests.simulation.house import KEY, SYMBOL, environment, exchange_and_client, register, runtime
from tests.simulation.loop import VirtualLoop, run

LIMIT: dict[str, Any] = {"quantity": "0.01", "price": "50000", "time_in_force": "GTC"}
TURNS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 30)
"""Turns of the loop after which the client is closed: at each of them a call may be at another await."""
SECONDS = (0.001, 0.05, 0.3, 1.2, 9.0, 12.0)
"""The same in time: in flight, in doubt, waiting for the fence."""

Call = Callable[[SpotClient], Awaitable[Any]]


async def place(client: SpotClient) -> Any:
    return await client.place_order(SYMBOL, "BUY", "LIMIT", **LIMIT)


async def resolve(client: SpotClient) -> Any:
    try:
        return await place(client)
    except OutcomeUnknown as unknown:
        return await unknown.resolve()


async def cancel(client: SpotClient) -> Any:
    return await client.cancel_order(SYMBOL, orig_client_order_id="resting")


async def cancel_all(client: SpotClient) -> Any:
    return await client.cancel_open_orders(SYMBOL)


async def amend(client: SpotClient) -> Any:
    return await client.amend_order(SYMBOL, "0.005", orig_client_order_id="resting")


async def replace(client: SpotClient) -> Any:
    return await client.cancel_replace_order(
        SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_orig_client_order_id="resting", **LIMIT
    )


async def oco(client: SpotClient) -> Any:
    return await client.place_oco(
        SYMBOL, "SELL", "0.01", above_type="LIMIT_MAKER", above_price="70000", below_type="STOP_LOSS",
        below_stop_price="50000",
    )  # fmt: skip


async def handle(client: SpotClient) -> Any:
    trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", **LIMIT)
    await trade.accepted()
    await trade.cancel()
    return await trade.done()


async def listen(client: SpotClient) -> Any:
    async with client.user_data(symbols=[SYMBOL]) as events:
        async for _ in events:
            pass


async def track(client: SpotClient) -> Any:
    await client.track_account()
    return client.balances


async def read(client: SpotClient) -> Any:
    return await client.order_status(SYMBOL, orig_client_order_id="resting")


async def rules(client: SpotClient) -> Any:
    return await client.rules(SYMBOL)


async def recover(client: SpotClient) -> Any:
    return await client.recover()


async def events(client: SpotClient) -> Any:
    async for _ in client.events():
        pass


async def logon(client: SpotClient) -> Any:
    return await client.session_logon()


async def market(client: SpotClient) -> Any:
    async with client.market_streams() as streams, streams.trade(SYMBOL) as trades:
        async for _ in trades:
            pass


async def book(client: SpotClient) -> Any:
    async with client.order_book(SYMBOL) as kept:
        while True:
            await kept.updated()


async def history(client: SpotClient) -> Any:
    return await client.history.orders(SYMBOL, start="2020-01-01", end="2100-01-01").collect()


CHANGES: tuple[Call, ...] = (place, resolve, cancel, cancel_all, amend, replace, oco, handle)
OTHERS: tuple[Call, ...] = (listen, track, read, rules, recover, events, logon, market, book, history)
FAULTS: dict[str, Callable[[], Any]] = {
    "answered": lambda: None,
    "never answered": Drop,
    "answered late": lambda: Delay(2.0),
    "cut after": lambda: Cut(after_execution=True),
    "cut before": lambda: Cut(after_execution=False),
}


def left() -> list[str]:
    """Return the tasks of the library that run."""
    here = asyncio.current_task()
    names = [each.get_name() for each in asyncio.all_tasks() if each is not here]
    return [name for name in names if name.startswith(("binance-wsapi", "rules of"))]


async def close_at(
    loop: VirtualLoop, exchange: LocalExchange, call: Call, fault: Any, cut: float, turns: int, **options: Any
) -> str:
    """Close a client while a call is under way; return how the call ended, and check that nothing is left."""
    exchange.faults.clear()
    others = set(left())
    client = SpotClient(environment(exchange), KEY, runtime=runtime(loop), **options)
    await client.__aenter__()
    if call in {cancel, amend, replace, read}:
        await client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=None, **LIMIT)
    if fault is not None:
        exchange.faults.next(fault)
    task = asyncio.ensure_future(call(client))
    if cut:
        await asyncio.sleep(cut)
    for _ in range(turns):
        await asyncio.sleep(0)
    begun = loop.time()
    await client.close()
    await asyncio.sleep(0.01)  # a frame that had left before is counted when it arrives
    requests = exchange.truth.counters["requests"], exchange.truth.counters["connects"]
    done, _ = await asyncio.wait([task], timeout=max(0.0, 1.0 - (loop.time() - begun)))
    where = f"{call.__name__} closed after {cut} s and {turns} turns"
    assert done, f"{where}: it still waits"
    assert not task.cancelled(), f"{where}: its caller was told that it had been cancelled"
    error = task.exception()
    assert error is None or isinstance(error, WsapiError), f"{where}: {error!r}"
    assert set(left()) <= others, f"{where}: {left()} run on"
    if isinstance(error, OutcomeUnknown):
        told = (await asyncio.gather(asyncio.wait_for(error.resolve(), 1.0), return_exceptions=True))[0]
        assert isinstance(told, Verdict | NotFollowed | UsageError), f"{where}: {told!r}"  # a verdict known before
    for again in (place, read, track, logon, listen, history):
        with pytest.raises(WsapiError, match="closed"):
            await asyncio.wait_for(again(client), 1.0)
    await asyncio.sleep(30)
    assert (exchange.truth.counters["requests"], exchange.truth.counters["connects"]) == requests, f"{where}: it asked"
    assert set(left()) <= others, where
    return type(error).__name__ if error is not None else "done"


@pytest.mark.parametrize("on_unknown", ["raise", "wait", "cancel"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("journal", ["none", "power"])
def test_a_change_ends_whenever_the_client_is_closed(
    tmp_path: Path, fault: str, on_unknown: Any, journal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_virtual_time(monkeypatch)
    ends: set[str] = set()

    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.quote(SYMBOL, bids=[("59999.00", "5")], asks=[("60001.00", "5")])
            number = 0
            for call in CHANGES:
                # Each test closes at some of the moments: together they close at all of them.
                for cut, turns in [(0.0, turns) for turns in TURNS] + [(cut, 0) for cut in SECONDS]:
                    number += 1
                    if (number + 5 * list(FAULTS).index(fault) + len(on_unknown)) % (7 if journal == "none" else 11):
                        continue
                    kept = None if journal == "none" else FileJournal(tmp_path / f"{number}.journal", journal)
                    ends.add(
                        await close_at(
                            loop, exchange, call, FAULTS[fault](), cut, turns, on_unknown=on_unknown, journal=kept
                        )
                    )

    run(main, 3)
    assert ends


@pytest.mark.parametrize("call", OTHERS, ids=lambda call: call.__name__)
def test_anything_else_ends_whenever_the_client_is_closed(call: Call) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with LocalExchange(seed=1, market="manual") as exchange:
            register(exchange)
            exchange.quote(SYMBOL, bids=[("59999.00", "5")], asks=[("60001.00", "5")])
            for fault in ("answered", "never answered"):
                for cut, turns in [(0.0, turns) for turns in TURNS] + [(cut, 0) for cut in SECONDS]:
                    await close_at(loop, exchange, call, FAULTS[fault](), cut, turns)

    run(main, 3)


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("times", [1, 2])
def test_a_close_that_is_cancelled_goes_on_and_a_later_one_waits_for_its_end(turns: int, times: int) -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            exchange.faults.next(Drop(), "order.place")
            calling = asyncio.create_task(client.place_order(SYMBOL, "BUY", "LIMIT", timeout=60, **LIMIT))
            streams = client.market_streams()
            await streams.__aenter__()
            await asyncio.sleep(0.1)
            closing = [asyncio.create_task(each.close()) for each in (client, streams)]
            for _ in range(1 + turns):
                await asyncio.sleep(0)
            for _ in range(times):
                for task in closing:
                    task.cancel()
                await asyncio.sleep(0)
            await asyncio.gather(*closing, return_exceptions=True)
            begun = loop.time()
            await streams.close()
            await client.close()
            assert loop.time() - begun < 2
            with pytest.raises(OutcomeUnknown):
                await calling
            await asyncio.sleep(0.1)
            left = [task.get_name() for task in asyncio.all_tasks() if "binance-wsapi" in task.get_name()]
            assert not left
            assert client._session.connections.state == "closed"
            assert all(each.state is State.CLOSED for each in client._session.connections)

    run(main)
