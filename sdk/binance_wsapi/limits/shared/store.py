"""Where processes share one budget, and what they tell it.

Theory of operation
-------------------
*Leases.* Asking a store for every request would put a file lock or a network round trip into the way of an order. So a
process leases room ahead, a batch at a time, and spends it from memory: its requests never wait for the store while the
lease lasts. Every 50 ms (250 ms when nothing happens) and whenever its lease runs out it makes one *exchange*: one
transaction in which it reports what became of its lease and takes what it needs next. A lease is worth nothing beyond
its window, so nothing can leak.

How the store divides the limits is told in `binance_wsapi.limits.shared.division`; what a process does with its part, and
without a store, in `binance_wsapi.limits.shared.lease`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from binance_wsapi.errors import UsageError, shown

if TYPE_CHECKING:
    from binance_wsapi.limits.shared.records import ScopeState

__all__ = [
    "LONGEST_SECONDS",
    "Ask",
    "Grant",
    "StoreScope",
    "Reply",
    "Report",
    "Store",
    "StoreUnavailable",
    "check_member",
    "check_name",
]

LONGEST_SECONDS: Final = 1e9
"""More than any process lives, and few enough to be counted in whole milliseconds by every store."""


class StoreUnavailable(Exception):
    """The store did not do the exchange.

    Attributes:
        maybe: it may have done it all the same: the answer was lost.
        hopeless: trying again cannot help: the path, the password or the rights are wrong. A client that meets it when it
            is entered raises a `UsageError`.
    """

    def __init__(self, reason: str, *, maybe: bool, hopeless: bool = False) -> None:
        super().__init__(reason)
        self.maybe = maybe
        self.hopeless = hopeless


class Ask(msgspec.Struct, omit_defaults=True):
    """What a process reports about one limit, and what it wants of it.

    Args:
        key: ``REQUEST_WEIGHT 60000``: type and length of the window.
        limit: most that a window may hold.
        length: of the window, milliseconds.
        kept: how much of the limit is kept for the first priority when a window begins.
        window: the process's present window, windows since the epoch.
        held: what it keeps of its lease, requests in flight included.
        share: what it takes of a window when the store is away.
        borrowed: how much of the limit the reads leave to what weighs nothing in the end.
        taken: what it has had of the window.
        want: what it wants in addition.
        want_first: how much of that is for the first priority.
        want_orders: how much of the weight that is wanted is for orders.
        unit: a grant smaller than this is of no use to it.
        charges: window, uncounted and lost cost, for each window with such since the last report.
        count: highest count of the venue that may be the present one; -1 when there is no news.
        since: version of the store that the counted request had behind it; -1 for none.
        sent_ms: when that request was sent.
    """

    key: str
    limit: int
    length: int
    kept: int
    window: int
    held: int
    share: int
    borrowed: int = 0
    taken: int = 0
    want: int = 0
    want_first: int = 0
    want_orders: int = 0
    unit: int = 1
    charges: list[tuple[int, int, int]] = []
    count: int = -1
    since: int = -1
    sent_ms: int = 0


class Report(msgspec.Struct, omit_defaults=True):
    """One process's side of an exchange, for one scope: an address or an account in one environment.

    Args:
        scope: name of the scope.
        member: name of the process, used once.
        label: what people call it.
        now_ms: the venue's time by its clock.
        eps_ms: how wrong that may be.
        asks: one for each limit of the scope.
        epoch: the store's epoch as far as the process knows; empty when it has not met the store.
        members: how many members it saw last; 1 when it never met the store, and saw it away.
        bans: what the venue closed, and until when.
        leaving: it is about to end: nothing of what it held is needed any more but what is in flight.
        compared: its clock was compared with the venue's. If not, only its bans are taken, and it is told of bans alone.
        version: the latest version of this epoch that it was told; -1 for none.
        again: which of the bans the venue told once more after the process was told that a person had lifted them.
    """

    scope: str
    member: str
    label: str
    now_ms: int
    eps_ms: int
    asks: list[Ask]
    epoch: str = ""
    members: int = 0
    bans: dict[str, int] = {}
    leaving: bool = False
    compared: bool = True
    version: int = -1
    again: list[str] = []


class Grant(msgspec.Struct):
    """What a process gets of one limit.

    Args:
        granted: units to spend in the window it asked for.
        room: what is left of the window for all processes.
    """

    granted: int
    room: int


class Reply(msgspec.Struct):
    """The store's side of an exchange.

    Args:
        epoch: changes when the store lost its memory.
        version: counts the exchanges of the scope.
        members: how many processes share the scope, with those that knew a store before it and may still come back.
        bans: what the venue closed, and until when, by all that any process heard.
        grants: one for each ask, in its order.
        lifted: bans that a person lifted last, and the end each had.
        refused: why nothing was taken of the report but its bans; empty when it was taken.
        trouble: what the store found broken and set aside; empty when nothing was.
        outsiders: how many processes more live on static shares, since their clocks are refused.
    """

    epoch: str
    version: int
    members: int
    bans: dict[str, int]
    grants: list[Grant]
    lifted: dict[str, int] = {}
    refused: str = ""
    trouble: str = ""
    outsiders: int = 0


class Store(Protocol):
    """Where processes share their budget.

    Attributes:
        blocking: `exchange` may take longer than a moment, so it is called in a thread of its own.
        ip: name of the address, as the scope of the request weight and the connections.
        account: name of the account, as the scope of the orders; None when there is none.
        processes: how many processes share the budget at most; a lone process takes that part of it.
        member: name of this process, used once.
        label: what people call it.
        timeout: seconds after which an exchange is given up.
    """

    blocking: bool
    processes: int
    member: str
    label: str
    timeout: float

    @property
    def ip(self) -> str: ...

    @property
    def account(self) -> str | None: ...

    def claim(self, environment: str) -> None:
        """Take note of the environment whose budget is shared; a client says so before its first exchange.

        Args:
            environment: ``production``, ``testnet``, ``demo``, or ``local-PORT`` of a local exchange.

        Raises:
            UsageError: the store was made for another environment, or another client of another one has it.
        """
        ...

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """Make the exchanges in one transaction.

        Raises:
            StoreUnavailable: it was not done, or perhaps not.
        """
        ...

    def inspect(self) -> list[ScopeState]:
        """Return what the store knows about the scopes of this process, to look at.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def check_name(name: str, value: object) -> None:
    """Check a name that is written into a store.

    Raises:
        UsageError: it is no printable text; the message names the argument.
    """
    if not (isinstance(value, str) and value and value.isprintable()):
        raise UsageError(f"{name} must be a printable text, got {shown(value)}")


