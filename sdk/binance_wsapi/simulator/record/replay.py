"""A venue that answers as a recording does: what a client met once, it meets again.

Theory of operation. A recording is lines of JSON, one for each frame: a transcript of this exchange, or what a client
recorded. Requests and replies are paired by their ids. A request that comes is answered by the reply to the first recorded
request of its method that is not used up, with the same parameters where the recording has such a request. What the client
makes anew each time (the request's id, timestamps, signatures, its own client order ids) is not compared. In the reply and
in everything after it the ids of the recording are replaced by those of the request, so the client knows its orders.
Events that the recording shows after a reply follow it here, in their order and without pauses.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from binance_wsapi.simulator.net.sockets import DISCREET
from binance_wsapi.simulator.paths import as_path

__all__ = ["Replay"]

VOLATILE: Final = frozenset({"timestamp", "signature", "apiKey", "recvWindow"})
HIDDEN: Final = "***"
CONNECTING: Final = frozenset({"time", "session.logon"})
"""What every new connection asks: answered again by the last reply when the recording has no more of them."""


@dataclass(slots=True)
class _Exchange:
    """A recorded request, its reply, and the events that came before the next request."""

    method: str
    params: Mapping[str, Any]
    reply: str | None = None
    events: list[str] = field(default_factory=list)


class Replay:
    """A venue that answers as a recording does::

        async with Replay("wire.jsonl") as venue, SpotClient.local(key, url=venue.url) as client: ...

    What the recording does not have is refused with the code -1020 and a message that names the method.

    Args:
        source: path of the recording, or its lines.
        port: to listen on; 0 takes a free one.
        host: likewise.

    Attributes:
        missing: methods that were asked for and that the recording does not have (any more).

    Raises:
        ValueError: a line is no frame of a recording.
    """

    def __init__(self, source: str | Path | Iterable[str], *, port: int = 0, host: str = "127.0.0.1") -> None:
        lines = as_path(source, "source").read_text("utf-8").splitlines() if isinstance(source, str | Path) else source
        self._exchanges = _read(lines)
        self._port = port
        self._host = host
        self._server: Server | None = None
        self._names: dict[str, str] = {}
        self._connecting: dict[str, _Exchange] = {}
        self.missing: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the replay is not started: enter it with `async with`")
        return f"ws://{self._host}:{self._server.sockets[0].getsockname()[1]}/ws-api/v3"

    @property
    def left(self) -> int:
        """Recorded requests that have not been asked yet."""
        return sum(len(each) for each in self._exchanges.values())

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, self._host, self._port, max_size=None, logger=DISCREET)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, socket: ServerConnection) -> None:
        try:
            async for message in socket:
                for frame in self._answer(message):
                    await socket.send(frame)
        except ConnectionClosed:
            return

    def _answer(self, message: str | bytes) -> list[str]:
        """Return the frames that follow a request."""
        try:
            request = json.loads(message)
            method, params = str(request["method"]), request.get("params") or {}
            request_id = request.get("id")
        except (ValueError, TypeError, KeyError, AttributeError):
            return [json.dumps({"id": None, "status": 400, "error": {"code": -1000, "msg": "Not a request."}})]
        found = self._take(method, params)
        if found is None or found.reply is None:
            self.missing.append(method)
            error = {"code": -1020, "msg": f"The recording has no further reply to {method}."}
            return [json.dumps({"id": request_id, "status": 400, "error": error})]
        for name, recorded in found.params.items():
            if name.endswith("ClientOrderId") and isinstance(recorded, str) and isinstance(params.get(name), str):
                self._names[recorded] = params[name]
        reply = json.loads(self._renamed(found.reply))
        reply["id"] = request_id
        _fill(reply, params.get("apiKey"))
        return [json.dumps(reply, ensure_ascii=False), *map(self._renamed, found.events)]

    def _take(self, method: str, params: Mapping[str, Any]) -> _Exchange | None:
        waiting = self._exchanges.get(method)
        if not waiting:
            return self._connecting.get(method)
        wanted = _compared(params)
        same = next((each for each in waiting if _compared(each.params) == wanted), waiting[0])
        waiting.remove(same)
        if method in CONNECTING:
            self._connecting[method] = _Exchange(method, same.params, same.reply)
        return same

    def _renamed(self, frame: str) -> str:
        """Return a recorded frame with the ids of the requests that were made here."""
        for recorded, now in self._names.items():
            frame = frame.replace(f'"{recorded}"', f'"{now}"')
        return frame


def _compared(params: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in params.items() if name not in VOLATILE and not name.endswith("ClientOrderId")
    }


def _fill(value: Any, api_key: Any) -> None:
    """Put the key of the request where the recording hides one."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "apiKey" and each == HIDDEN:
                value[name] = api_key
            else:
                _fill(each, api_key)
    elif isinstance(value, list):
        for each in value:
            _fill(each, api_key)


def _read(lines: Iterable[str]) -> dict[str, deque[_Exchange]]:
    """Return the recorded exchanges by their method, in their order."""
    found: dict[str, deque[_Exchange]] = defaultdict(deque)
    asked: dict[tuple[int, str], _Exchange] = {}
    latest: dict[int, _Exchange] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            connection, direction, text = int(row["connection"]), row["direction"], row.get("frame")
            frame = json.loads(text) if text is not None and text != HIDDEN else None
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(f"line {number} is no frame of a recording: {type(error).__name__}") from None
        if not isinstance(frame, dict):
            continue  # bytes, or what could not be recorded without its secrets
        key = connection, json.dumps(frame.get("id"))
        if direction == "in":
            exchange = _Exchange(str(frame.get("method")), frame.get("params") or {})
            asked[key] = exchange
            found[exchange.method].append(exchange)
        elif key in asked and "status" in frame:
            latest[connection] = asked.pop(key)
            latest[connection].reply = text
        elif connection in latest:
            latest[connection].events.append(text)
    return found
