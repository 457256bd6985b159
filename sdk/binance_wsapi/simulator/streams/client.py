"""One connection to the market streams: what it listens to and the requests that change it."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from binance_wsapi.simulator.access.frames import decode, encode
from binance_wsapi.simulator.access.refusal import Refusal
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.streams.hub import Hub

__all__ = ["StreamClient"]

MOST_STREAMS = 1024
MOST_PER_SECOND = 5
PLACE = "line %s column %s"
_METHODS = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_ID = re.compile(r"[A-Za-z0-9-]{1,36}")  # "alphanumeric" takes in a UUID with its hyphens: official clients send those


class _Wrong(Exception):
    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.code = code
        self.msg = msg


class StreamClient:
    """A listener.

    Args:
        send: hands a frame to the socket.
        close: closes the socket with a code and a reason.
        combined: whether payloads are wrapped with their stream's name.
    """

    def __init__(
        self,
        hub: Hub,
        clock: Clock,
        send: Callable[[str], None],
        close: Callable[[int, str], None],
        *,
        combined: bool,
        unit: int,
    ) -> None:
        self.unit = unit
        self.combined = combined
        self.names: dict[str, None] = {}
        self._hub = hub
        self._clock = clock
        self._send = send
        self._close = close
        self._arrivals: deque[float] = deque()

    # --- telling ---------------------------------------------------------------------------------------------------

    def tell(self, name: str, payload: Any) -> None:
        """Send a payload of a stream."""
        self._send(encode({"stream": name, "data": payload} if self.combined else payload))

    def shut_down(self) -> None:
        """Announce that the server goes away."""
        self.tell("!serverShutdown", {"e": "serverShutdown", "E": self._clock.now_us() // self.unit})

    def listen(self, names: Iterable[str]) -> None:
        """Listen to streams."""
        for name in names:
            if name not in self.names:
                self.names[name] = None
                self._hub.add(name, self)

    def begin(self, names: Iterable[str]) -> None:
        """Listen to the streams of the URL; too many end the connection."""
        wanted = dict.fromkeys(names)
        if len(wanted) > MOST_STREAMS:
            self._close(1008, "Too many streams")
        else:
            self.listen(wanted)

    def leave(self) -> None:
        """Listen to nothing any more."""
        for name in self.names:
            self._hub.remove(name, self)
        self.names.clear()

    # --- requests --------------------------------------------------------------------------------------------------

    def count(self) -> bool:
        """Count a message, pings and pongs too; the sixth within a second ends the connection ("WebSocket Limits")."""
        now = self._clock.loop_time()
        self._arrivals.append(now)
        while self._arrivals[0] <= now - 1.0:
            self._arrivals.popleft()
        if len(self._arrivals) > MOST_PER_SECOND:
            self._close(1008, "Too many requests")
            return False
        return True

    def receive(self, frame: str | bytes) -> None:
        """Take a request and answer it."""
        if not self.count():
            return
        identity: Any = None
        try:
            message = self._read(frame)
            self._check_id(message)
            identity = message["id"]
            answer = {"result": self._run(message), "id": identity}
        except _Wrong as wrong:
            answer = {"code": wrong.code, "msg": wrong.msg.replace(PLACE, _place(frame)), "id": identity}
        self._send(encode(answer))

    def _read(self, frame: str | bytes) -> dict[str, Any]:
        try:
            message = decode(frame if isinstance(frame, str) else "")
        except Refusal:
            raise _Wrong(3, f"Invalid JSON: expected value at {PLACE}") from None
        if not isinstance(message, dict):
            raise _Wrong(2, f"Invalid request: missing field `method` at {PLACE}")
        return message

    def _check_id(self, message: dict[str, Any]) -> None:
        identity = message.get("id")
        if "id" not in message or not (
            identity is None
            or (type(identity) is int and -(1 << 63) <= identity < 1 << 63)
            or (type(identity) is str and _ID.fullmatch(identity))
        ):
            raise _Wrong(2, "Invalid request: request ID must be an unsigned integer")

    def _run(self, message: dict[str, Any]) -> Any:
        if "method" not in message:
            raise _Wrong(2, f"Invalid request: missing field `method` at {PLACE}")
        method, params = message["method"], message.get("params")
        if method not in _METHODS:
            expected = ", ".join(f"`{each}`" for each in _METHODS)
            raise _Wrong(2, f"Invalid request: unknown variant `{method}`, expected one of {expected} at {PLACE}")
        if method == "LIST_SUBSCRIPTIONS":
            if params:
                raise _Wrong(2, "Invalid request: too many parameters")
            return list(self.names)
        if method in ("SET_PROPERTY", "GET_PROPERTY"):
            return self._property(method, params if isinstance(params, list) else [])
        if not isinstance(params, list):
            raise _Wrong(2, f"Invalid request: missing field `params` at {PLACE}")
        if not all(type(name) is str for name in params):
            raise _Wrong(2, "Invalid request: stream name must be a string")
        if method == "SUBSCRIBE":
            if len(self.names.keys() | set(params)) > MOST_STREAMS:
                raise _Wrong(2, f"Invalid request: at most {MOST_STREAMS} streams")
            self.listen(params)
        else:
            for name in params:
                if name in self.names:
                    del self.names[name]
                    self._hub.remove(name, self)
        return None

    def _property(self, method: str, params: list[Any]) -> Any:
        wanted = 2 if method == "SET_PROPERTY" else 1
        if not params or type(params[0]) is not str:
            raise _Wrong(2, "Invalid request: property name must be a string")
        if len(params) > wanted:
            raise _Wrong(2, "Invalid request: too many parameters")
        if params[0] != "combined":
            raise _Wrong(0, "Unknown property")
        if method == "GET_PROPERTY":
            return self.combined
        if len(params) != 2 or type(params[1]) is not bool:
            raise _Wrong(1, "Invalid value type: expected Boolean")
        self.combined = params[1]
        return None


def _place(frame: str | bytes) -> str:
    """Return where a request goes wrong: at the character that is no JSON, or behind its last one."""
    if not isinstance(frame, str):
        return "line 1 column 1"
    try:
        json.loads(frame)
    except json.JSONDecodeError as error:
        return f"line {error.lineno} column {error.colno}"
    except (ValueError, RecursionError):
        pass
    lines = frame.split("\n")
    return f"line {len(lines)} column {len(lines[-1])}"
