"""Where a process is killed. Nothing in the library knows of it: the victim wraps the functions it dies in."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from binance_wsapi.link.sockets.choice import automatic
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.journal.file import FileJournal
from binance_wsapi.orders.journal.sqlite import JournalFile
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.connections import Connections

__all__ = ["POINTS", "Point", "arm"]

if automatic() == "picows":
    from binance_wsapi.link.sockets.picows import _PicowsLink as _Link
else:
    from binance_wsapi.link.sockets.websockets import _WebsocketsLink as _Link  # type: ignore[assignment]

ORDERS = ("order.place", "order.cancel", "order.amend", "orderList.place", "orderList.cancel")


@dataclass(frozen=True)
class Point:
    """A moment of the way of an order.

    Args:
        name: what it is called in the table.
        owner: class whose method is wrapped.
        method: the method.
        when: before it is called, after it returned, or when a transaction is written but not committed.
        phase: while trading, or while an earlier process's orders are settled.
        orders_only: count calls only whose first argument, a method or a frame, is of one that changes orders.
        most: the point is met at the first to this-th time.
    """

    name: str
    owner: type
    method: str
    when: Literal["before", "after", "in the transaction"]
    phase: Literal["trade", "recover"] = "trade"
    orders_only: bool = False
    most: int = 8


POINTS = [
    Point("before the record", FileJournal, "record", "before"),
    Point("written, not committed", JournalFile, "write", "in the transaction"),
    Point("committed, and not told", JournalFile, "write", "after"),
    Point("recorded, no frame yet", FileJournal, "record", "after"),
    Point("before the frame is made", Connection, "post", "before", orders_only=True),
    Point("frame made, not handed over", _Link, "write", "before", orders_only=True),
    Point("frame handed to the network", _Link, "write", "after", orders_only=True),
    Point("sent, not noted", FileJournal, "mark_sent", "before"),
    Point("sent and noted", FileJournal, "mark_sent", "after"),
    Point("a message arrived", Connection, "message_received", "before", most=12),
    Point("reply read, fate not noted", FileJournal, "settle", "before", most=6),
    Point("fate noted, caller not told", FileJournal, "settle", "after", most=6),
    Point("in doubt, not noted", FileJournal, "mark_unknown", "before", most=1),
    Point("making a new connection ready", Connections, "prepare", "before", most=2),
    Point("the journal is closed", FileJournal, "close", "before", most=1),
    Point("recovery: journal open, nothing asked", FileJournal, "open_intents", "before", "recover", most=1),
    Point("recovery: before the question", Resolver, "_ask", "before", "recover", most=2),
    Point("recovery: after the answer", Resolver, "_ask", "after", "recover", most=2),
    Point("recovery: verdict not noted", FileJournal, "settle", "before", "recover", most=1),
    Point("recovery: verdict noted", FileJournal, "settle", "after", "recover", most=1),
]  # fmt: skip


def die() -> None:
    """End at once, as ``kill -9`` does: nothing is flushed, closed or told."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: Point, nth: int) -> None:
    """Have this process die when it meets a point for the n-th time."""
    original: Callable[..., Any] = getattr(point.owner, point.method)
    left = nth

    def met(args: tuple[Any, ...]) -> bool:
        nonlocal left
        if point.orders_only and not any(method in str(args[1]) for method in ORDERS):
            return False
        left -= 1
        return left == 0

    def doomed(statements: Any) -> Iterator[Any]:
        yield from statements
        die()

    @functools.wraps(original)
    def watched(*args: Any, **kwargs: Any) -> Any:
        here = met(args)
        if here and point.when == "before":
            die()
        if here and point.when == "in the transaction":
            return original(args[0], doomed(args[1]))
        result = original(*args, **kwargs)
        if here and point.owner is _Link and args[0]._messages:
            args[0]._flush()  # beside others it would go at the end of this turn: it goes now, as it does alone
        if here and point.when == "after":
            if not hasattr(result, "__await__"):
                die()
            return _then_die(result)
        return result

    setattr(point.owner, point.method, watched)


async def _then_die(awaitable: Any) -> None:
    await awaitable
    die()
