"""The client: the one place where the layers are wired together.

A call goes down once and its reply comes up once::

    SpotClient.place_order      api      names the endpoint and its parameters
      └─ OrderDesk              orders   names what the call makes, and finds out its fate when the reply is lost
           └─ Session           session  waits for a connection, stamps, signs, sends, waits for the reply
                └─ Connection   session  one socket: one frame out, one future
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from binance_wsapi.api.spot import SpotMethods
from binance_wsapi.environments import DEMO, PRODUCTION, TESTNET, Environment, local
from binance_wsapi.errors import UsageError
from binance_wsapi.introspection import endpoints
from binance_wsapi.keys import load_from_env
from binance_wsapi.keys.env import Variables
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.limits.events import LimitState
from binance_wsapi.limits.policy import Lane
from binance_wsapi.orders.desk import OrderDesk
from binance_wsapi.orders.fate import FateOptions, Verdict
from binance_wsapi.orders.intent import account_tag
from binance_wsapi.orders.journal import Journal
from binance_wsapi.session.inbox import Overflow
from binance_wsapi.session.lifecycle import ClientEvent, Hook
from binance_wsapi.session.seam import Seam
from binance_wsapi.session.session import Session
from binance_wsapi.session.settings import Settings
from binance_wsapi.session.transport import Transport
from binance_wsapi.user_data import UserData, UserDataEvents
from binance_wsapi.wire.caller import CallOptions
from binance_wsapi.wire.endpoint import Auth, Endpoint, Security

if TYPE_CHECKING:
    from binance_wsapi.rest import RestReader

__all__ = ["SpotClient"]


class SpotClient(SpotMethods):
    """A client of the Spot WebSocket API.

    Made by `production`, `testnet`, `demo`, `local` or `from_env`, and used as an async context manager::

        async with SpotClient.testnet(key) as client:
            order = await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="60000", ...)

    Inside the ``async with`` the client is connected, logged on where the key allows it, and knows the venue's time.
    One client belongs to one event loop and can be used by any number of its tasks at once.

    Args:
        environment: where the venue is.
        key: signs private calls; None for public data only.
        settings: how the session behaves.
        on_unknown: what a call that changes orders does when its reply is lost: ``"raise"`` raises `OutcomeUnknown` at
            once, ``"wait"`` waits for the verdict, ``"cancel"`` waits and sees to it that no new order stays open.
        fate: bounds of the fence; see ``docs/fence.md``.
        journal: where orders are written down before they are sent, so that none is lost sight of when this process
            ends; see `FileJournal`.
        on_open: called with `Opened` when a connection is ready.
        on_message: called with `Message` for every text message.
        on_close: called with `Closed` when a connection ended.
        on_error: called with `Failed` when something went wrong that no call is told of.
        seam: clock, chance and sleep, for tests in virtual time.
        transport: opens sockets, for tests without a network.
    """

    def __init__(
        self,
        environment: Environment,
        key: Signer | AsyncSigner | None = None,
        settings: Settings | None = None,
        *,
        on_unknown: Literal["raise", "wait", "cancel"] = "raise",
        fate: FateOptions | None = None,
        journal: Journal | None = None,
        on_open: Hook | None = None,
        on_message: Hook | None = None,
        on_close: Hook | None = None,
        on_error: Hook | None = None,
        seam: Seam | None = None,
        transport: Transport | None = None,
    ) -> None:
        seam = seam or Seam()
        self._session = Session(
            environment,
            key,
            settings,
            seam=seam,
            transport=transport,
            on_open=on_open,
            on_message=on_message,
            on_close=on_close,
            on_error=on_error,
        )
        self._user_data = UserData(self._session)
        self._seam = seam
        self._rest: RestReader | None = None
        self._desk = OrderDesk(
            self._session,
            seam,
            fate,
            on_unknown,
            self._user_data.follow,
            self._reader if environment.rest else None,
            journal,
        )
        self._journal = journal
        self._caller = self._desk

    # ------------------------------------------------------------------ where

    @classmethod
    def production(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **hooks: Any
    ) -> Self:
        """Return a client of the live venue. Orders move real money."""
        return cls(PRODUCTION, key, settings, **hooks)

    @classmethod
    def testnet(cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **hooks: Any) -> Self:
        """Return a client of the Spot testnet."""
        return cls(TESTNET, key, settings, **hooks)

    @classmethod
    def demo(cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, **hooks: Any) -> Self:
        """Return a client of the demo mode."""
        return cls(DEMO, key, settings, **hooks)

    @classmethod
    def local(
        cls, key: Signer | AsyncSigner | None = None, settings: Settings | None = None, *, url: str, **hooks: Any
    ) -> Self:
        """Return a client of a local exchange.

        Args:
            key: a key registered there.
            settings: how the session behaves.
            url: ``ws://127.0.0.1:PORT/ws-api/v3``.
            hooks: ``on_open``, ``on_message``, ``on_close``, ``on_error``.
        """
        return cls(local(url), key, settings, **hooks)

    @classmethod
    def from_env(cls, settings: Settings | None = None, **hooks: Any) -> Self:
        """Return a client made of environment variables, for scripts.

        ``BINANCE_ENVIRONMENT`` is ``production``, ``testnet``, ``demo`` or the ``ws://`` or ``wss://`` URL of a local
        exchange; it has no default. The key is what `binance_wsapi.keys.load_from_env` finds; with none of its variables
        set there is none, and public data can be asked for.

        Raises:
            UsageError: a variable is missing or contradicts another.
        """
        where = os.environ.get("BINANCE_ENVIRONMENT", "")
        known = {each.name: each for each in (PRODUCTION, TESTNET, DEMO)}
        if where in known:
            environment = known[where]
        elif where.startswith(("ws://", "wss://")):
            environment = local(where)
        else:
            raise UsageError(
                "set BINANCE_ENVIRONMENT to production, testnet, demo or the ws:// URL of a local exchange"
            )
        key = load_from_env() if Variables("BINANCE").describe_a_key() else None
        return cls(environment, key, settings, **hooks)

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        key = self._session.credentials.key
        if self._journal is not None:
            if key is None:
                raise UsageError("a journal is for orders, and this client has no key")
            self._desk.open_journal(account_tag(self._session.environment.name, key.api_key))
        try:
            await self._session.start()
        except BaseException:
            await self._desk.close()
            raise
        if self._journal is not None:
            self._desk.recover()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End everything: idempotent and bounded in time. Calls in flight fail at once."""
        self._user_data.close()
        await self._desk.close()
        if self._rest is not None:
            await self._rest.close()
        await self._session.close()

    async def recover(self) -> list[Verdict]:
        """Wait until it is known what became of every order an earlier process left open, and return the verdicts.

        It runs by itself when the client connects; no new order goes out before it is done. Empty without a journal.
        """
        return await asyncio.shield(self._desk.recover())

    def rotate(self) -> None:
        """Replace the connections by fresh ones, without a gap; the venue ends each after 24 hours anyway."""
        self._session.rotate()

    def events(self) -> AsyncIterator[ClientEvent | Overflow]:
        """Iterate over what happens to the connections from now on."""
        return self._session.events()

    def user_data(self, key: Signer | AsyncSigner | None = None) -> AbstractAsyncContextManager[UserDataEvents]:
        """Subscribe to what happens to an account, through reconnects, until the context is left.

        Args:
            key: the account; None is the client's own.

        Returns:
            A context manager whose value is an async iterator of events.
        """
        return self._user_data.open(key)

    def now_ms(self) -> int:
        """The venue's time now, in milliseconds, estimated without asking."""
        return self._session.now_ms()

    @property
    def clock_error_ms(self) -> float:
        """Milliseconds by which `now_ms` may be wrong."""
        return self._session.clock_error_ms

    @property
    def limits(self) -> list[LimitState]:
        """The venue's limits as they stand: used, reserved by calls in flight, the limit, and when each starts anew."""
        return self._session.gate.snapshot()

    async def _reader(self) -> RestReader:
        """Return the way to ask when no connection can be had: the same key, limits and clock, over REST."""
        if self._rest is None:
            from binance_wsapi.rest import RestReader  # httpx takes a tenth of a second to import, and is rarely needed

            session = self._session
            self._rest = await RestReader(
                session.environment,
                session.credentials.key,
                session.settings,
                gate=session.gate,
                clock=session.clock,
                lane=Lane.FIRST,
                seam=self._seam,
            ).__aenter__()
        return self._rest

    # ------------------------------------------------------------------ anything else

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        security: Security | Literal["NONE", "TRADE", "USER_DATA", "USER_STREAM"] | None = None,
        key: Signer | AsyncSigner | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Call a method by its wire name: signed, limited and correlated like the typed ones.

        Args:
            method: wire name.
            params: parameters by wire name.
            security: what a method this library does not know asks of its caller; by default it is signed when the
                client has a key. A known method has its own. An unknown one is never asked again by itself.
            key: sign this one request with another key.
            timeout: seconds the call may take.

        Returns:
            The typed result of a method this library knows, the parsed JSON of any other.

        Raises:
            WsapiError: as the typed methods.
        """
        endpoint = endpoints().get(method)
        if endpoint is None:
            if not method or not all(part.isalnum() and part.isascii() for part in method.split(".")):
                raise UsageError("a method is words of letters and digits, joined by dots")
            has_key = key is not None or self._session.credentials.key is not None
            level = Security(security or ("USER_DATA" if has_key else "NONE"))
            endpoint = Endpoint(method, Any, security=level, replay_safe=False)
        elif key is not None and endpoint.auth is Auth.NONE:
            raise UsageError(f"{method} is public: it is not signed")
        return await self._caller.call(endpoint, params or {}, CallOptions(timeout=timeout, key=key))
