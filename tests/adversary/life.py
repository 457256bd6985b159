"""One example, lived: the steps of a plan, then healing, then every doubt settled, and everything held against the truth.

The client is the real one, with transport, clock, sleep and chance handed in, in virtual time. What it is told to do is
a `Call`; what the venue made of it are the `Frame`s that bear the call's name. `judge` compares the two.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import httpx

from binance_wsapi import (
    Ed25519Key,
    FileJournal,
    HmacKey,
    LateExecution,
    NotFollowed,
    NotPlaced,
    NotSent,
    OutcomeUnknown,
    PartialFailure,
    Settings,
    SpotClient,
    UsageError,
    VenueError,
    WsapiError,
)
from binance_wsapi.orders.journal.base import JournalFailed
from binance_wsapi.orders.journal.sqlite import JournalFile
from tests.adversary.client import LIVE, LIVE_WITHOUT_REST, Client, runtime
from tests.adversary.engine import SYMBOL
from tests.adversary.judge import judge
from tests.adversary.plan import CALLS, Fate, Plan, Step, script
from tests.adversary.truth import Frame, Order, OrderList, Refusal
from tests.adversary.venue import CALL, Venue
from tests.simulation.loop import Deadlock, VirtualLoop
from tests.simulation.loop import run as run_in_virtual_time

__all__ = ["Call", "Report", "live", "play"]

HMAC = HmacKey("adversaryHmac" + "0" * 51, "s" * 64)
ED = Ed25519Key.generate(api_key="adversaryEd25519" + "0" * 48)
OTHER = Ed25519Key.generate(api_key="anotherEd25519" + "0" * 50)
"""Of another account."""

METHODS = {
    "place": "order.place", "submit": "order.place", "cancel": "order.cancel", "amend": "order.amend.keepPriority",
    "replace": "order.cancelReplace", "all": "openOrders.cancelAll", "oco": "orderList.place.oco",
    "unlist": "orderList.cancel", "handle-cancel": "order.cancel", "handle-amend": "order.amend.keepPriority",
}  # fmt: skip


@dataclass(eq=False)
class Call:
    """One call of the client, what it was told, and what its requests were."""

    index: int
    step: Step
    began: float
    market: int = 0
    task: asyncio.Task[Any] | None = None
    told: str = ""
    result: Any = None
    error: BaseException | None = None
    verdict: Any = None
    handle: Any = None
    ended: float | None = None
    resolved: float | None = None
    closed: bool = False
    noticed: bool = False
    generation: int = 0
    era: int = 0
    frames: list[Frame] = field(default_factory=list)

    @property
    def method(self) -> str:
        by_leg = self.step.act == "unlist" and self.step.by == "leg"
        return "order.cancel" if by_leg else METHODS[self.step.act]

    @property
    def places(self) -> bool:
        return self.method in ("order.place", "order.cancelReplace", "orderList.place.oco")

    def fate_of(self, frame: Frame) -> Fate:
        """Say what becomes of a frame: the plan's fate is that of the first one with the call's own method."""
        self.frames.append(frame)
        mine = frame.method == self.method and sum(each.method == self.method for each in self.frames) == 1
        return self.step.fate if mine else Fate()

    @property
    def own(self) -> list[Frame]:
        return [frame for frame in self.frames if frame.method == self.method]

    def __repr__(self) -> str:
        return f"call {self.index} {self.step.act}"


@dataclass
class Report:
    """What an example was like."""

    plan: Plan
    violations: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)


class Life:
    """The user of a client, and what happens around."""

    def __init__(self, loop: VirtualLoop, plan: Plan, report: Report, folder: Path | None) -> None:
        self.loop = loop
        self.plan = plan
        self.report = report
        self.folder = folder
        self.world = plan.world
        self.venue = Venue(loop, plan.world, self.note)
        self.calls: list[Call] = []
        self.placed: list[Call] = []
        self.tasks: set[asyncio.Task[Any]] = set()
        self.late: list[Any] = []
        self.items: list[Any] = []
        self.listened_from: float | None = None
        self.backwards = 0.0
        self.engine_behind = 0.0
        self.generation = 0
        self.era = 0
        self.traded_before = False
        self.killed = False
        self.entered = False
        """Whether the client was entered just now, and nothing was done since."""
        self.disk_full = False
        self.disks = 0
        """Times the disk was full."""
        self.other = False
        """Whether another key is logged on."""
        self.was_other = False
        """Whether one ever was."""
        self.key: Any = ED if plan.world.key == "ed25519" else HMAC
        self.client: SpotClient
        self.journal: FileJournal | None = None

    def note(self, text: str) -> None:
        self.report.story.append(f"{self.loop.time() - 100_000:9.3f}  {text}")

    def violated(self, what: str) -> None:
        self.note(f"VIOLATION {what}")
        self.report.violations.append(what)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = self.loop.create_task(work, name="adversary")
        self.tasks.add(task)
        return task

    # ------------------------------------------------------------------ the whole

    async def live(self) -> None:
        if self.world.rows:
            self.venue.strange(self.key.api_key)
        await self.enter()
        self.venue.questions = list(self.world.questions)  # of what is asked from now on
        self.venue.opens = list(self.world.opens)
        for step in self.plan.steps:
            await self.take(step)
        if self.plan.closes:
            await self.leave()
        else:
            await self.settle()
            await self.leave()
        await asyncio.sleep(90)  # what is still in the venue's queues comes out
        judge(self, "a day later")

    def make(self, path: Path | None) -> SpotClient:
        world = self.world
        self.journal = None if path is None else FileJournal(path)
        self.disk_full = False
        return Client(
            LIVE if world.rest else LIVE_WITHOUT_REST,
            self.key,
            Settings(
                timeout=world.timeout, recv_window=world.window, connections=world.connections, connect_timeout=60.0
            ),
            on_unknown=world.on_unknown,
            journal=self.journal,
            runtime=runtime(self.loop),
            transport=self.venue,
            rest=Rest(self.venue),
        )

    async def enter(self) -> None:
        path = None if self.folder is None else self.folder / f"journal{self.generation}"
        client = self.client = self.make(path)
        await client.__aenter__()
        self.entered = True
        self.spawn(self.hear(client))
        if self.world.follows:
            self.spawn(self.follow(client))
            if not self.killed:  # a process that was started again calls at once
                await asyncio.sleep(0.1)

    async def hear(self, client: SpotClient) -> None:
        async for event in client.events():
            if isinstance(event, LateExecution):
                self.late.append(event)

    async def follow(self, client: SpotClient) -> None:
        with contextlib.suppress(WsapiError):
            async with client.user_data(symbols=[SYMBOL]) as events:
                if self.listened_from is None:
                    self.listened_from = self.loop.time()
                async for item in events:
                    self.items.append(item)

    async def take(self, step: Step) -> None:
        if step.joins:
            waiting = [call.task for call in self.calls if call.task is not None and not call.task.done()]
            if waiting:
                await asyncio.wait(waiting, timeout=60)
        if step.pause:
            await asyncio.sleep(step.pause)
            self.entered = False
        self.note(f"{step!r}")
        if step.act in CALLS:
            begun = self.begin(step)
            if begun is not None and self.entered and len(self.plan.steps) > 1 and step.joins:
                await self.make_call(*begun)  # right after entering: not a turn of the loop in between
                CALL.set(None)
            elif begun is not None:
                begun[0].task = self.spawn(self.make_call(*begun))
        else:
            await getattr(self, "do_" + step.act)(step)
            if step.act == "kill":
                return
        self.entered = False
        await asyncio.sleep(0.001)

    # ------------------------------------------------------------------ calls

    def begin(self, step: Step) -> tuple[Call, Any] | None:
        call = Call(len(self.calls), step, self.loop.time(), step.market, generation=self.generation, era=self.era)
        work = self.request(step)
        if work is None:
            self.note("    there is nothing to do that to")
            return None
        self.calls.append(call)
        if call.places:
            self.placed.append(call)
        return call, work

    async def make_call(self, call: Call, work: Any) -> None:
        CALL.set(call)
        try:
            if call.step.act == "submit":
                call.handle = await work
                await call.handle.accepted()
                call.result = call.handle
            else:
                call.result = await work
            call.told = "accepted"
        except asyncio.CancelledError:
            call.told = "went away"
            if call.handle is not None:
                self.spawn(self.end_of_handle(call))
        except OutcomeUnknown as error:
            call.error, call.told = error, "unknown"
            self.spawn(self.resolve(call, error))
        except PartialFailure as error:
            call.error, call.told = error, "partial"
        except NotPlaced as error:
            call.error, call.told = error, "not placed"
        except VenueError as error:
            call.error, call.told = error, "refused"
        except UsageError as error:
            call.error, call.told = error, "usage"
        except NotSent as error:
            call.error, call.told = error, "not sent"
        except NotFollowed as error:
            call.error, call.told = error, "not followed"
        except Exception as error:  # noqa: BLE001 - each is a finding
            call.error, call.told = error, "foreign"
            self.violated(f"I4: {call} raised {type(error).__name__}: {error}")
            self.note(traceback.format_exc())
        call.ended = self.loop.time()
        self.note(f"  {call} is told {call.told}{f': {call.error!r:.150}' if call.error else ''}")

    async def end_of_handle(self, call: Call) -> None:
        """Hear in the place of a caller that went away whether the handle ends without a word: the venue does not tell."""
        assert call.handle is not None
        try:
            await call.handle.accepted()
        except NotFollowed:
            call.told = "not followed"
        except WsapiError as error:
            self.note(f"  the handle of {call} says {error!r:.150}")

    async def resolve(self, call: Call, error: OutcomeUnknown) -> None:
        try:
            call.verdict = await error.resolve()
            call.told = call.verdict.outcome.value
            self.note(f"  {call} is told {call.told} by {call.verdict.evidence.value}")
        except NotFollowed:
            call.told = "not followed"
        except Exception as failed:  # noqa: BLE001 - each is a finding
            self.violated(f"I4: resolve() of {call} raised {type(failed).__name__}: {failed}")
        call.resolved = self.loop.time()

    def target(self, step: Step) -> Call | None:
        """Return the earlier order a step is about."""
        listed = step.act == "unlist" or step.by == "leg"
        wanted = [each for each in self.placed if (each.step.act == "oco") is listed]
        if step.act.startswith("handle"):
            wanted = [each for each in self.placed if each.handle is not None and each.generation == self.generation]
        wanted = [each for each in wanted if each.own and each.era == self.era]
        return wanted[-1 - step.target] if len(wanted) > step.target else None

    def renamed_to(self) -> str | None:
        """Return the new id of the latest change that was sent, also where it is in doubt; None where there was none."""
        changes = [
            call for call in self.calls if call.step.act in ("cancel", "amend", "replace", "unlist") and call.own
        ]
        params = changes[-1].own[0].params if changes else {}
        new: str | None = params.get("cancelNewClientOrderId", params.get("newClientOrderId"))
        return new

    def list_named(self) -> str | None:
        """Return the id with which the latest list was placed; None where there was none."""
        lists = [call for call in self.placed if call.step.act == "oco" and call.own]
        return lists[-1].own[0].params["listClientOrderId"] if lists else None

    @staticmethod
    def thing(call: Call) -> Order | OrderList | None:
        """Return what a call truly made."""
        for frame in call.own:
            if frame.executed and frame.made:
                return frame.made[-1]  # type: ignore[no-any-return]
        return None

    def request(self, step: Step) -> Any:
        """Return the awaitable of a call, or None where its target is missing."""
        client, act = self.client, step.act
        mine = f"own{len(self.calls)}"
        target = self.target(step) if act not in ("all", "oco") else None
        named: dict[str, Any] = {}
        if target is not None and not act.startswith("handle"):
            thing = self.thing(target)
            params = target.own[0].params
            first = params.get("listClientOrderId") or params["newClientOrderId"]
            now = first if thing is None else thing.id
            number = None if thing is None else thing.number
            if step.by == "leg" and act != "unlist":
                if thing is None:
                    return None
                assert isinstance(thing, OrderList)
                first, now, number = thing.legs[0].ids[0], thing.legs[0].id, thing.legs[0].number
            names = {"auto": None, "own": mine, "same": now, "used": first, "again": self.renamed_to()}
            who = {"cancel": ("order_id", "orig_client_order_id"), "amend": ("order_id", "orig_client_order_id"), "replace": ("cancel_order_id", "cancel_orig_client_order_id"), "unlist": ("order_list_id", "list_client_order_id")}.get(act)  # fmt: skip
            if who is not None:
                named[who[0] if step.by == "number" and number is not None else who[1]] = (
                    number if step.by == "number" and number is not None else now if step.by == "now" else first
                )
        else:
            names = {"auto": None, "own": mine, "same": None, "used": self.list_named() if act == "oco" else None, "again": self.renamed_to()}  # fmt: skip
        new = names[step.name]
        limit: dict[str, Any] = {"quantity": "10", "price": "5", "time_in_force": "GTC"}
        if act == "place":
            return client.place_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=new, **limit)
        if act == "submit":
            return client.submit_order(SYMBOL, "BUY", "LIMIT", new_client_order_id=new, **limit)
        if act == "oco":
            leg_id = self.renamed_to() if step.by == "leg" else None
            return client.place_oco(SYMBOL, "SELL", "10", "LIMIT_MAKER", "STOP_LOSS", list_client_order_id=new, above_client_order_id=leg_id, above_price="7", below_stop_price="3")  # fmt: skip
        if act == "all":
            return client.cancel_open_orders(SYMBOL)
        if target is None:
            return None
        if act == "cancel":
            return client.cancel_order(SYMBOL, new_client_order_id=new, **named)
        if act == "amend":
            return client.amend_order(SYMBOL, str(9 - sum(each.step.act.endswith("amend") for each in self.calls)), new_client_order_id=new, **named)  # fmt: skip
        if act == "replace":
            mode: Any = "ALLOW_FAILURE" if step.market == 4 else "STOP_ON_FAILURE"
            return client.cancel_replace_order(SYMBOL, mode, "BUY", "LIMIT", new_client_order_id=new, cancel_new_client_order_id=names["same"] if step.name == "used" else None, **limit, **named)  # fmt: skip
        if act == "unlist" and step.by == "leg":
            leg = self.thing(target)
            if leg is None:
                return None
            assert isinstance(leg, OrderList)
            return client.cancel_order(SYMBOL, order_id=leg.legs[0].number, new_client_order_id=new)
        if act == "unlist":
            if step.market == 10:  # the id that one of its orders has
                leg = self.thing(target)
                new = leg.legs[-1].id if isinstance(leg, OrderList) else new
            return client.cancel_order_list(SYMBOL, new_client_order_id=new, **named)
        if act == "handle-cancel":
            return target.handle.cancel()
        return target.handle.amend(new_quantity=str(9 - sum(each.step.act.endswith("amend") for each in self.calls)))

    # ------------------------------------------------------------------ what else happens

    async def do_wait(self, step: Step) -> None:
        await asyncio.sleep(step.amount)

    async def do_fill(self, step: Step) -> None:
        orders = [order for order in self.venue.orders if order.is_open and order.type != "STOP_LOSS"]
        if len(orders) > step.target:
            order = orders[-1 - step.target]
            self.venue.fill(order, min(step.market or 4, order.qty - order.executed), step.fate)

    async def do_look(self, step: Step) -> None:
        """Ask as a user does: what is told then is evidence, too."""
        target = self.target(step)
        if target is None or target.step.act == "oco":
            return

        async def look() -> None:
            thing = self.thing(target)
            with contextlib.suppress(WsapiError):
                if step.by == "open":
                    await self.client.open_orders(SYMBOL)
                elif step.by == "number" and thing is not None:
                    await self.client.order_status(SYMBOL, order_id=thing.number)
                else:
                    await self.client.order_status(
                        SYMBOL, orig_client_order_id=target.own[0].params["newClientOrderId"]
                    )

        self.spawn(look())

    async def do_jump(self, step: Step) -> None:
        venue, milliseconds = self.venue, step.amount * 1000
        self.backwards += max(0.0, -step.amount)
        for number in (0, 1):
            if step.path in (str(number), "01", "all"):
                venue.offsets[number] += int(milliseconds)
        if step.path in ("engine", "all"):
            venue.engine_offset += milliseconds
        self.engine_behind = max(self.engine_behind, (max(venue.offsets) - venue.engine_offset) / 1000)

    async def do_deaf(self, step: Step) -> None:
        for link in self.venue.links:
            if link.alive and not link.deaf:
                if step.path == "cut":
                    link.cut()
                else:
                    link.deaf = step.path
                if step.amount:
                    self.venue.later(step.amount, link.heal)

    async def do_stale(self, step: Step) -> None:
        # Where there is but one view, or the other's answers are lost, there is nothing else to believe.
        if not self.venue.frozen and self.world.rest and not self.venue.questions:
            self.venue.frozen[step.path] = self.loop.time()

    async def do_rotate(self, _: Step) -> None:
        self.client.rotate()

    async def do_leave(self, _: Step) -> None:
        """A caller goes away."""
        for call in reversed(self.calls):
            if call.task is not None and not call.task.done():
                call.task.cancel()
                return

    async def do_reset(self, _: Step) -> None:
        """The test network is wiped. What is in doubt then is beyond what is promised: there is nothing."""
        until = self.loop.time() + 120
        while (any(self.open_calls()) or self.client.stats().doubts) and self.loop.time() < until:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        await asyncio.sleep(10)  # and every view has caught up
        if any(self.open_calls()) or self.killed or self.venue.frozen:
            self.note("    something is in doubt")
            return
        heard = any(
            hasattr(item, "order_id") for item in self.items
        )  # of what was wiped; else no number contradicts it
        self.traded_before = self.traded_before or (heard and bool(self.venue.trades))
        self.venue.reset()
        self.era += 1

    async def do_logon(self, step: Step) -> None:
        """Another key logs on, or tries to."""
        self.venue.refuses_logons = step.path == "refused"
        for link in self.venue.links:
            if step.path == "lost" and link.alive and not link.deaf:
                link.deaf = "mute"
        key = ED if step.path == "own" else OTHER
        try:
            await self.client.session_logon(key=key)
            self.other = key is OTHER
            self.was_other = self.was_other or self.other
        except WsapiError as error:
            self.note(f"    the logon is told {error!r:.100}")
        self.venue.refuses_logons = False
        for link in self.venue.links:
            if step.path == "lost" and link.deaf == "mute":
                link.deaf = ""

    async def do_disk(self, step: Step) -> None:
        """The disk of the journal is full, or has room again."""
        self.disk_full = step.path == "full"
        self.disks += self.disk_full

    async def do_kill(self, _: Step) -> None:
        """The process dies, and another takes its journal up."""
        assert self.journal is not None
        assert self.folder is not None
        self.killed = True
        for link in self.venue.links:
            link.cut()
        before = f"journal{self.generation}"
        self.generation += 1
        for each in list(self.folder.iterdir()):
            if each.name.startswith(before) and each.name[len(before) :][:1] in ("", "-", "."):
                shutil.copy(each, self.folder / each.name.replace(before, f"journal{self.generation}"))
        self.journal.abandon()
        self.venue.reachable = False
        for task in self.tasks:
            task.cancel()
        for call in self.calls:
            call.closed = True
        with contextlib.suppress(WsapiError):
            await self.client.close()
        self.venue.reachable = True
        await self.enter()

    # ------------------------------------------------------------------ the end

    async def settle(self) -> None:
        """Heal everything, and wait until nothing is in doubt for any longer than it may be."""
        waiting = [call.task for call in self.calls if call.task is not None and not call.task.done()]
        if waiting:
            await asyncio.wait(waiting, timeout=self.world.timeout + 0.1)
        self.note("everything is healed")
        self.venue.opens = []
        for link in self.venue.links:
            if link.alive and link.deaf:
                if link.deaf == "half":
                    link.cut()
                link.deaf = ""
        bound = self.world.window / 1000 + 10 + 6 + 5 + 60 + self.backwards + self.world.timeout
        if abs(self.venue.offsets[0] - self.venue.offsets[1]) > 1000 and len(self.world.order) > 1:
            bound += (
                120  # from one gateway to the other the clock goes back: waited for two minutes (docs/fence.md, F2)
            )
        healed = self.loop.time()
        while self.loop.time() < healed + bound and any(self.open_calls()):  # noqa: ASYNC110
            await asyncio.sleep(0.25)
        for call in self.open_calls():
            self.violated(f"I3: {call} is {call.told or 'not told anything'} {bound:.0f} s after everything was healed")
        if self.killed:
            try:
                async with asyncio.timeout(bound):
                    verdicts = await self.client.recover()
                self.recovered(verdicts)
            except TimeoutError:
                self.violated(f"I3: recover() took more than {bound:.0f} s")
            except WsapiError as error:
                self.violated(f"I8: recover() raised {error!r:.200}")
        judge(self, "when all is told")
        self.venue.frozen.clear()
        self.venue.questions.clear()  # a look that is misled once finds out at the next one, a minute later
        await self.trade_on()
        beyond = any(step.fate.queue > 10 for step in self.plan.steps)
        long = beyond or self.world.weight < 6000  # until it is asked once more, or until there is room for a look
        await asyncio.sleep(330.0 if long else 75.0)  # a look or two
        judge(self, "a minute later")

    async def trade_on(self) -> None:
        """After all that happened, the client sends an order, and the venue tells of it."""
        if abs(self.venue.offsets[0] - self.venue.offsets[1]) > 500 and len(self.world.order) > 1:
            return  # no timestamp can please both gateways
        if self.disk_full:
            return  # orders are refused then, and that is told
        narrow = self.world.weight < 6000
        await asyncio.sleep(61 if narrow else 1)  # until there is room, and no question of the user's ends ours
        # After a jump, a minute of the limits is no minute of the clock: a look at its beginning may fill it once more.
        timeout = 80.0 if narrow else 20.0
        try:
            await self.client.place_order(
                SYMBOL, "BUY", "LIMIT", quantity="10", price="5", time_in_force="GTC", timeout=timeout
            )
        except JournalFailed as error:
            if (
                not self.disks
            ):  # a journal that could not write refuses orders until it is opened again (docs/orders.md)
                self.violated(f"I4: the journal refuses an order, and its disk was never full: {error!s:.150}")
        except WsapiError as error:
            self.violated(f"I4: a new order after everything was healed: {type(error).__name__}: {error!s:.150}")

    def open_calls(self) -> list[Call]:
        return [call for call in self.calls if not call.closed and (call.told in ("", "unknown"))]

    def recovered(self, verdicts: list[Any]) -> None:
        """What a restart says of calls whose process died."""
        for verdict in verdicts:
            for call in list(self.calls):
                ids = {value for frame in call.own for name, value in frame.params.items() if "lientOrderId" in name and "rig" not in name and (frame.method, name) != ("orderList.cancel", "listClientOrderId")}  # fmt: skip
                if call.closed and verdict.client_order_id in ids:
                    if call.verdict is not None:  # what was told before the restart has to be true as well
                        call = replace(call, handle=None)
                        self.calls.append(call)
                    call.verdict, call.told = verdict, verdict.outcome.value
                    self.note(f"  {call} is told on restart {call.told} by {verdict.evidence.value}")

    async def leave(self) -> None:
        """Close the client: everything ends within a second, and nothing is left."""
        began = self.loop.time()
        asked = len(self.venue.asked), len(self.venue.frames)
        try:
            async with asyncio.timeout(20):
                await self.client.close()
        except TimeoutError:
            self.violated("I4: close() takes more than 20 s")
        took = self.loop.time() - began
        half = any(link.deaf == "half" for link in self.venue.links)
        if took > (2.5 if half else 1.0):
            self.violated(f"F11: close() took {took:.2f} s")
        await asyncio.sleep(1.0)
        self.note("the client is closed")
        for call in self.calls:
            if call.task is not None and not call.task.done():
                self.violated(f"F18: {call} has not ended a second after the client was closed")
            elif not call.closed and call.told in ("", "unknown"):
                self.violated(f"F18: the verdict on {call} is waited for a second after the client was closed")
        later = len(self.venue.asked), len(self.venue.frames)
        if began + took < self.loop.time() and later != asked and self.sent_after(began + took):
            self.violated(f"F18: {self.sent_after(began + took)} sent after close()")
        mine = asyncio.current_task()
        left = [
            each
            for each in asyncio.all_tasks(self.loop)
            if each is not mine and each not in self.tasks and not each.done()
        ]
        if left:
            self.violated(f"I4: tasks left after close(): {sorted(each.get_name() for each in left)}")
        for _ in range(3):  # some are not ended by being cancelled once
            living = [each for each in (*self.tasks, *left) if not each.done()]
            for each in living:
                each.cancel()
            if living:
                await asyncio.wait(living, timeout=1)

    def sent_after(self, moment: float) -> list[str]:
        return [method for at, method in self.venue.asked if at > moment] + [frame.method for frame in self.venue.frames if frame.sent > moment]  # fmt: skip


class Rest(httpx.AsyncBaseTransport):
    """The venue's REST API, as far as it is asked."""

    PATHS: ClassVar = {"time": "time", "order": "order.status", "openOrders": "openOrders.status", "orderList": "orderList.status", "openOrderList": "openOrderLists.status", "order/amendments": "order.amendments", "account": "account.status", "myTrades": "myTrades", "allOrders": "allOrders", "allOrderList": "allOrderLists"}  # fmt: skip

    def __init__(self, venue: Venue) -> None:
        self.venue = venue

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.005)
        parts = urlsplit(str(request.url))
        path = parts.path.removeprefix("/api/v3/")
        params: dict[str, Any] = dict(parse_qsl(parts.query))
        for name in ("orderId", "orderListId", "fromId", "limit", "startTime"):
            if name in params:
                params[name] = int(params[name])
        status, body = 200, None
        if path == "time":
            body = {"serverTime": self.venue.clock_ms(0)}
        else:
            self.venue.note(f"    REST {path} {params.get('origClientOrderId', '')}")
            try:
                body = self.venue.rest(self.PATHS[path], params, request.headers["X-MBX-APIKEY"])
            except Refusal as refusal:
                status, body = refusal.status, refusal.error
        return httpx.Response(status, content=json.dumps(body).encode(), stream=None, request=request)


