"""Which records of a store can be true: what another program wrote there is checked before anything is made of it."""

from __future__ import annotations

from typing import Final

from binance_wsapi.limits.shared.division import ScopeState

__all__ = ["sound"]

_GREATEST: Final = 1 << 62
"""Beyond any number that a process of ours writes, and within what every format holds."""


def sound(state: ScopeState) -> ScopeState:
    """Return a record that was read.

    Raises:
        ValueError: no process of ours wrote it: its scope, its version or a limit cannot be.
    """
    if state.scope.count(":") < 2 or not state.scope.isprintable():
        raise ValueError("a scope is an environment, a kind and a name")
    if not 0 <= state.version < _GREATEST:
        raise ValueError("a version counts exchanges")
    for key, limit in state.limits.items():
        if not key.strip() or not key.isprintable():
            raise ValueError("a limit has a name")
        if not (0 < limit.length < _GREATEST and 0 < limit.limit < _GREATEST):
            raise ValueError("a limit and its window are above zero")
    return state
