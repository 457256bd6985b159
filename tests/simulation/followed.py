"""What a life is told of its account, and the handles it keeps: compared with the exchange's truth (I5 and I6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from binance_wsapi import Gap, HandleStatus, NotFollowed, OrderHandle, Overflow, SpotClient, WsapiError
from binance_wsapi.models import AccountPosition, ExecutionReport
from binance_wsapi.orders.trade.types import RANK
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.user_data import UserDataEvents
from binance_wsapi.user_data.spot.events import Item
from tests.simulation.house import SYMBOL
from tests.simulation.judge import Said
from tests.user_data.truth import judge_cache, judge_events

__all__ = ["QUIET", "Follower", "Handles"]

QUIET = 75.0
"""Seconds after the last fault until everything must be known: an audit, and the lag of the views after it."""

LOOK_EVERY = 0.5
"""Seconds between two looks at what is kept."""

UNDECIDED = "does not tell whether it was placed"
BEHIND = 30.0
"""Seconds a handle may know less than what user data told: it may not be listening, and has to ask."""

Violated = Callable[[str, str], None]


class Follower:
    """A consumer of user data that is there from the first moment to the last."""

    def __init__(self, client: SpotClient, truth: Truth, handles: Handles, violated: Violated) -> None:
        self._client = client
        self._truth = truth
        self._handles = handles
        self._violated = violated
        self._ready = asyncio.Event()
        self._task = asyncio.ensure_future(self._hear())
        self._watching = asyncio.ensure_future(self._watch())
        self._told: dict[tuple[str, int], Decimal] = {}
        self._over: set[tuple[str, int]] = set()
        self._position: AccountPosition | None = None
        self._events: UserDataEvents
        self.items: list[Item] = []

    async def begin(self) -> None:
        """Return when the account is followed."""
        ready = asyncio.ensure_future(self._ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()

    async def _hear(self) -> None:
        async with self._client.user_data(symbols=[SYMBOL]) as events:
            self._events = events
            self._ready.set()
            async for item in events:
                self.items.append(item)
                if isinstance(item, ExecutionReport):
                    order = item.symbol, item.order_id
                    self._told[order] = item.executed_qty
                    if item.is_final:
                        self._over.add(order)
                elif isinstance(item, AccountPosition):
                    self._position = item

    async def _watch(self) -> None:
        """Look now and then whether what is kept falls behind what was told."""
        await self._ready.wait()
        wrong: list[str] = []
        while not wrong:
            await asyncio.sleep(LOOK_EVERY)
            for each in self._client.orders.open:
                order = each.symbol, each.order_id
                if order in self._over or each.executed_qty < self._told.get(order, 0):
                    wrong.append(f"more was told than what is kept, {each}")
            wrong += self._balances() + self._handles.look(self._told)
        self._violated("I6", wrong[0])

    def _balances(self) -> list[str]:
        """Compare the balances with what was told last, where nothing has changed since."""
        told = self._position
        if told is None or told.update_time.microseconds // 1000 != self._truth.changed_us() // 1000:
            return []
        true = self._truth.balances()
        return [
            f"{kept} is kept, and {each} was told"
            for each, kept in ((each, self._client.balances[each.asset]) for each in told.balances)
            if (each.free, each.locked) == true[each.asset] != (kept.free, kept.locked)
        ]

    def judge(self, truth: Truth, violated: Violated, *, long_ban: bool, broken: bool) -> None:
        """Compare what was told and what is kept with what is true.

        Only a long ban keeps the account from being looked at for a minute, after which a `Gap` is told; and only an answer
        that was broken cannot be read, which is told as one, too.
        """
        if self._task.done():
            violated("I5", f"the user data ended: {self._task!r}"[:500])
            return
        if not self._events.subscribed:
            violated("I5", "the account is not subscribed, long after the last fault")
        for item in self.items:
            known = isinstance(item, Gap) and (long_ban or (broken and item.why.endswith("cannot be read")))
            if isinstance(item, Overflow | Gap) and not known:
                violated("I5", f"{item!r}")
        for each in (*judge_events(self.items, truth), *judge_cache(self._client, truth)):
            invariant, _, what = each.partition(": ")
            violated(invariant, what)

    async def left(self) -> None:
        """The client was closed: each listener is told so."""
        await asyncio.sleep(0.1)
        if not self._task.done() or self._task.cancelled() or self._task.exception() is not None:
            self._violated("I4", f"the client was closed, and a consumer was not told so: {self._task!r}"[:300])
        await self.end()

    async def end(self) -> None:
        """Listen no more."""
        self._watching.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, self._watching, return_exceptions=True)


class Handles:
    """Orders that were handed to the client, and what their handles say."""

    def __init__(self) -> None:
        self._kept: list[tuple[Said, OrderHandle]] = []
        self._waiting: list[asyncio.Task[Any]] = []
        self.changed: set[str] = set()
        """Orders that were cancelled or amended by their handles, under ids of the client's own."""
        self._furthest: dict[str, int] = {}
        self._behind: dict[str, float] = {}

    def keep(self, said: Said, trade: OrderHandle) -> None:
        """Take a handle, and wait for the end of its order."""
        self._kept.append((said, trade))
        self._waiting.append(asyncio.ensure_future(trade.done()))

    async def change(self, chance: Any, violated: Violated, tell: Callable[[WsapiError], None], truth: Truth) -> None:
        """Cancel or amend one of the orders by its handle."""
        if not self._kept:
            return
        said, trade = chance.choice(self._kept)
        self.changed.add(said.tokens[0])
        try:
            if chance.random() < 0.5:
                ended = await trade.cancel()
                true = [each.status.value for each in truth.orders[said.tokens[0]]]
                if ended.is_placed and true != [ended.value]:
                    violated("I2", f"{said.tokens[0]}: the handle says {ended.value}, the exchange {true}")
            else:
                await trade.amend(new_quantity="0.005")
        except WsapiError as error:
            tell(error)

    def look(self, told: dict[tuple[str, int], Decimal]) -> list[str]:
        """Return which handles went back, or have long known less than what user data told of their orders."""
        wrong: list[str] = []
        now = asyncio.get_running_loop().time()
        for said, trade in self._kept:
            name = said.tokens[0]
            rank = RANK.get(trade.status, -1)
            if rank < self._furthest.get(name, -1):
                wrong.append(f"the handle of {name} went back to {trade.status}")
            self._furthest[name] = rank
            number = said.order_id or trade.order_id or 0
            if trade.executed_quantity >= told.get((SYMBOL, number), 0):
                self._behind.pop(name, None)
            elif now - self._behind.setdefault(name, now) > BEHIND:
                wrong.append(f"the handle of {name} knows of {trade.executed_quantity}, and user data told of more")
        return wrong

    async def word(self, bound: float) -> None:
        """Note what the handles say became of the requests; they may take so many seconds."""
        settling = [asyncio.ensure_future(trade.accepted()) for _, trade in self._kept]
        if settling:
            await asyncio.wait(settling, timeout=bound)
        for task in settling:
            task.cancel()
        told = await asyncio.gather(*settling, return_exceptions=True)
        words = {
            HandleStatus.REJECTED: "refused",
            HandleStatus.NOT_PLACED: "not placed",
            HandleStatus.NOT_SENT: "not sent",
        }
        for (said, trade), end in zip(self._kept, told, strict=True):
            ended = "undecided" if isinstance(end, NotFollowed) and UNDECIDED in str(end) else "unknown"
            said.word = "accepted" if trade.status.is_placed else words.get(trade.status, ended)
            said.order_id = trade.order_id

    def judge(self, truth: Truth, violated: Violated) -> None:
        """Compare every handle with its order."""
        for said, trade in self._kept:
            name = said.tokens[0]
            if said.word == "undecided":  # no answer of the venue shows whose order it is: the handle claims nothing
                if trade.status is not HandleStatus.IN_DOUBT:
                    violated("I6", f"the handle of {name} says {trade.status}, and nothing tells it")
                continue
            for order in truth.orders[name][:1]:
                true: tuple[Any, ...] = (
                    order.status.value,
                    order.client_order_id,
                    order.quantity,
                    order.executed_quantity,
                )
                told: tuple[Any, ...] = (
                    trade.status.value, trade.current_client_order_id, trade.quantity, trade.executed_quantity,
                )  # fmt: skip
                if told != true:
                    violated("I6", f"the handle of {name} says {told}, and it is {true}")
                fills = [
                    (each.trade_id, each.price, each.quantity, each.commission)
                    for each in truth.trades
                    if each.order_id == order.order_id and each.symbol == order.symbol
                ]
                if [(each.trade_id, each.price, each.quantity, each.commission) for each in trade.fills] != fills:
                    violated("I5", f"the handle of {name} knows {trade.fills}, and there were {fills}")
                if trade.is_done == order.is_open:
                    violated("I6", f"the handle of {name} is done: {trade.is_done}, and the order is {order.status}")

    async def end(self, violated: Violated) -> None:
        """After the client was closed no task waits for anything any more (I4)."""
        await asyncio.sleep(0.1)
        for task in self._waiting:
            if not task.done():
                violated("I4", f"a task still waits for the end of an order: {task!r}"[:300])
                task.cancel()
            elif not task.cancelled() and not isinstance(task.exception(), NotFollowed | None):
                violated("I4", f"waiting for the end of an order failed: {task.exception()!r}")
