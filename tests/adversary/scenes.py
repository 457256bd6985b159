"""Scenes that fail where a repair is missing that the drawn examples cannot meet: many orders, market streams, other processes, memory.

Each plays a venue, or another process, by a script, and raises AssertionError where the rule it is named for does not hold.
`bites` takes the repairs out one by one. The venue of the drawn examples knows one symbol, a handful of orders and one process:
what takes more is here.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import Banned, FileJournal, LimitExceeded, SpotClient, VenueError, WsapiError
from binance_wsapi.limits.limiter import RequestLimiter
from binance_wsapi.limits.shared.memory import MemoryStore
from binance_wsapi.limits.shared.sqlite import SqliteStore
from binance_wsapi.limits.shared.store import Ask, Reply, Report
from binance_wsapi.orders.fate.fence import Outcome
from binance_wsapi.orders.ids import history
from binance_wsapi.orders.journal.intent import Intent, account_tag
from binance_wsapi.streams import MarketStreams, OrderBook
from binance_wsapi.user_data import subscription
from binance_wsapi.user_data.spot import account_view
from binance_wsapi.user_data.spot.merge import account_merge, orders
from binance_wsapi.wire.endpoint import Endpoint, Security
from binance_wsapi.wire.ratelimit import RateLimit
from tests.adversary.scripted import EPOCH_MS, KEY, SYMBOL, Hook, Row, Venue, in_doubt, limit, lose, play
from tests.simulation.loop import VirtualLoop
from tests.streams.peer import StreamPeer
from tests.streams.peer import play as play_streams
from tests.streams.peer import runtime as stream_runtime

__all__ = [
    "a_ban_in_the_past",
    "a_ban_reaches_a_slow_store",
    "a_ban_reaches_the_store",
    "a_ban_without_end",
    "a_change_in_doubt",
    "a_crowd_in_doubt",
    "a_limit_of_nothing",
    "a_wrong_clock",
    "ended_orders",
    "files_taken_away",
    "stale_snapshot",
]

# --------------------------------------------------------------------------- F10: many questions

WEIGHT = 600
"""Request weight of a minute at the venue of `a_crowd_in_doubt`."""


def a_crowd_in_doubt() -> None:
    """Hundreds of requests that an earlier process left open are asked about, and six cancels at once find room meanwhile."""

    class Counting(Venue):
        """Tells with each reply what was spent of a minute."""

        def __init__(self, **hooks: Hook) -> None:
            super().__init__(**hooks)
            self.spent: Counter[int] = Counter()

        async def say(self, connection: ServerConnection, message: Row) -> None:
            minute = self.now() // 60_000
            told = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": WEIGHT}
            if "id" in message:
                message["rateLimits"] = [{**told, "count": self.spent[minute]}]
            await super().say(connection, message)

    async def asked(_venue: Venue, _connection: ServerConnection, request: Row) -> bool:
        venue.spent[venue.now() // 60_000] += 4 if request["method"] == "order.status" else 1
        return False

    venue = Counting(order__status=asked)
    wanted = {"symbol": SYMBOL, "side": "BUY", "type": "LIMIT", "quantity": "1", "price": "1", "timeInForce": "GTC"}

    async def scene(client: SpotClient) -> None:
        with contextlib.suppress(WsapiError):
            await client.server_time()  # it tells the limit
        await asyncio.sleep(20)
        for _ in range(6):
            names = [str(venue.make({**wanted, "newClientOrderId": f"open-{len(venue.orders)}"})["clientOrderId"]) for _ in range(6)]  # fmt: skip
            try:
                await asyncio.gather(*(
                    client.cancel_order(SYMBOL, orig_client_order_id=name, timeout=1.0) for name in names
                ))  # fmt: skip
            except LimitExceeded as error:
                raise AssertionError(f"no room for a cancel: {error}") from error
            await asyncio.sleep(5)

    with tempfile.TemporaryDirectory() as folder:
        path, tag = Path(folder) / "journal", account_tag("scripted", KEY.api_key)
        journal = FileJournal(path)
        journal.open(tag)
        for number in range(400):
            name = f"lost-{number}"
            record = Intent(name, "order.place", SYMBOL, (name,), {**wanted, "newClientOrderId": name}, EPOCH_MS, 5_000.0, tag, name)  # fmt: skip
            journal.record(record)
            journal.mark_sent(record, EPOCH_MS)
        journal.abandon()
        play(venue, scene, journal=FileJournal(path))


# --------------------------------------------------------------------------- F14: books


def stale_snapshot() -> None:
    """A cache behind the snapshots does not know the last change of a quiet market: no price of before it is shown."""

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        behind = 7, [["100", "1"]], [["101", "1"]]
        true = 9, [["90", "1"]], [["91", "1"]]
        began = loop.time()

        async def load(_symbol: str, _limit: int) -> tuple[int, Any, Any]:
            return behind if loop.time() < began + 6.0 else true

        async with OrderBook(streams, load, "X", runtime=stream_runtime(loop)) as book:
            told = [str(each.price) for each in (book.bids[0], book.asks[0])]
            assert told == ["90", "91"], f"prices from before the last change are shown: {told}"

    play_streams(test)


# --------------------------------------------------------------------------- F15, F16, F23: what others say


def a_change_in_doubt() -> None:
    """An order whose id a cancel took is not found by it: until the cancel is found, too, which no question shows for a while."""

    async def silent(_: Venue, _connection: ServerConnection, request: Row) -> bool:
        asked = request["params"].get("origClientOrderId")
        return asked != "mine" and asyncio.get_running_loop().time() < until[0]

    async def scene(client: SpotClient) -> None:
        venue.hooks |= {"order.place": lose, "order.cancel": lose, "order.status": silent}
        until[0] = asyncio.get_running_loop().time() + 60
        placed = await in_doubt(limit(client, new_client_order_id="mine"))
        cancelled = await in_doubt(client.cancel_order(SYMBOL, orig_client_order_id="mine"))
        verdicts = await asyncio.gather(placed.resolve(), cancelled.resolve())
        assert [each.outcome for each in verdicts] == [Outcome.ACCEPTED] * 2

    until = [0.0]
    venue = Venue()
    venue.lag = 5.5
    play(venue, scene)


def a_ban_without_end() -> None:
    """The venue closes everything until the year 5138: the client stays away for the longest ban there is."""

    async def ban(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        error = {"code": -1003, "msg": "banned", "data": {"serverTime": venue.now(), "retryAfter": 99_999_999_999_999}}
        await venue.say(connection, {"id": request["id"], "status": 418, "error": error})
        return True

    async def scene(client: SpotClient) -> None:
        with contextlib.suppress(VenueError):
            await limit(client)
        with pytest.raises(Banned) as caught:
            await limit(client)
        days = ((caught.value.retry_at or 0) - venue.now()) / 86_400_000
        assert 2.9 < days < 3.1, f"banned for {days:.0f} days"

    venue = Venue(order__place=ban)
    play(venue, scene)


def a_ban_in_the_past() -> None:
    """By the time that the venue names its ban is over, and it is not: calls and questions about fate stay away all the same."""

    since = 1 << 60

    async def ban(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        if len(venue.frames) < since:
            return False
        data = {"serverTime": venue.now(), "retryAfter": venue.now() - 10_000}
        error = {"code": -1003, "msg": "banned", "data": data}
        await venue.say(connection, {"id": request["id"], "status": 418, "error": error})
        return True

    async def scene(client: SpotClient) -> None:
        nonlocal since
        doubt = await in_doubt(limit(client))
        since = len(venue.frames)
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < began + 30.0:
            with contextlib.suppress(WsapiError):
                await limit(client)
            await asyncio.sleep(0.5)
        sent = len(venue.frames) - since
        assert sent <= 2, f"{sent} frames were sent by a client that is banned"
        since = 1 << 60
        assert (await doubt.resolve()).outcome is Outcome.ACCEPTED

    venue = Venue(**{"*": ban, "order.place": lose_first})
    play(venue, scene)


async def lose_first(venue: Venue, connection: ServerConnection, request: Row) -> bool:
    """Lose the reply to the first order; say what the other requests are told of those behind it."""
    if len(venue.sent("order.place")) == 1:
        return await lose(venue, connection, request)
    return await venue.hooks["*"](venue, connection, request)


def a_limit_of_nothing() -> None:
    """A reply names a limit of one request weight, under which no connection has room: orders go on."""

    async def odd(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        rows = [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 1, "count": 0}]
        answer = {"id": request["id"], "status": 200, "result": {"serverTime": venue.now()}, "rateLimits": rows}
        await venue.say(connection, answer)
        return True

    async def scene(client: SpotClient) -> None:
        await client.server_time()
        await asyncio.sleep(61)
        await limit(client)
        await client.order_status(SYMBOL, order_id=1_000)

    play(Venue(time=odd), _told(scene))


def _told(scene: Any) -> Any:
    """Return a scene in which an error of the client's is a rule that does not hold."""

    async def told(client: SpotClient) -> None:
        try:
            await scene(client)
        except WsapiError as error:
            raise AssertionError(f"{type(error).__name__}: {error}") from error

    return told


