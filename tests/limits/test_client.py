"""The limits as the user of a client meets them, and bans, against the local exchange in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.client.spot import SpotClient
from binance_wsapi.errors import (
    Banned,
    ConnectFailed,
    IpBanned,
    LimitExceeded,
    NotConnected,
    NotSent,
    PartialFailure,
    RateLimited,
    UsageError,
)
from binance_wsapi.keys import HmacKey
from binance_wsapi.limits.events import BanLatched, LimitState, StoreLost, WaitEnded, WaitStarted
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Reply, Report, StoreUnavailable
from binance_wsapi.link.lifecycle import LimitNotice
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.clock import VIRTUAL_EPOCH_MS, Clock
from binance_wsapi.simulator.exchange import LocalExchange
from binance_wsapi.simulator.faults.faults import Refuse
from tests.simulation.loop import VirtualLoop, run

Scene = Callable[[LocalExchange, Callable[..., SpotClient]], Awaitable[None]]


def play(scene: Scene, rules: LimitRules | None = None) -> None:
    """Run a scene at an exchange; it begins 5 s into a minute."""

    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(1, "manual", Clock(start_ms=VIRTUAL_EPOCH_MS + 5_000), limits=rules)
        exchange.register_key("key", "hmac", secret="secret")
        async with exchange:
            exchange.quote("BTCUSDT", bids=[("59999", "10")], asks=[("60001", "10")])

            def client(**choices: Any) -> SpotClient:
                settings = Settings(**({"timeout": 10.0} | choices))
                runtime = Runtime(wall=lambda: exchange.clock.now_ms() / 1_000 + 0.2)
                return SpotClient.local(HmacKey("key", "secret"), settings, url=exchange.url, runtime=runtime)

            await scene(exchange, client)
            await asyncio.sleep(1)

    run(main)


@contextlib.asynccontextmanager
async def told(client: SpotClient) -> AsyncIterator[list[Any]]:
    """Collect what the client tells of its limits."""
    found: list[Any] = []

    async def listen() -> None:
        async for event in client.events():
            if isinstance(event, LimitNotice):
                found.append(event.event)

    task = asyncio.ensure_future(listen())
    await asyncio.sleep(0)
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def state(client: SpotClient, kind: str) -> LimitState:
    return next(each for each in client.limits if each.type == kind)


async def place(client: SpotClient, **more: Any) -> Any:
    return await client.place_order(
        "BTCUSDT", "BUY", "LIMIT", quantity="0.001", price="50000", time_in_force="GTC", **more
    )


def received(exchange: LocalExchange) -> int:
    return int(exchange.truth.counters["requests"])


def connected(exchange: LocalExchange) -> int:
    return int(exchange.truth.counters["connects"]) + sum(
        count for name, count in exchange.truth.counters.items() if name.startswith("connects refused")
    )


# --------------------------------------------------------------------------- what the user sees


def test_the_client_shows_what_is_used_reserved_allowed_and_when_it_begins_anew() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one:
            await one.account_status()
            weight = state(one, "REQUEST_WEIGHT")
            counted = exchange._venue.limits.rows("127.0.0.1", None)[0]["count"]
            assert counted <= weight.used <= counted + 2, "no reply says that a connection attempt was counted"
            assert (weight.limit, weight.reserved, weight.interval, weight.interval_num) == (6_000, 0, "MINUTE", 1)
            assert weight.resets_at == VIRTUAL_EPOCH_MS + 60_000
            call = asyncio.ensure_future(one.account_status())
            await asyncio.sleep(0.0005)
            assert state(one, "REQUEST_WEIGHT").reserved == 20, "in flight"
            await call
            await place(one)
            orders = [each for each in one.limits if each.type == "ORDERS"]
            assert [(each.used, each.limit, each.interval) for each in orders] == [
                (1, 50, "SECOND"), (1, 160_000, "DAY"),
            ]  # fmt: skip
            connections = state(one, "CONNECTIONS")
            assert (connections.used, connections.limit, connections.banned_until) == (1, 300, None)

    play(scene)


def test_a_wait_is_told_before_it_begins_and_after_it_ended() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one, told(one) as events:
            await asyncio.gather(*(place(one) for _ in range(5)))
            assert events == []
            placing = asyncio.ensure_future(place(one))
            await asyncio.sleep(0.1)
            (started,) = events
            assert isinstance(started, WaitStarted)
            assert (started.method, started.limit) == ("order.place", "ORDERS 10 SECOND")
            assert started.retry_at is not None
            assert 0 <= started.retry_at - (VIRTUAL_EPOCH_MS + 10_000) < 200, "when the window ends"
            await placing
            await asyncio.sleep(0.01)
            ended = events[-1]
            assert isinstance(ended, WaitEnded)
            assert ended.admitted
            assert 4.0 < ended.waited < 5.2
        assert exchange.truth.counters["status 429"] == 0

    play(scene, LimitRules(orders_per_10_seconds=5))


def test_raise_refuses_at_once_and_says_when_it_is_worth_trying_again() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client(limit_policy="raise") as one:
            for _ in range(5):
                await place(one)
            before = received(exchange)
            with pytest.raises(LimitExceeded) as caught:
                await place(one)
            assert caught.value.retry_at is not None
            assert 0 <= caught.value.retry_at - (VIRTUAL_EPOCH_MS + 10_000) < 200
            assert received(exchange) == before

    play(scene, LimitRules(orders_per_10_seconds=5))


def test_cancels_go_through_when_reads_have_eaten_the_minute() -> None:
    """The share kept for them, and the weight that is only lent, are there in a minute that reads have used up."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one:
            resting = [await place(one) for _ in range(4)]
            reads = [asyncio.ensure_future(one.account_status(timeout=60)) for _ in range(400)]
            for order, second in zip(resting, (10, 30, 45, 52), strict=True):
                await asyncio.sleep(VIRTUAL_EPOCH_MS / 1_000 + second - exchange.clock.now_ms() / 1_000)
                began = exchange.clock.now_ms()
                await one.cancel_order("BTCUSDT", order_id=order.order_id)
                await place(one)
                assert exchange.clock.now_ms() - began < 100, "neither the cancel nor the order had to wait"
            await asyncio.gather(*reads)
        assert exchange.truth.counters["status 429"] == 0

    play(scene)