def live(plan: Plan) -> Report:
    """Live one example, and return what it was like."""
    report = Report(plan)
    held: list[Life] = []

    write = JournalFile.write

    def written(file: JournalFile, statements: Any) -> None:
        if held[0].disk_full:
            raise JournalFailed(f"{file.name}: database or disk is full")
        write(file, statements)

    async def main(loop: VirtualLoop, folder: Path | None) -> None:
        held.append(Life(loop, plan, report, folder))
        try:
            await held[0].live()
        except Exception:
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            raise

    log = logging.getLogger("binance_wsapi")
    with contextlib.ExitStack() as stack:
        stack.callback(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL + 1)
        stack.enter_context(patch.object(JournalFile, "write", written))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=_SHM))) if plan.world.journal else None
        try:
            run_in_virtual_time(lambda loop: main(loop, folder), plan.seed)
        except (Exception, Deadlock) as error:  # noqa: BLE001 - each is a finding
            report.violations.append(f"I4: {type(error).__name__}: {str(error)[:300]}")
            report.story.append(traceback.format_exc())
    for call in held[0].calls if held else ():
        report.told[call.told] += 1
    return report


_SHM = "/dev/shm" if Path("/dev/shm").is_dir() else None


def play(plan: Plan) -> Report:
    """Live one example and print its story."""
    report = live(plan)
    print("\n".join(report.story))
    print("\n".join(report.violations) or "no violation")
    return report


__all__ += ["script"]
