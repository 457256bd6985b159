"""One life of the client, drawn from a seed: what it does, what goes wrong, and whether the invariants held.

A run places, cancels and looks up orders from several tasks while faults happen to the network, the connection, the replies,
the venue and its clock. Then everything is healed, every doubt is settled, the exchange's truth is compared with what the
client said of each order, and compared again after 24 more hours. The seed decides all of it: the same seed is the same
run, to the byte, in another process.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import logging
import random
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from binance_wsapi import (
    LateExecution,
    NotPlaced,
    NotSent,
    Outcome,
    OutcomeUnknown,
    Settings,
    SpotClient,
    VenueError,
    WsapiError,
)
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults import Cut, Delay, Double, Drop, Garbage, Refuse
from tests.simulation.house import HMAC, KEY, SYMBOL, environment, register, seam
from tests.simulation.loop import VirtualLoop, run

__all__ = ["FAULTS", "Report", "Violation", "live"]

SECOND = 1.0
DAY = 24 * 3600.0
OVERSHOOT = 0.05
"""Seconds a call may end after its deadline (I4)."""

EVIDENCE = 1.0
"""Seconds after which a loss must be reported (I3)."""


class Violation(AssertionError):
    """An invariant did not hold."""


@dataclass
class Report:
    """What a run was like."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    trace: str = ""
    timeline: list[str] = field(default_factory=list)


@dataclass
class Placed:
    """What the client was told of one order."""

    client_order_id: str
    said: str
    order: Any = None


def _reply(action: Any) -> Callable[[World], None]:
    def happen(world: World) -> None:
        method = world.chance.choice(["order.place", "order.place", "order.cancel", None])
        world.exchange.faults.next(action(world) if callable(action) else action, method)

    return happen


def _link(change: Callable[[World, Any], None], most: float = 0.0) -> Callable[[World], None]:
    def happen(world: World) -> None:
        live = world.loop.network.live
        if live:
            link = world.chance.choice(live)
            change(world, link)
            if most:
                world.later(world.chance.uniform(0.1, most), lambda: _heal_link(link))

    return happen


def _heal_link(link: Any) -> None:
    if link.hole is not None and link.alive:
        link.reset()  # what a hole swallowed is missing from the stream: it cannot go on
    link.hole, link.segment, link.extra = None, None, 0.0


def _hole(direction: str) -> Callable[[World], None]:
    def change(_: World, link: Any) -> None:
        link.hole = direction

    return _link(change, 40.0)


def _network(name: str) -> Callable[[World], None]:
    def happen(world: World) -> None:
        setattr(world.loop.network, name, True)
        world.later(world.chance.uniform(0.1, 15.0), lambda: setattr(world.loop.network, name, False))

    return happen


def _segment(world: World, link: Any) -> None:
    link.segment = world.chance.choice([1, 7, 100])


def _slow(world: World, link: Any) -> None:
    link.extra = world.chance.uniform(0.05, 3.0)


def _step_clock(world: World) -> None:
    world.exchange.clock.offset += world.chance.uniform(-5.0, 5.0)


GARBAGE = [
    "",
    "no json",
    "[]",
    '{"id":null,"status":400,"error":{"code":-1135,"msg":""}}',
    '{"id":"x","status":200,"result":{}}',
    b"\x00",
    "[" * 5000,
]