def test_a_call_that_waited_for_room_has_time_left_for_its_reply() -> None:
    """An order that left in the last moment before its deadline would be in doubt."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one:
            await place(one)
            left = (VIRTUAL_EPOCH_MS + 10_000 - exchange.clock.now_ms()) / 1_000 + 0.2
            with pytest.raises(LimitExceeded):  # there is room 100 ms before the deadline: too late for an answer
                await place(one, timeout=left)

    play(scene, LimitRules(orders_per_10_seconds=1))


def test_a_client_that_starts_anew_learns_the_order_counts_by_asking() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as before:
            await asyncio.gather(*(place(before) for _ in range(4)))
        async with client(limit_policy="raise") as one:
            await one.order_rate_limits()
            assert [each.used for each in one.limits if each.type == "ORDERS"] == [4, 4]
            await place(one)
            with pytest.raises(LimitExceeded):
                await asyncio.gather(*(place(one) for _ in range(3)))
        assert exchange.truth.counters["status 429"] == 0

    play(scene, LimitRules(orders_per_10_seconds=5))


# --------------------------------------------------------------------------- bans


def test_a_ban_of_one_local_exchange_is_none_of_another_though_they_share_a_file(tmp_path: Path) -> None:
    """Each local exchange counts for itself; two clients of one of them share its limits under each name of the host."""

    async def main(loop: VirtualLoop) -> None:
        del loop
        stores = [SqliteStore(tmp_path / "limits.db", timeout=5.0) for _ in range(3)]
        for store, url in zip(
            stores,
            ("ws://127.0.0.1:9480/ws-api/v3", "ws://localhost:9480/ws-api/v3", "ws://127.0.0.1:9481/ws-api/v3"),
            strict=True,
        ):
            SpotClient.local(None, Settings(limit_store=store), url=url)
        one, same, other = (store.ip for store in stores)
        assert one == same != other
        now = 1_700_000_000_000
        stores[0].exchange([Report(one, stores[0].member, "one", now, 5, [], bans={"ip": now + 60_000})])
        (told,) = stores[1].exchange([Report(same, stores[1].member, "two", now, 5, [])])
        (untold,) = stores[2].exchange([Report(other, stores[2].member, "other", now, 5, [])])
        assert (told.bans, untold.bans) == ({"ip": now + 60_000}, {})

    run(main)


@pytest.mark.parametrize("status", [418, 429])
def test_after_a_429_or_418_from_outside_nothing_comes_before_retry_after(status: int) -> None:
    """Three clients of one address: one is told, and no frame and no connection of any comes before the time."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        root = MemoryStore(processes=3)
        clients = [client(limit_store=root.join(), timeout=120.0) for _ in range(3)]
        async with clients[0] as one, clients[1] as two, clients[2] as three, told(two) as events:
            await asyncio.gather(*(each.account_status() for each in clients))
            until = exchange.clock.now_ms() + 30_000
            if status == 418:
                exchange._venue.limits.ban("127.0.0.1", 30)
            else:
                data = {"serverTime": exchange.clock.now_ms(), "retryAfter": until}
                exchange.faults.next(Refuse(429, -1003, "Too much request weight used.", data))
            with pytest.raises(IpBanned if status == 418 else RateLimited):
                await one.account_status()
            await asyncio.sleep(0.5)  # one beat of the store
            frames, connects = received(exchange), connected(exchange)
            waiting = [asyncio.ensure_future(each.ping()) for each in (one, two, three)]
            with pytest.raises(Banned) as caught:
                await two.account_status(timeout=5)
            assert caught.value.retry_at is not None
            assert abs(caught.value.retry_at - until) < 200
            await asyncio.sleep((until - exchange.clock.now_ms()) / 1_000 - 0.05)
            assert (received(exchange), connected(exchange)) == (frames, connects)
            assert not any(call.done() for call in waiting)
            await asyncio.gather(*waiting)
            assert exchange.clock.now_ms() >= until
            assert [event.scope for event in events if isinstance(event, BanLatched)] == ["ip"]
            assert three.limits[0].banned_until is None

    play(scene)


