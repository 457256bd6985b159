"""The keeper of live handles: follows their orders, and sees to it that they stay true.

Theory of operation. Every order with a handle that is not done has one task here. It places the order first
(`binance_wsapi.orders.trade.placing`; a list is placed once for all of its orders). From then on the order is followed by
three things at once:

* events of the user data stream, subscribed when the first order is submitted and for as long as the client lives;
* replies to what the handle itself sends (cancel, amend);
* audits: the task asks ``order.status``, and ``myTrades`` where the fills do not add up to what was executed.

When an audit is due is `binance_wsapi.orders.trade.schedule`; what it asks is `binance_wsapi.orders.trade.audits`; what
`cancel` and `amend` do is `binance_wsapi.orders.trade.changes`.

Nothing but questions is ever sent by the keeper of its own accord.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from binance_wsapi.errors import NotConnected, UsageError, WsapiError, printable
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.result import Result
from binance_wsapi.orders.fate.fence import FateOptions
from binance_wsapi.orders.fate.listeners import FateListener, FateRank, Named
from binance_wsapi.orders.ids.renames import same_account
from binance_wsapi.orders.tracked_caller import TrackedCaller
from binance_wsapi.orders.trade.audits import TradeAudits
from binance_wsapi.orders.trade.changes import TradeChanges
from binance_wsapi.orders.trade.evidence import EvidenceReader, HeardEvents, ListSighting, Sighting
from binance_wsapi.orders.trade.handle import TradeRecord
from binance_wsapi.orders.trade.schedule import DEAF_SILENCE_S, TradeWatch
from binance_wsapi.orders.trade.types import HandleEvent, HandleEventKind, HandleSource, HandleStatus
from binance_wsapi.orders.trade.weak import WeakValues
from binance_wsapi.session.session import Session
from binance_wsapi.wire.border import without_ours
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.order_calls import RENUMBERED_US

__all__ = ["TradeKeeper"]

log = logging.getLogger("binance_wsapi")

AUDIT_WEIGHT_SHARE: Final = 0.25
"""Part of the request weight of a minute for questions that no call waits for. After a reconnect each order is
asked about, and the stream is repaired besides; together they leave room for orders."""

EVENTS_HELD: Final = 256
"""Events kept of an order whose number is not known yet, until it is: as many as may come within a round trip."""

FOLLOW_PAUSE_S: Final = 300.0
"""Most seconds until the user data stream is tried again after the venue refused it; what it refuses once it mostly goes on
refusing, and keys are banned for insisting."""

_OF_ONE: Final = frozenset({HandleSource.EVENT, HandleSource.AUDIT})
"""What these tell is of the order it was found by or asked for, also where it bears another id by now."""


@dataclass(slots=True, eq=False)
class _Live:
    """A trade that is not done."""

    trade: TradeRecord
    watch: TradeWatch
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False
    """Whether the order is not followed any more."""
    asked_from: float | None = None
    """When it may be asked about, where that does not press."""
    held: deque[Sighting] = field(default_factory=lambda: deque(maxlen=EVENTS_HELD))
    """What events say that bear its id while its number is not known and another order may bear the id."""


class TradeKeeper(FateListener):
    """Keeps every handle of a client true.

    Args:
        session: answers questions.
        tracked: cancels and amends, and knows the fate of each.
        runtime: sleeps.
        user_data: hears of the client's own account from the call on, for the events that are wanted; yields typed events,
            and something else when it is subscribed, and where the stream was interrupted.
        reader: reads what the product says of orders.
        options: bounds of the fence; of these, how long views may lag.
    """

    def __init__(
        self,
        session: Session,
        tracked: TrackedCaller,
        runtime: Runtime,
        user_data: Callable[[Callable[[Any], bool]], AbstractAsyncContextManager[HeardEvents]],
        reader: EvidenceReader,
        options: FateOptions | None = None,
    ) -> None:
        self._session = session
        self._tracked = tracked
        self._sleep = runtime.sleep
        self._user_data = user_data
        self._reader = reader
        self._lag = (options or FateOptions()).lag_ms / 1000.0
        self._live: dict[TradeRecord, _Live] = {}
        self._by_id: WeakValues[tuple[str, str], TradeRecord] = WeakValues()
        self._by_order: WeakValues[tuple[str, int], TradeRecord] = WeakValues()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._following: asyncio.Task[None] | None = None
        self._allowance = Allowance(AUDIT_WEIGHT_SHARE)
        self._audits = TradeAudits(session, tracked.calls, self.see, self.whom)
        self._hearing = False
        self._events: HeardEvents | None = None
        self._closed = False
        self.changes = TradeChanges(tracked, self.see, self._press, self.spawn, self.whom, self._lag)
        tracked.listeners.add(FateRank.HANDLES, self)

    @property
    def live(self) -> list[TradeRecord]:
        """The handles that are not done."""
        return list(self._live)

    async def close(self) -> None:
        """Stop following. All calls that wait for an order that is not done fail at once."""
        if self._closed:
            return
        self._closed = self.changes.closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for trade in list(self._live):
            if trade.state.status is HandleStatus.SENDING:
                error = NotConnected("the client was closed before the order was sent")
                self.refused(trade, HandleStatus.NOT_SENT, error, HandleSource.LOCAL)
            trade.end()
        self._live.clear()

    # ------------------------------------------------------------------ taking up

    def check(self) -> None:
        """Raise where no order can be placed: `NotConnected`, or `UsageError` without a key."""
        if self._closed or self._session.closed:
            raise NotConnected("the client is closed").about(method=self._tracked.calls.place.method)
        self._session.now_ms()  # raises where the session is not started
        if self._session.credentials.key is None:
            raise UsageError(
                "an order needs a key, and this client has none: make it with one, as SpotClient.testnet(key)"
            )

    def has(self, symbol: str, name: str) -> bool:
        """Whether an order that has not ended is known by this id."""
        known = self._by_id.get((symbol, name))
        return known is not None and not known.state.status.is_final

    def named(self, named: Named) -> list[TradeRecord]:
        """Return the order that is known by this id, where there is one."""
        known = self._by_id.get((named.symbol, named.client_id))
        return [known] if known is not None and same_account(known.key, named.key) else []

    def enter(self, trade: TradeRecord) -> None:
        """Hear of an order from now on."""
        if self._following is None:
            self._following = self.spawn(self._follow(self._user_data(self._concerns)), "user data for handles")
        self._by_id[trade.symbol, trade.state.client_order_id] = trade
        self._take_up(trade)

    def keep(self, trade: TradeRecord, place: Callable[[], Coroutine[Any, Any, None]] | None = None) -> None:
        """Follow an order until it is done.

        Args:
            trade: the order.
            place: places it first, and tells it what became of that; None where that was done.
        """
        if trade not in self._live:
            self.enter(trade)
        self.spawn(self._keep(self._live[trade], place), f"order {trade.state.client_order_id}")

    def give_up(self, trade: TradeRecord, reason: str) -> None:
        """Follow an order no more, and fail the calls that wait for it.

        Where its number is not known it hears of nothing any more: its id may be named again, and tells nothing then.
        """
        trade.end(reason)
        name = (trade.symbol, trade.state.client_order_id)
        if trade.state.order_id is None and self._by_id.get(name) is trade:
            del self._by_id[name]
        live = self._live.get(trade)
        if live is not None:
            live.over = True
            live.wake.set()

    async def pause(self, seconds: float) -> None:
        """Sleep."""
        await self._sleep(seconds)

    def whom(self, trade: TradeRecord) -> CallOptions:
        """Return how the account of an order is spoken to: with the key that signed it, since another may have logged on."""
        return CallOptions(key=None if trade.key is self._session.credentials.key else trade.key)

    def _take_up(self, trade: TradeRecord) -> _Live:
        live = self._live[trade] = _Live(trade, TradeWatch(asyncio.get_running_loop().time(), self._lag))
        return live

    async def _keep(self, live: _Live, place: Callable[[], Coroutine[Any, Any, None]] | None) -> None:
        """Place an order, and audit it until it is done."""
        trade = live.trade
        try:
            if place is not None:
                await place()
            loop = asyncio.get_running_loop()
            while not trade.is_done and not live.over:
                live.wake.clear()
                now = loop.time()
                due = live.watch.next_question(now, complete=trade.state.complete, hearing=self.hearing)
                if due <= now and not live.watch.presses(now, complete=trade.state.complete):
                    if live.asked_from is None:
                        live.asked_from = now + self._allowance.book(self._audits.weight, now)
                    due = live.asked_from
                pause = due - now
                if pause > 0:
                    try:
                        async with asyncio.timeout(min(pause, DEAF_SILENCE_S)):  # the stream may be gone by then
                            await live.wake.wait()
                    except TimeoutError:
                        pass
                else:
                    live.asked_from = None
                    await self._audits.ask(live.trade, live.watch)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # A mistake of ours, or nonsense of the venue's, must not leave a call waiting for ever.
            log.error("%r can no longer be followed", trade, exc_info=without_ours(error))
            self.give_up(trade, f"following it failed ({type(error).__name__})")
        self._live.pop(trade, None)

    def refused(self, trade: TradeRecord, status: HandleStatus, error: WsapiError, source: HandleSource) -> None:
        events = trade.state.refused(status, source, self._session.now_ms(), str(error))
        _warn(trade, events)
        trade.learn(events, error)

    def on_turned_up(self, named: Named, order: Any) -> None:
        """What was called not placed, or refused, is there after all."""
        for trade in self.named(named):
            if trade.state.status is HandleStatus.REJECTED:
                now = self._session.now_ms()
                events = [trade.state.contradicted(HandleSource.RESOLVER, now, "it is there after all")]
                _warn(trade, events)
                trade.learn(events)
            if trade.state.status is HandleStatus.NOT_PLACED:
                self.see(trade, order, HandleSource.RESOLVER)

    # ------------------------------------------------------------------ listening

    @property
    def hearing(self) -> bool:
        """Whether the user data stream would tell what happens to an order."""
        return self._hearing and self._events is not None and self._events.subscribed

    async def _follow(self, begun: AbstractAsyncContextManager[HeardEvents] | None) -> None:
        """Hear the user data stream for as long as the client lives; it is begun before the first order is sent."""
        reader = self._reader
        tries = 0
        while True:
            try:
                async with begun or self._user_data(self._concerns) as events:
                    begun = None
                    self._hearing, self._events = True, events
                    async for item in events:
                        tries = 0
                        if (sighting := reader.read(item)) is not None:
                            self._hear(sighting)
                        elif (listed := reader.read_list(item)) is not None:
                            self._hear_list(listed)
                        elif reader.ends_stream(item):
                            self._hearing = False
                            self._interrupted()
                        elif not isinstance(item, Result):
                            self._hearing = True  # not subscribed, or interrupted, and whole from now on
                            if getattr(item, "reset", False):  # of what was made until then nothing is left
                                self._begin_anew((item.since + 1) * 1000 + RENUMBERED_US)
                            self._interrupted()
            except WsapiError as error:
                log.warning("user data is not available, the orders are polled instead: %s", error)
            except Exception as error:
                log.error("user data is not available, the orders are polled instead", exc_info=without_ours(error))
            if self._session.closed:
                return
            self._hearing = False
            self._interrupted()
            tries += 1
            await self._sleep(min(2.0**tries, FOLLOW_PAUSE_S))

    def _concerns(self, item: Any) -> bool:
        """Return whether an event may be of an order with a handle, or is of no single order: nearly none is."""
        names = self._reader.names_of(item)
        if names is None:
            return True
        symbol, number, name, former = names
        return (symbol, number) in self._by_order or (symbol, name) in self._by_id or (symbol, former) in self._by_id

    def _hear(self, event: Sighting) -> None:
        """Take in what an event says of an order."""
        numbered = self._by_order.get((event.symbol, event.order_id))
        if numbered is not None and event.created_us is not None and numbered.state.is_anew(event):
            self._begin_anew(event.created_us, numbered)
            numbered = None
        names = ((event.symbol, each) for each in (event.renamed_from, event.client_order_id) if each)
        trade = numbered or next(filter(None, map(self._by_id.get, names)), None)
        if trade is None:
            return
        if event.partly:
            self._merge(trade, event, HandleSource.EVENT)
            self.interrupt(trade)  # the rest is asked for
            return
        state, live = trade.state, self._live.get(trade)
        if state.order_id is None and live is not None:
            if self._tracked.contested(Named(state.client_order_id, trade.symbol, trade.key)):
                state.contest()
            if not state.is_about(event):
                live.held.append(event)
                return
        self._merge(trade, event, HandleSource.EVENT)

    def _hear_list(self, event: ListSighting) -> None:
        """Take in the numbers of a list's orders. What happens to each is told in events of its own."""
        for leg in event.legs:
            name = (event.symbol, leg.client_order_id or "")
            trade = self._by_order.get((event.symbol, leg.order_id)) or self._by_id.get(name)
            if trade is None or trade.group is None:
                continue
            if trade.group.is_told_by(event.order_list_id, event.client_order_id):
                self._see_list(trade, event.legs, HandleSource.EVENT)
                return

    def _begin_anew(self, since_us: int, known: TradeRecord | None = None) -> None:
        """The venue was reset, and its numbers run backwards: orders of before are not followed any more.

        Args:
            since_us: when the first order was made that is known to be of the new count, in microseconds.
            known: an order whose number it has.
        """
        for key, trade in self._by_order.items():
            if trade is known or trade.state.is_before(since_us):
                del self._by_order[key]
        for trade in list(self._live):
            if trade is known or trade.state.is_before(since_us):
                log.error("%r is not followed any more: the venue counts its orders anew", trade)
                self.give_up(trade, "the venue was reset and counts its orders anew")

    def _interrupted(self) -> None:
        """Events may be missing."""
        self._allowance.follow(self._session.limiter.snapshot())
        for trade in list(self._live):
            self.interrupt(trade)

    def interrupt(self, trade: TradeRecord) -> None:
        live = self._live.get(trade)
        if live is not None:
            live.watch.interrupted(asyncio.get_running_loop().time())
            live.wake.set()

    def _press(self, trade: TradeRecord) -> None:
        """Ask about an order in quick succession, for as long as views may lag."""
        live = self._live.get(trade)
        if live is not None:
            live.watch.press(asyncio.get_running_loop().time())
            live.wake.set()

    def see(self, trade: TradeRecord, evidence: Any, source: HandleSource) -> list[HandleEvent]:
        """Merge evidence into what is known of an order, or of every order of its list; return what was new of the order."""
        listed = self._reader.read_list(evidence)
        if listed is not None:
            return self._see_list(trade, listed.legs, source)
        one = self._reader.read(evidence)
        if one is None:
            return []
        if trade.group is None or source in _OF_ONE or trade.state.bears(one):
            return self._merge(trade, one, source)
        return self._see_list(trade, [one], source)

    def see_renamed(self, trade: TradeRecord, evidence: Any, source: HandleSource) -> None:
        """Merge what is proven to be of an order, though it bears the order's id no more."""
        one = self._reader.read(evidence)
        if one is not None:
            self._merge(trade, replace(one, renamed_from=trade.state.client_order_id), source)

    def _see_list(self, trade: TradeRecord, sightings: list[Sighting], source: HandleSource) -> list[HandleEvent]:
        """Merge what is said of orders into those of a list that they are of; return what was new of the given one."""
        events = []
        for sighting in sightings:
            for each in (trade,) if trade.group is None else trade.group.legs.values():
                if each.state.bears(sighting):
                    found = self._merge(each, sighting, source)
                    events += found if each is trade else []
        return events

    def _merge(self, trade: TradeRecord, sighting: Sighting, source: HandleSource) -> list[HandleEvent]:
        state = trade.state
        if state.is_anew(sighting) and sighting.created_us is not None:
            self._begin_anew(sighting.created_us, trade)
            return []
        was_complete, was_known = state.complete, state.order_id is not None
        events = state.see(sighting, source, self._session.now_ms())
        if state.order_id is None or not state.is_about(sighting):
            return []
        self._by_order[trade.symbol, state.order_id] = trade
        live = self._live.get(trade)
        if live is None and not trade.is_done and not self._closed:
            # It had been called not placed, and is there after all: follow it from here.
            live = self._take_up(trade)
            self.spawn(self._keep(live, None), f"order {trade.state.client_order_id}")
        if live is not None:
            live.watch.heard = asyncio.get_running_loop().time()
            if was_complete and not state.complete:
                live.watch.incomplete()
            live.wake.set()
        if events:
            _warn(trade, events)
            trade.learn(events)
        if live is not None and not was_known:
            held, live.held = live.held, deque()
            for event in held:  # what bore its id before its number was known: what is of another order is left alone
                events = [*events, *self._merge(trade, event, HandleSource.EVENT)]
        return events

    # ------------------------------------------------------------------ tasks

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work, name=f"binance-wsapi {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _warn(trade: TradeRecord, events: list[HandleEvent]) -> None:
    for event in events:
        if event.kind is HandleEventKind.CONTRADICTED:
            log.error("%r: the venue contradicts itself: %s", trade, event.detail)
        elif event.kind is HandleEventKind.UNKNOWN_STATE:
            log.warning(
                "%r: the venue calls its state %s, which this version does not know", trade, printable(event.detail)
            )
