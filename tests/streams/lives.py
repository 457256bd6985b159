"""One life of market streams and local books, drawn from a seed: what goes wrong, and whether anything was lost in silence.

The local exchange trades by itself. A listener inside it, which no fault reaches, hears every event of every stream: the
truth. Outside, several subscriptions of every policy, one that comes and goes, and two books live through cuts, half-open
peers, announced and sudden shutdowns, refused connections, nonsense and rotations. Then everything is healed and judged:

* what a consumer was given is the truth in order, none twice, and nothing missing but where a `StreamGap` stands;
* a book is the exchange's at every update id it ever shows, and is synced again soon after the last fault;
* nothing waits beyond its deadline, no queue grows beyond its bound, no connection sends more than five frames a second.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from binance_wsapi import SpotClient
from binance_wsapi.errors import WsapiError
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.engine import LevelChange, Side
from binance_wsapi.simulator.streams.client import StreamClient
from binance_wsapi.streams import MarketStreams, OrderBook, Overflow, StreamGap, Subscription
from tests.simulation.house import environment
from tests.simulation.loop import VirtualLoop, run
from tests.streams.peer import runtime

__all__ = ["FAULTS", "GENTLE", "Life", "live"]

NAMES = (
    "btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@miniTicker",
    "ethusdt@trade", "ethusdt@kline_1s", "ethusdt@depth5@100ms", "ethbtc@trade", "!miniTicker@arr", "btcusdt@avgPrice",
)  # fmt: skip
REPEATED = frozenset({"ethusdt@depth5@100ms"})
BOOKS = ("BTCUSDT", "BNBUSDT")
MANGLED = "bnbusdt@depth@100ms"
"""A stream that only a book has: frames of it may be lost and doubled, which no stream but this kind can tell."""

CALM = 10.0
PATIENCE = 150.0
"""Seconds from the last fault until everything must be well: a pause between attempts and the silence of a dead peer."""

SCALE = Decimal(100_000_000)


@dataclass
class Report:
    """What a life was like."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    events: int = 0
    gaps: int = 0
    resyncs: int = 0
    rotations: int = 0
    violations: list[str] = field(default_factory=list)


class _Recorder:
    """Hears every event of the streams, beside all connections."""

    unit = 1000

    def __init__(self) -> None:
        self.told: defaultdict[str, list[Any]] = defaultdict(list)

    def tell(self, name: str, payload: Any) -> None:
        told, event = self.told[name], json.loads(json.dumps(payload))
        if told[-1:] != [event]:  # a book that did not change is told again and again: once is enough to know
            told.append(event)


class _Ledger:
    """The books of the exchange at any update id, from each change of a level."""

    def __init__(self) -> None:
        self.changes: defaultdict[str, list[LevelChange]] = defaultdict(list)

    def hear(self, event: object) -> None:
        if isinstance(event, LevelChange):
            self.changes[event.symbol].append(event)

    def book(self, symbol: str, update_id: int) -> tuple[dict[Decimal, Decimal], dict[Decimal, Decimal]]:
        sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
        for change in self.changes[symbol]:
            if change.update_id > update_id:
                break
            side = sides[0 if change.side is Side.BUY else 1]
            side[change.price] = change.quantity
        bids, asks = ({price / SCALE: size / SCALE for price, size in side.items() if size} for side in sides)
        return bids, asks


