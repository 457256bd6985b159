"""Loops without features, to compare with: what the shortest script over a library would do, and a bare socket.

None of them has deadlines, limits, errors, fates or reconnects. The floor asks and answers the same bytes over TCP without
any framing; it is what two processes and the loopback cost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, cast

import msgspec
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel
from websockets.asyncio.client import connect

__all__ = ["Floor", "PlainPicows", "PlainWebsockets"]

PARAMS = {
    "symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC", "price": "23416.10000000",
    "quantity": "0.00847000",
}  # fmt: skip


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True)


class _Fill(_Model):
    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    trade_id: int


class _Order(_Model):
    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: int
    price: Decimal
    orig_qty: Decimal
    executed_qty: Decimal
    orig_quote_order_qty: Decimal
    cummulative_quote_qty: Decimal
    status: str
    time_in_force: str
    type: str
    side: str
    working_time: int
    self_trade_prevention_mode: str
    fills: list[_Fill]


class _FillStruct(msgspec.Struct, rename="camel"):
    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    trade_id: int


class _OrderStruct(msgspec.Struct, rename="camel"):
    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    transact_time: int
    price: Decimal
    orig_qty: Decimal
    executed_qty: Decimal
    orig_quote_order_qty: Decimal
    cummulative_quote_qty: Decimal
    status: str
    time_in_force: str
    type: str
    side: str
    working_time: int
    self_trade_prevention_mode: str
    fills: list[_FillStruct]


class _Envelope(msgspec.Struct):
    id: str
    status: int
    result: msgspec.Raw


_encode = msgspec.json.Encoder().encode
_envelope = msgspec.json.Decoder(_Envelope).decode
_model: Callable[[bytes], Any] = TypeAdapter(_Order).validate_json
_struct = msgspec.json.Decoder(_OrderStruct).decode


class _Plain:
    """One future for each id; the reply is read into a model, or into a struct."""

    def __init__(self, read: Callable[[bytes], Any]) -> None:
        self._read = read
        self._waiting: dict[str, asyncio.Future[msgspec.Raw]] = {}
        self._count = 0
        self._loop = asyncio.get_running_loop()

    def request(self) -> tuple[bytes, asyncio.Future[msgspec.Raw]]:
        self._count += 1
        request_id = f"{self._count:022}"
        future = self._waiting[request_id] = self._loop.create_future()
        params = PARAMS | {"newClientOrderId": f"bench-{self._count:016}", "timestamp": int(time.time() * 1000)}
        return _encode({"id": request_id, "method": "order.place", "params": params}), future

    def reply(self, message: str | bytes) -> None:
        envelope = _envelope(message)
        self._waiting.pop(envelope.id).set_result(envelope.result)

    def typed(self, result: msgspec.Raw) -> Any:
        return self._read(bytes(result))


class PlainWebsockets(_Plain):
    """Over `websockets`, into pydantic models or structs."""

    @classmethod
    async def open(cls, url: str, *, structs: bool = False) -> PlainWebsockets:
        made = cls(_struct if structs else _model)
        made._socket = await connect(url, compression=None, ping_interval=None, max_queue=None)
        made._task = asyncio.ensure_future(made._listen())
        made._task.add_done_callback(lambda task: task.cancelled() or task.result())
        return made

    _socket: Any
    _task: asyncio.Future[None]

    async def _listen(self) -> None:
        async for message in self._socket:
            self.reply(message)

    async def call(self) -> Any:
        message, future = self.request()
        await self._socket.send(message, text=True)
        return self.typed(await future)

    async def close(self) -> None:
        self._task.cancel()
        await self._socket.close()


class PlainPicows(_Plain):
    """Over `picows`, into structs."""

    _transport: Any

    @classmethod
    async def open(cls, url: str) -> PlainPicows:
        import picows

        made = cls(_struct)

        class Listener(picows.WSListener):
            def on_ws_frame(self, _transport: Any, frame: Any) -> None:
                if frame.msg_type == picows.WSMsgType.TEXT:
                    made.reply(frame.get_payload_as_bytes())

        made._transport, _ = await picows.ws_connect(Listener, url)
        return made

    async def call(self) -> Any:
        import picows

        message, future = self.request()
        self._transport.send(picows.WSMsgType.TEXT, message)
        return self.typed(await future)

    async def close(self) -> None:
        self._transport.disconnect()


class Floor(asyncio.Protocol):
    """The same bytes over a bare socket: a request ends with a newline."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Any] | None = None
        self._futures: list[asyncio.Future[None]] = []
        self._next = 0
        self._transport: asyncio.Transport
        params = PARAMS | {"newClientOrderId": "x" * 22, "timestamp": 1660801715793}
        self._request = _encode({"id": "x" * 22, "method": "order.place", "params": params}) + b"\n"

    @classmethod
    async def open(cls, port: int) -> Floor:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(cls, "127.0.0.1", port)
        made._transport.write(b"RAW\r\n\r\n")
        made._loop = loop
        return made

    _loop: asyncio.AbstractEventLoop

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        done = self._next + data.count(b"\n")
        for future in self._futures[self._next : done]:
            future.set_result(None)
        self._next = done
        if done == len(self._futures):
            self._futures, self._next = [], 0

    async def call(self) -> None:
        future: asyncio.Future[None] = self._loop.create_future()
        self._futures.append(future)
        self._transport.write(self._request)
        await future

    async def close(self) -> None:
        self._transport.close()


Call = Callable[[], Awaitable[Any]]
