"""Room for a second product: an account is heard, repaired and shown by parts that know nothing of Spot."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from binance_wsapi import Repaired
from binance_wsapi.api.spot.bindings import SPOT_ACCOUNT
from binance_wsapi.user_data import UserData
from binance_wsapi.user_data.events import AccountEvents
from binance_wsapi.user_data.parts import AccountParts
from binance_wsapi.user_data.symbols import Symbols
from tests.simulation.house import SYMBOL, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run


@dataclass
class Told:
    """An event, as this product has it."""

    name: str
    event: str = ""


class Ended(Told):
    """Says that the subscription has ended."""


class Unread(Told):
    """Cannot be read."""


@dataclass
class Look:
    """The answers of a look."""

    asked: float
    asked_us: int
    more: set[str] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)


class Merge:
    """Delivers what it hears, and finds one event in each look after the first."""

    def __init__(self, since_us: int, lag: float) -> None:
        self.latest_us = since_us
        self.unexplained: list[tuple[str, int]] = []
        self.symbols = Symbols(lag)
        self.fills = SimpleNamespace(unsettled=0)
        self.holding = False
        self.active: set[str] = set()
        self._looks = 0

    def hear(self, event: Told, _now: float) -> list[Told]:
        return [event]

    def anew_since(self, _look: Look) -> int | None:
        return None

    def settle(self, _look: Look, _now: float) -> list[Told]:
        self._looks += 1
        return [Told("found")] if self._looks > 1 else []

    def let_go(self) -> list[Told]:
        return []


class View:
    """Counts what it is shown."""

    def __init__(self, _lag: float) -> None:
        self.known = False
        self.doubtful: dict[str, int] = {}
        self.heard = 0
        self.seen = 0

    def hear(self, _event: Told, _now: float) -> None:
        self.heard += 1

    def see(self, _look: Look) -> bool:
        self.seen += 1
        return False

    def forget(self) -> None:
        self.heard = self.seen = 0


class Questions:
    """Asks nothing."""

    def __init__(self, session: Any, *_: Any) -> None:
        self._session = session

    async def look(self, _merge: Merge, *, everything: bool) -> Look:
        return Look(asyncio.get_running_loop().time(), self._session.now_ms() * 1000)


class Events(AccountEvents[Told | Repaired]):
    """The events of one account of this product."""


def decode(raw: bytes, subscription_id: int | None, *, microseconds: bool) -> Told:
    """Read an event."""
    assert subscription_id is not None
    assert not microseconds
    name = json.loads(raw)["e"]
    return {"eventStreamTerminated": Ended, "listStatus": Unread}.get(name, Told)(name, name)


PARTS = AccountParts(
    subscribe=SPOT_ACCOUNT.subscribe,
    subscribe_signature=SPOT_ACCOUNT.subscribe_signature,
    unsubscribe=SPOT_ACCOUNT.unsubscribe,
    decode=decode,
    ends=Ended,
    unread=Unread,
    told_by_views=frozenset({"listStatus"}),
    questions=Questions,
    merge=Merge,
    view=View,
    events=Events,
)


def test_an_account_of_another_product_is_heard_through_a_gap_and_shown() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            data = UserData(client._session, PARTS, runtime(loop), lag=6.0, audit=None)
            async with data.open() as events:
                assert type(events) is Events
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.001")
                item = await anext(events)
                assert item == Told("executionReport", "executionReport")
                view: View = data.cache
                assert (view.known, view.seen) == (True, 1)
                exchange.faults.cut_all()
                await asyncio.sleep(60)
                items = [await anext(events) for _ in range(len(events._inbox))]
                assert items.index(Told("found")) < next(
                    place for place, each in enumerate(items) if isinstance(each, Repaired)
                )
                assert events.subscribed
            await data.close()

    run(main)


def test_what_cannot_be_read_is_looked_for_and_a_stream_that_ended_is_subscribed_again() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            data = UserData(client._session, PARTS, runtime(loop), lag=6.0, audit=None)
            async with data.open() as events:
                await asyncio.sleep(20)
                seen = data.cache.seen
                await client.place_oco(
                    SYMBOL, "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price="65000", below_stop_price="50000"
                )
                await asyncio.sleep(20)
                assert data.cache.seen == seen + 2, "at once, and when the views must show it"
                (subscription,) = data._subscriptions.all.values()
                (home,) = subscription.on
                number = subscription.on[home]
                subscription_ended = json.dumps({"e": "eventStreamTerminated", "E": 1}).encode()
                data.on_event(home, number, subscription_ended)
                assert not events.subscribed
                await asyncio.sleep(20)
                assert Ended("eventStreamTerminated", "eventStreamTerminated") in events._inbox._items
                assert events.subscribed
            await data.close()

    run(main)