class Life:
    """Streams, books, an exchange, a network, and all that happens to them."""

    def __init__(self, loop: VirtualLoop, seed: int, only: list[str] | None) -> None:
        self.loop = loop
        self.chance = loop.random
        self.report = Report(seed)
        self.only = only
        self.recorder = _Recorder()
        self.ledger = _Ledger()
        self.mangle = ""
        self.unmangle: Callable[[], object] = lambda: None
        self.given: defaultdict[str, list[Any]] = defaultdict(list)
        self.entered: dict[str, int] = {}
        self.checked: Counter[str] = Counter()
        self.exchange: LocalExchange
        self.client: SpotClient
        self.streams: MarketStreams
        self.healed_at = 0.0

    def violated(self, what: str) -> None:
        if len(self.report.violations) < 20:
            self.report.violations.append(f"{self.loop.time() - 100_000:.3f} s: {what}")

    def later(self, seconds: float, change: Callable[[], object]) -> None:
        self.loop.call_later(seconds, change)

    # ------------------------------------------------------------------ the life

    async def live(self) -> None:
        chance = self.chance
        self.exchange = LocalExchange(seed=self.report.seed, lag=(0.0, 0.05))
        self.exchange._venue.listen(self.ledger.hear, LevelChange)
        async with self.exchange:
            for name in NAMES:
                self.exchange._server.hub.add(name, self.recorder)
            self._mangle()
            self.client = SpotClient(environment(self.exchange), runtime=runtime(self.loop))
            async with self.client:
                streams = self.client.market_streams(connections=chance.choice([None, 2, 3]))
                async with streams:
                    self.streams = streams
                    await self._inside()
        self._judge_pacing()

    async def _inside(self) -> None:
        streams = self.streams
        books = [self.client.order_book(symbol, timeout=PATIENCE) for symbol in BOOKS]
        main = streams.subscribe(
            *NAMES, form="dicts", limit=100_000, policy=self.chance.choice(["block", "drop_oldest"])
        )
        small = [streams.subscribe(*NAMES[:4], limit=20, policy=policy) for policy in ("block", "drop_oldest")]
        latest = streams.book_ticker("BTCUSDT", policy="latest")
        everything: tuple[AbstractAsyncContextManager[Any], ...] = (main, *small, latest, *books)
        for book in books:
            self._watch(book)
        for each in everything:
            await each.__aenter__()
        self.entered = {name: len(self.recorder.told[name]) for name in NAMES}
        tasks = [
            asyncio.ensure_future(each)
            for each in (
                self._consume(main), self._look(latest), self._come_and_go(), *(self._sip(each) for each in small),
            )
        ]  # fmt: skip
        try:
            await self._trouble()
            self._heal()
            await self._settle([main, *small, latest], books)
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._judge(main)
        self.report.rotations = streams.counters["rotations"]
        self.report.resyncs = sum(book.resyncs for book in books)
        if main.lost or (main.counters["unreadable"] and not self.report.faults["C nonsense"]):
            self.violated(f"lost {main.lost}, unreadable {main.counters}")
        for each in everything:
            await each.__aexit__(None, None, None)

    # ------------------------------------------------------------------ consumers

    async def _consume(self, subscription: Subscription[Any]) -> None:
        async for event in subscription:
            if isinstance(event, StreamGap):
                self.given[event.stream].append(event)
                self.report.gaps += 1
            elif isinstance(event, Overflow):
                self.violated(f"an overflow of a queue with room: {event}")
            else:
                given = self.given[event["stream"]]
                if given[-1:] != [event["data"]] or event["stream"] not in REPEATED:
                    given.append(event["data"])
                self.report.events += 1

    async def _look(self, subscription: Subscription[Any]) -> None:
        async for _ in subscription:
            await asyncio.sleep(3.0)
            if subscription.queued > 2:
                self.violated(f"the latest of one stream are {subscription.queued}")

    async def _sip(self, subscription: Subscription[Any]) -> None:
        """Consume slowly: the queue stays within its bound, and the sum of all is what arrived."""
        seen = told = 0
        async for event in subscription:
            told += event.lost if isinstance(event, Overflow) else 0
            seen += not isinstance(event, StreamGap | Overflow)
            if subscription.queued > 21:
                self.violated(f"{subscription.queued} events are kept in a queue of 20")
            if told > subscription.lost:
                self.violated(f"told of {told} lost events where {subscription.lost} are")
            if seen > subscription.received:
                self.violated("more were given than arrived")
            await asyncio.sleep(self.chance.choice([0.0, 0.1, 5.0]))

    async def _come_and_go(self) -> None:
        """Subscribe and leave, again and again: neither takes longer than it may."""
        while True:
            names = self.chance.sample(["bnbusdt@trade", "btcusdc@trade", *NAMES], 3)
            subscription = self.streams.subscribe(*names, timeout=20.0)
            began = self.loop.time()
            try:
                async with subscription:
                    await asyncio.sleep(self.chance.uniform(0.0, 4.0))
                    began = self.loop.time()
            except WsapiError as error:
                if self.loop.time() - began > 20.05:
                    self.violated(f"entering took {self.loop.time() - began:.3f} s: {error}")
            await asyncio.sleep(self.chance.uniform(0.0, 2.0))

    def _watch(self, book: OrderBook) -> None:
        """Compare a book with the exchange at every update id it has, also those that no waiter is woken for."""
        whole = book._tell

        def tell() -> None:
            if book.synced:
                self._check(book)
            whole()

        setattr(book, "_tell", tell)  # noqa: B010 - a method of another class

    def _check(self, book: OrderBook) -> None:
        bids, asks = self.ledger.book(book.symbol, book.update_id)
        self.checked[book.symbol] += 1
        for ours, true, word in ((book.bids, bids, "bids"), (book.asks, asks, "asks")):
            if {level.price: level.quantity for level in ours} != true:
                self.violated(f"the {word} of {book.symbol} are not the exchange's at {book.update_id}")

    # ------------------------------------------------------------------ trouble

    def _mangle(self) -> None:
        """Let frames of one stream be lost or doubled where they leave the exchange."""
        life, whole = self, StreamClient.tell

        def tell(client: StreamClient, name: str, payload: Any) -> None:
            if name == MANGLED and life.mangle and life.chance.random() < 0.3:
                if life.mangle == "lost":
                    return
                whole(client, name, payload)
            whole(client, name, payload)

        setattr(StreamClient, "tell", tell)  # noqa: B010 - a method of another class
        self.unmangle = partial(setattr, StreamClient, "tell", whole)

    async def _trouble(self) -> None:
        chance = self.chance
        names = self.only or chance.choices(sorted(FAULTS), k=chance.randint(2, 7))
        for name in names:
            await asyncio.sleep(chance.choice([0.0, 0.5, 5.0, 25.0]) * chance.random())
            self.report.faults[name] += 1
            FAULTS[name](self)
        await asyncio.sleep(chance.uniform(0.0, 40.0))

    def rotate_all(self) -> None:
        """Replace every connection, those of the API included."""
        self.streams.rotate()
        self.client.rotate()

    def _heal(self) -> None:
        network = self.loop.network
        self.exchange.faults.clear()
        self.exchange.faults.heal()
        network.refuse = network.blackhole = False
        self.mangle = ""
        for link in network.links:
            mend(link)
        self.healed_at = self.loop.time()

    async def _settle(self, subscriptions: list[Subscription[Any]], books: list[OrderBook]) -> None:
        """Wait until all is well again, and a while longer."""
        well_since = self.loop.time() + 1.0  # what the healing has cut is only noticed now
        while self.loop.time() < well_since + CALM:
            await asyncio.sleep(0.5)
            if not (all(each.live for each in subscriptions) and all(book.synced for book in books)):
                well_since = self.loop.time()
            if self.loop.time() > self.healed_at + PATIENCE:
                self.violated(f"not well {PATIENCE:.0f} s after the last fault: {subscriptions} {books}")
                return
        for book in books:
            behind = self.ledger.changes[book.symbol][-1].update_id - book.update_id
            if not book.synced or behind > 200:
                self.violated(f"{book!r} is {behind} updates behind")

    # ------------------------------------------------------------------ judging

    def _judge(self, main: Subscription[Any]) -> None:
        if set(self.report.faults) <= GENTLE and self.report.gaps:
            self.violated(f"{self.report.gaps} gaps, and no connection was lost before its time")
        for name in NAMES:
            self._judge_stream(name, self.recorder.told[name], self.given[name])

    def _judge_stream(self, name: str, truth: list[Any], given: list[Any]) -> None:
        at, gap = self.entered[name], False
        first = True
        for event in given:
            if isinstance(event, StreamGap):
                gap = True
                continue
            if first:  # it may have been asked for before entering returned, not after
                first = False
                while at > 0 and truth[at : at + 1] != [event]:
                    at -= 1
                if truth[at] != event and not gap:
                    self.violated(f"{name}: the first events are missing")
                    return
            if gap and name in REPEATED and at > 0 and truth[at - 1] == event:
                at -= 1  # a book that did not change meanwhile
            if at >= len(truth) or truth[at] != event:
                found = next((number for number in range(at, len(truth)) if truth[number] == event), None)
                if found is None:
                    self.violated(f"{name}: doubled, out of order or invented: {str(event)[:100]}")
                    return
                if not gap:
                    self.violated(f"{name}: {found - at} events are missing, and no gap tells it")
                    return
                at = found
            at, gap = at + 1, False
        if len(truth) - at > 25:  # those of the last moment are still on their way
            self.violated(f"{name}: the last {len(truth) - at} events are missing")

    def _judge_pacing(self) -> None:
        sent: defaultdict[int, list[float]] = defaultdict(list)
        for frame in self.exchange.truth.frames:
            if frame.direction == "in" and "SUBSCRIBE" in str(frame.data):
                sent[frame.connection].append(frame.time)
        for connection, times in sent.items():
            if any(later - earlier < 1.0 for earlier, later in zip(times, times[5:], strict=False)):
                self.violated(f"connection {connection} sent more than five frames within a second")
        attempts = self.exchange.truth.attempts
        if any(later - earlier < 300.0 for earlier, later in zip(attempts, attempts[300:], strict=False)):
            self.violated("more than 300 connections were tried in five minutes")