def test_others_who_exhaust_the_address_cost_one_429_and_no_second() -> None:
    """A client that shares nothing eats the weight of the address: who is told so stays away to the end of the window."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client(timeout=70.0) as one:
            await one.account_status()
            exchange._venue.limits._address("127.0.0.1", exchange.clock.now_ms()).weight.count = 5_995
            with pytest.raises(RateLimited):
                await one.account_status()
            frames = received(exchange)
            calls = [asyncio.ensure_future(one.account_status()) for _ in range(20)]
            await asyncio.sleep((VIRTUAL_EPOCH_MS + 60_000 - exchange.clock.now_ms()) / 1_000 - 0.01)
            assert received(exchange) == frames
            await asyncio.gather(*calls)
            assert exchange.truth.counters["status 429"] == 1

    play(scene)


@pytest.mark.parametrize("says_when", [True, False])
def test_a_1015_stops_orders_to_the_end_of_the_window_and_nothing_else(says_when: bool) -> None:
    """The documented sample of -1015 has no retryAfter."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client(timeout=20.0) as one:
            first = await place(one)
            exchange._venue.limits.count_orders(exchange._venue.account("alice"), 49)  # of another program, elsewhere
            with pytest.raises(RateLimited):
                await place(one)
            placed = exchange.truth.counters["order.place"]
            later = asyncio.ensure_future(place(one))
            await one.cancel_order("BTCUSDT", order_id=first.order_id)
            await one.account_status()
            await asyncio.sleep((VIRTUAL_EPOCH_MS + 10_000 - exchange.clock.now_ms()) / 1_000 - 0.01)
            assert exchange.truth.counters["order.place"] == placed
            await later
            assert exchange.truth.counters["status 429"] == 1

    play(scene, LimitRules(orders_retry_after=says_when))


def test_a_client_that_starts_in_a_ban_says_so_at_once() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        exchange._venue.limits.ban("127.0.0.1", 600)
        began = asyncio.get_running_loop().time()
        with pytest.raises(Banned) as caught:
            async with client():
                pass
        assert asyncio.get_running_loop().time() - began < 1.0
        assert caught.value.retry_at is not None
        assert abs(caught.value.retry_at - (VIRTUAL_EPOCH_MS + 605_000)) < 2_000
        assert connected(exchange) == 1

    play(scene)


def test_a_short_ban_at_the_start_is_waited_for() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        exchange._venue.limits.ban("127.0.0.1", 20)
        async with client() as one:
            assert exchange.clock.now_ms() >= VIRTUAL_EPOCH_MS + 25_000
            await one.ping()
        assert connected(exchange) == 2

    play(scene)


def test_a_403_is_not_tried_again() -> None:
    """Not by the client that was told, and for a while not by the clients that share its budget."""

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        root = MemoryStore(processes=2)
        async with client(limit_store=root.join()) as one:
            exchange.faults.refuse_connects(403, 5)
            with pytest.raises(ConnectFailed, match="403"):
                async with client(limit_store=root.join()):
                    pass
            await asyncio.sleep(1)
            exchange.faults.cut_all()
            with pytest.raises(NotSent):
                await one.ping(timeout=60)
            assert exchange.truth.counters["connects refused 403"] == 1

    play(scene)


