"""How many steps of the interpreter an order takes, and in which functions: the same on a busy machine and a quiet one.

The peer is a link in this process, so that nothing depends on what arrives together. What is counted are the instructions of
Python's byte code; what is done in C (JSON, signatures, dictionaries) counts as the one step that calls it. So the figures
say what a change of the code adds or saves, and nothing about seconds. They differ between versions of Python.

Run: ``python -m benchmarks.steps``
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from benchmarks.orders import IN_FLIGHT, keys, order, together
from benchmarks.peer import RATE_LIMITS, order_result
from binance_wsapi import SpotClient
from binance_wsapi.link.sockets.transport import Listener

__all__ = ["found", "main"]

ORDERS = 2 * IN_FLIGHT
SHOWN = 40
LEFT_OUT = "RSA"

_HEAD = b'{"id":'


class _Link:
    """Answers at the end of the turn of the event loop in which it was written to."""

    congested = False

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._asked: list[bytes] = []

    def write(self, message: bytes, *, gather: bool = False) -> None:  # noqa: ARG002 - a link has it
        if not self._asked:
            asyncio.get_running_loop().call_soon(self._answer)
        self._asked.append(message)

    def _answer(self) -> None:
        asked, self._asked = self._asked, []
        for message in asked:
            self._listener.bytes_received()
            self._listener.message_received(_reply(message), text=True)

    async def drained(self) -> None:
        """Nothing waits here."""

    def probe(self) -> None:
        self._listener.pong_received()

    async def close(self, code: int = 1000, reason: str = "") -> None:
        self._listener.link_lost(code, reason, None)

    def abort(self) -> None:
        self._listener.link_lost(1006, "", None)


class _Here:
    """Opens links to no other process."""

    async def open(self, _url: str, listener: Listener, _timeout: float) -> _Link:
        return _Link(listener)


def _reply(message: bytes) -> bytes:
    if b'"order.place"' in message:
        request_id = message[len(_HEAD) : message.index(b'"', len(_HEAD) + 1) + 1]
        return _HEAD + request_id + b',"status":200,"result":' + order_result(message) + b"," + RATE_LIMITS
    asked = json.loads(message)
    result = {"serverTime": int(time.time() * 1000)}
    if asked["method"] == "session.logon":
        result |= {"apiKey": asked["params"]["apiKey"], "authorizedSince": 1, "connectedSince": 1}
        result |= {"returnRateLimits": True, "userDataStream": False}
    return json.dumps({"id": asked["id"], "status": 200, "result": result}).encode()


async def _count(key: Callable[[], Any]) -> Counter[CodeType]:
    """Return the steps of an order by function, times `ORDERS`."""
    steps: Counter[CodeType] = Counter()

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            steps[frame.f_code] += 1
        return trace

    # No socket is opened: a port that nothing listens on shows it.
    async with SpotClient.local(key(), url="ws://127.0.0.1:1/ws-api/v3", transport=_Here()) as client:
        call = order(client)
        await together(call, IN_FLIGHT, 20 * ORDERS)
        sys.settrace(trace)
        try:
            # In a task of its own: frames that run already are not traced.
            await asyncio.get_running_loop().create_task(together(call, IN_FLIGHT, ORDERS))
        finally:
            sys.settrace(None)
    return steps


def found() -> dict[str, dict[str, float]]:
    """Return the steps of an order by key, under a name that says of which version of Python they are."""
    counted = {name: asyncio.run(_count(key)) for name, key in keys().items() if name != LEFT_OUT}
    version = ".".join(map(str, sys.version_info[:2]))
    return {f"steps, Python {version}": {name: round(each.total() / ORDERS) for name, each in counted.items()}}


def main() -> None:
    """Print the functions an order takes most steps in, and the steps in all."""
    steps = asyncio.run(_count(keys()["logged on"]))
    for code, count in steps.most_common(SHOWN):
        print(f"{count / ORDERS:8.1f}  {code.co_filename.rpartition('binance_wsapi/')[2]}:{code.co_qualname}")
    for kinds in found().values():
        print(", ".join(f"{name}: {count:,.0f}" for name, count in kinds.items()))


if __name__ == "__main__":
    main()
