"""How many steps of the interpreter an order takes, and in which functions: the same on a busy machine and a quiet one.

The peer is a link in this process, so that nothing depends on what arrives together. What is counted are the instructions of
Python's byte code; what is done in C (JSON, signatures, dictionaries) counts as the one step that calls it. So the figures
say what a change of the code adds or saves, and nothing about seconds. They differ between versions of Python.

Run: ``python -m benchmarks.steps [WAY [WITHOUT]]``, as ``"journal in a file" "logged on"``
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType
from typing import Any, NamedTuple

from benchmarks.account import Account
from benchmarks.features import HANDLES, consume, follow
from benchmarks.orders import IN_FLIGHT, Call, keys, order, together
from benchmarks.peer import NUMBER, RATE_LIMITS, client_id_of, order_result
from binance_wsapi import FileJournal, MemoryJournal, SpotClient
from binance_wsapi.link.sockets.transport import Listener

__all__ = ["Way", "found", "main", "opened", "ways"]

ORDERS = 8 * IN_FLIGHT
"""So many that the tasks of the benchmark itself add little."""
SHOWN = 40
LEFT_OUT = "RSA"

_OURS = str(Path(__file__).parent)
_HEAD = b'{"id":'


class Way(NamedTuple):
    """How an order is placed.

    Args:
        key: makes the key.
        journal: makes a journal in a folder; None is none.
        handles: live handles beside the events of the account; None is neither.
        in_flight: orders at the same time.
    """

    key: Callable[[], Any]
    journal: Callable[[Path], Any] | None = None
    handles: int | None = None
    in_flight: int = IN_FLIGHT

    @property
    def orders(self) -> int:
        """Orders whose steps are counted."""
        return max(ORDERS, 2 * self.in_flight)


class _Link:
    """Answers at the end of the turn of the event loop in which it was written to."""

    congested = False

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._account = Account(order_result, NUMBER)
        self._asked: list[bytes] = []

    def write(self, message: bytes, *, gather: bool = False) -> None:  # noqa: ARG002 - a link has it
        if not self._asked:
            asyncio.get_running_loop().call_soon(self._answer)
        self._asked.append(message)

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        for message in asked:
            for told in _reply(message, self._account):
                self._listener.bytes_received()
                self._listener.message_received(told, text=True)

    async def drained(self) -> None:
        """Nothing waits here."""

    def probe(self) -> None:
        self._listener.pong_received()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._listener.link_lost(code, reason, None)

    def abort(self) -> None:
        self._listener.link_lost(1006, "", None)


class _Slow(asyncio.SelectorEventLoop):
    """Its time passes a fiftieth as fast: counting takes long, and no client is to find that its process stood still."""

    def time(self) -> float:
        return super().time() / 50


def _counted(way: Way) -> Counter[CodeType]:
    with asyncio.Runner(loop_factory=_Slow) as runner:
        return runner.run(_count(way))


class _Here:
    """Opens links to no other process."""

    async def open(self, _url: str, listener: Listener, _timeout: float) -> _Link:
        return _Link(listener)


def _reply(message: bytes, account: Account) -> list[bytes]:
    """Return the reply to a request, and the event that follows."""
    request_id = message[len(_HEAD) : message.index(b'"', len(_HEAD) + 1) + 1]
    after = []
    if b'"order.place"' not in message:
        result = account.answer(message) or _session_result(message)
    elif account.subscribed:
        result, event = account.placed(message, client_id_of(message))
        after.append(event)
    else:
        result = order_result(message)
    return [_HEAD + request_id + b',"status":200,"result":' + result + b"," + RATE_LIMITS, *after]


def _session_result(message: bytes) -> bytes:
    asked = json.loads(message)
    result = {"serverTime": int(time.time() * 1000)}
    if asked["method"] == "session.logon":
        result |= {"apiKey": asked["params"]["apiKey"], "authorizedSince": 1, "connectedSince": 1}
        result |= {"returnRateLimits": True, "userDataStream": False}
    return json.dumps(result).encode()


async def opened(way: Way, stack: AsyncExitStack) -> Call:
    """Return what places an order, over a link in this process."""
    # No socket is opened: a port that nothing listens on shows it.
    client = await stack.enter_async_context(
        SpotClient.local(
            way.key(),
            url="ws://127.0.0.1:1/ws-api/v3",
            transport=_Here(),
            journal=None if way.journal is None else way.journal(Path(stack.enter_context(TemporaryDirectory()))),
        )
    )
    if way.handles is not None:
        await consume(client, stack)
    held = await follow(client, way.handles or 0)
    stack.callback(held.clear)  # they are followed for as long as they are held
    return order(client)


async def _count(way: Way) -> Counter[CodeType]:
    """Return the steps of all orders by function; those of the benchmark itself are left out."""
    steps: Counter[CodeType] = Counter()

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename.startswith(_OURS):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            steps[frame.f_code] += 1
        return trace

    async with AsyncExitStack() as stack:
        call = await opened(way, stack)
        await together(call, way.in_flight, 20 * ORDERS)
        sys.settrace(trace)
        try:
            # In a task of its own: frames that run already are not traced.
            await asyncio.get_running_loop().create_task(together(call, way.in_flight, way.orders))
        finally:
            sys.settrace(None)
    return steps


def ways() -> dict[str, Way]:
    """Return what is counted: each key alone, and the plain client with each feature."""
    kinds = keys()
    plain = kinds["logged on"]
    return {name: Way(key) for name, key in kinds.items() if name != LEFT_OUT} | {
        "journal in memory": Way(plain, lambda _: MemoryJournal()),
        "journal in a file": Way(plain, lambda folder: FileJournal(folder / "orders.journal")),
        "user data": Way(plain, handles=0),
        f"user data, {HANDLES} handles": Way(plain, handles=HANDLES),
        "1 in flight": Way(plain, in_flight=1),
        "1,000 in flight": Way(plain, in_flight=1_000),
    }


def found() -> dict[str, dict[str, float]]:
    """Return the steps of an order by way, under a name that says of which version of Python they are."""
    counted = {name: _counted(way).total() / way.orders for name, way in ways().items()}
    version = ".".join(map(str, sys.version_info[:2]))
    return {f"steps, Python {version}": {name: round(each) for name, each in counted.items()}}


def main() -> None:
    """Print the functions an order takes most steps in, the folders they are in, and the steps in all.

    Arguments are the name of a way, and of another whose steps are taken off.
    """
    by_name: Counter[str] = Counter()
    for name, sign in zip(sys.argv[1:] or ["logged on"], (1, -1), strict=False):
        way = ways()[name]
        for code, count in _counted(way).items():
            by_name[_name(code)] += sign * count / way.orders  # type: ignore[assignment]  # a counter of shares
    for name, count in by_name.most_common(SHOWN):
        print(f"{count:8.1f}  {name}")
    by_folder: Counter[str] = Counter()
    for name, count in by_name.items():
        by_folder[_folder(name)] += count
    print(*(f"{count:8.1f}  in {folder}" for folder, count in by_folder.most_common()), sep="\n")
    print(f"{by_name.total():8.1f}  in all")
    if not sys.argv[1:]:
        for kinds in found().values():
            print(", ".join(f"{name}: {count:,.0f}" for name, count in kinds.items()))


def _name(code: CodeType) -> str:
    return f"{code.co_filename.rpartition('binance_wsapi/')[2]}:{code.co_qualname}"


def _folder(name: str) -> str:
    """Return the folder of the library that a function is in, or the package beside it."""
    folder = name.partition(":")[0].rpartition("/")[0]
    return (folder.rpartition("/")[2] if folder.startswith("/") else folder) or "elsewhere"


if __name__ == "__main__":
    main()
