"""One life of the client, drawn from a seed: what it does, what goes wrong, and whether the invariants held.

A run places, replaces, amends, cancels and looks up orders from several tasks while faults happen to the network, the
connection, the replies, the venue and its clock. Then everything is healed, every doubt is settled, the exchange's truth is
compared with what the client said of each request, and compared again after 24 more hours. The seed decides all of it: the
same seed is the same run, to the byte, in another process.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import logging
import random
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from binance_wsapi import (
    CancelRejected,
    LateExecution,
    LimitNotice,
    NotPlaced,
    NotSent,
    Opened,
    Outcome,
    OutcomeUnknown,
    PartialFailure,
    Settings,
    ShutdownAnnounced,
    SpotClient,
    VenueError,
    WsapiError,
)
from binance_wsapi.limits.events import BanLatched
from binance_wsapi.orders.fate.listeners import FateListener, FateRank
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Action, Cut, Drop, Refuse
from binance_wsapi.wire.endpoint import TimeUnit
from tests.simulation.followed import QUIET, Follower, Handles
from tests.simulation.house import HMAC, KEY, SYMBOL, environment, register, runtime
from tests.simulation.judge import Said, called_duplicates, judge_frames, judge_orders, may_have_swept
from tests.simulation.lists import Lists
from tests.simulation.loop import VirtualLoop, on, run
from tests.simulation.mischief import CLIENT, FAULTS, PUNCTUAL, REVOKED, heal_network

__all__ = ["PAIRS", "Report", "live"]

DAY = 24 * 3600.0
OVERSHOOT = 0.05
"""Seconds a call may end after its deadline (I4)."""

BOUND = 30.0 + 45.0 + 60.0 + 10.0 + 6.0 + 5.0
"""Seconds a verdict may take from the moment the link works again (I3). A reconnect pause may have begun just before, and a
hole may still be open: both end within the first two."""

SEAMLESS = ("B4 shutdown", "B6 rotation")
"""Faults after which no call may fail (I10)."""

LOST_CANCELS: list[Action] = [
    Drop(),
    Cut(after_execution=False),
    Refuse(503, -1008, "Server is currently overloaded with other requests."),
]

SLOW_LINKS = ("A11", "A12", "A13", "A14", "A16")
"""Faults that keep a pong waiting on its way."""

PAIRS = list(itertools.combinations_with_replacement(sorted(FAULTS), 2))
"""Every fault with every other, and with itself: the seeds go through them one after another."""


@dataclass
class Report:
    """What a run was like."""

    seed: int
    faults: Counter[str] = field(default_factory=Counter)
    stream_faults: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    trace: str = ""
    timeline: list[str] = field(default_factory=list)


class _Doubts(FateListener):
    def __init__(self, take: Callable[[Unresolved], None]) -> None:
        self._take = take

    def on_doubt(self, intent: Unresolved) -> None:
        self._take(intent)


class World:
    """A client, an exchange, a network, and all that happens to them."""

    chance: random.Random

    def __init__(self, loop: VirtualLoop, seed: int, only: list[str] | None) -> None:
        self.loop = loop
        self.seed = seed
        self.chance = loop.random
        self.report = Report(seed)
        self.only = only
        self.said: list[Said] = []
        self.resting: list[str] = []
        self.calls: set[asyncio.Task[Any]] = set()
        self.verdicts: list[asyncio.Task[Any]] = []
        self.banned: dict[int, float] = {}
        self.banned_from = self.banned_until = 0
        self.long_ban = False
        """Whether the client kept a ban for more than a minute. It takes a ban that the venue tells too late for two minutes."""
        self.none_left = False
        """Whether the end of a successor was announced before it was opened: no connection was left that calls could go over."""
        self.late: list[LateExecution] = []
        self.texts: list[str] = []
        self.awake = asyncio.Event()
        self.cancelled_all = False
        self.handles = Handles()
        self.lists = Lists(self)
        self.follower: Follower | None = None
        self.seamless = self.revoked = False
        self.on_unknown: Literal["raise", "wait", "cancel"] = "raise"
        self.doubted: set[str] = set()
        self.exchange: LocalExchange
        self.client: SpotClient

    def note(self, text: str) -> None:
        self.report.timeline.append(f"{self.loop.time() - 100_000:10.3f}  {text}")

    def later(self, seconds: float, change: Callable[[], object]) -> None:
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
            time_unit=chance.choice(list(TimeUnit)),
            limit_policy=chance.choice(["wait", "raise", "off"]),
        )
        most = chance.choice([0.0, 0.02, 1.0])
        lag = (0.0, chance.choice([0.0, 0.05, 1.0, 5.9]))
        hasty = chance.random() < 0.05
        if self.only is None and chance.random() < 0.03:
            self.only = chance.choices(SEAMLESS, k=chance.randint(2, 6))
        if self.only is None and chance.random() < 0.02:
            self.only = [*REVOKED, *chance.sample(sorted(PUNCTUAL), chance.randint(0, 2))]
        self.revoked = self.only is not None and not REVOKED.keys().isdisjoint(self.only)
        self.seamless = self.only is not None and set(self.only) <= set(SEAMLESS) and most <= 0.02
        follows = chance.random() < 0.5 and not self.revoked
        self.on_unknown = "raise" if self.revoked else chance.choice(["raise", "raise", "wait", "cancel"])
        former_ids = chance.random() < 0.5
        self.cancelled_all = not former_ids  # what it renames, no other source can tell: see `orders.fate`
        self.awake.set()
        async with LocalExchange(
            seed=self.seed, market="manual", lag=lag, former_ids=former_ids, queue_delay=(0.0, most)
        ) as self.exchange:
            register(self.exchange)
            self.exchange.quote(SYMBOL, bids=[("59999", "50")], asks=[("60001", "50")])
            with on(CLIENT):
                if not await self.use(
                    SpotClient(
                        environment(self.exchange), key, settings, runtime=runtime(self.loop), on_message=self.hear,
                        on_unknown=self.on_unknown,
                    ),
                    most, follows=follows, hasty=hasty,
                ):  # fmt: skip
                    return
            await self.handles.end(self.violated)
            # Whatever the venue still has in its queues comes out within a day; nobody has to watch for it to be wrong.
            await asyncio.sleep(DAY)
            self.judge("a day later")
            if self.late:
                self.violated("I2", f"executed after the verdict: {self.late}")

    async def use(self, client: SpotClient, most: float, *, follows: bool, hasty: bool) -> bool:
        """Be the user of a client; return whether its life was lived to the end and can be judged once more."""
        self.client = client
        client._tracked.listeners.add(FateRank.WATCHERS, _Doubts(self.doubt))
        async with client:
            listening = asyncio.ensure_future(self.listen())
            if follows:
                self.follower = Follower(client, self.exchange.truth, self.handles, self.violated)
                await self.follower.begin()
            if self.on_unknown == "cancel" and not self.seamless:  # a cancel may meet faults, and has to be made again
                for _ in range(3):
                    self.exchange.faults.next(self.chance.choice(LOST_CANCELS), "order.cancel")
            with on(None):  # what goes wrong, and the market, go on while the machine of the client stands still
                troubling = asyncio.ensure_future(self.trouble())
                market = asyncio.ensure_future(self.market())
            await asyncio.gather(*(self.trade() for _ in range(3)))
            await troubling
            market.cancel()
            if hasty:
                self.leave()
                listening.cancel()
                await client.close()
                if self.follower is not None:
                    await self.follower.left()
                return False
            self.heal()
            if self.revoked:
                await self.authorize()
            await self.settle()
            await self.handles.word(BOUND)
            if client._tracked._waits.tasks:  # what is to be cancelled is, though its caller went away
                await asyncio.wait(client._tracked._waits.tasks, timeout=BOUND)
            for said in self.said:
                self.nothing_open(said)
            self.judge("at the end")
            codes = judge_frames(self.exchange.truth, self.said, self.known_bans(), self.violated)
            if codes["-1021"] and most < 1.0 and set(self.report.faults) <= PUNCTUAL:
                self.violated("I11", f"{codes['-1021']} timestamps were refused, and nothing was late")
            await self.still_alive()
            await self.all_answered()
            await self.converge()
            self.judge_connections()
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        return True

    async def converge(self) -> None:
        """Some time after the last fault everything that was told adds up to what is true (I5 and I6)."""
        await asyncio.sleep(QUIET)
        self.handles.judge(self.exchange.truth, self.violated)
        if self.follower is not None:
            self.follower.judge(
                self.exchange.truth,
                self.violated,
                long_ban=self.long_ban,
                broken=self.report.faults["C1-C3 broken answers"] > 0,
            )
            await self.follower.end()

    def judge_connections(self) -> None:
        """Look at what the connections did to the calls (I10), and the calls to the connections (I12)."""
        if self.seamless and not self.none_left:
            for said in self.said:
                if said.word == "not placed" and said.also & called_duplicates(self.exchange.truth):
                    continue  # the venue refused it for an id that another list bears, and the client cannot tell which
                if said.word in {"not sent", "not placed", "unknown"}:
                    self.violated(
                        "I10", f"{said.method} {said.tokens[0]}: {said.word}, and connections were only replaced"
                    )
        if not any(name.startswith(SLOW_LINKS) for name in self.report.faults):
            slowest = self.exchange.truth.slowest_pong
            if slowest > 1.0:
                self.violated("I12", f"a pong took {slowest:.3f} s")

    async def market(self) -> None:
        """Let the market come by now and then, and take a part of what rests."""
        calm: Any = {"bids": [("59999", "50")], "asks": [("60001", "50")]}
        while True:
            await asyncio.sleep(self.chance.uniform(0.0, 4.0))
            size = self.chance.choice(["0.004", "0.02", "0.5"])
            self.exchange.quote(SYMBOL, bids=[("58000", "50")], asks=[("59000", size), ("60001", "50")])
            self.exchange.quote(SYMBOL, **calm)

    def leave(self) -> None:
        """Go in the middle of it all: the client is closed while requests are in doubt."""
        self.note("the user leaves")
        for verdict in self.verdicts:
            verdict.cancel()

    def known_bans(self) -> dict[int, float]:
        """Bans the client was surely told of, and whose end it can know."""
        # What follows bytes that break the protocol is not read.
        hidden = (*SLOW_LINKS, "D3 the venue's clock steps", "B7, B8 outlawed frames")
        return {} if any(name.startswith(hidden) for name in self.report.faults) else self.banned

    async def hear(self, _message: Any) -> None:
        """Stand in for a user's callback, which may take as long as it likes."""
        await self.awake.wait()

    async def listen(self) -> None:
        opened = {each.number for each in self.client._session.connections}
        async for event in self.client.events():
            if isinstance(event, Opened):
                opened.add(event.connection)
            self.none_left |= isinstance(event, ShutdownAnnounced) and event.connection not in opened
            self.texts.append(repr(event))
            if isinstance(event, LateExecution):
                self.late.append(event)
            else:
                self.hear_ban(event)
                self.note(f"client: {event!r}"[:200])

    def hear_ban(self, event: object) -> None:
        """Note bans that together keep the client away for more than a minute: a `Gap` is told then (docs/user_data.md)."""
        if isinstance(event, LimitNotice) and isinstance(event.event, BanLatched):
            now = self.exchange.clock.now_ms()
            if now > self.banned_until + 1_000:  # else it follows another: the first request after that was refused
                self.banned_from = now
            self.banned_until = max(self.banned_until, event.event.until)
            self.long_ban |= self.banned_until - self.banned_from > 60_000

    async def trouble(self) -> None:
        """Let the pair of this seed happen close together, and up to four more faults."""
        chance = self.chance
        names = self.only
        if names is None:
            names = [*PAIRS[self.seed % len(PAIRS)], *chance.sample(sorted(FAULTS), chance.randint(0, 4))]
            chance.shuffle(names)
        for name in names:
            await asyncio.sleep(chance.choice([0.0, 0.01, 0.3, 2.0, 6.0]) * chance.random())
            self.report.faults[name] += 1
            self.note(f"FAULT {name}")
            (FAULTS | REVOKED)[name](self)

    def cancel_one(self) -> None:
        calls = sorted(self.calls, key=lambda task: task.get_name())
        if calls:
            self.chance.choice(calls).cancel()

    def block_consumer(self) -> None:
        self.awake.clear()
        self.later(self.chance.uniform(1.0, 120.0), self.awake.set)

    def heal(self) -> None:
        self.note("everything is healed")
        self.exchange.faults.clear()
        self.exchange.faults.heal()
        heal_network(self.loop.network)

    async def authorize(self) -> None:
        """Give the keys back, and log on with the key that can, as a user does to whom the client told that it was revoked."""
        register(self.exchange)
        key = self.client._session.credentials.key
        while key is not None and key.can_log_on:
            try:
                await self.client.session_logon()
            except WsapiError as error:
                self.tell(error)
                await asyncio.sleep(1.0)
            else:
                return

    # ------------------------------------------------------------------ what the user does

    async def trade(self) -> None:
        chance = self.chance
        acts: list[Callable[[], Awaitable[None]]] = [
            self.place, self.place, self.place, self.place_badly, self.cancel, self.cancel, self.amend, self.replace,
            self.place_list, self.cancel_all, self.submit, self.submit, self.change, self.look, self.look,
            self.lists.place, self.lists.place, self.lists.cancel, self.amend,
        ]  # fmt: skip
        if self.revoked:
            acts = [each for each in acts if each not in (self.submit, self.change)]
        for number in range(chance.randint(4, 7)):
            await asyncio.sleep(chance.choice([0.0, 0.005, 0.5, 3.0]) * chance.random())
            act = self.place if number == 0 else chance.choice(acts)
            task = asyncio.ensure_future(act())
            task.set_name(f"call {len(self.said)} {self.loop.time()}")
            self.calls.add(task)
            if chance.random() < 0.05:
                self.later(chance.uniform(0.0, 0.05), task.cancel)
            try:
                await task
            except asyncio.CancelledError:
                self.note("the caller went away")
                self.later(0.001, self.look_for_the_forgotten)
            finally:
                self.calls.discard(task)

    def look_for_the_forgotten(self, before: Sequence[Any] = ()) -> None:
        """See whether what was cancelled is still pending; a call that was cancelled this very moment has a turn to end."""
        pending = [each for connection in self.client._session.connections for each in connection._pending]
        forgotten = [each for each in pending if each.waiter.cancelled()]
        if any(each is other for each in forgotten for other in before):
            self.violated("I4", "a request that no call waits for any more stays pending")
        elif forgotten:
            self.later(0.001, lambda: self.look_for_the_forgotten(forgotten))

    def token(self) -> str:
        return f"o{self.seed}x{len(self.said)}x{self.chance.randrange(1 << 40)}"

    def window(self) -> Any:
        return self.chance.choice([None, None, None, 30_000, 60_000])

    def limit(self) -> dict[str, Any]:
        return {"quantity": "0.01", "price": self.chance.choice(["59000", "60001"]), "time_in_force": "GTC"}

    def order(self) -> dict[str, Any]:
        """Return an order of some kind: one in four is immediate or nothing, or sells what it can."""
        kind = self.chance.choice(["MARKET", "LIMIT", "LIMIT"])
        if kind == "MARKET":
            return {"side": self.chance.choice(["BUY", "BUY", "SELL"]), "type": kind, "quantity": "0.01"}
        order = {"side": "BUY", "type": kind, **self.limit()}
        which = self.chance.random()
        if which < 0.15:
            order["time_in_force"] = self.chance.choice(["IOC", "FOK"])
        elif which < 0.25:
            order |= {"side": "SELL", "price": self.chance.choice(["59000", "60001", "65000"])}
        return order

    async def place(self) -> None:
        said = self.will_say("order.place", self.token())
        order = self.order()
        placed = await self.ask(said, self.client.place_order(
            SYMBOL, new_client_order_id=said.tokens[0], recv_window=self.window(), **order))  # fmt: skip
        ids = {each for true in self.exchange.truth.orders[said.tokens[0]] for each in true.ids}
        if placed is not None and placed.client_order_id not in ids:
            self.violated("I7", f"{said.tokens[0]} was answered with {placed.client_order_id}")
        if (order["side"], order.get("price"), order.get("time_in_force")) == ("BUY", "59000", "GTC"):
            self.resting.append(said.tokens[0])

    async def submit(self) -> None:
        """Place an order and keep its live handle; no task waits for it here."""
        said = self.will_say("order.place", self.token())
        try:
            trade = await self.client.submit_order(
                SYMBOL, new_client_order_id=said.tokens[0], recv_window=self.window(), **self.order()
            )
        except NotSent as error:
            self.tell(error)
            said.word = "not sent"
        except asyncio.CancelledError:
            said.word = "gone"
            raise
        else:
            self.handles.keep(said, trade)

    async def change(self) -> None:
        await self.handles.change(self.chance, self.violated, self.tell, self.exchange.truth)

    async def place_badly(self) -> None:
        said = self.will_say("order.place", self.token())
        await self.ask(said, self.client.place_order(
            SYMBOL, "BUY", "LIMIT", quantity="0.01", price="59000.001", time_in_force="GTC",
            new_client_order_id=said.tokens[0]))  # fmt: skip

    async def cancel(self) -> None:
        if self.resting:
            said = self.will_say("order.cancel", self.token())
            await self.ask(said, self.client.cancel_order(
                SYMBOL, orig_client_order_id=self.chance.choice(self.resting), new_client_order_id=said.tokens[0],
                recv_window=self.window()))  # fmt: skip

    async def amend(self) -> None:
        if self.resting:
            said = self.will_say("order.amend.keepPriority", self.token())
            await self.ask(said, self.client.amend_order(
                SYMBOL, self.chance.choice(["0.005", "0.005", "0.01"]), orig_client_order_id=self.chance.choice(self.resting),
                new_client_order_id=said.tokens[0], recv_window=self.window()))  # fmt: skip

    async def replace(self) -> None:
        if self.resting:
            said = self.will_say("order.cancelReplace", self.token() + "c", self.token() + "n")
            await self.ask(said, self.client.cancel_replace_order(
                SYMBOL, self.chance.choice(["STOP_ON_FAILURE", "ALLOW_FAILURE"]), "BUY", "LIMIT",
                cancel_orig_client_order_id=self.chance.choice(self.resting), cancel_new_client_order_id=said.tokens[0],
                new_client_order_id=said.tokens[1], recv_window=self.window(), **self.limit()))  # fmt: skip

    async def place_list(self) -> None:
        said = self.will_say("orderList.place.oco", self.token() + "a", self.token() + "b")
        await self.ask(said, self.client.place_oco(
            SYMBOL, "SELL", "0.01", above_type="LIMIT_MAKER", above_price="70000", below_type="STOP_LOSS",
            below_stop_price="50000", above_client_order_id=said.tokens[0], below_client_order_id=said.tokens[1],
            recv_window=self.window()))  # fmt: skip

    async def cancel_all(self) -> None:
        if self.cancelled_all:
            return  # one in a life: what it cancelled can be told from what another one did
        self.cancelled_all = True
        said = self.will_say("openOrders.cancelAll", f"everything{len(self.said)}")
        said.open_before = [
            each for each in self.exchange.truth.all_orders() if each.is_open and each.account == "alice"
        ]
        await self.ask(said, self.client.cancel_open_orders(SYMBOL, recv_window=self.window()))

    def will_say(self, method: str, *tokens: str) -> Said:
        said = Said(method, tokens)
        self.said.append(said)
        self.note(f"{method} {tokens[0]}")
        return said

    async def ask(self, said: Said, call: Awaitable[Any]) -> Any:
        """Make a call that changes orders, and note what the client says of it."""
        started = self.loop.time()
        result: Any = None
        try:
            result = await call
        except OutcomeUnknown as error:
            self.tell(error)
            if (
                error.client_order_id is not None
                and error.client_order_id not in {*said.tokens, *said.also}
                and len(said.tokens) == 1
            ):
                self.violated("I7", f"{said.tokens[0]} was told about {error.client_order_id}")
            said.word = "unknown"
            self.verdicts.append(asyncio.ensure_future(self.resolve(said, error)))
        except NotPlaced as error:
            self.tell(error)
            said.word = "not placed"
        except NotSent as error:
            self.tell(error)
            said.word = "not sent"
        except VenueError as error:
            self.tell(error)
            said.word = "refused"
            if isinstance(error, PartialFailure):
                said.halves = tuple(error.data[each] == "SUCCESS" for each in ("cancelResult", "newOrderResult"))
                said.word = "partial" if any(said.halves or ()) else "refused"
        except asyncio.CancelledError:
            said.word = "gone"
            raise
        else:
            said.word = "accepted"
            said.order_id = getattr(result, "order_id", None)
            if said.method == "order.cancel" and getattr(result, "status", "CANCELED") != "CANCELED":
                self.violated("I2", f"{said.tokens[0]} was told to have cancelled, and shows its order {result.status}")
        self.note(f"{said.tokens[0]}: {said.word}")
        if said.word != "unknown":
            self.nothing_open(said)
        if self.on_unknown == "raise":
            self.in_time(started)
        return result

    def doubt(self, intent: Any) -> None:
        self.doubted.update(doubt.token.client_id for doubt in intent.doubts)

    def nothing_open(self, said: Said) -> None:
        """Where the user wants what is in doubt cancelled, nothing is open once the fate of a new order is known."""
        if self.on_unknown != "cancel" or said.method not in {"order.place", "order.cancelReplace"}:
            return
        token = said.tokens[-1]
        if not called_duplicates(self.exchange.truth).isdisjoint(said.tokens):
            return  # it may be another program's, which the client does not cancel (rule F4)
        if token in self.doubted and any(order.is_open for order in self.exchange.truth.orders[token]):
            self.violated("I2", f"{token} was to be cancelled, and is open")

    async def resolve(self, said: Said, error: OutcomeUnknown) -> None:
        verdict = await error.resolve()
        said.order_id = getattr(verdict.order, "order_id", None)
        said.word = {
            Outcome.ACCEPTED: "accepted",
            Outcome.REJECTED: "refused",
            Outcome.NOT_PLACED: "not placed",
            Outcome.NOT_SENT: "not sent",
            Outcome.UNDECIDED: "undecided",
        }[verdict.outcome]
        self.note(f"{said.tokens[0]}: verdict {verdict.outcome.value}, by {verdict.evidence.value}")

    async def look(self) -> None:
        started = self.loop.time()
        try:
            which = self.chance.random()
            if which < 0.3:
                await self.client.open_orders(SYMBOL)
            elif which < 0.6 and self.said:
                token = self.chance.choice(self.said).tokens[0]
                found = await self.client.order_status(SYMBOL, orig_client_order_id=token)
                if token not in {each for true in self.exchange.truth.orders[token] for each in true.ids}:
                    self.violated("I7", f"asked for {token}, answered with {found!r}")
            elif which < 0.8:
                await self.client.depth(SYMBOL, limit=5)
            else:
                await self.client.account_status()
        except WsapiError as error:
            self.tell(error)
        self.in_time(started)

    def in_time(self, started: float) -> None:
        """A call that began then has just ended, and not after its deadline."""
        timeout, took = self.client._session.settings.timeout, self.loop.time() - started
        if took > timeout + OVERSHOOT and not self.loop.stood_still(started):
            self.violated("I4", f"a call of {timeout} s took {took:.3f} s")

    def tell(self, error: WsapiError) -> None:
        self.texts.append("".join(traceback.format_exception(error)) + repr(vars(error)))

    # ------------------------------------------------------------------ judging

    async def settle(self) -> None:
        """Wait for every verdict: within the bound from the moment the link works again, and a ban is over (I3)."""
        pending = {task for task in self.verdicts if not task.done()}
        if pending:
            bound = BOUND + max(0.0, (self.banned_until - self.exchange.clock.now_ms()) / 1000)
            _, late = await asyncio.wait(pending, timeout=bound)
            for _task in late:
                self.violated("I3", f"no verdict {bound:.0f} s after everything was healed")
        if self.client._tracked.in_doubt:
            await asyncio.sleep(BOUND)
        if self.client._tracked.in_doubt:
            self.violated("I3", f"{self.client._tracked.in_doubt} requests are still in doubt")

    def judge(self, when: str) -> None:
        said = self.said
        if "D3 the venue's clock steps" in self.report.faults:
            # An order's time tells nothing then, and by it alone a cancel of everything is judged (see `orders.fate`).
            said = [each for each in said if each.method != "openOrders.cancelAll"]
        for each in said:  # what a handle cancelled has an id of the client's, as what a cancel of everything did
            cancelled = self.handles.changed | (self.doubted if self.on_unknown == "cancel" else set())
            each.open_before = [order for order in each.open_before if order.original_id not in cancelled]
        judge_orders(self.exchange.truth, said, when, self.violated, swept=may_have_swept(self.said))
        if when == "at the end":
            self.report.outcomes.update(said.word for said in self.said)

    async def all_answered(self) -> None:
        """No request waits for ever; the session asks for the time now and then, and user data for the account."""
        for _ in range(100):
            if not any(connection.pending for connection in self.client._session.connections):
                return
            await asyncio.sleep(0.25)
        self.violated("I4", "requests wait for a reply after the end")

    async def still_alive(self) -> None:
        """After all that the next call works by itself."""
        self.awake.set()
        deadline = self.loop.time() + 150.0  # a ban of two minutes, or to the end of one, by a clock that was set back
        while True:
            try:
                await self.client.account_status(timeout=60.0)
            except CancelRejected:
                raise
            except WsapiError as error:
                retry_at = getattr(error, "retry_at", None)
                if retry_at is None or self.loop.time() > deadline:
                    self.violated("I4", f"the client does not work any more: {type(error).__name__} {error}")
                    return
                await asyncio.sleep(1.0)  # a ban is waited out
            else:
                return


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
