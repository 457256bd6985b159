"""Sockets to a Redis server whose whole answer comes in time.

The package bounds each receive. A server, or what stands before it, that sends a byte now and then is within that bound for
ever: the exchange never ends, and neither does its thread, which a process waits for when it ends.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

__all__ = ["Deadline", "bounded_connection"]


class Deadline:
    """The time until which what was begun last must be done.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = math.inf

    def begin(self, seconds: float) -> None:
        """Begin something that may take so long."""
        self._at = self._clock() + seconds

    def left(self) -> float:
        """Return how many seconds are left.

        Raises:
            TimeoutError: none are.
        """
        left = self._at - self._clock()
        if left <= 0:
            raise TimeoutError("the answer is not whole within its time")
        return left


class _BoundedSocket:
    """A socket that waits for nothing beyond a deadline. All else is the socket's own."""

    def __init__(self, socket: Any, deadline: Deadline) -> None:
        self._socket = socket
        self._deadline = deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def _wait_in_time(self) -> None:
        left = self._deadline.left()
        if left < math.inf and self._socket.gettimeout() != 0:
            self._socket.settimeout(left)

    def recv(self, *given: Any) -> Any:
        self._wait_in_time()
        return self._socket.recv(*given)

    def recv_into(self, *given: Any) -> Any:
        self._wait_in_time()
        return self._socket.recv_into(*given)

    def sendall(self, *given: Any) -> Any:
        self._wait_in_time()
        return self._socket.sendall(*given)


def bounded_connection(url: str, deadline: Deadline) -> type[Any]:
    """Return the class of the package's connections to an address, with sockets bounded by a deadline."""
    from redis import connection

    kinds: dict[str, type[Any]] = {"rediss": connection.SSLConnection, "unix": connection.UnixDomainSocketConnection}
    kind: Any = kinds.get(urlsplit(url).scheme, connection.Connection)

    class Bounded(kind):  # type: ignore[misc,unused-ignore]
        def _connect(self) -> Any:
            deadline.left()
            return _BoundedSocket(super()._connect(), deadline)

    return Bounded