# --------------------------------------------------------------------------- faults

Fault = Callable[[Life], object]


def mend(link: Any) -> None:
    """Make a link carry again; what a hole swallowed is missing from its stream, so such a link is reset."""
    if link.hole is not None and link.alive:
        link.reset()
    link.hole, link.segment, link.extra = None, None, 0.0


def _link(change: Callable[[Life, Any], object], most: float = 0.0) -> Fault:
    def happen(life: Life) -> None:
        live = life.loop.network.live
        if live:
            link = life.chance.choice(live)
            change(life, link)
            if most:
                life.later(life.chance.uniform(0.1, most), lambda: mend(link))

    return happen


def _network(name: str) -> Fault:
    def happen(life: Life) -> None:
        setattr(life.loop.network, name, True)
        life.later(life.chance.uniform(0.1, 15.0), lambda: setattr(life.loop.network, name, False))

    return happen


def _mangling(how: str) -> Fault:
    def happen(life: Life) -> None:
        life.mangle = how
        life.later(life.chance.uniform(1.0, 20.0), lambda: setattr(life, "mangle", ""))

    return happen


def _set(attribute: str, choices: list[Any]) -> Callable[[Life, Any], object]:
    return lambda life, link: setattr(link, attribute, life.chance.choice(choices))


NONSENSE: list[str | bytes] = ["", "no json", "[]", "7", "[" * 5000, '{"stream":1,"data":{}}', '{"stream":"btcusdt@trade"}', '{"result":null}',
            '{"result":null,"id":77}', '{"code":2,"msg":"?","id":null}', '{"stream":"nobody@asked","data":{}}', b"\x00"]  # fmt: skip