def test_a_connection_refused_with_403_later_on_ends_the_client_s_tries() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client() as one:
            exchange.faults.refuse_connects(403)
            exchange.faults.cut_all()
            await asyncio.sleep(3_600)
            assert exchange.truth.counters["connects refused 403"] == 1
            assert exchange.truth.counters["connects"] == 1
            with pytest.raises(NotConnected, match="403"):
                await one.ping()

    play(scene)


def test_a_replacement_that_is_to_cancel_in_any_case_cancels_when_the_orders_are_used_up() -> None:
    async def scene(exchange: LocalExchange, make: Callable[..., SpotClient]) -> None:
        async with make(limit_policy="raise") as client:
            more: Any = {"quantity": "0.001", "price": "50000", "time_in_force": "GTC"}
            placed = [await client.place_order("BTCUSDT", "BUY", "LIMIT", **more) for _ in range(50)]
            with pytest.raises(LimitExceeded):
                await client.cancel_replace_order(
                    "BTCUSDT", "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=placed[0].order_id, **more
                )
            with pytest.raises(PartialFailure) as half:
                await client.cancel_replace_order(
                    "BTCUSDT", "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=placed[1].order_id,
                    order_rate_limit_exceeded_mode="CANCEL_ONLY", **more,
                )  # fmt: skip
            assert half.value.data["cancelResult"] == "SUCCESS"
            assert [each.is_open for each in exchange.truth.all_orders()][:3] == [True, False, True]

    play(scene)


async def order(client: SpotClient) -> None:
    await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.001", price="50000", time_in_force="GTC")


def test_a_store_that_is_away_from_the_start_is_told_and_leaves_the_share_of_every_limit_the_day_included(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Away(MemoryStore):
        def exchange(self, reports: Sequence[Report]) -> list[Reply]:
            raise StoreUnavailable("the file is locked", maybe=True)

    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client(limit_store=Away(processes=8), timeout=20.0) as trader, told(trader) as events:
            with pytest.raises(LimitExceeded, match="1/8: the shared limits are away: the file is locked"):
                await order(trader)
            assert events[0] == StoreLost("the file is locked", 8)
            assert sum(isinstance(each, StoreLost) for each in events) == 1
            await asyncio.sleep(60)
            before = exchange.clock.now_ms()
            for _ in range(24):
                await order(trader)
            assert 20_000 <= exchange.clock.now_ms() - before <= 50_000, "6 of each 10 seconds, an eighth of 50"
            assert len(exchange.truth.all_orders()) == 24

    play(scene)
    assert [each.levelname for each in caplog.records if "the file is locked" in each.getMessage()] == ["WARNING"]


def test_the_first_order_of_a_client_waits_for_no_store() -> None:
    async def scene(exchange: LocalExchange, client: Callable[..., SpotClient]) -> None:
        async with client(limit_store=MemoryStore(processes=8)) as trader, told(trader) as events:
            await order(trader)
            assert events == []

    play(scene)


def bad_stores(folder: Path) -> dict[str, Path]:
    (folder / "a folder").mkdir()
    (folder / "link").symlink_to(folder / "elsewhere")
    other, later = folder / "schema", folder / "later"
    for path, made in ((other, "CREATE TABLE scope (x)"), (later, "PRAGMA user_version = 99")):
        db = sqlite3.connect(path)
        db.execute(made)
        db.close()
    no_folder = folder / "no" / "such" / "file"
    return {"is a directory": folder / "a folder", "symbolic link": folder / "link", "was not made by this library": other,
            "format 99": later, "no such file": no_folder, "not a directory": other / "x"}  # fmt: skip


async def test_a_file_that_can_never_be_the_store_is_told_when_the_client_is_entered(tmp_path: Path) -> None:
    async with LocalExchange(market="manual") as exchange:
        for reason, path in bad_stores(tmp_path).items():
            store = SqliteStore(path)
            with pytest.raises(UsageError) as caught:
                await SpotClient.local(None, Settings(limit_store=store), url=exchange.url).start()
            store.close()
            assert str(caught.value).startswith(f"limit_store must be a store this process can use, got {path}: ")
            assert reason in str(caught.value).lower()


async def test_a_file_that_is_locked_is_told_as_a_store_that_is_away(tmp_path: Path) -> None:
    path = tmp_path / "limits"
    SqliteStore(path).inspect()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store = SqliteStore(path)
    async with (
        LocalExchange(market="manual") as exchange,
        SpotClient.local(None, Settings(limit_store=store), url=exchange.url) as client,
    ):
        first = await anext(client.events())
    store.close()
    other.close()
    assert isinstance(first, LimitNotice)
    assert first.event == StoreLost(f"{path}: database is locked", 8)
