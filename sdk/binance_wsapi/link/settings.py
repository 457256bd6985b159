"""How a session behaves: every choice a user has, with its default."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from tenacity import AsyncRetrying

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.policy import DEFAULT_KEPT, Policy
from binance_wsapi.limits.shared.store import Store
from binance_wsapi.link.choice import TransportName, check_transport
from binance_wsapi.link.proxy import ProxyArg, check_ca_file, proxy_of
from binance_wsapi.wire.border import made_at_border
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
            raise UsageError("time_unit is millisecond or microsecond") from None
        if self.connections != "split" and not 1 <= self.connections <= 20:
            raise UsageError("connections is a number from 1 to 20, or 'split'")
        try:
            Policy(self.limit_policy)
        except ValueError:
            raise UsageError("limit_policy is 'wait', 'raise' or 'off'") from None
        for name in ("timeout", "connect_timeout", "open_timeout", "close_timeout"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value < float("inf"):
                raise UsageError(f"{name} is a number of seconds above 0")
        if self.rotate_after is not None and not 60.0 <= self.rotate_after <= ROTATE_LATEST:
            raise UsageError(f"rotate_after is between 60 and {ROTATE_LATEST:.0f} seconds")
        if self.user_data_audit is not None and not 1.0 <= self.user_data_audit < float("inf"):
            raise UsageError("user_data_audit is a number of seconds, 1 or more, or None")
        check_transport(self.transport)
        if self.not_now is not None and not callable(self.not_now):
            raise UsageError("not_now is a function that returns whether to put the replacement of a connection off")
        object.__setattr__(self, "ca_file", check_ca_file(self.ca_file))
        object.__setattr__(self, "proxy", proxy_of(self.proxy))
        if self.recv_window is not None and not 0 < self.recv_window <= 60_000:
            raise UsageError("recv_window is between 0 and 60000 milliseconds")