PLACE: Endpoint[Any] = Endpoint(
    "order.place", dict, security=Security.TRADE, weight=1, weight_on_success=0, orders=1, replay_safe=False
)


def a_wrong_clock() -> None:
    """Another process's clock is a day ahead: both together keep the venue's windows, and neither is locked out."""
    from tests.limits.virtual import now_ms
    from tests.limits.virtual import play as play_limits

    limits = [RateLimit("REQUEST_WEIGHT", "MINUTE", 1, 6_000), RateLimit("ORDERS", "SECOND", 10, 20)]
    store = MemoryStore(environment="local", processes=2)
    sent: list[float] = []

    async def trade(limiter: RequestLimiter) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + 30
        while loop.time() < until:
            try:
                ticket = await limiter.admit(PLACE, {}, loop.time() + 1)
            except LimitExceeded:
                await asyncio.sleep(0.05)
                continue
            sent.append(loop.time())
            await asyncio.sleep(0.05)
            limiter.settle(ticket, 200)

    async def scene() -> None:
        right = RequestLimiter(store.join(), now_ms=now_ms, limits=limits)
        wrong = RequestLimiter(store.join(), now_ms=lambda: now_ms() + 86_400_000, limits=limits)
        await right.open()
        await wrong.open()
        traded = await asyncio.gather(trade(right), trade(wrong), return_exceptions=True)
        await right.aclose()
        await wrong.aclose()
        assert not any(traded), f"trading ended with {traded}"

    play_limits(scene())
    windows = Counter(int(each // 10) for each in sent)
    assert max(windows.values()) <= 20, f"a window of 20 orders took {max(windows.values())}"
    assert len(sent) >= 40, f"{len(sent)} orders in 30 s"


class _Gated(SqliteStore):
    """A store on a disk that hangs while its gate is shut."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.gate = threading.Event()
        self.gate.set()
        self.waiting = threading.Event()

    def exchange(self, reports: Any) -> list[Reply]:
        self.waiting.set()
        self.gate.wait(10)
        return super().exchange(reports)


def a_ban_reaches_the_store(timeout: float = 5.0) -> None:
    """A ban is heard while an exchange with the store is under way, and the process ends: the others are told.

    Args:
        timeout: of the store; its disk answers after it where it is short.
    """

    async def scene(path: Path) -> None:
        store = _Gated(path, timeout=timeout)
        limiter = RequestLimiter(store, now_ms=lambda: time.time_ns() // 1_000_000)
        await limiter.open()
        store.gate.clear()
        store.waiting.clear()
        await asyncio.to_thread(store.waiting.wait, 10)
        limiter.overheard(418, -1003, time.time_ns() // 1_000_000 + 600_000)
        closing = asyncio.ensure_future(limiter.aclose())
        if timeout < 1.0:
            await closing
        else:
            await asyncio.sleep(0.01)
        mine = [each for each in threading.enumerate() if each.name.startswith("limits-store")]
        store.gate.set()
        await closing
        for each in mine:
            await asyncio.to_thread(each.join, 10)
        other = SqliteStore(path)
        (state,) = other.inspect()
        other.close()
        store.close()
        assert state.bans.get("ip"), "the ban ended with the process that heard it"

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(scene(Path(folder) / "limits.db"))


def a_ban_reaches_a_slow_store() -> None:
    """The same, with a store whose disk answers long after it was given up."""
    a_ban_reaches_the_store(0.05)


def files_taken_away() -> None:
    """The files that say who lives are taken away: the members make them anew, and a member that ends later is found dead."""

    def tell(store: SqliteStore, at: int, epoch: str = "") -> Reply:
        ask = Ask("REQUEST_WEIGHT 60000", 6_000, 60_000, 0, at // 60_000, 0, 750)
        (reply,) = store.exchange([Report(store.ip, store.member, "label", at, 5, [ask], epoch=epoch)])
        return reply

    with tempfile.TemporaryDirectory() as folder:
        one, two = (SqliteStore(Path(folder) / "limits.db", timeout=5.0) for _ in range(2))
        at = time.time_ns() // 1_000_000
        epoch = tell(one, at).epoch
        tell(two, at, epoch)
        members = Path(folder) / "limits.db-members"
        for each in members.iterdir():
            each.unlink()
        members.rmdir()
        for beat in range(1, 4):
            for store in (one, two):
                found = tell(store, at + beat * 600, epoch).members
                assert found == 2, f"{found} of two members live"
        two.close()  # without a word
        found = tell(one, at + 4_000, epoch).members
        one.close()
        assert found == 1, "a member that ended is waited for"


# --------------------------------------------------------------------------- F24: memory

KEPT = 40
"""Stands in for the bounds of what is remembered."""


def _sizes(thing: Any, seen: set[int], path: str) -> Iterator[tuple[str, int]]:
    """Return the size of everything that can grow, below an object of the client's."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    names = set(getattr(thing, "__dict__", ()))
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        names |= {slots} if isinstance(slots, str) else set(slots)
    for name in sorted(names):
        value: Any = getattr(thing, name, None)
        if hasattr(value, "__len__") and not isinstance(value, str | bytes):
            with contextlib.suppress(Exception):
                yield f"{path}.{name}", len(value)
        for each in [*value.values()] if isinstance(value, dict) else [value]:
            if type(each).__module__.startswith("binance_wsapi"):
                yield from _sizes(each, seen, f"{path}.{name}")


def ended_orders() -> None:
    """Orders that end at once, with user data and handles on: nothing that the client keeps grows with their number."""

    async def expire(venue: Venue, connection: ServerConnection, request: Row) -> bool:
        row = venue.make(request["params"], "EXPIRED")
        await venue.emit(venue.report(row, "EXPIRED"))
        await venue.reply(connection, request, venue.result(row))
        return True

    async def scene(client: SpotClient) -> None:
        async def listen() -> None:
            async with client.user_data(symbols=[SYMBOL]) as events:
                async for _ in events:
                    pass

        listening = asyncio.ensure_future(listen())
        await asyncio.sleep(1)
        sizes = []
        for _ in range(2):
            for _ in range(2 * KEPT):
                trade = await client.submit_order(SYMBOL, "BUY", "LIMIT", quantity="1", price="1", time_in_force="IOC")
                with contextlib.suppress(WsapiError):
                    await trade.done()
                await asyncio.sleep(0.1)
            gc.collect()  # a handle that nothing holds may be part of a ring
            sizes.append(dict(_sizes(client, set(), "client")))
        listening.cancel()
        grown = {name: size for name, size in sizes[1].items() if size - sizes[0].get(name, 0) >= KEPT}
        assert not grown, f"grows with the orders that ended: {grown}"

    bounds = [
        (account_merge, "EXECUTIONS_KEPT"), (orders, "FINAL_KEPT"), (account_view, "FINAL_KEPT"), (subscription, "EVENTS_REMEMBERED"),
        (history, "REMEMBERED"), (history, "_FORGOTTEN_AT_ONCE"),
    ]  # fmt: skip
    with contextlib.ExitStack() as stack:
        for module, name in bounds:
            stack.enter_context(patch.object(module, name, KEPT // 2))
        play(Venue(order__place=expire), _told(scene))
