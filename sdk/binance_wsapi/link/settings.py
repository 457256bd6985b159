"""How a session behaves: every choice a user has, with its default."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any, Final, Literal

from tenacity import AsyncRetrying

from binance_wsapi.errors import UsageError, shown
from binance_wsapi.limits.policy import DEFAULT_KEPT, Policy
from binance_wsapi.limits.shared.store import Store
from binance_wsapi.link.sockets.choice import TransportName, check_transport
from binance_wsapi.link.sockets.proxy import ProxyArg, ProxyUrl, check_ca_file, proxy_of
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import as_float
from binance_wsapi.wire.endpoint import TimeUnit

__all__ = ["ROTATE_LATEST", "Settings"]

ROTATE_LATEST: Final = 24 * 3600.0 - 600.0
"""Seconds of a connection's life after which nothing puts its replacement off: the venue ends it after 24 hours
(General API information), and the successor may need a few tries."""


@made_at_border
@dataclass(frozen=True, slots=True)
class Settings:
    """How a session behaves. Every default can be argued; none has to be set.

    Args:
        timeout: seconds a call may take, unless it says otherwise. The venue itself gives up after ten.
        recv_window: milliseconds a private request may be on its way, at most 60000; None leaves the venue's 5000.
        connections: how many connections, or ``"split"`` for one with the orders and one for all else.
        time_unit: unit of all times the venue sends.
        return_rate_limits: whether replies carry the counts of the venue's limits. They cost bytes and are what keeps
            the budget true.
        connect_timeout: seconds `Session.start` waits for the first connections.
        open_timeout: seconds one attempt to open and prepare a connection may take.
        close_timeout: seconds `Session.close` may take.
        rotate_after: seconds after which a connection is replaced without a gap, from 60 to 85800; None is a random time
            between 22 and 23 hours, so that many clients do not all come at once. The venue ends each after 24 hours.
        not_now: asked before a connection is replaced because of its age: True puts it off, and it is asked again some
            seconds later, until ten minutes before the venue ends the connection. Not asked when the venue announces the
            end, nor when you call `rotate`. A plain function runs in a worker thread. A function that raises, or takes
            longer than ten seconds, puts nothing off.
        limit_policy: what to do when a limit has no room: ``"wait"`` within the deadline of the call, ``"raise"``, or
            ``"off"``, which leaves it to the venue. Bans are kept under all three.
        limit_kept: share of the request weight that is kept for cancels and for finding out what became of orders.
        limit_store: where the budget is shared with other processes; None when this client has it for itself.
        reconnect: a `tenacity` policy for connection attempts; None is full jitter without end.
        ca_file: PEM bundle of certificate authorities to trust instead of the system's; read when the settings are made.
        proxy: URL of an HTTP or SOCKS5 proxy, with its credentials where it asks for them; True takes what the environment
            variables say. Checked when the settings are made, and printed without its credentials from then on: what is
            read back is a `ProxyUrl`. An unencrypted exchange on this machine is reached without it.
        transport: ``"websockets"``, or ``"picows"``, which costs less and comes with the ``fast`` extra; ``"auto"`` takes
            the second where it is installed. Both behave the same.
        user_data_audit: seconds between two looks at an account whose user data is followed, for what the venue never
            sent; None is none. A look weighs 100, and 20 more for each symbol with open orders.
    """

    timeout: float = 10.0
    recv_window: int | Decimal | None = None
    connections: int | Literal["split"] = 1
    time_unit: TimeUnit = TimeUnit.MILLISECOND
    return_rate_limits: bool = True
    connect_timeout: float = 30.0
    open_timeout: float = 10.0
    close_timeout: float = 5.0
    rotate_after: float | None = None
    not_now: Callable[[], bool | Awaitable[bool]] | None = field(default=None, repr=False)
    limit_policy: Policy | Literal["wait", "raise", "off"] = Policy.WAIT
    limit_kept: float = DEFAULT_KEPT
    limit_store: Store | None = None
    reconnect: AsyncRetrying | None = None
    ca_file: str | None = None
    proxy: ProxyArg = None
    user_data_audit: float | None = 60.0
    transport: TransportName = "auto"

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "time_unit", TimeUnit(str(self.time_unit).lower()))
        except ValueError:
            raise _must("time_unit", "TimeUnit.MILLISECOND or TimeUnit.MICROSECOND", self.time_unit) from None
        if self.connections != "split" and not (_is_whole(self.connections) and 1 <= self.connections <= 20):
            raise _must("connections", "a number from 1 to 20, or 'split'", self.connections)
        if not isinstance(self.return_rate_limits, bool):
            raise _must("return_rate_limits", "True or False", self.return_rate_limits)
        try:
            Policy(self.limit_policy)
        except ValueError:
            raise _must("limit_policy", "'wait', 'raise' or 'off'", self.limit_policy) from None
        if not (_is_number(self.limit_kept) and 0 <= self.limit_kept <= 1):
            raise _must("limit_kept", "a part of the request weight, from 0 to 1", self.limit_kept)
        if self.limit_store is not None and not all(
            callable(getattr(self.limit_store, name, None)) for name in ("claim", "exchange", "close")
        ):
            # The value may be an address with a password.
            raise UsageError(
                f'limit_store must be a store, as SqliteStore("limits.db"), or None, got a {type(self.limit_store).__name__}'
            )
        for name in ("timeout", "connect_timeout", "open_timeout", "close_timeout"):
            value = getattr(self, name)
            if not (_is_number(value) and 0 < value < float("inf")):
                raise _must(name, "a number of seconds above 0, as 5 or 0.5", value)
        if self.rotate_after is not None and not (
            _is_number(self.rotate_after) and 60.0 <= self.rotate_after <= ROTATE_LATEST
        ):
            raise _must("rotate_after", f"from 60 to {ROTATE_LATEST:.0f} seconds, or None", self.rotate_after)
        if self.user_data_audit is not None and not (
            _is_number(self.user_data_audit) and 1.0 <= self.user_data_audit < float("inf")
        ):
            raise _must("user_data_audit", "a number of seconds, 1 or more, or None", self.user_data_audit)
        check_transport(self.transport)
        if self.not_now is not None and not callable(self.not_now):
            raise _must(
                "not_now", "a function that returns whether to put the replacement of a connection off", self.not_now
            )
        if self.reconnect is not None and not isinstance(self.reconnect, AsyncRetrying):
            raise _must("reconnect", "a tenacity policy, as AsyncRetrying(wait=wait_fixed(1)), or None", self.reconnect)
        object.__setattr__(self, "ca_file", check_ca_file(self.ca_file))
        object.__setattr__(self, "proxy", proxy_of(self.proxy))
        window: Any = self.recv_window
        if window is not None and not ((_is_whole(window) or isinstance(window, Decimal)) and 0 < window <= 60_000):
            raise _must(
                "recv_window", "an int or a Decimal above 0, of 60000 milliseconds at most, as 5000", self.recv_window
            )

    def __repr__(self) -> str:
        # Of a half-made one, too, as a reporter finds in a frame: attributes may be missing, and addresses unchecked.
        shown = []
        for name in (each.name for each in fields(self) if each.repr and hasattr(self, each.name)):
            value = getattr(self, name)
            unchecked = (name == "proxy" and not (value is None or value is True or isinstance(value, ProxyUrl))) or (
                name == "limit_store" and isinstance(value, str | bytes)
            )
            shown.append(f"{name}={'***' if unchecked else repr(value)}")
        return f"Settings({', '.join(shown)})"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(as_float(value))


def _must(name: str, what: str, value: object) -> UsageError:
    return UsageError(f"{name} must be {what}, got {shown(value)}")