FAULTS: dict[str, Callable[[World], object]] = {
    # By the letters of the fault list: A the network, B the connection, C the message, D the venue, E this side.
    "A3 refused": _network("refuse"),
    "A2 blackhole": _network("blackhole"),
    "A8/A9 reset": _link(lambda _, link: link.reset()),
    "A11 half-open": _hole("both"),
    "A12 deaf": _hole("down"),
    "A12 mute": _hole("up"),
    "A13 segments": _link(_segment, 20.0),
    "A14 slow": _link(_slow, 10.0),
    "A9 cut after execution": _reply(Cut(after_execution=True)),
    "A10 cut before execution": _reply(Cut(after_execution=False)),
    "A15 held in front of the check": _reply(lambda w: Delay(w.chance.uniform(0.1, 50.0), at="queue")),
    "B3 closed": lambda world: world.exchange.faults.close(world.chance.choice([1000, 1001, 1008, 1011, 1012, 1013]), "bye"),
    "B4 shutdown": lambda world: world.exchange.faults.shutdown(world.chance.uniform(0.5, 20.0)),
    "B5 shutdown at once": lambda world: world.exchange.faults.shutdown(0.0),
    "B6 rotation": lambda world: world.client.rotate(),
    "B all cut": lambda world: world.exchange.faults.cut_all(),
    "C1-C6 garbage": _reply(lambda w: Garbage(w.chance.choice(GARBAGE), then_reply=w.chance.random() < 0.8)),
    "C4 late": _reply(lambda w: Delay(w.chance.uniform(0.1, 12.0))),
    "C4 never": _reply(Drop()),
    "C5 doubled": _reply(Double()),
    "D1 fault, executed": _reply(lambda w: Refuse(w.chance.choice([500, 503, 504]), w.chance.choice([-1000, -1006, -1007]), "", executed=True)),
    "D1 fault, not executed": _reply(lambda w: Refuse(w.chance.choice([500, 503, 504]), w.chance.choice([-1000, -1006, -1007]), "")),
    "D2 busy": _reply(Refuse(400, -1008, "Server is currently overloaded with other requests.")),
    "D3 bad timestamp": _reply(Refuse(400, -1021, "Timestamp for this request is outside of the recvWindow.")),
    "D15 engine slow": _reply(lambda w: Delay(w.chance.uniform(0.1, 9.9), at="engine")),
    "A6 connects refused": lambda world: world.exchange.faults.refuse_connects(503, world.chance.randint(1, 3)),
    "E1 clock steps": _step_clock,
    "E3 caller goes away": lambda world: world.cancel_one(),
}  # fmt: skip


