"""What can be asked for: orders, fills, allocations and order lists of all accounts, the open ones and those that are over.

Of what is over the newest is in memory, and the rest in the archive on disk; a question is answered from both. Nothing
that went to disk changes any more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple, TypeVar

from binance_wsapi.simulator.archive import Archive, pack, unpack
from binance_wsapi.simulator.engine import Engine, Fill, Order, OrderList, pack_list, pack_order
from binance_wsapi.simulator.engine.queries.reads import ARCHIVE_AFTER, is_archived, is_empty

__all__ = ["KEPT", "History", "Span"]

Found = TypeVar("Found")

KEPT = 10_000
"""Ended orders in memory, and as many fills and lists."""
BATCH = 500
"""How many go to disk at a time."""
TABLES = (
    """CREATE TABLE orders (owner INTEGER, number INTEGER, updated INTEGER, empty INTEGER, packed BLOB,
        PRIMARY KEY (owner, number)) WITHOUT ROWID""",
    "CREATE INDEX orders_by_time ON orders (owner, updated)",
    """CREATE TABLE names (owner INTEGER, name TEXT, taken INTEGER, number INTEGER,
        PRIMARY KEY (owner, name, taken)) WITHOUT ROWID""",
    """CREATE TABLE fills (owner INTEGER, kind INTEGER, number INTEGER, place INTEGER, parent INTEGER, time INTEGER,
        packed BLOB, PRIMARY KEY (owner, kind, number, place)) WITHOUT ROWID""",
    "CREATE INDEX fills_by_order ON fills (owner, kind, parent)",
    "CREATE INDEX fills_by_time ON fills (owner, kind, time)",
    """CREATE TABLE lists (owner INTEGER, number INTEGER, updated INTEGER, packed BLOB,
        PRIMARY KEY (owner, number)) WITHOUT ROWID""",
)
"""`owner` is the key of an account, or of an account on a symbol: an index of numbers alone is written twice as fast."""


class Span(NamedTuple):
    """Which rows are asked for: from a number on, of an order, in a time; bounds included, None is no condition."""

    first: int | None = None
    parent: int | None = None
    start: int | None = None
    end: int | None = None


class _Symbol:
    """One account's life on one symbol, as far as it is in memory.

    Attributes:
        key: owner of its rows on disk.
        ids: the order that took a client order id last, by that id.
        names: every client order id an order had, and when it took it.
    """

    __slots__ = ("allocations", "fills", "ids", "key", "names", "open", "orders")

    def __init__(self, key: int) -> None:
        self.key = key
        self.orders: dict[int, Order] = {}
        self.open: dict[int, Order] = {}
        self.ids: dict[str, int] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.fills: deque[tuple[int, Fill]] = deque()
        self.allocations: deque[tuple[int, Fill]] = deque()


class _Person:
    """One account; `key` is the owner of its lists on disk."""

    __slots__ = ("key", "list_ids", "list_names", "lists", "open_lists", "symbols")

    def __init__(self, key: int) -> None:
        self.key = key
        self.symbols: dict[str, _Symbol] = {}
        self.lists: dict[int, OrderList] = {}
        self.open_lists: dict[int, OrderList] = {}
        self.list_ids: dict[str, int] = {}
        self.list_names: dict[int, dict[str, int]] = {}


class History:
    """Takes in copies that change no more, and answers.

    Args:
        keep: ended orders in memory, and as many fills and lists.
    """

    def __init__(self, engine: Engine, archive: Archive, keep: int = KEPT) -> None:
        self._engine = engine
        self._archive = archive
        self._keep = keep
        archive.add(*TABLES)
        self._people: dict[int, _Person] = {}
        self._ended: deque[tuple[int, str, int]] = deque()
        self._ended_lists: deque[tuple[int, int]] = deque()
        self._filled: deque[deque[tuple[int, Fill]]] = deque()
        self._keys = count()
        self._places = 0
        self._taken = 0

    def forget(self) -> None:
        """Forget everything."""
        for each in (self._people, self._ended, self._ended_lists, self._filled):
            each.clear()
        self._archive.clear("orders", "names", "fills", "lists")

    # --- taking in -------------------------------------------------------------------------------------------------

    def _person(self, account: int) -> _Person:
        person = self._people.get(account)
        if person is None:
            person = self._people[account] = _Person(next(self._keys))
        return person

    def _symbol(self, account: int, symbol: str) -> _Symbol:
        symbols = self._person(account).symbols
        found = symbols.get(symbol)
        if found is None:
            found = symbols[symbol] = _Symbol(next(self._keys))
        return found

    def add_order(self, order: Order) -> None:
        """Take in an order as it stands now."""
        number, account, symbol = order.order_id, order.account_id, order.symbol
        here = self._symbol(account, symbol)
        before = here.orders.get(number)
        names = here.names.setdefault(number, {})
        for name in (order.orig_client_order_id, order.client_order_id):
            if name and name not in names:
                self._taken += 1
                names[name] = self._taken
                here.ids[name] = number
        here.orders[number] = order
        if order.is_open:
            here.open[number] = order
        elif before is None or before.is_open:
            here.open.pop(number, None)
            self._ended.append((account, symbol, number))
            if len(self._ended) >= self._keep + BATCH:
                self._write_orders()

    def add_fill(self, fill: Fill) -> None:
        """Take in a fill or an allocation."""
        here = self._symbol(fill.order.account_id, fill.order.symbol)
        rows = here.fills if fill.allocation_id is None else here.allocations
        rows.append((self._places, fill))
        self._places += 1
        self._filled.append(rows)
        if len(self._filled) >= self._keep + BATCH:
            self._write_fills()

    def add_list(self, order_list: OrderList) -> None:
        """Take in an order list as it stands now."""
        number, account = order_list.order_list_id, order_list.account.account_id
        person = self._person(account)
        before = person.lists.get(number)
        names = person.list_names.setdefault(number, {})
        if order_list.list_client_order_id not in names:
            self._taken += 1
            names[order_list.list_client_order_id] = self._taken
            person.list_ids[order_list.list_client_order_id] = number
        person.lists[number] = order_list
        if order_list.is_open:
            person.open_lists[number] = order_list
        elif before is None or before.is_open:
            person.open_lists.pop(number, None)
            self._ended_lists.append((account, number))
            if len(self._ended_lists) >= self._keep + BATCH:
                self._write_lists()

    def _write_orders(self) -> None:
        rows, names = [], []
        for _ in range(BATCH):
            account, symbol, number = self._ended.popleft()
            here = self._people[account].symbols[symbol]
            order = here.orders.pop(number)
            rows.append((here.key, number, order.update_time, is_empty(order), pack(pack_order(order))))
            for name, taken in here.names.pop(number).items():
                names.append((here.key, name, taken, number))
                if here.ids.get(name) == number:
                    del here.ids[name]
        self._archive.write("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", rows)
        self._archive.write("INSERT INTO names VALUES (?, ?, ?, ?)", names)

    def _write_fills(self) -> None:
        rows = []
        for _ in range(BATCH):
            place, fill = self._filled.popleft().popleft()
            order, allocation = fill.order, fill.allocation_id
            number = fill.trade_id if allocation is None else allocation
            packed = pack(
                (
                    fill.price,
                    fill.quantity,
                    fill.quote_quantity,
                    fill.commission,
                    fill.commission_asset,
                    fill.trade_id,
                    fill.time,
                    fill.is_maker,
                    allocation,
                )
            )
            kind = int(allocation is not None)
            owner = self._symbol(order.account_id, order.symbol).key
            rows.append((owner, kind, number, place, order.order_id, fill.time, packed))
        self._archive.write("INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def _write_lists(self) -> None:
        rows, names = [], []
        for _ in range(BATCH):
            account, number = self._ended_lists.popleft()
            person = self._people[account]
            order_list = person.lists.pop(number)
            rows.append((person.key, number, order_list.update_time, pack(pack_list(order_list))))
            for name, taken in person.list_names.pop(number).items():
                names.append((person.key, name, taken, number))
                if person.list_ids.get(name) == number:
                    del person.list_ids[name]
        self._archive.write("INSERT INTO lists VALUES (?, ?, ?, ?)", rows)
        self._archive.write("INSERT INTO names VALUES (?, ?, ?, ?)", names)

    # --- answering -------------------------------------------------------------------------------------------------

    def order(self, account: int, symbol: str, number: int) -> Order | None:
        """Return an order by its number."""
        here = self._symbol(account, symbol)
        found = here.orders.get(number)
        if found is not None:
            return found
        return self._first(
            "SELECT packed FROM orders WHERE owner = ? AND number = ?", (here.key, number), self._order_of
        )

    def number_of(self, account: int, symbol: str, name: str) -> int | None:
        """Return the number of the order that had a client order id last."""
        here = self._symbol(account, symbol)
        found = here.ids.get(name)
        return self._named(here.key, name) if found is None else found

    def open_orders(self, account: int, symbol: str) -> list[Order]:
        """Return open orders, oldest first."""
        found = self._symbol(account, symbol).open
        return [found[number] for number in sorted(found)]

    def orders(self, account: int, symbol: str, span: Span, limit: int, now: int, *, newest: bool) -> list[Order]:
        """Return orders by number, those left out that ended without a fill long ago."""
        symbols = self._symbol(account, symbol)
        here = [
            order
            for order in symbols.orders.values()
            if _within(span, order.order_id, order.update_time) and not is_archived(order, now)
        ]
        values: list[Any] = [symbols.key]
        conditions = _conditions(span, "updated", values)
        question = f"SELECT packed FROM orders WHERE owner = ?{conditions}"  # noqa: S608 the words are ours
        question += " AND NOT (empty AND updated < ?) ORDER BY number"
        values.append(now - ARCHIVE_AFTER)
        there = self._page(question, values, limit, newest=newest, make=self._order_of)
        return _cut(sorted([*there, *here], key=lambda order: order.order_id), limit, newest=newest)

    def fills(
        self, account: int, symbol: str, span: Span, limit: int, *, newest: bool, allocated: bool = False
    ) -> list[Fill]:
        """Return fills, or allocations, oldest first."""
        symbols = self._symbol(account, symbol)
        rows = symbols.allocations if allocated else symbols.fills
        here = [
            fill
            for _, fill in rows
            if _within(span, (fill.allocation_id or 0) if allocated else fill.trade_id, fill.time)
            and (span.parent is None or fill.order.order_id == span.parent)
        ]
        if newest and len(here) >= limit:
            return _cut(here, limit, newest=True)

        def fill_of(order_id: int, packed: bytes) -> Fill:
            order = self.order(account, symbol, order_id)
            assert order is not None
            return Fill(order, *unpack(packed))

        values: list[Any] = [symbols.key, int(allocated)]
        conditions = _conditions(span, "time", values)
        question = (
            "SELECT parent, packed FROM fills WHERE owner = ? AND kind = ?"  # noqa: S608 the words are ours
            f"{conditions} ORDER BY number"
        )
        there = self._page(question, values, limit, newest=newest, make=fill_of, then="place")
        return _cut([*there, *here], limit, newest=newest)

    def order_list(self, account: int, number: int) -> OrderList | None:
        """Return an order list by its number."""
        person = self._person(account)
        found = person.lists.get(number)
        if found is not None:
            return found
        return self._first(
            "SELECT packed FROM lists WHERE owner = ? AND number = ?", (person.key, number), self._list_of
        )

    def number_of_list(self, account: int, name: str) -> int | None:
        """Return the number of the list that had a client id last."""
        person = self._person(account)
        found = person.list_ids.get(name)
        return self._named(person.key, name) if found is None else found

    def open_lists(self, account: int) -> list[OrderList]:
        """Return open order lists, oldest first."""
        found = self._person(account).open_lists
        return [found[number] for number in sorted(found)]

    def order_lists(self, account: int, span: Span, limit: int, *, newest: bool) -> list[OrderList]:
        """Return order lists by number."""
        person = self._person(account)
        here = [each for each in person.lists.values() if _within(span, each.order_list_id, each.update_time)]
        values: list[Any] = [person.key]
        conditions = _conditions(span, "updated", values)
        question = f"SELECT packed FROM lists WHERE owner = ?{conditions} ORDER BY number"  # noqa: S608 the words are ours
        there = self._page(question, values, limit, newest=newest, make=self._list_of)
        return _cut(sorted([*there, *here], key=lambda each: each.order_list_id), limit, newest=newest)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _order_of(self, packed: bytes) -> Order:
        return self._engine.unpack_order(unpack(packed))

    def _list_of(self, packed: bytes) -> OrderList:
        return self._engine.unpack_list(unpack(packed))

    def _first(self, question: str, values: Sequence[Any], make: Callable[[bytes], Found]) -> Found | None:
        row = next(iter(self._archive.read(question, values)), None)
        return None if row is None else make(row[0])

    def _named(self, owner: int, name: str) -> int | None:
        question = "SELECT number FROM names WHERE owner = ? AND name = ? ORDER BY taken DESC LIMIT 1"
        row = next(iter(self._archive.read(question, (owner, name))), None)
        return None if row is None else int(row[0])

    def _page(
        self,
        question: str,
        values: list[Any],
        limit: int,
        *,
        newest: bool,
        make: Callable[..., Any],
        then: str | None = None,
    ) -> list[Any]:
        """Return the first or the newest rows of a question that ends in an order by number, in order."""
        way = " DESC" if newest else ""
        order = f"{way}, {then}{way}" if then else way
        found = [make(*row) for row in self._archive.read(f"{question}{order} LIMIT ?", [*values, limit])]
        return found[::-1] if newest else found


def _within(span: Span, number: int, time: int) -> bool:
    return (
        (span.first is None or number >= span.first)
        and (span.start is None or time >= span.start)
        and (span.end is None or time <= span.end)
    )


def _conditions(span: Span, clock: str, values: list[Any]) -> str:
    """Return the conditions of a span as SQL, and add its bounds to the values."""
    bounds = {
        "number >= ?": span.first,
        "parent = ?": span.parent,
        f"{clock} >= ?": span.start,
        f"{clock} <= ?": span.end,
    }
    values += [bound for bound in bounds.values() if bound is not None]
    return "".join(f" AND {condition}" for condition, bound in bounds.items() if bound is not None)


def _cut(rows: Sequence[Any], limit: int, *, newest: bool) -> list[Any]:
    if limit <= 0:
        return []
    return list(rows[-limit:] if newest else rows[:limit])
