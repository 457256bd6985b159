"""What the tests of the REST fall-back share: keys, endpoints, a world that does not wait, and a venue in memory."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.environments import Environment, local
from binance_wsapi.keys import HmacKey
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest import RestReader
from binance_wsapi.wire.endpoint import Endpoint, Security
from tests.simulation.loop import VirtualLoop

VENUE = Environment("production", (), (), "https://venue.test")
API_KEY = "aPiKeY" * 10 + "1234"
SECRET = "sEcReT" * 10 + "5678"
KEY = HmacKey(API_KEY, SECRET)
WALL = 1_700_000_000.0
"""Seconds: what the wall clock of the tests says; the venue's says something else."""
VENUE_MS = 1_750_000_000_000

PING: Endpoint[Any] = Endpoint("ping", dict[str, Any])
TIME: Endpoint[Any] = Endpoint("time", dict[str, Any])
DEPTH: Endpoint[Any] = Endpoint("depth", dict[str, Any], weight=5)
ACCOUNT: Endpoint[Any] = Endpoint("account.status", dict[str, Any], security=Security.USER_DATA, weight=20)
ORDER: Endpoint[Any] = Endpoint("order.status", dict[str, Any], security=Security.USER_DATA, weight=4)
ASKED = {"symbol": "BTCUSDT", "origClientOrderId": "x7Tq"}


@dataclass
class World:
    """A runtime that counts instead of waiting."""

    pauses: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(0)

    @property
    def runtime(self) -> Runtime:
        return Runtime(wall=lambda: WALL, uniform=lambda low, high: high, sleep=self.sleep)


def reader(key: Any = KEY, settings: Settings | None = None, world: World | None = None, **options: Any) -> RestReader:
    return RestReader(VENUE, key, settings, runtime=(world or World()).runtime, **options, routes=ROUTES)


def split(query: str) -> tuple[str, str]:
    """Return what was signed and the signature, as they stand in a raw query string."""
    payload, mark, signature = query.rpartition("&signature=")
    assert mark, f"no signature at the end of {query!r}"
    return payload, dict(parse_qsl(f"s={signature}", strict_parsing=True))["s"]


def hmac_of(payload: str) -> str:
    return hmac.new(SECRET.encode(), payload.encode("ascii"), hashlib.sha256).hexdigest()


def error(code: int, msg: str = "No.", **more: Any) -> dict[str, Any]:
    return {"code": code, "msg": msg, **more}


# --------------------------------------------------------------------------- a venue in virtual time


@dataclass
class Request:
    """One request as its bytes were."""

    line: str
    headers: list[tuple[str, str]]
    at: float

    @property
    def path(self) -> str:
        return self.line.split(" ")[1].partition("?")[0]

    @property
    def query(self) -> str:
        return self.line.split(" ")[1].partition("?")[2]


Answer = Callable[[Request], bytes | None]


def http(status: int, body: Any = None, headers: str = "", raw: bytes | None = None) -> bytes:
    content = json.dumps({} if body is None else body).encode() if raw is None else raw
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    return head.encode() + content


def dress(loop: VirtualLoop) -> None:
    """Give the connections of a virtual loop a socket of which `anyio`, below httpx, can ask both addresses."""
    connect = loop.create_connection

    async def create_connection(*args: Any, **named: Any) -> Any:
        transport, protocol = await connect(*args, **named)
        transport._extra["socket"] = _Socket()
        return transport, protocol

    loop.create_connection = create_connection  # type: ignore[method-assign]


class Venue:
    """An HTTP server on the network of a virtual loop. An answer of None is silence."""

    def __init__(self, loop: VirtualLoop, offset_ms: float = 1.7e12) -> None:
        self.loop = loop
        self.requests: list[Request] = []
        self.answers: dict[str, Answer] = {}
        self.offset_ms = offset_ms
        self.transports: list[asyncio.Transport] = []
        server = loop.network.listen(lambda: _Connection(self), 0)
        dress(loop)
        self.environment = local(f"ws://127.0.0.1:{server.port}/ws-api/v3")

    def now_ms(self) -> int:
        return int(self.loop.time() * 1000.0 + self.offset_ms)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def answer(self, request: Request) -> bytes | None:
        self.requests.append(request)
        answer = self.answers.get(request.path)
        if answer is not None:
            return answer(request)
        return http(200, {"serverTime": self.now_ms()} if request.path == "/api/v3/time" else {})


class _Socket:
    family = socket.AF_INET
    type = socket.SOCK_STREAM
    proto = socket.IPPROTO_TCP

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 40_000)

    def getpeername(self) -> tuple[str, int]:
        return ("127.0.0.1", 20_001)

    def setsockopt(self, *_: Any) -> None:
        """Nothing to set."""

    def fileno(self) -> int:
        return self._pair[0].fileno()

    def __init__(self) -> None:
        # `httpcore` polls the file of an idle connection before it uses it again; this one is never readable.
        self._pair = socket.socketpair()

    def __del__(self) -> None:
        for end in self._pair:
            end.close()


class _Connection(asyncio.Protocol):
    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.buffer = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.venue.transports.append(transport)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while b"\r\n\r\n" in self.buffer:
            head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
            line, *rest = head.decode("ascii").split("\r\n")
            headers = [(name, value) for name, _, value in (each.partition(": ") for each in rest)]
            answer = self.venue.answer(Request(line, headers, self.venue.loop.time()))
            if answer is not None and not self.transport.is_closing():
                self.transport.write(answer)
