"""The questions of one look at an account.

Theory of operation. Open orders come first and trades after them, so that an order which is open no longer has its fills
in the answers. Within a step several questions are under way at a time (`asking`). A symbol of which the venue refuses to
speak is asked about no more: one such must not keep the others from being looked at.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeVar

import msgspec

from binance_wsapi.errors import BadRequest, OrderNotFound, UnreadableReply
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.allowance import Allowance
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.spot.account import AccountTrade, Allocation
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.asking import Asking
from binance_wsapi.user_data.spot.merge.account_merge import AccountMerge
from binance_wsapi.user_data.spot.merge.settled import ENGINE_BEHIND_US
from binance_wsapi.user_data.spot.merge.snapshot import Look, OrderKey
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.order_calls import AccountCalls

__all__ = ["SpotQuestions"]

log = logging.getLogger("binance_wsapi")

R = TypeVar("R")
T = TypeVar("T")

PAGE: Final = 1000
"""Rows of one answer: the most there are (Account trade history)."""

PAGES: Final = 20
"""Answers of one symbol in one look; what is more comes with the next."""

SPAN_MS: Final = 23 * 3_600_000
"""Milliseconds asked for at once, by ``startTime`` alone or with ``endTime``. The two may be 24 hours apart (Account trade
history), and the documentation does not say whether a missing one stands for now."""

_NO_SYMBOL: Final = frozenset({-1100, -1121})
"""The symbol cannot be one, or is not listed (errors: 11xx, Request issues)."""


class SpotQuestions:
    """Asks about one account of Spot.

    Args:
        calls: the methods that tell of an account.
        session: asks.
        key: the account.
        allowance: how much may be asked.
        runtime: sleeps.
    """

    def __init__(
        self,
        calls: AccountCalls,
        session: Session,
        key: Signer | AsyncSigner,
        allowance: Allowance,
        runtime: Runtime,
    ) -> None:
        self._session = session
        self._calls = calls
        self._asking = Asking(session, key, allowance, runtime)

    async def look(self, merge: AccountMerge, *, everything: bool) -> Look:
        """Ask all that is to be known.

        Args:
            merge: what is known.
            everything: whether to ask about every symbol that was ever touched, or only where something may happen.

        Returns:
            The answers.
        """
        look = Look(asyncio.get_running_loop().time(), self._asking.begin() * 1000)
        look.open_orders = (await self._rows(look, self._calls.open_orders, {}))[0]
        look.balances = await self._one(look, self._calls.account, {})
        if self._asking.own:
            for symbol, at in self._session.touched.items():
                merge.symbols.touch(symbol, at)
        symbols = {each.symbol for each in look.open_orders} | (merge.symbols.known if everything else merge.active)
        await self._asking.each(
            self._symbol, ((merge, look, symbol) for symbol in sorted(symbols - merge.symbols.unlisted.keys()))
        )
        await self._statuses(merge, look, sorted({*merge.inquiry.missing_from(look), *merge.inquiry.strangers(look)}))
        await self._lists(merge, look, everything=everything)
        await self._asking.each(self._history, ((look, key) for key in merge.inquiry.uncounted(look)))
        for symbol, order_id in merge.inquiry.short(look):
            allocations, _ = await self._rows(
                look, self._calls.allocations, {"symbol": symbol, "orderId": order_id, "limit": PAGE}
            )
            there = {(each.symbol, each.allocation_id) for each in look.allocations}
            look.allocations += [each for each in allocations if (each.symbol, each.allocation_id) not in there]
        return look

    async def _symbol(self, merge: AccountMerge, look: Look, symbol: str) -> None:
        try:
            trades = await self._trades(merge, look, symbol)
            allocations = (
                await self._allocations(merge, look, symbol) if symbol in merge.fills.allocations_from else None
            )
        except BadRequest as error:
            if error.code not in _NO_SYMBOL:
                raise
            log.warning("user data: the venue knows no symbol %s: %s", symbol, error)
            merge.unlist(symbol, asyncio.get_running_loop().time())
            return
        look.trades[symbol] = trades
        if allocations is not None:
            look.allocations += allocations
            look.allocated.add(symbol)

    async def _trades(self, merge: AccountMerge, look: Look, symbol: str) -> list[AccountTrade]:
        """Return the trades of a symbol that are not settled."""
        found: list[AccountTrade] = []
        seen: set[tuple[int, int]] = set()
        cursor = merge.fills.cursors.get(symbol)
        since_us = merge.fills.quiet_until.get(symbol, merge.since_us) - ENGINE_BEHIND_US
        start, now = since_us // 1000, look.asked_us // 1000
        pages = 0
        while pages < PAGES:
            params: dict[str, Any] = {"symbol": symbol, "limit": PAGE}
            if found or cursor is not None:
                # From the last one itself: an account that trades with itself has two of one id, and the last that is
                # settled has to be there, unless the venue was reset.
                params["fromId"] = found[-1].id if found else cursor
            else:
                params["startTime"] = Timestamp(start)
                if now - start > SPAN_MS:
                    start += SPAN_MS
                    params["endTime"] = Timestamp(start)
            page, full = await self._rows(look, self._calls.trades, params)
            if cursor is not None and not pages and not look.unread and all(trade.id != cursor for trade in page):
                newest = {"symbol": symbol, "limit": PAGE}
                look.without_settled[symbol] = page or (await self._rows(look, self._calls.trades, newest))[0]
            settled = -1 if cursor is None else cursor
            found += [trade for trade in page if trade.id > settled and (trade.id, trade.order_id) not in seen]
            seen = {(trade.id, trade.order_id) for trade in page}
            pages += bool(page)
            if not full and "endTime" not in params:
                return found
        look.more.add(symbol)
        whole = [
            trade for trade in found if trade.id < found[-1].id
        ]  # the other row of the last may be on the next page
        return whole or found

    async def _allocations(self, merge: AccountMerge, look: Look, symbol: str) -> list[Allocation]:
        """Return the allocations of a symbol that are not settled."""
        found: list[Allocation] = []
        first = merge.fills.allocations_from[symbol]
        for _ in range(PAGES):
            params: dict[str, Any] = {"symbol": symbol, "limit": PAGE}
            if first is None:
                params["startTime"] = Timestamp(merge.since_us // 1000)
            else:
                params["fromAllocationId"] = first
            page, full = await self._rows(look, self._calls.allocations, params)
            found += page
            if not full:
                return found
            first = page[-1].allocation_id + 1
        look.more.add(symbol)
        return found

    async def _history(self, look: Look, key: OrderKey) -> None:
        symbol, order_id = key
        history = look.history[key] = []
        following = 0  # without it the latest are told, and not the ones before (Account trade history, fromId)
        while True:
            page, full = await self._rows(
                look,
                self._calls.trades,
                {"symbol": symbol, "orderId": order_id, "fromId": following, "limit": PAGE},
            )
            history += page
            if not full:
                return
            following = page[-1].id + 1

    async def _statuses(self, merge: AccountMerge, look: Look, keys: Iterable[OrderKey]) -> None:
        asked = ((look, key) for key in keys if key[0] not in merge.symbols.unlisted and key not in look.unread_orders)
        found = await self._asking.each(self._status, asked)
        look.statuses += [state for state in found if state is not None]

    async def _status(self, look: Look, key: OrderKey) -> OrderState | None:
        symbol, order_id = key
        try:
            return await self._one(look, self._calls.order_status, {"symbol": symbol, "orderId": order_id})
        except OrderNotFound:
            return None  # the view does not show it yet

    async def _lists(self, merge: AccountMerge, look: Look, *, everything: bool) -> None:
        """Ask for order lists, where there are any, and for orders of theirs that are not known."""
        first = merge.lists.first if everything else None
        for _ in range(PAGES):
            if first is None:
                break
            page, full = await self._rows(look, self._calls.all_lists, {"fromId": first, "limit": PAGE})
            look.lists += page
            look.all_lists = True
            first = page[-1].order_list_id + 1 if full else None
        numbers = merge.inquiry.lists_in_question(look)
        if len(numbers) > 1:
            look.lists += (await self._rows(look, self._calls.open_lists, {}))[0]
            numbers = merge.inquiry.lists_in_question(look)
        for number in numbers:
            try:
                one = await self._one(look, self._calls.list_status, {"orderListId": number})
            except OrderNotFound:
                continue  # the view does not show it yet
            if one is not None:
                look.lists.append(one)
        await self._statuses(merge, look, merge.inquiry.strangers_of_lists(look))

    async def _one(self, look: Look, endpoint: Endpoint[R], params: Mapping[str, Any]) -> R | None:
        """Ask for one thing; None, and a word in the look, where the answer cannot be read."""
        try:
            return await self._asking.ask(endpoint, params)
        except UnreadableReply as error:
            where = " ".join(
                f"{name}={params[name]}" for name in ("symbol", "orderId", "orderListId") if name in params
            )
            self._unread(look, f"the answer to {endpoint.method} {where}".rstrip(), error)
            return None

    async def _rows(self, look: Look, endpoint: Endpoint[list[T]], params: Mapping[str, Any]) -> tuple[list[T], bool]:
        """Ask for rows; an unreadable row hides neither the others nor itself.

        Returns:
            The rows that can be read, and whether more may follow the last of them.
        """
        try:
            whole = await self._asking.ask(endpoint, params)
        except UnreadableReply as error:
            if not error.rows and not error.unread:
                raise
            rows: list[T] = error.rows
            for each in error.unread:
                symbol, number = _named(each, str(params.get("symbol", "")))
                if number is not None and endpoint is self._calls.open_orders:
                    look.unread_orders.add((symbol, number))
                what = f"a row of {endpoint.method} about {symbol or 'no symbol'}"
                self._unread(look, what if number is None else f"{what}, number {number}", error)
            return rows, bool(rows) and len(rows) + len(error.unread) == PAGE
        return whole, len(whole) == PAGE

    def _unread(self, look: Look, what: str, error: UnreadableReply) -> None:
        if what not in look.unread:
            look.unread.add(what)
            log.info("user data: %s cannot be read: %s", what, error)


class _Row(msgspec.Struct, gc=False):
    """What names a row."""

    symbol: str = ""
    orderId: int | None = None
    id: int | None = None


def _named(row: bytes, symbol: str) -> tuple[str, int | None]:
    """Return what can be told of a row that cannot be read: its symbol and its number."""
    try:
        found = msgspec.json.decode(row, type=_Row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return symbol, None
    return found.symbol or symbol, found.id if found.id is not None else found.orderId
