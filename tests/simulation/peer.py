"""A peer that does exactly what a test tells it: for frames and timings no exchange would send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve

__all__ = ["Peer"]

Handler = Callable[["Peer", ServerConnection, dict[str, Any]], Awaitable[Any]]


class Peer:
    """Answers requests by method. Every frame is recorded by connection, in order.

    ``answers`` maps a method to a handler, an async function that returns the result to answer with, or None when it
    has answered (or not) by itself. ``time``, ``session.logon`` and ``ping`` are answered unless overridden. ``swallows``
    says of a request, and the number of the connection it came over, whether it is never answered.
    """

    def __init__(self) -> None:
        self.frames: list[tuple[int, dict[str, Any]]] = []
        self.connections: list[ServerConnection] = []
        self.answers: dict[str, Handler] = {}
        self.swallows: Callable[[int, dict[str, Any]], bool] | None = None
        self.offset_ms = 0.0
        self._server: Server | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, ping_interval=None, compression=None, max_size=None)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}/ws-api/v3"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        for connection in self.connections:
            connection.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    def sent(self, method: str) -> list[dict[str, Any]]:
        """Requests of this method that arrived."""
        return [frame for _, frame in self.frames if frame["method"] == method]

    @property
    def last(self) -> ServerConnection:
        return self.connections[-1]

    def now_ms(self) -> int:
        return int(asyncio.get_running_loop().time() * 1000 + self.offset_ms)

    async def _serve(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        number = len(self.connections)
        async for message in connection:
            request = json.loads(message)
            self.frames.append((number, request))
            if self.swallows is not None and self.swallows(number, request):
                continue
            asyncio.get_running_loop().create_task(self._answer(connection, request))

    async def _answer(self, connection: ServerConnection, request: dict[str, Any]) -> None:
        method = request["method"]
        if method in self.answers:
            result = await self.answers[method](self, connection, request)
            if result is None:
                return
        elif method == "time":
            result = {"serverTime": self.now_ms()}
        elif method == "session.logon":
            result = {
                "apiKey": request["params"]["apiKey"],
                "authorizedSince": 1,
                "connectedSince": 1,
                "returnRateLimits": True,
                "serverTime": self.now_ms(),
                "userDataStream": False,
            }
        else:
            result = {}
        await self.reply(connection, request["id"], result)

    async def reply(self, connection: ServerConnection, request_id: Any, result: Any) -> None:
        await connection.send(json.dumps({"id": request_id, "status": 200, "result": result, "rateLimits": []}))

    async def refuse(
        self, connection: ServerConnection, request_id: Any, status: int, code: int, msg: str = "", **data: Any
    ) -> None:
        error: dict[str, Any] = {"code": code, "msg": msg}
        if data:
            error["data"] = data
        await connection.send(json.dumps({"id": request_id, "status": status, "error": error}))