class World:
    """A client, an exchange, a network, and whatever happens to them."""

    chance: random.Random

    def __init__(self, loop: VirtualLoop, seed: int, only: list[str] | None) -> None:
        self.loop = loop
        self.seed = seed
        self.chance = loop.random
        self.report = Report(seed)
        self.only = only
        self.placed: list[Placed] = []
        self.given_up: list[str] = []
        self.calls: set[asyncio.Task[Any]] = set()
        self.verdicts: list[asyncio.Task[Any]] = []
        self.late: list[LateExecution] = []
        self.texts: list[str] = []
        self.exchange: LocalExchange
        self.client: SpotClient

    def note(self, text: str) -> None:
        self.report.timeline.append(f"{self.loop.time() - 100_000:10.3f}  {text}")

    def later(self, seconds: float, change: Callable[[], None]) -> None:
        self.loop.call_later(seconds, change)

    def violated(self, invariant: str, what: str) -> None:
        self.note(f"VIOLATION {invariant}: {what}")
        self.report.violations.append(f"{invariant}: {what}")

    # ------------------------------------------------------------------ the run

    async def live(self) -> None:
        chance = self.chance
        key: Any = chance.choice([KEY, KEY, HMAC])
        settings = Settings(
            timeout=chance.choice([1.0, 3.0, 10.0]),
            recv_window=chance.choice([None, 1000, 2500, 5000]),
            connections=chance.choice([1, 1, 2, "split"]),
            limit_policy="off",
        )
        most = chance.choice([0.0, 0.02, 1.0])
        lag = (0.0, chance.choice([0.0, 0.05, 1.0, 5.9]))
        async with LocalExchange(seed=self.seed, market="manual", lag=lag, queue_delay=(0.0, most)) as self.exchange:
            register(self.exchange)
            self.exchange.quote(SYMBOL, bids=[("59999", "50")], asks=[("60001", "50")])
            self.client = SpotClient(environment(self.exchange), key, settings, seam=seam(self.loop))
            async with self.client:
                listening = asyncio.ensure_future(self.listen())
                troubling = asyncio.ensure_future(self.trouble())
                await asyncio.gather(*(self.trade() for _ in range(3)))
                await troubling
                self.heal()
                await self.settle()
                self.judge("at the end")
                await self.still_alive()
                await asyncio.sleep(11)  # the session asks the time now and then; that, too, ends
                if any(connection.pending for connection in self.client._session.connections):
                    self.violated("I4", "requests wait for a reply after the end")
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
            # Whatever the venue still has in its queues comes out within a day; nobody has to watch for it to be wrong.
            await asyncio.sleep(DAY)
            self.judge("a day later")
            if self.late:
                self.violated("I2", f"executed after the verdict: {self.late}")

    async def listen(self) -> None:
        async for event in self.client.events():
            self.texts.append(repr(event))
            if isinstance(event, LateExecution):
                self.late.append(event)
            else:
                self.note(f"client: {event!r}"[:200])

    async def trouble(self) -> None:
        """Let two to six faults happen, often two close together."""
        names = self.only or self.chance.sample(sorted(FAULTS), self.chance.randint(2, 6))
        for name in names:
            await asyncio.sleep(self.chance.choice([0.0, 0.01, 0.3, 2.0, 6.0]) * self.chance.random())
            self.report.faults[name] += 1
            self.note(f"FAULT {name}")
            FAULTS[name](self)

    def cancel_one(self) -> None:
        calls = sorted(self.calls, key=lambda task: task.get_name())
        if calls:
            self.chance.choice(calls).cancel()

    def heal(self) -> None:
        self.note("everything is healed")
        self.exchange.faults.clear()
        self.exchange.faults.heal()
        self.loop.network.refuse = self.loop.network.blackhole = False
        for link in self.loop.network.links:
            _heal_link(link)

    # ------------------------------------------------------------------ what the user does

    async def trade(self) -> None:
        for _ in range(self.chance.randint(3, 6)):
            await asyncio.sleep(self.chance.choice([0.0, 0.005, 0.5, 3.0]) * self.chance.random())
            what = self.chance.random()
            task = asyncio.ensure_future(self.place() if what < 0.7 else self.look())
            task.set_name(f"call {len(self.placed)} {self.loop.time()}")
            self.calls.add(task)
            try:
                await task
            except asyncio.CancelledError:
                self.note("the caller went away")
            finally:
                self.calls.discard(task)

    async def place(self) -> None:
        client_order_id = f"o{self.seed}x{len(self.placed)}x{self.chance.randrange(1 << 40)}"
        record = Placed(client_order_id, "nothing")
        self.placed.append(record)
        timeout = self.client._session.settings.timeout
        started = self.loop.time()
        kind: Any = self.chance.choice(["MARKET", "LIMIT", "LIMIT"])
        more: dict[str, Any] = (
            {} if kind == "MARKET" else {"price": self.chance.choice(["59000", "60001"]), "time_in_force": "GTC"}
        )
        self.note(f"place {client_order_id} {kind} {more.get('price', '')}")
        try:
            order = await self.client.place_order(
                SYMBOL,
                "BUY",
                kind,
                quantity="0.01",
                new_client_order_id=client_order_id,
                recv_window=self.chance.choice([None, None, None, 30_000, 60_000]),
                **more,
            )
        except OutcomeUnknown as error:
            self.tell(error)
            if error.client_order_id != client_order_id:
                self.violated("I7", f"{client_order_id} was told about {error.client_order_id}")
            record.said = "unknown"
            task = asyncio.ensure_future(self.resolve(record, error))
            self.verdicts.append(task)
        except NotSent as error:
            self.tell(error)
            record.said = "not sent"
        except VenueError as error:
            self.tell(error)
            record.said = "refused"
        except asyncio.CancelledError:
            record.said = "gone"
            raise
        else:
            record.said = "accepted"
            record.order = order
            if order.client_order_id != client_order_id:
                self.violated("I7", f"{client_order_id} was answered with {order.client_order_id}")
        self.note(f"{client_order_id}: {record.said}")
        if self.loop.time() - started > timeout + OVERSHOOT:
            self.violated("I4", f"a call of {timeout} s took {self.loop.time() - started:.3f} s")

    async def resolve(self, record: Placed, error: OutcomeUnknown) -> None:
        verdict = await error.resolve()
        record.said = {
            Outcome.ACCEPTED: "accepted",
            Outcome.REJECTED: "refused",
            Outcome.NOT_PLACED: "not placed",
            Outcome.NOT_SENT: "not sent",
        }[verdict.outcome]
        self.note(f"{record.client_order_id}: verdict {verdict.outcome.value}, by {verdict.evidence.value}")

    async def look(self) -> None:
        timeout = self.client._session.settings.timeout
        started = self.loop.time()
        try:
            which = self.chance.random()
            if which < 0.4:
                await self.client.open_orders(SYMBOL)
            elif which < 0.7 and self.placed:
                await self.client.cancel_order(
                    SYMBOL, orig_client_order_id=self.chance.choice(self.placed).client_order_id
                )
            else:
                await self.client.depth(SYMBOL, limit=5)
        except (WsapiError, NotPlaced) as error:
            self.tell(error)
        if self.loop.time() - started > timeout + OVERSHOOT:
            self.violated("I4", f"a call of {timeout} s took {self.loop.time() - started:.3f} s")

    def tell(self, error: WsapiError) -> None:
        self.texts.append("".join(traceback.format_exception(error)) + repr(vars(error)))

    # ------------------------------------------------------------------ judging

    async def settle(self) -> None:
        """Wait for every verdict: within the bound from the moment the link works again (I3)."""
        window = float(self.client._session.settings.recv_window or 5000) / 1000
        # A reconnect pause may have begun just before the healing, and a hole may still be open: both end within these.
        bound = 30.0 + 45.0 + max(window, 60.0) + 10.0 + 6.0 + 5.0
        pending = {task for task in self.verdicts if not task.done()}
        if pending:
            _, late = await asyncio.wait(pending, timeout=bound)
            for _task in late:
                self.violated("I3", f"no verdict {bound:.0f} s after everything was healed")
        if self.client._desk.in_doubt:
            await asyncio.sleep(bound)
        if self.client._desk.in_doubt:
            self.violated("I3", f"{self.client._desk.in_doubt} requests are still in doubt")

    def judge(self, when: str) -> None:
        frames: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        ids: dict[Any, str] = {}
        for frame in self.exchange.truth.frames:
            if frame.direction == "in":
                request = json.loads(frame.data)
                if request["method"] == "order.place":
                    frames[request["params"]["newClientOrderId"]] += 1
                    ids[request["id"]] = request["params"]["newClientOrderId"]
            elif b'"status":4' in (frame.data if isinstance(frame.data, bytes) else frame.data.encode()):
                try:
                    reply = json.loads(frame.data)
                except ValueError:
                    continue
                if isinstance(reply, dict) and reply.get("id") in ids:
                    refused[ids[reply["id"]]] += 1
        for record in self.placed:
            name = record.client_order_id
            true = [each for each in self.exchange.truth.all_orders() if each.original_id == name]
            if frames[name] - refused[name] > 1 or len(true) > 1:
                self.violated("I1", f"{name}: {frames[name]} frames, {len(true)} orders, {when}")
            if record.said in {"refused", "not placed", "not sent"} and true:
                self.violated("I2", f"{name}: the client says {record.said}, the exchange has {true[0]}, {when}")
            if record.said == "accepted" and not true:
                self.violated("I2", f"{name}: the client says accepted, the exchange never had it, {when}")
            if record.said == "accepted" and record.order is not None and record.order.order_id != true[0].order_id:
                self.violated("I2", f"{name}: order id {record.order.order_id}, the exchange's {true[0].order_id}")
            if record.said == "not sent" and frames[name] > refused[name]:
                self.violated("I2", f"{name}: the client says not sent, {frames[name]} frames arrived")
            if record.said == "unknown":
                self.violated("I3", f"{name}: no verdict, {when}")
            if when == "at the end":
                self.report.outcomes[record.said] += 1

    async def still_alive(self) -> None:
        """After all that the next call works without anybody doing anything."""
        try:
            await self.client.account_status(timeout=60.0)
        except WsapiError as error:
            self.violated("I4", f"the client does not work any more: {type(error).__name__} {error}")


def live(seed: int, only: list[str] | None = None) -> Report:
    """Run one life and judge it."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    root = logging.getLogger()
    level, hushed = root.level, logging.getLogger("websockets.server")
    before = hushed.level
    hushed.setLevel(logging.CRITICAL)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    held: list[World] = []

    async def main(loop: VirtualLoop) -> None:
        world = World(loop, seed, only)
        held.append(world)
        await world.live()

    try:
        try:
            run(main, seed)
        except Exception as error:  # noqa: BLE001 - whatever ends a run is a finding, told with its seed
            held[0].violated("I4", "".join(traceback.format_exception(error))[-1500:])
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        hushed.setLevel(before)
    world = held[0]
    text = "\n".join((output.getvalue(), *world.texts))
    for secret in (KEY.api_key, HMAC.api_key, "s" * 64):
        if secret in text:
            world.violated("X1", "a key is in the log, an event or an exception")
    digest = hashlib.sha256()
    for frame in world.exchange.truth.frames:
        # Ed25519 signatures are deterministic and keys are made once per process: leave them out of the hash.
        digest.update(f"{frame.connection} {frame.direction} {frame.time:.6f} {len(frame.data)}".encode())
    world.report.trace = digest.hexdigest()
    return world.report