FAULTS: dict[str, Fault] = {
    "A2 blackhole": _network("blackhole"),
    "A3 refused": _network("refuse"),
    "A6 refused at the upgrade": lambda life: life.exchange.faults.refuse_connects(
        life.chance.choice([429, 500, 503]), count=life.chance.randint(1, 3)
    ),
    "A8 reset": _link(lambda _, link: link.reset()),
    "A11 half-open": _link(_set("hole", ["both", "up", "down"]), 40.0),
    "A13 segments": _link(_set("segment", [1, 7, 100]), 20.0),
    "A14 slow": _link(_set("extra", [0.1, 1.0, 3.0]), 10.0),
    "B3 closed": lambda life: life.exchange.faults.close(life.chance.choice([1000, 1001, 1008, 1011, 1012]), "bye"),
    "B3 all cut": lambda life: life.exchange.faults.cut_all(),
    "B4 shutdown": lambda life: life.exchange.faults.shutdown(life.chance.uniform(25.0, 40.0)),
    "B4 shutdown in a moment": lambda life: life.exchange.faults.shutdown(life.chance.uniform(0.1, 10.0)),
    "B5 shutdown at once": lambda life: life.exchange.faults.shutdown(0.0),
    "B6 rotation": lambda life: life.streams.rotate(),
    "B6 rotation of all": lambda life: life.rotate_all(),
    "C nonsense": lambda life: life.exchange.faults.say(life.chance.choice(NONSENSE)),
    "C lost frames": _mangling("lost"),
    "C doubled frames": _mangling("doubled"),
}

GENTLE = {"B4 shutdown", "B6 rotation", "B6 rotation of all", "C nonsense", "C lost frames", "C doubled frames"}
"""Faults that end no connection before its successor can be there: no raw stream may have a gap."""


def live(seed: int, only: list[str] | None = None) -> Report:
    """Run one life and judge it."""
    held: list[Life] = []

    async def main(loop: VirtualLoop) -> None:
        held.append(Life(loop, seed, only))
        await held[0].live()

    try:
        run(main, seed)
    except Exception as error:  # noqa: BLE001 - whatever ends a life is a finding, told with its seed
        held[0].violated("".join(traceback.format_exception(error))[-1500:])
    finally:
        held[0].unmangle()
    return held[0].report
