"""An event loop in virtual time with a network in memory: hours pass in milliseconds, and the same seed is the same run.

The loop never waits. When nothing is ready it sets its clock to the next timer; when there is no timer either, nothing
can ever happen again and it says so. Everything that runs on it, the `websockets` library included, is the real code:
only the selector and the sockets are replaced.

A process can stand still, as a suspended machine does: what was begun under its name (`on`) waits, timers and arriving
bytes included, while the others go on, and happens in its old order once it wakes up.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from typing import Any, TypeVar

from binance_wsapi.testing.network import Network

T = TypeVar("T")

__all__ = ["Deadlock", "VirtualLoop", "on", "run_in_virtual_time", "settle"]

_MACHINE: ContextVar[str | None] = ContextVar("machine", default=None)


@contextmanager
def on(machine: str | None) -> Iterator[None]:
    """Let what is begun here, tasks and timers and sockets, belong to this machine."""
    token = _MACHINE.set(machine)
    try:
        yield
    finally:
        _MACHINE.reset(token)


MOST_TURNS = 2_000_000
"""Turns of the loop after which a run is taken to go in circles."""


class Deadlock(RuntimeError):
    """Nothing is ready, no timer is set, and the program still waits."""


class _Selector:
    """Stands in for the selector: waiting is setting the clock."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._turns = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        self._turns += 1
        if self._turns > MOST_TURNS:
            raise Deadlock(f"the loop turned {self._turns} times and still stands at {self._loop.now}")
        if timeout is None:
            raise Deadlock("nothing will ever happen: no timer, nothing ready")
        if timeout > 0:
            self._loop.now += timeout
        return []

    def close(self) -> None:
        pass


class _Ready(deque[asyncio.Handle]):
    """The loop's queue of what is to run while a machine stands still: what belongs to that is put aside."""

    def __init__(self, ready: deque[asyncio.Handle], machine: str, nothing: asyncio.Handle) -> None:
        super().__init__(ready)
        self._machine = machine
        self._nothing = nothing
        self.aside: deque[asyncio.Handle] = deque()

    def popleft(self) -> asyncio.Handle:
        handle = super().popleft()
        if handle._context.get(_MACHINE) != self._machine:  # type: ignore[attr-defined]  # noqa: SLF001
            return handle
        self.aside.append(handle)
        return self._nothing


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop whose time is a number."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.now = 100_000.0
        self._selector = _Selector(self)
        self._ready: deque[asyncio.Handle]
        self.suspended: list[tuple[float, float]] = []
        self._clock_resolution = 1e-9
        self.random = random.Random(seed)  # noqa: S311
        self.network = Network(self, self.random)
        self.unhandled: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, context: self.unhandled.append(context))

    def time(self) -> float:
        """The time of the loop, in seconds: a number that the next timer moves."""
        return self.now

    def suspend(self, machine: str, seconds: float) -> None:
        """Let a machine stand still; one at a time, and not longer when it does already."""
        if isinstance(self._ready, _Ready):
            return
        nothing = asyncio.Handle(lambda: None, (), self)
        nothing.cancel()
        ready = self._ready = _Ready(self._ready, machine, nothing)

        def resume() -> None:
            self._ready = deque([*ready.aside, *ready])

        self.suspended.append((self.now, self.now + seconds))
        self.call_at(self.now + seconds, resume, context=Context())

    def stood_still(self, since: float) -> bool:
        """Whether a machine was suspended at some time since then."""
        return any(end > since for _, end in self.suspended)

    def _process_events(self, event_list: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass

    async def create_server(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:  # noqa: ARG002
        """Listen in the network of memory: see `Network.listen`."""
        return self.network.listen(protocol_factory, port or 0)

    async def create_connection(self, protocol_factory: Any, host: Any = None, port: Any = None, **_: Any) -> Any:  # noqa: ARG002
        """Connect over the network of memory: see `Network.connect`."""
        return await self.network.connect(protocol_factory, port)


def run_in_virtual_time(main: Callable[[VirtualLoop], Coroutine[Any, Any, T]], seed: int = 0) -> T:
    """Run a program in virtual time from a seed.

    Raises:
        AssertionError: a callback or a task raised what nothing caught, or a task is left behind.
    """
    loop = VirtualLoop(seed)
    asyncio.set_event_loop(None)
    try:
        result = loop.run_until_complete(main(loop))
        settle(loop)
    finally:
        loop.close()
    return result


def settle(loop: VirtualLoop) -> None:
    """End what still runs in a loop whose program is done.

    Raises:
        AssertionError: a callback or a task raised what nothing caught, or a task is left behind.
    """
    loop.run_until_complete(asyncio.sleep(0))
    left = [task for task in asyncio.all_tasks(loop) if not task.done()]
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    if loop.unhandled:
        raise AssertionError(f"unhandled: {loop.unhandled}")
    if left:
        raise AssertionError(f"tasks left behind: {left}")
