"""An event loop in a thread of its own, and the way to it from every other thread.

Theory of operation. The loop runs from `start` to `stop`, also while no thread uses it: pings are answered and
user data is read while a script sleeps. A caller hands in a coroutine (`run`) or a function (`read`) and waits for it.

A caller may be interrupted while it waits: Ctrl-C raises `KeyboardInterrupt` in the main thread, between any two of its
instructions. What the caller had begun is then cancelled, and the interrupt goes on once that has ended, so that it leaves
no task behind. What was sent stays sent. The loop never takes a lock that an interrupted caller could still hold: results
come in an `_Outcome`, and not in a ``concurrent.futures.Future``, whose condition an interrupt can leave locked.

The thread is a daemon: it must not keep a script alive that forgot to close its client. `stop` is called by the client's
`close`, or by its finalizer when the client is collected or the interpreter ends.

A fork copies the object and not the thread. In the child every use is refused, and stopping does nothing.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Final, Generic, TypeVar

from binance_wsapi.errors import NotConnected, OutcomeUnknown, UsageError

__all__ = ["LoopThread"]

T = TypeVar("T")

CANCEL_S: Final = 10.0
"""Seconds an interrupted caller waits for what it had begun; the client's own closing is bounded by less."""

POLL_S: Final = 0.1
"""Seconds of one wait for a result. Python hears Ctrl-C only between waits when the system gave the signal to a
thread that does not wait, and always on Windows."""


class _Outcome(Generic[T]):
    """What becomes of a job: told once by the loop, and waited for by one caller.

    Attributes:
        done: whether it was told.
    """

    __slots__ = ("_error", "_told", "_value", "done")

    def __init__(self) -> None:
        self.done = False
        self._value: T
        self._error: BaseException | None = None
        self._told = threading.Lock()
        self._told.acquire()

    def succeed(self, value: T) -> None:
        """Tell the result."""
        self._value = value
        self.done = True
        self._told.release()

    def fail(self, error: BaseException) -> None:
        """Tell the error."""
        self._error = error
        self.done = True
        self._told.release()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it is told, for that many seconds at most."""
        if seconds is not None:
            self._told.acquire(timeout=seconds)
            return
        while not self.done:
            self._told.acquire(timeout=POLL_S)

    def result(self) -> T:
        """Wait until it is told, and return the result or raise the error."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._value


