"""The control endpoint: what a test in another language, or a person with curl, needs of the exchange.

Plain HTTP with JSON on a loopback port of its own, off unless asked for. It reads the truth and makes faults happen;
it is no part of the venue, and nothing a client under test should know of.

    GET    /                what there is
    GET    /truth           counters, and how much there is of everything
    GET    /orders          every order, or ?id=CLIENT_ORDER_ID
    GET    /trades          every fill
    GET    /balances        ?account=alice
    GET    /frames          the newest frames, ?limit=100, secrets hidden
    GET    /transcript      all frames as JSON lines, secrets hidden
    GET    /faults          what can go wrong, what is laid out, what was met
    POST   /faults          a fault, or a list of them: {"fault": "cut", "after_execution": true}
    DELETE /faults          forget what is laid out
    GET    /settings        what can be set, with the parameters
    POST   /settings        a setting, or a list of them: {"setting": "deposit", "account": "bob", "asset": "BTC", ...}

A page in a browser must not be able to reach it: requests come from this machine
(`binance_wsapi.simulator.access.visitors`), and bodies are application/json, which no page of another origin can send
unasked.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import inspect
import itertools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from binance_wsapi.simulator.access.visitors import Visitors
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.faults.names import NAMES, FaultError, check
from binance_wsapi.simulator.record.transcript import transcript
from binance_wsapi.simulator.record.truth import OrderTruth, Truth
from binance_wsapi.simulator.settings import SETTINGS, SettingError, check_setting

__all__ = ["Control"]

LONGEST_BODY = 1 << 20
LONGEST_HEAD = 1 << 14
PATIENCE = 30.0
"""Seconds a request may take to arrive."""
_PATHS = {
    "/": "GET", "/truth": "GET", "/orders": "GET", "/trades": "GET", "/balances": "GET", "/frames": "GET",
    "/transcript": "GET", "/faults": "GET, POST, DELETE",
    "/settings": "GET, POST",
}  # fmt: skip


class _Answer(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


class Control:
    """Serves the control endpoint.

    Args:
        inject: makes a fault or a setting happen.
        visitors: who may ask.
    """

    def __init__(
        self,
        truth: Truth,
        faults: Faults,
        inject: Callable[[Mapping[str, Any]], None],
        visitors: Visitors | None = None,
    ) -> None:
        self._visitors = visitors or Visitors()
        self._truth = truth
        self._faults = faults
        self._inject = inject
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, host, port, limit=LONGEST_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and drop who is still asking."""
        if self._server is not None:
            self._server.close()
            for writer in self._open.values():
                writer.transport.abort()
            await asyncio.gather(*self._open)
            await self._server.wait_closed()

    # --- HTTP ------------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = writer
        try:
            # A peer may close the connection, never finish its request, or not read the answer.
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(PATIENCE):
                    await self._one(reader, writer)
                    writer.close()
                    await writer.wait_closed()
        finally:
            del self._open[task]
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        headers = {"Content-Type": "application/json"}
        try:
            status, body = 200, await self._answer(reader)
            if isinstance(body, str):
                headers["Content-Type"] = "application/jsonl; charset=utf-8"
        except _Answer as answer:
            status, body = answer.status, {"error": str(answer)}
            headers |= answer.headers
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
        data = text.encode("utf-8", "replace")
        headers |= {"Content-Length": str(len(data)), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n{head}\r\n".encode() + data)
        await writer.drain()

    async def _answer(self, reader: asyncio.StreamReader) -> Any:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            raise _Answer(400, "this is no HTTP request") from None
        except asyncio.LimitOverrunError:
            raise _Answer(431, "the head of the request is too long") from None
        line, *rows = head.split("\r\n")
        words = line.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise _Answer(400, "this is no HTTP request")
        pairs = [(name.strip().lower(), value.strip()) for name, _, value in (row.partition(":") for row in rows)]
        headers = dict(pairs)
        refusal = self._visitors.refusal(
            *([value for name, value in pairs if name == each] for each in ("host", "origin", "sec-fetch-site"))
        )
        if refusal:
            raise _Answer(403, refusal)
        method = words[0]
        try:
            url = urlsplit(words[1])
        except ValueError:
            raise _Answer(400, "this is no path") from None
        if url.path not in _PATHS:
            raise _Answer(404, f"there are {', '.join(_PATHS)}")
        if method not in _PATHS[url.path].split(", "):
            raise _Answer(405, f"{url.path} takes {_PATHS[url.path]}", Allow=_PATHS[url.path])
        if method == "POST":
            return self._post(await self._body(reader, headers), check if url.path == "/faults" else check_setting)
        if method == "DELETE":
            self._faults.clear()
            return {"waiting": self._faults.waiting}
        return self._get(url.path, dict(parse_qsl(url.query)))

    async def _body(self, reader: asyncio.StreamReader, headers: Mapping[str, str]) -> Any:
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise _Answer(415, "the body is application/json")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdecimal() and len(length) < 12):
            raise _Answer(411, "the request says its Content-Length")
        if int(length) > LONGEST_BODY:
            raise _Answer(413, "the body is too long")
        try:
            return json.loads(await reader.readexactly(int(length)), parse_constant=_finite, parse_float=_finite)
        except asyncio.IncompleteReadError:
            raise _Answer(400, "the body is shorter than it says") from None
        except (ValueError, RecursionError):
            raise _Answer(400, "the body is not JSON") from None

    # --- what it knows ---------------------------------------------------------------------------------------------

    def _post(self, body: Any, check: Callable[[Any], object]) -> Any:
        wanted = body if isinstance(body, list) else [body]
        try:
            for fault in wanted:
                check(fault)  # all or none
            for fault in wanted:
                self._inject(fault)
        except (FaultError, SettingError) as error:
            raise _Answer(400, str(error)) from None
        return {"done": len(wanted), "waiting": self._faults.waiting}

    def _get(self, path: str, query: Mapping[str, str]) -> Any:
        truth = self._truth
        if path == "/":
            return _PATHS
        if path == "/truth":
            return {
                "counters": dict(truth.counters),
                "orders": len(truth.all_orders()),
                "trades": len(truth.trades),
                "frames": len(truth.frames),
                "attempts": truth.attempts[-1000:],
            }
        if path == "/orders":
            orders = truth.orders[query["id"]] if "id" in query else truth.all_orders()
            return [_order_row(order) for order in orders]
        if path == "/trades":
            return [asdict(trade) for trade in truth.trades]
        if path == "/balances":
            try:
                found = truth.balances(query.get("account", "alice"))
            except KeyError:
                raise _Answer(404, f"there is no account {query['account']!r}") from None
            return {asset: {"free": f"{free:f}", "locked": f"{locked:f}"} for asset, (free, locked) in found.items()}
        if path == "/frames":
            limit = query.get("limit", "100")
            if not (limit.isascii() and limit.isdecimal() and len(limit) < 10):
                raise _Answer(400, "limit is a whole number")
            newest = itertools.islice(reversed(truth.frames), int(limit))
            return [json.loads(line) for line in reversed(list(transcript(newest)))]
        if path == "/transcript":
            return "".join(f"{line}\n" for line in transcript(truth.frames))
        if path == "/settings":
            return {name: list(inspect.signature(each).parameters)[1:] for name, each in SETTINGS.items()}
        return {
            "known": {name: {key: [each.__name__ for each in kinds] for key, kinds in takes.items()}
                      for name, takes in NAMES.items()},
            "waiting": self._faults.waiting,
            "used": [[method, repr(action)] for method, action in self._faults.used],
        }  # fmt: skip


def _finite(text: str) -> float:
    """Return a number that is one: JSON knows neither NaN nor infinity."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _order_row(order: OrderTruth) -> dict[str, Any]:
    return {
        "account": order.account,
        "symbol": order.symbol,
        "orderId": order.order_id,
        "orderListId": order.order_list_id,
        "originalId": order.original_id,
        "clientOrderId": order.client_order_id,
        "ids": order.ids,
        "side": order.side,
        "type": order.type,
        "status": order.status,
        "price": f"{order.price:f}",
        "quantity": f"{order.quantity:f}",
        "executedQuantity": f"{order.executed_quantity:f}",
        "quoteQuantity": f"{order.quote_quantity:f}",
        "events": order.events,
    }
