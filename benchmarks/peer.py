"""The peer of the benchmarks: a WebSocket server that answers with canned bytes and is never the bottleneck.

It reads no JSON. The id is found in the request by a pattern and put into the reply of the method; one
write answers everything that one read brought. Run in a process of its own.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import importlib.util
import os
import re
import struct
import sys
import time
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Self, cast

from benchmarks import large
from benchmarks.account import Account

__all__ = ["NUMBER", "ORDER_RESULT", "RATE_LIMITS", "Server", "client_id_of", "order_result"]

_ID = re.compile(rb'"id"\s*:\s*("[^"]*"|[0-9]+)')
_CLIENT_ID = re.compile(rb'"newClientOrderId"\s*:\s*"([^"]*)"')
_KEY = re.compile(rb'"apiKey"\s*:\s*"([^"]*)"')
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

ORDER_RESULT = (
    b'{"symbol":"BTCUSDT","orderId":12569099453,"orderListId":-1,"clientOrderId":"4d96324ff9d44481926157ec08158a40",'
    b'"transactTime":1660801715793,"price":"23416.10000000","origQty":"0.00847000","executedQty":"0.00847000",'
    b'"origQuoteOrderQty":"0.000000","cummulativeQuoteQty":"198.33521500","status":"FILLED","timeInForce":"GTC",'
    b'"type":"LIMIT","side":"SELL","workingTime":1660801715793,"fills":[{"price":"23416.10000000",'
    b'"qty":"0.00212000","commission":"0.00000000","commissionAsset":"BNB","tradeId":1650422481}],'
    b'"selfTradePreventionMode":"NONE"}'
)
NUMBER = b"12569099453"
"""Of the order that `ORDER_RESULT` tells of."""
RATE_LIMITS = (
    b'"rateLimits":[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":50000,"count":12},'
    b'{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":160000000,"count":4043},'
    b'{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000000,"count":321}]}'
)


def order_result(request: bytes) -> bytes:
    """Return the result of an order, which bears the id that was asked for."""
    found = _CLIENT_ID.search(request)
    return ORDER_RESULT if found is None else _BEFORE_ID + found[1] + _AFTER_ID


def client_id_of(request: bytes) -> bytes:
    """Return the id that an order bears."""
    found = _CLIENT_ID.search(request)
    return b"" if found is None else found[1]


_BEFORE_ID, _, _AFTER_ID = ORDER_RESULT.partition(b"4d96324ff9d44481926157ec08158a40")


def _frame(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    if size < 65536:
        return b"\x81\x7e" + struct.pack(">H", size) + payload
    return b"\x81\x7f" + struct.pack(">Q", size) + payload


def _unmask(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")


class _Peer(asyncio.Protocol):
    def __init__(self) -> None:
        self._buffer = b""
        self._open = False
        self._bare = False
        self._account = Account(order_result, NUMBER)
        self._told = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._bare:
            self._raw(data)
            return
        self._buffer += data
        if not self._open:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if head.startswith(b"RAW"):  # the floor: no framing, a request ends with a newline
                self._open = True
                self._bare = True
                self._buffer = b""
                if rest:
                    self._raw(rest)
                return
            key = next(
                line.split(b":", 1)[1].strip()
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"sec-websocket-key")
            )
            accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self._buffer, self._open = rest, True
        self._frames()

    def _frames(self) -> None:
        out: list[bytes] = []
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 6:
            size = buffer[at + 1] & 0x7F
            start = at + 2
            if size == 126:
                size = int.from_bytes(buffer[start : start + 2], "big")
                start += 2
            if len(buffer) < start + 4 + size:
                break
            opcode = buffer[at] & 0x0F
            payload = _unmask(buffer[start + 4 : start + 4 + size], buffer[start : start + 4])
            at = start + 4 + size
            if opcode == 8:
                out.append(b"\x88" + bytes((len(payload),)) + payload)
            elif opcode == 9:
                out.append(b"\x8a" + bytes((len(payload),)) + payload)
            elif opcode == 1:
                out.append(_frame(self._answer(payload)))
                if self._told:
                    out.append(_frame(self._told))
                    self._told = b""
        self._buffer = buffer[at:]
        if out:
            self._transport.write(b"".join(out))
            if out[-1][0] == 0x88:
                self._transport.close()

    def _answer(self, request: bytes) -> bytes:
        found = _ID.search(request)
        request_id = b"null" if found is None else found[1]
        if b'"order.place"' in request and not self._account.subscribed:
            result = order_result(request)
        elif b'"order.place"' in request:
            result, self._told = self._account.placed(request, client_id_of(request))
        elif b'"session.logon"' in request:
            key = _KEY.search(request)[1]  # type: ignore[index]  # a logon has one
            now = str(int(time.time() * 1000)).encode()
            result = b'{"apiKey":"' + key + b'","authorizedSince":1,"connectedSince":1,"returnRateLimits":true,'
            result += b'"serverTime":' + now + b',"userDataStream":false}'
        elif (known := self._account.answer(request) or large.answer(request)) is not None:
            result = known
        else:
            result = b'{"serverTime":' + str(int(time.time() * 1000)).encode() + b"}"
        return b'{"id":' + request_id + b',"status":200,"result":' + result + b"," + RATE_LIMITS

    def _raw(self, data: bytes) -> None:
        self._buffer += data
        *whole, self._buffer = self._buffer.split(b"\n")
        if whole:
            self._transport.write(b"".join(self._answer(each) + b"\n" for each in whole))


def _serve(ports: Queue[int]) -> None:
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})
    run = asyncio.run
    if importlib.util.find_spec("uvloop") is not None:  # so that the server is faster than what is measured
        import uvloop

        run = uvloop.run

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(_Peer, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        parent = os.getppid()
        while os.getppid() == parent:  # noqa: ASYNC110  # nothing tells that what is measured was killed
            await asyncio.sleep(1.0)

    try:
        run(main())
    except KeyboardInterrupt:
        sys.exit(0)


class Server:
    """The peer in a process of its own, on the first processor; this process goes to the second."""

    def __enter__(self) -> Self:
        ports: Queue[int] = Queue()
        self._process = Process(target=_serve, args=(ports,), daemon=True)
        self._process.start()
        self.port = ports.get(timeout=10)
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {1})
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def cpu(self) -> float:
        """Return the seconds of processor the server has had; 0 where the system does not say."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws-api/v3"
