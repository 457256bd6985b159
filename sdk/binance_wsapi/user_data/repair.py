"""Looks at an account after a gap and now and then, and delivers what the stream did not bring.

Theory of operation. While the stream is interrupted, live events are held up; when it is whole again the account is looked
at: open orders, trades of every symbol in question since they were settled, orders that were open and are no longer, order
lists where there are any, and balances. What was missed is delivered, then what was held up. Because the views that answer
lag behind the matching engine, the account is looked at again within the lag and once after it; what shows only then is
delivered then.

The same look is the audit: made every so often without any gap, it finds what the venue never sent. A report that does not
add up with what was delivered asks for one at once.

A look that fails is made again. When none succeeds for long though the stream is whole, a `Gap` stands in place of the
repair; while it is interrupted again nothing is given up, for the repair that follows covers both. Questions use the first
lane of the limits, and are signed with the key of the account.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from binance_wsapi.api.spot.account import AccountMethods
from binance_wsapi.errors import AuthFailed, OrderNotFound, UsageError, WsapiError
from binance_wsapi.models.account import AccountTrade, Allocation
from binance_wsapi.models.orders import OrderList
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.items import Gap, Repaired
from binance_wsapi.user_data.merge import Look
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Endpoint

if TYPE_CHECKING:
    from binance_wsapi.user_data.subscription import Subscription

__all__ = ["Repair"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")

PAUSE = 10.0
"""Seconds live events are held up for the first look after a gap."""

GIVE_UP = 60.0
"""Seconds of looks that fail, on a stream that is whole, after which a gap is told."""

PAGE = 1000
"""Trades of one answer: the most there are (Account trade history)."""

PAGES = 20
"""Answers of one symbol in one look; what is more comes with the next."""

WHOLE_AUDIT = 10
"""One audit in so many looks at every symbol that was ever touched; the others at those on which something may happen."""

TRIES = 2.0
"""Seconds between two looks that fail, at most."""


class Repair:
    """The looks at one account.

    Args:
        session: asks.
        subscription: whose account it is.
        lag: seconds the venue's views may lag behind its matching engine.
        audit: seconds between two looks without a reason; None looks only when there is one.
    """

    def __init__(self, session: Session, subscription: Subscription, lag: float, audit: float | None) -> None:
        self._session = session
        self._subscription = subscription
        self._lag = lag
        self._audit = audit
        self._wake = asyncio.Event()
        self._due: list[float] = []
        self._pressing = 0
        self._gap: tuple[int, float] | None = None
        self._failures = 0
        self._failing_since: float | None = None
        self._audits = 0
        self._recovered = 0
        self.looked = asyncio.Event()
        """Set when the account was looked at once."""

    def interrupted(self, since_ms: int) -> None:
        """The stream was interrupted from then until now, and is whole again."""
        now = asyncio.get_running_loop().time()
        if self._gap is None:
            self._gap = since_ms, now
            self._recovered = 0
        else:
            self._gap = min(since_ms, self._gap[0]), self._gap[1]
            self._failing_since = None
        self._plan(now, now)

    def press(self) -> None:
        """A report does not add up: look in quick succession until it does."""
        if not self._pressing:
            self._pressing = 1
            self._wake.set()

    def look_soon(self) -> None:
        """Look at once, and again when the views must show what there is now."""
        self.looked.clear()
        now = asyncio.get_running_loop().time()
        self._plan(now, now)

    def _plan(self, first: float, whole: float) -> None:
        self._due = sorted({first, whole + self._lag / 4, whole + self._lag / 2, whole + self._lag + 0.5})
        self._wake.set()

    async def run(self) -> None:
        """Look whenever there is a reason, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            due = min([*self._due[:1], *([now + self._audit] if self._audit is not None else [])], default=None)
            if self._pressing:
                pause = min(0.1 * 2.0 ** (self._pressing - 1), TRIES)
                due = min(due, now + pause) if due is not None else now + pause
            if due is None or due > now:
                self._wake.clear()
                try:
                    async with asyncio.timeout_at(due):
                        await self._wake.wait()
                    continue  # there is a new reason, and with it another time
                except TimeoutError:
                    pass
            now = loop.time()
            audit = not self._pressing and not any(each <= now for each in self._due)
            await self._once(now, audit=audit)

    async def _once(self, now: float, *, audit: bool) -> None:
        loop = asyncio.get_running_loop()
        subscription = self._subscription
        try:
            # An audit mostly asks for what is active; a repair, and now and then an audit, for all that is known.
            self._audits += audit
            whole = self._audits % WHOLE_AUDIT == 0 if audit else not self._pressing
            await self._look(everything=whole)
        except (AuthFailed, UsageError) as error:
            self._give_up(f"the account cannot be asked about: {error}")
            self._due = []
            return
        except WsapiError as error:
            log.info("the account could not be looked at: %s", error)
            self._failures += 1
            if self._gap is not None:
                if loop.time() - self._gap[1] > PAUSE:
                    subscription.resume()
                if subscription.lost_at is not None:
                    self._failing_since = None
                elif self._failing_since is None:
                    self._failing_since = now
                if self._failing_since is not None and loop.time() - self._failing_since > GIVE_UP:
                    self._give_up(f"no answer within {GIVE_UP:.0f} s: {error}")
            again = loop.time() + min(0.2 * 2.0 ** min(self._failures, 10), TRIES)
            self._due = sorted({again, *(each for each in self._due if each > again)})
            return
        self._failures = 0
        self._failing_since = None
        self._due = [each for each in self._due if each > now]
        if subscription.merge.holding:
            self._pressing += 1
        else:
            self._pressing = 0
        for what in subscription.merge.unexplained:
            since = self._gap[0] if self._gap is not None else self._session.now_ms()
            subscription.tell(Gap(since, self._session.now_ms(), what))
        subscription.merge.unexplained.clear()
        self.looked.set()

    def _give_up(self, why: str) -> None:
        if self._gap is not None:
            self._subscription.tell(Gap(self._gap[0], self._session.now_ms(), why))
            self._gap = self._failing_since = None
        self._subscription.resume()

    # ------------------------------------------------------------------ one look

    async def _look(self, *, everything: bool) -> None:
        """Ask, and deliver what was missed."""
        loop = asyncio.get_running_loop()
        subscription = self._subscription
        merge, cache = subscription.merge, subscription.cache
        look = Look(loop.time(), self._session.now_ms() * 1000)
        epoch = subscription.epoch
        look.open_orders = await self._ask(AccountMethods.OPEN_ORDERS, {})
        account = await self._ask(AccountMethods.ACCOUNT_STATUS, {})
        if subscription.key is self._session.credentials.key:
            for symbol, at in self._session.touched.items():
                merge.touch(symbol, at)
        symbols = {each.symbol for each in look.open_orders} | (merge.symbols if everything else merge.active)
        for symbol in sorted(symbols):
            look.trades[symbol] = await self._trades(symbol)
            if symbol in merge.allocations_from:
                look.allocations += await self._allocations(symbol)
                look.allocated.add(symbol)
        for symbol, order_id in sorted({*merge.missing_from(look), *merge.strangers(look)}):
            try:
                look.statuses.append(
                    await self._ask(AccountMethods.ORDER_STATUS, {"symbol": symbol, "orderId": order_id})
                )
            except OrderNotFound:
                continue  # the view does not show it yet
        await self._lists(look, everything=everything)
        for symbol, order_id in merge.uncounted(look):
            look.history[symbol, order_id] = await self._ask(
                AccountMethods.MY_TRADES, {"symbol": symbol, "orderId": order_id, "limit": PAGE}
            )
        for symbol, order_id in merge.short(look):
            allocations = await self._ask(
                AccountMethods.MY_ALLOCATIONS, {"symbol": symbol, "orderId": order_id, "limit": PAGE}
            )
            there = {(each.symbol, each.allocation_id) for each in look.allocations}
            look.allocations += [each for each in allocations if (each.symbol, each.allocation_id) not in there]
        now = loop.time()
        found = merge.settle(look, now)
        cache.see_account(account, look.asked)
        for event in found:
            subscription.give(event)
        cache.see_orders((*look.open_orders, *look.statuses), look.asked, all_open=True)
        cache.known = True
        self._recovered += len(found)
        if subscription.epoch != epoch:
            return  # interrupted anew while it was looked at
        if self._gap is not None:
            since, began = self._gap
            subscription.resume()
            if subscription.paused:
                return
            if look.asked >= began:
                subscription.tell(Repaired(since, self._session.now_ms(), self._recovered))
                self._gap = None
                self._recovered = 0
        else:
            subscription.resume()

    async def _allocations(self, symbol: str) -> list[Allocation]:
        """Return the allocations of a symbol that are not settled."""
        merge = self._subscription.merge
        found: list[Allocation] = []
        first = merge.allocations_from[symbol]
        for _ in range(PAGES):
            params: dict[str, Any] = {"symbol": symbol, "limit": PAGE}
            if first is None:
                params["startTime"] = merge.since_us // 1000
            else:
                params["fromAllocationId"] = first
            page = await self._ask(AccountMethods.MY_ALLOCATIONS, params)
            found += page
            if len(page) < PAGE:
                break
            first = page[-1].allocation_id + 1
        return found

    async def _lists(self, look: Look, *, everything: bool) -> None:
        """Ask for order lists, where there are any, and for orders of theirs that are not known."""
        merge = self._subscription.merge
        first = merge.lists_from if everything else None
        for _ in range(PAGES):
            if first is None:
                break
            page: list[OrderList] = await self._ask(AccountMethods.ALL_ORDER_LISTS, {"fromId": first, "limit": PAGE})
            look.lists += page
            look.all_lists = True
            first = page[-1].order_list_id + 1 if len(page) == PAGE else None
        numbers = merge.lists_in_question(look)
        if len(numbers) > 1:
            there: list[OrderList] = await self._ask(AccountMethods.OPEN_ORDER_LISTS, {})
            look.lists += there
            numbers = merge.lists_in_question(look)
        for number in numbers:
            try:
                look.lists.append(await self._ask(AccountMethods.ORDER_LIST_STATUS, {"orderListId": number}))
            except OrderNotFound:
                continue  # the view does not show it yet
        for symbol, order_id in merge.strangers_of_lists(look):
            try:
                look.statuses.append(
                    await self._ask(AccountMethods.ORDER_STATUS, {"symbol": symbol, "orderId": order_id})
                )
            except OrderNotFound:
                continue

    async def _trades(self, symbol: str) -> list[AccountTrade]:
        """Return the trades of a symbol that are not settled."""
        merge = self._subscription.merge
        found: list[AccountTrade] = []
        seen: set[tuple[int, int]] = set()
        cursor = merge.cursors.get(symbol)
        for _ in range(PAGES):
            params: dict[str, Any] = {"symbol": symbol, "limit": PAGE}
            if found or cursor is not None:
                # From the last one itself, for an account that trades with itself has two of one id.
                params["fromId"] = found[-1].id if found else (cursor or 0) + 1
            else:
                params["startTime"] = merge.since_us // 1000
            page = await self._ask(AccountMethods.MY_TRADES, params)
            found += [trade for trade in page if (trade.id, trade.order_id) not in seen]
            seen = {(trade.id, trade.order_id) for trade in page}
            if len(page) < PAGE:
                return found
        self._due = sorted({*self._due, asyncio.get_running_loop().time()})  # the rest is for the next look
        return found

    async def _ask(self, endpoint: Endpoint[R], params: dict[str, Any]) -> R:
        session = self._session
        deadline = asyncio.get_running_loop().time() + session.settings.timeout
        connection = await session.home_ready(deadline)
        key = self._subscription.key
        own = key is session.credentials.key
        return await session.exchange_on(connection, endpoint, params, CallOptions(key=None if own else key), deadline)
