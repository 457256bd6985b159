"""SIGTERM and SIGHUP end a command as Ctrl-C does: connections are closed, and what may be out is told.

While a loop runs, the signal cancels the command (`stoppable`). Outside of a loop it raises `Stopped` (`install`). While a
person is asked, the loop waits and could cancel nothing: there all three raise (`asking`). An exchange ends with the first
signal and writes its transcript though more signals come (`Ending`).
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Container, Coroutine, Iterator
from typing import Any, NoReturn, Self

__all__ = ["Ending", "Stopped", "asking", "code_of_end", "ignore", "install", "stoppable"]

AGAIN = 0.05
"""Real seconds until a signal is sent again that has not ended a question."""

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stopped(KeyboardInterrupt):
    """A signal other than that of Ctrl-C ended the command.

    Attributes:
        number: the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def code_of_end(interrupt: BaseException | None) -> tuple[int, str]:
    """Return the exit code, as shells count it, and the words for it."""
    if isinstance(interrupt, Stopped):
        return 128 + interrupt.number, f"ended by {signal.Signals(interrupt.number).name}"
    return 128 + signal.SIGINT, "interrupted"


def install() -> None:
    """Raise `Stopped` where the signal comes while no loop runs. A signal that the process ignores stays ignored."""
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stopped)


def ignore() -> None:
    """Keep the exit code: the command is over."""
    for number in _ENDING:
        if signal.getsignal(number) is _stopped:
            signal.signal(number, signal.SIG_IGN)


def _stopped(number: int, _: object) -> NoReturn:
    raise Stopped(number)


class Ending:
    """The first SIGTERM or SIGHUP cancels a task; more of them change nothing until this is left. An ignored one stays so.

    asyncio's own handlers go with their loop, and a signal after that would end the process while its files are written.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._cancel: Callable[[], object] | None = None
        self._came = False

    def __enter__(self) -> Self:
        for number in _ENDING:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:
                with contextlib.suppress(ValueError):  # a thread of a program
                    signal.signal(number, self._hear)
                    self._before[number] = before
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            # Where this is the whole process, the command is over, and its exit code stands.
            signal.signal(number, signal.SIG_IGN if before is _stopped else before)

    def cancel_this_task(self) -> None:
        """Let the signals cancel the task that calls this; a signal that came before does so at once."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._cancel = lambda: loop.call_soon_threadsafe(task.cancel)
        if self._came:
            task.cancel()

    def _hear(self, *_: object) -> None:
        first, self._came = not self._came, True
        if first and self._cancel is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed: it ended by itself
                self._cancel()


@contextlib.contextmanager
def asking() -> Iterator[None]:
    """Let Ctrl-C and the signals end a question, also where the loop waits for the answer.

    Python looks for signals before it waits for a line, and where the system interrupts the wait: a signal between the two
    is not seen before the next line. And `input` drops what a signal raises while it writes the prompt. Therefore a thread
    is told of each signal by the system, and sends it again until the question has ended.
    """
    over = False

    def end(number: int, frame: object) -> None:
        if over:
            return
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        _stopped(number, frame)

    before: dict[int, Any] = {}
    for number in (signal.SIGINT, *_ENDING):
        if signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # a thread of a program
                before[number] = signal.signal(number, end)
    try:
        with _sent_again(before) if before else contextlib.nullcontext():
            try:
                yield
            finally:
                over = True
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _sent_again(numbers: Container[int]) -> Iterator[None]:
    """Send a signal of these to this thread, the main one, again and again until the block is left."""
    if not hasattr(signal, "pthread_kill"):  # Windows: the console ends the wait itself
        yield
        return
    waiting, left = threading.get_ident(), threading.Event()
    heard, told = socket.socketpair()
    told.setblocking(False)

    def send() -> None:
        while came := heard.recv(1):
            while came[0] in numbers and not left.wait(AGAIN):
                signal.pthread_kill(waiting, came[0])

    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    sending = threading.Thread(target=send, daemon=True)
    sending.start()
    try:
        yield
    finally:
        left.set()
        signal.set_wakeup_fd(before)
        told.close()
        sending.join()
        heard.close()


async def stoppable(action: Coroutine[Any, Any, None]) -> None:
    """Run the command until it is done or one of the signals comes, which cancels it.

    Raises:
        Stopped: a signal ended it.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    came: list[int] = []

    def stop(number: int) -> None:
        if not came:
            task.cancel()
        came.append(number)

    handled: dict[int, Any] = {}
    for number in _ENDING:
        before = signal.getsignal(number)
        if before is signal.SIG_IGN:
            continue
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows; a thread of a program
            loop.add_signal_handler(number, stop, number)
            handled[number] = before
    try:
        await action
    except asyncio.CancelledError:
        if came:
            raise Stopped(came[0]) from None
        raise
    finally:
        for number, before in handled.items():
            loop.remove_signal_handler(number)
            signal.signal(number, before)
