"""What the fence costs: processor time and steps of an order that is answered at once, and seconds until each verdict.

The peer runs in a process of its own, answers at once, and shares no code with the library. The verdicts are waited for by
the wall clock, all at the same time, with the defaults of `Settings` and `FateOptions`.

Run: ``python -m benchmarks.fate [--answered]``, with the word for the first line alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import json
import logging
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from binance_wsapi import FileJournal, HmacKey, OutcomeUnknown, Settings, SpotClient
from binance_wsapi.environments import local

__all__ = ["main"]

ORDERS, ROUNDS, STEPPED = 2_000, 5, 200
KEY = HmacKey("benchmark", "secret")
say = functools.partial(print, flush=True)
LOST, UNDONE = "lost-", "undone-"
"""Beginnings of client order ids: the order is made and not answered; it is not even made."""


# --------------------------------------------------------------------------- the peer


class Peer:
    """Makes orders, and loses what it is told to lose."""

    def __init__(self) -> None:
        self.orders: dict[str, dict[str, Any]] = {}
        self.subscribed: set[ServerConnection] = set()

    def make(self, params: dict[str, Any]) -> dict[str, Any]:
        now = int(time.time() * 1000)
        name = params["newClientOrderId"]
        order = {
            "symbol": "BTCUSDT", "orderId": len(self.orders) + 1, "orderListId": -1, "clientOrderId": name, "price": "1",
            "origQty": "1", "executedQty": "0", "origQuoteOrderQty": "0", "cummulativeQuoteQty": "0", "status": "NEW",
            "timeInForce": "GTC", "type": "LIMIT", "side": "BUY", "stopPrice": "0", "icebergQty": "0", "time": now,
            "updateTime": now, "isWorking": True, "workingTime": now, "selfTradePreventionMode": "NONE",
            "transactTime": now, "fills": [],
        }  # fmt: skip
        self.orders[name] = order
        return order

    def answer(self, method: str, params: dict[str, Any]) -> tuple[int, Any]:
        if method == "order.status":
            found = self.orders.get(params.get("origClientOrderId", ""))
            return (200, found) if found else (400, {"code": -2013, "msg": "Order does not exist."})
        if method == "order.place":
            return 200, self.make(params)
        if method == "account.status":
            return 200, {"balances": [], "updateTime": 0, "uid": 1}
        results = {
            "time": {"serverTime": int(time.time() * 1000)},
            "userDataStream.subscribe.signature": {"subscriptionId": 0},
        }
        return 200, results.get(method, [])

    async def serve(self, connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                request = json.loads(message)
                method, params = request["method"], request.get("params", {})
                name = str(params.get("newClientOrderId", ""))
                if method.startswith("userDataStream.subscribe"):
                    self.subscribed.add(connection)
                if name.startswith(UNDONE):
                    connection.transport.abort()
                    continue
                status, body = self.answer(method, params)
                if name.startswith(LOST):
                    connection.transport.abort()
                    continue
                part = "result" if status == 200 else "error"
                await connection.send(json.dumps({"id": request["id"], "status": status, part: body, "rateLimits": []}))
        self.subscribed.discard(connection)

    def over_rest(self, _: ServerConnection, request: Request) -> Response | None:
        url = urlsplit(request.path)
        if url.path.startswith("/ws-api"):
            return None
        params = {name: values[0] for name, values in parse_qs(url.query).items()}
        status, body = self.answer("order.status" if url.path.endswith("/order") else "time", params)
        data = json.dumps(body).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(data)), "Connection": "close"})
        return Response(status, "", headers, data)


async def _peer() -> None:
    peer = Peer()
    async with serve(
        peer.serve, "127.0.0.1", 0, process_request=peer.over_rest, compression=None, ping_interval=None
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        say(f"ws://127.0.0.1:{port}/ws-api/v3")
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def _peer_running() -> Iterator[str]:
    command = [sys.executable, "-c", "import asyncio; from benchmarks.fate import _peer; asyncio.run(_peer())"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


# --------------------------------------------------------------------------- an order that is answered


async def _order(client: SpotClient, name: str | None = None) -> Any:
    return await client.place_order(
        "BTCUSDT", "BUY", "LIMIT", quantity="1", price="1", time_in_force="GTC", new_client_order_id=name
    )


async def _orders(client: SpotClient, count: int) -> None:
    for _ in range(count):
        await _order(client)


async def _answered(url: str) -> tuple[float, float]:
    """Return microseconds of the processor of an order, and the steps of byte code that the library takes for it."""
    async with SpotClient(local(url), KEY, Settings(limit_policy="off")) as client:
        await _orders(client, 100)
        best = float("inf")
        for _ in range(ROUNDS):
            began = time.process_time()
            await _orders(client, ORDERS)
            best = min(best, (time.process_time() - began) / ORDERS)
        steps = 0

        def trace(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal steps
            if "binance_wsapi" not in frame.f_code.co_filename:
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            steps += event == "opcode"
            return trace

        sys.settrace(trace)
        try:
            # In a task of its own: frames that run already are not traced.
            await asyncio.get_running_loop().create_task(_orders(client, STEPPED))
        finally:
            sys.settrace(None)
        return best * 1e6, steps / STEPPED


# --------------------------------------------------------------------------- an order that is in doubt


async def _verdict(url: str, begins: str, *, rest: bool, user_data: bool) -> tuple[float, str]:
    """Return after how many seconds it was known what became of an order, and the verdict."""
    environment = local(url) if rest else dataclasses.replace(local(url), rest="")
    async with SpotClient(environment, KEY) as client, contextlib.AsyncExitStack() as stack:
        if user_data:
            await stack.enter_async_context(client.user_data())
        began = time.monotonic()
        try:
            await _order(client, f"{begins}{rest:d}{user_data:d}")
        except OutcomeUnknown as error:
            verdict = await error.resolve()
            return time.monotonic() - began, verdict.outcome.value
        raise AssertionError("the order was answered")


async def _after_restart(url: str, begins: str, folder: Path) -> tuple[float, str]:
    """Likewise, of a process that is killed while it waits for the reply: from the entering of the next one on."""
    path = folder / f"{begins}journal"
    journal = FileJournal(path)
    async with SpotClient(local(url), KEY, journal=journal) as client:
        waiting = asyncio.ensure_future(_order(client, f"{begins}left"))
        await asyncio.sleep(0.2)
        journal.abandon()
        shutil.copy(path, path.with_suffix(".copy"))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    began = time.monotonic()
    async with SpotClient(local(url), KEY, journal=FileJournal(path.with_suffix(".copy"))) as client:
        verdicts = await client.recover()
        return time.monotonic() - began, ", ".join(each.outcome.value for each in verdicts)


async def _verdicts(url: str) -> dict[str, tuple[float, str]]:
    begun = {}
    with tempfile.TemporaryDirectory() as folder:
        for what, begins in (("executed", LOST), ("never executed", UNDONE)):
            for rest, user_data in ((True, True), (True, False), (False, True), (False, False)):
                name = f"{what}, {'with' if rest else 'no'} REST, {'with' if user_data else 'no'} user data"
                begun[name] = asyncio.ensure_future(_verdict(url, begins, rest=rest, user_data=user_data))
            begun[f"{what}, after a restart"] = asyncio.ensure_future(_after_restart(url, begins, Path(folder)))
        return dict(zip(begun, await asyncio.gather(*begun.values()), strict=True))


def main() -> None:
    """Print both tables."""
    logging.getLogger("binance_wsapi").setLevel(logging.CRITICAL)
    with _peer_running() as url:
        micros, steps = asyncio.run(_answered(url))
        say(f"an order that is answered at once: {micros:.0f} µs of the processor, {steps:.0f} steps")
        if "--answered" in sys.argv:
            return
        for name, (seconds, verdict) in asyncio.run(_verdicts(url)).items():
            say(f"{name}: {verdict} after {seconds:.1f} s")


if __name__ == "__main__":
    main()
