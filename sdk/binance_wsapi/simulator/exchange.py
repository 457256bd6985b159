"""The local exchange: everything wired together behind one socket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, Self

from .auth import KeyKind
from .clock import Clock
from .engine import SymbolStatus
from .faults import Faults
from .gateway import Gateway
from .limits import LimitRules
from .live_market import LiveMarket
from .server import API_PATH, Server
from .timers import Timers
from .truth import Truth
from .venue import Venue

__all__ = ["LocalExchange", "Number"]

Number = str | int | Decimal


class LocalExchange:
    """A spot exchange on this machine.

        async with LocalExchange(seed=1, market="manual") as exchange:
            exchange.register_key("key", "hmac", secret="...")
            exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
            ...  # connect a client to exchange.url

    The account `alice` is there from the start, with plenty of everything.

    Args:
        seed: of everything that is left to chance.
        market: `live` trades by itself; in a `manual` one nothing happens but what you do.
        clock: the exchange's clock; one of its own by default.
        port: to listen on; 0 takes a free one.
        host: address to listen on.
        lag: least and most seconds until the order and trade queries see what the matching engine did.
        queue_delay: least and most seconds a request waits in front of the matching engine.
        limits: rate limits; those of the venue's documentation by default.
        keep_frames: how many frames `truth.frames` holds; None holds all.
        ping_every: seconds between pings; 0 sends none.
        pong_patience: seconds without a pong until a connection is cut.
        lifetime: seconds until a connection is closed because of its age; 0 is never.

    Attributes:
        clock: `now_ms()` is server time; set `offset` (seconds) to put it wrong.
        faults: what can be made to go wrong; see `Faults`.
        truth: what really happened; see `Truth`.
    """

    def __init__(
        self,
        seed: int = 1,
        market: Literal["live", "manual"] = "live",
        clock: Clock | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        lag: tuple[float, float] = (0.0, 0.05),
        queue_delay: tuple[float, float] = (0.0, 0.0),
        limits: LimitRules | None = None,
        keep_frames: int | None = 1_000_000,
        ping_every: float = 20.0,
        pong_patience: float = 60.0,
        lifetime: float = 86_400.0,
    ) -> None:
        if market not in ("live", "manual"):
            raise ValueError(f"market is 'live' or 'manual', not {market!r}")
        self.clock = clock or Clock()
        self._host = host
        self._port = port
        self._timers = Timers()
        self._venue = venue = Venue(self.clock, seed, lag=lag, limits=limits)
        self.truth = Truth(venue.engine, venue.names.__getitem__, self.clock.loop_time, keep_frames)
        for name, number in venue.accounts.items():
            self.truth.add_account(name, number)
        for number in venue.own_accounts:
            self.truth.hide(number)
        venue.opened.append(self.truth.add_account)
        venue.listeners.append(self.truth.hear)
        self._market = LiveMarket(venue, self._timers, seed) if market == "live" else None
        self._server = Server(
            venue,
            self.truth,
            self._timers,
            seed,
            ping_every=ping_every,
            pong_patience=pong_patience,
            lifetime=lifetime,
        )
        self.faults = self._server.faults = Faults(self._server, venue.keys.revoke)
        self._server.gateway = Gateway(
            venue,
            self.truth,
            self.faults,
            self._timers,
            queue_delay=queue_delay,
            chance=random.Random(f"queue {seed}"),
        )

    # --- life ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.clock.bind(asyncio.get_running_loop())
        if self._market is not None:
            self._market.start()
        await self._server.start(self._host, self._port)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop. A mistake of the exchange's own that ended a connection comes to light here.

        Raises:
            RuntimeError: the exchange made a mistake.
        """
        self._timers.stop()
        await self._server.stop()
        if self._timers.crashes and kind is None:
            raise RuntimeError("the exchange made a mistake") from self._timers.crashes[0]

    @property
    def url(self) -> str:
        """Where the WebSocket API is."""
        return f"ws://{self._host}:{self._server.port}{API_PATH}"

    @property
    def streams_url(self) -> str:
        """Where the market streams are: below /ws and /stream."""
        return f"ws://{self._host}:{self._server.port}"

    @property
    def rest_url(self) -> str:
        """Where the REST reads are: below /api/v3."""
        return f"http://{self._host}:{self._server.port}"

    # --- what is on it ---------------------------------------------------------------------------------------------

    def register_key(
        self,
        api_key: str,
        kind: KeyKind = "ed25519",
        *,
        public_pem: bytes | None = None,
        secret: str | None = None,
        account: str = "alice",
        permissions: Iterable[str] = ("TRADE", "USER_DATA", "USER_STREAM"),
    ) -> None:
        """Let a key act for an account, which is opened without funds if there is none of this name.

        Args:
            public_pem: the public key of an Ed25519 or RSA key.
            secret: the secret of an HMAC key.
            permissions: what it may do.

        Raises:
            ValueError: the material does not fit the kind of key.
        """
        self._venue.keys.register(
            api_key, kind, account, public_pem=public_pem, secret=secret, permissions=frozenset(permissions)
        )
        self._venue.account(account)

    def deposit(self, account: str, asset: str, amount: Number) -> None:
        """Pay funds into an account; it hears a balanceUpdate.

        Raises:
            ValueError: the amount is not a positive decimal number.
        """
        self._venue.deposit(account, asset, amount)

    def withdraw(self, account: str, asset: str, amount: Number) -> None:
        """Take free funds out of an account; it hears a balanceUpdate.

        Raises:
            ValueError: the amount is not positive, or not free.
        """
        self._venue.withdraw(account, asset, amount)

    def quote(
        self,
        symbol: str,
        bids: Iterable[tuple[Number, Number]] = (),
        asks: Iterable[tuple[Number, Number]] = (),
    ) -> None:
        """Replace what the market maker offers on a symbol; in a live market it moves on from there.

        Args:
            bids, asks: (price, quantity) pairs.

        Raises:
            ValueError: the exchange refuses a level; the levels before it rest.
        """
        self._venue.quote(symbol, bids, asks)

    def set_status(self, symbol: str, status: str) -> None:
        """Change whether a symbol trades.

        Args:
            status: TRADING, HALT, BREAK, END_OF_DAY or CANCEL_ONLY.

        Raises:
            ValueError: no such status.
        """
        self._venue.set_status(symbol, SymbolStatus(status))