def check_member(label: object, token: object) -> None:
    """Check what a process is called, and what makes its name.

    Raises:
        UsageError: the label is no text, or the token cannot be called; the message names the argument.
    """
    if label is not None and not isinstance(label, str):
        raise UsageError(f"label must be a text, got a {type(label).__name__}")
    if not callable(token):
        raise UsageError(f"token must be a function that makes a text of a length, got a {type(token).__name__}")


def _check_processes(value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UsageError(f"processes must be a number from 1, got {shown(value)}")


class StoreScope:
    """Where a store's budget belongs: an environment, an address and an account, and how many processes share it.

    Args:
        environment: ``production``, ``testnet`` and so on; None takes that of the client the store is handed to. ``local``
            is one budget for all local exchanges, ``local-PORT`` that of one of them.
        ip: name of the address.
        account: name of the account, None when there is none.
        processes: how many processes there will be at most.

    Raises:
        UsageError: a name or a number cannot be used.
    """

    def __init__(self, environment: str | None, ip: str, account: str | None, processes: int) -> None:
        _check_processes(processes)
        check_name("ip", ip)
        for name, value in (("environment", environment), ("account", account)):
            if value is not None:
                check_name(name, value)
        if environment is not None and ":" in environment:
            raise UsageError(f"environment must be a name without ':', got {shown(environment)}")
        self.processes = processes
        self._environment, self._ip, self._account = environment, ip, account
        self._claimed: str | None = None

    @property
    def environment(self) -> str:
        """The environment whose budget it is; ``unknown`` until a client says so."""
        return self._environment or self._claimed or "unknown"

    @property
    def ip(self) -> str:
        """The scope of the request weight and the connections."""
        return f"{self.environment}:ip:{self._ip}"

    @property
    def account(self) -> str | None:
        """The scope of the orders, None when they are not shared."""
        return None if self._account is None else f"{self.environment}:account:{self._account}"

    def claim(self, environment: str) -> None:
        """Take note of the environment of a client. See `Store.claim`."""
        if self._environment is not None:
            if self._environment not in {environment, "local" if environment.startswith("local-") else environment}:
                raise UsageError(
                    f"limit_store was made for {self._environment!r}, and the client is one of {environment!r}: "
                    "leave environment out, or give each its own store"
                )
            return
        if self._claimed not in {None, environment}:
            raise UsageError(
                f"limit_store is used by a client of {self._claimed!r}, and this one is of {environment!r}: "
                "give each environment its own store"
            )
        self._claimed = environment
