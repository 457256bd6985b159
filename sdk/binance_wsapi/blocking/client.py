"""The client for scripts and notebooks: every call waits for its result.

Theory of operation. The asynchronous client runs on a loop in a thread of its own (`loop`), so that pings are answered,
connections are replaced and user data is read while the script computes or sleeps. A call here hands its counterpart there
over and waits. That costs two changes of threads, some 0.1 ms: a program that trades on milliseconds uses the asynchronous
client.
"""

from __future__ import annotations

import weakref
from types import TracebackType
from typing import Self, Unpack

from binance_wsapi.blocking.generated.client import ClientMethods
from binance_wsapi.blocking.generated.spot import SpotMethods
from binance_wsapi.blocking.generated.submit import SubmitMethods
from binance_wsapi.blocking.loop import LoopThread
from binance_wsapi.client import spot as asynchronous
from binance_wsapi.client.foreign_names import ForeignNames
from binance_wsapi.client.spot import ClientOptions
from binance_wsapi.environments import DEMO, PRODUCTION, TESTNET, Environment, local
from binance_wsapi.errors import OutcomeUnknown, UsageError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.settings import Settings
from binance_wsapi.orders.fate.fence import Verdict
from binance_wsapi.wire.border import calls_at_border, made_at_border
from binance_wsapi.wire.misuse import EnteredByThreads

__all__ = ["SpotClient"]


@calls_at_border
@made_at_border
class SpotClient(EnteredByThreads, ClientMethods, SubmitMethods, SpotMethods, ForeignNames):
    """A client of the Spot WebSocket API whose calls wait for their results.

    Made by `production`, `testnet`, `demo`, `local` or `from_env`, and used as a context manager::

        with SpotClient.testnet(key) as client:
            order = client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="60000", ...)
            for event in client.user_data(): ...

    In a notebook, `start` and `close` do what entering and leaving do. Any number of threads can use a client at once. It
    works inside a running event loop, which it keeps from doing anything else while a call waits.

    Ctrl-C ends the call that waits with `KeyboardInterrupt`, and neither the client nor what was sent: after it the client
    is used as before, unless `start` or `close` was interrupted, or the ``with`` was left.

    Args:
        environment: where the venue is.
        key: signs private calls; None for public data only.
        settings: how the session behaves.
        options: as for `binance_wsapi.SpotClient`. Hooks that are plain functions may call this client; coroutine functions
            run on its loop, and may not.
    """

    def __init__(
        self,
        environment: Environment,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        self._inner = asynchronous.SpotClient(environment, key, settings, **options)
        self._thread = LoopThread()
        self._finalizer: weakref.finalize[..., Self] | None = None

    def __repr__(self) -> str:
        inner = getattr(self, "_inner", None)  # a reporter may find a half-made client in a frame
        return "<blocking client that was not made>" if inner is None else f"<blocking {inner!r}>"

    # ------------------------------------------------------------------ where

    @classmethod
    def production(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Return a client of the live venue. Orders move real money.

        Args:
            key: signs private calls; None for public data only.
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(PRODUCTION, key, settings, **options)

    @classmethod
    def testnet(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Return a client of the Spot testnet.

        Args:
            key: signs private calls; None for public data only.
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(TESTNET, key, settings, **options)

    @classmethod
    def demo(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Return a client of the demo mode.

        Args:
            key: signs private calls; None for public data only.
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(DEMO, key, settings, **options)

    @classmethod
    def local(
        cls,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        url: str,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Return a client of a local exchange.

        Args:
            key: a key registered there.
            settings: how the session behaves.
            url: ``ws://127.0.0.1:PORT/ws-api/v3``.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.
        """
        return cls(local(url), key, settings, **options)

    @classmethod
    def from_env(cls, settings: Settings | None = None, **options: Unpack[ClientOptions]) -> Self:
        """Return a client made of environment variables.

        See `binance_wsapi.SpotClient.from_env` for what they are.

        Args:
            settings: how the session behaves.
            options: as for the client itself.

        Returns:
            The client, not connected yet: enter it, or call `start`.

        Raises:
            UsageError: a variable is missing or contradicts another.
        """
        where, key = asynchronous.environment_from_env()
        return cls(where, key, settings, **options)

    # ------------------------------------------------------------------ life

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> Self:
        """Connect, log on where the key allows it, and ask the venue's time; return the client.

        Where it fails or is interrupted, as by Ctrl-C, the client is closed: nothing of it is left; make another.

        Raises:
            UsageError: it was started before; also where that failed or was interrupted.
            ConnectFailed: no connection could be made in time.
            WsapiError: as the error says.
        """
        if self._finalizer is not None:
            raise UsageError("a client is started once; make another")
        self._finalizer = weakref.finalize(self, _finish, self._thread, self._inner)
        try:
            self._thread.start()
            self._thread.run(self._inner.start())
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """End everything: idempotent and bounded in time. Calls of other threads that wait fail at once.

        An interrupt while it waits goes on at once: the client is closed all the same, and its thread ends by itself.

        In a process that has the client by a fork it does nothing: the connections are the parent's.
        """
        if self._finalizer is not None:
            self._thread.stop(self._inner.close())
            self._finalizer.detach()

    # ------------------------------------------------------------------ in place of what only a coroutine can await

    def resolve(self, error: OutcomeUnknown) -> Verdict:
        """Wait until it is known what became of a request whose reply was lost, and return the verdict.

        The asynchronous client's ``await error.resolve()``. Interrupting the call does not stop the search.

        Args:
            error: raised by a call of this client.

        Returns:
            What became of the request, and what proves it.

        Raises:
            UsageError: it is no such error, or the request changes no orders: ask for the state it changes.
            NotFollowed: the client was closed before it was known.
        """
        if not isinstance(error, OutcomeUnknown):
            raise UsageError(f"error must be the OutcomeUnknown that a call raised, got a {type(error).__name__}")
        verdict: Verdict = self._thread.run(error.verdict())
        return verdict


def _finish(thread: LoopThread, inner: asynchronous.SpotClient) -> None:
    """End what a client that was never closed has begun: it was collected, or the interpreter ends."""
    thread.stop(inner.close())
