"""The budget of several clients in one process, and the model the other stores are held against."""

from __future__ import annotations

import copy
import itertools
import threading
from collections.abc import Callable, Sequence

from binance_wsapi.limits.shared.division import exchange
from binance_wsapi.limits.shared.records import ScopeState
from binance_wsapi.limits.shared.store import Reply, Report, StoreScope
from binance_wsapi.wire.border import made_at_border

__all__ = ["MemoryStore"]


@made_at_border
class MemoryStore(StoreScope):
    """The budget of several clients in one process, and the model of the other stores.

    Each client is handed a store of its own by `join`.

    Args:
        ip: name of the address.
        account: name of the account, None when there is none.
        environment: clients of different environments share nothing; None takes that of the client.
        processes: how many clients there will be at most.
    """

    blocking = False
    timeout = 1.0

    def __init__(
        self,
        *,
        ip: str = "default",
        account: str | None = "default",
        environment: str | None = None,
        processes: int = 8,
    ) -> None:
        super().__init__(environment, ip, account, processes)
        self.member = "client-0"
        self.label = self.member
        self._lock = threading.Lock()
        self._states: dict[str, ScopeState] = {}
        self._numbers = itertools.count(1)

    def join(self, label: str | None = None) -> MemoryStore:
        """Return the same store for another client."""
        other = copy.copy(self)
        other.member = f"client-{next(self._numbers)}"
        other.label = label or other.member
        return other

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """See `Store.exchange`."""
        with self._lock:
            return [exchange(self._state(report.scope), report) for report in reports]

    def inspect(self) -> list[ScopeState]:
        """See `Store.inspect`."""
        with self._lock:
            return [copy.deepcopy(self._state(scope)) for scope in (self.ip, self.account) if scope is not None]

    def change(self, change: Callable[[ScopeState], bool]) -> int:
        """See `Store.change`."""
        with self._lock:
            return sum(change(state) for state in self._states.values())

    def close(self) -> None:
        """Nothing to let go of."""

    def _state(self, scope: str) -> ScopeState:
        state = self._states.get(scope)
        if state is None:
            state = self._states[scope] = ScopeState(scope)
        return state