class _Refused(Exception):
    """The loop takes no work; ``error`` is what the caller is told."""

    def __init__(self, error: UsageError | NotConnected) -> None:
        super().__init__()
        self.error = error


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._serve, name="binance-wsapi loop", daemon=True)
        self._lock = threading.Lock()
        self._stopping = False
        self._finishing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to run the loop."""
        self._refuse_a_child()
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    @property
    def inherited(self) -> bool:
        """Whether this process has the object by a fork, and so without its thread."""
        return os.getpid() != self._pid

    @property
    def running(self) -> bool:
        """Whether the loop takes work."""
        return self._thread.ident is not None and not self._stopping and not self.inherited

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, and wait for its result.

        Args:
            coroutine: what to run; closed when it cannot be.

        Raises:
            UsageError: this is the loop's own thread, or the child of a fork.
            NotConnected: the loop was stopped before the coroutine ended.
        """
        outcome: _Outcome[T] = _Outcome()
        job = _settle(outcome, coroutine)
        tasks: list[asyncio.Task[None]] = []
        try:
            self._submit(partial(self._begin, tasks, outcome, job, coroutine))
            return outcome.result()
        except _Refused as refused:
            _close(job, coroutine)
            raise refused.error from None
        except BaseException:
            if not outcome.done:
                self._abandon(outcome, tasks, job, coroutine)
            raise
        finally:
            del outcome  # the error holds this frame, and the frame the error

    def _begin(
        self,
        tasks: list[asyncio.Task[None]],
        outcome: _Outcome[T],
        job: Coroutine[Any, Any, None],
        coroutine: Coroutine[Any, Any, T],
    ) -> None:
        """Make a task of a job, and tell its caller also when it is cancelled before its first step."""

        def ended(_task: asyncio.Task[None]) -> None:
            if not outcome.done:
                coroutine.close()
                outcome.fail(NotConnected("the client was closed before the call began"))

        task = self._loop.create_task(job)
        task.add_done_callback(ended)
        tasks.append(task)

    def _abandon(
        self, outcome: _Outcome[T], tasks: list[asyncio.Task[None]], *coroutines: Coroutine[Any, Any, Any]
    ) -> None:
        """End what an interrupted caller began, and wait until it has ended."""

        def end() -> None:  # after its beginning, if that was handed in
            if tasks:
                tasks[0].cancel()
            else:
                _close(*coroutines)
                outcome.fail(NotConnected("it was interrupted before it began"))

        try:
            self._loop.call_soon_threadsafe(end)
        except RuntimeError:  # the loop is closed, and ran nothing of it
            _close(*coroutines)
            return
        outcome.wait(CANCEL_S)

    def read(self, get: Callable[[], T]) -> T:
        """Call a function on the loop, where nothing changes meanwhile, and return what it returns.

        After the loop has ended nothing changes any more, and the function is called right here.

        Raises:
            UsageError: this is the child of a fork.
            NotConnected: the loop has not begun; or it has ended, and the function needs it.
        """
        if threading.get_ident() == self._thread.ident or (self._stopping and not self._thread.is_alive()):
            return self._get_here(get)
        outcome: _Outcome[T] = _Outcome()
        try:
            self._submit(partial(_get, outcome, get))
            return outcome.result()
        except _Refused as refused:
            if not self._stopping:
                raise refused.error from None
            self._thread.join()
            return self._get_here(get)
        finally:
            del outcome

    def _get_here(self, get: Callable[[], T]) -> T:
        self._refuse_a_child()
        try:
            return get()
        except RuntimeError as error:  # it asks the loop what time it is
            raise NotConnected("the client is closed") from error

    def stop(self, last: Coroutine[Any, Any, None]) -> None:
        """Run one last coroutine, end the loop and wait for the thread. Idempotent.

        An interrupt while it waits goes on at once; the thread then ends by itself. An interrupt before that leaves the loop
        running: every call hands its coroutine in, and the loop takes the first.

        Args:
            last: what closes everything that runs on the loop; bounded in time.
        """
        with self._lock:
            self._stopping = True
        if self._thread.ident is None or self.inherited:
            last.close()
            return
        try:
            self._loop.call_soon_threadsafe(self._begin_to_finish, last)
        except RuntimeError:  # the loop is closed
            last.close()
        if threading.get_ident() != self._thread.ident:
            while self._thread.is_alive():
                self._thread.join(POLL_S)
            last.close()  # the loop may have ended before it came to it

    def _begin_to_finish(self, last: Coroutine[Any, Any, None]) -> None:
        if self._finishing is None:
            self._finishing = self._loop.create_task(self._finish(last))
        else:
            last.close()

    async def _finish(self, last: Coroutine[Any, Any, None]) -> None:
        try:
            await last
        finally:
            self._loop.stop()

    # ------------------------------------------------------------------ inside

    def _submit(self, job: Callable[[], None]) -> None:
        """Have the loop call a function soon.

        Raises:
            _Refused: it will not.
        """
        try:
            self._check()
        except (UsageError, NotConnected) as error:
            raise _Refused(error) from None
        with self._lock:
            if self._stopping:
                raise _Refused(NotConnected("the client is closed"))
            self._loop.call_soon_threadsafe(job)

    def _check(self) -> None:
        self._refuse_a_child()
        if threading.get_ident() == self._thread.ident:
            raise UsageError(
                "a blocking call inside the client's own event loop would wait for itself; "
                "make the hook a plain function, which runs in a thread, or use the asynchronous client"
            )
        if self._thread.ident is None:
            raise NotConnected("the client is not started: use it inside `with`, or call start() first")

    def _refuse_a_child(self) -> None:
        if self.inherited:
            raise UsageError(
                "a client does not go through a fork: its thread and its connections belong to the parent; "
                "make a new client in the child"
            )

    def _serve(self) -> None:
        """Run the loop until it is stopped, and leave nothing on it."""
        loop = self._loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
            with suppress(RuntimeError):  # the interpreter is ending and starts no thread that could wait
                loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


async def _settle(outcome: _Outcome[T], coroutine: Coroutine[Any, Any, T]) -> None:
    """Await a coroutine, and put what becomes of it where its caller waits."""
    try:
        outcome.succeed(await coroutine)
    except asyncio.CancelledError:
        outcome.fail(NotConnected("the client was closed while the call waited"))
        raise
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        if isinstance(error, OutcomeUnknown):
            error.from_blocking()
        outcome.fail(error)


def _get(outcome: _Outcome[T], get: Callable[[], T]) -> None:
    """Call a function, and put what it returns where its caller waits."""
    try:
        outcome.succeed(get())
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        outcome.fail(error)


def _close(*coroutines: Coroutine[Any, Any, Any]) -> None:
    """End coroutines that never began."""
    for coroutine in coroutines:
        coroutine.close()
