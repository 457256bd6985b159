"""What a store keeps of a scope, and which of it can be true.

Another program may write into a store, or a mistake of ours. So a record is bounded when it is read: no number is below
zero or beyond counting, and there are only so many members and limits. A record that breaks a bound was not written by
us and is set aside. What it says of a time to come is bounded by the clock of the report that is taken in (`in_time`).
"""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec

from binance_wsapi.limits.window import LOST_HOLD_MS, Count, Window

__all__ = [
    "MOST_BANS",
    "MOST_LIMITS",
    "MOST_MEMBERS",
    "MOST_OUTSIDERS",
    "MOST_WINDOWS",
    "UNREADABLE",
    "Holding",
    "LimitShared",
    "MemberState",
    "Outsider",
    "ScopeState",
    "in_time",
    "is_name",
    "sound",
]

MOST_MEMBERS: Final = 1_000
"""Processes that share a scope; one exchange reads and writes them all."""
MOST_OUTSIDERS: Final = 64
"""Refused processes for which room is kept."""
MOST_LIMITS: Final = 64
MOST_WINDOWS: Final = 16
"""Windows of a limit: the one before, the present one and the next are kept."""
MOST_BANS: Final = 16

UNREADABLE: Final = (msgspec.MsgspecError, TypeError, ValueError, LookupError, AttributeError, RecursionError)
"""What reading a record raises that no process of ours wrote."""

_NAME: Final = re.compile(r"[A-Za-z0-9_]+ [0-9]+")


class Holding(msgspec.Struct):
    """What a member holds of one limit, as of its last report."""

    window: Count
    held: Count
    before: Count = 0  # what it held when its last window ended
    ahead: Count = 0  # what it charged to the next window already: near the edge, costs are charged to both
    share: Count = 0
    taken: Count = 0
    need: Count = 0
    unit: Count = 1

    def claim(self, fair: int) -> int:
        """Return how much of its fair part of the limit the member still waits for, and could use."""
        claim = min(self.need, fair - self.taken - self.held)
        return claim if claim >= self.unit else 0

    def within(self, window: int) -> int:
        """Return what the member may still spend, or have in flight, in a window."""
        if self.window == window:
            return self.held
        if self.window > window:
            return self.before
        return max(self.held, self.share - self.ahead if self.window == window - 1 else self.share)


class MemberState(msgspec.Struct):
    """One process that shares the scope."""

    label: str
    seen_ms: Count
    holdings: Annotated[dict[str, Holding], msgspec.Meta(max_length=MOST_LIMITS)] = {}
    version: Count = 0  # of the store, as it was told last


class LimitShared(msgspec.Struct):
    """One limit of the scope."""

    limit: Annotated[int, msgspec.Meta(ge=1, lt=1 << 53)]
    length: Annotated[int, msgspec.Meta(ge=1, lt=1 << 53)]
    newest: Count
    windows: Annotated[dict[int, Window], msgspec.Meta(max_length=MOST_WINDOWS)]
    ghosts_until: Annotated[int, msgspec.Meta(ge=-1, lt=1 << 53)] = -1
    ghost_share: Count = 0


class Outsider(msgspec.Struct):
    """A process whose clock is refused: it lives on its static share.

    Args:
        until_ms: until when room is kept for it, by the store's own time, or by the members' where it has none.
        shares: what it takes of a window of each limit.
    """

    until_ms: Count
    shares: Annotated[dict[str, Count], msgspec.Meta(max_length=MOST_LIMITS)]


class ScopeState(msgspec.Struct):
    """An address or an account in one environment."""

    scope: str
    epoch: str = ""
    version: Count = 0
    spoke_ms: Count = 0  # when the last report came
    ghosts: Count = 0  # members that were known before the store lost its memory, and have not come back
    ghosts_ms: Count = 0  # since when they are waited for, by the time in which others spoke
    former: str = ""  # the epoch before the store lost its memory, as the first that came back knew it
    members: Annotated[dict[str, MemberState], msgspec.Meta(max_length=MOST_MEMBERS)] = {}
    bans: Annotated[dict[str, Count], msgspec.Meta(max_length=MOST_BANS)] = {}
    limits: Annotated[dict[str, LimitShared], msgspec.Meta(max_length=MOST_LIMITS)] = {}
    lifted: Annotated[dict[str, Count], msgspec.Meta(max_length=MOST_BANS)] = {}
    skew_ms: Annotated[int, msgspec.Meta(gt=-1 << 53, lt=1 << 53)] | None = None
    """How far the members' time is ahead of the store's own, by the last report."""
    outsiders: Annotated[dict[str, Outsider], msgspec.Meta(max_length=MOST_OUTSIDERS)] = {}
    returning: Annotated[dict[str, Count], msgspec.Meta(max_length=MOST_MEMBERS)] = {}
    """Processes that told another epoch, and the version at which they did: their next report ends the wait for them."""


def is_name(key: str) -> bool:
    """Whether a limit may be called so: a word, a space and the length of its window."""
    return _NAME.fullmatch(key) is not None


def sound(state: ScopeState, scope: str) -> ScopeState:
    """Return a record that was read.

    Args:
        state: the record.
        scope: the scope it stands for in the store.

    Raises:
        ValueError: no process of ours wrote it: its scope or a limit has no name, or it contradicts itself.
    """
    if state.scope != scope or state.scope.count(":") < 2 or not state.scope.isprintable():
        raise ValueError("a scope is an environment, a kind and a name")
    for key, limit in state.limits.items():
        if not is_name(key):
            raise ValueError("a limit has a name")
        if any(window.a_mark > state.version or window.b_mark > state.version for window in limit.windows.values()):
            raise ValueError("no count is younger than its store")
    for member in state.members.values():
        if not member.holdings.keys() <= state.limits.keys():
            raise ValueError("a member holds of limits that are there")
    return state


def in_time(state: ScopeState, now: int, at: int, *, far_ms: int, keep_ms: int) -> None:
    """Believe of nothing in a record that it lies further ahead than a clock may be.

    Args:
        state: what the store keeps; it is changed.
        now: the venue's time by a report that is believed.
        at: the store's own time; the venue's where it has none.
        far_ms: two clocks that are further apart are not both right.
        keep_ms: how long room is kept for a process whose clock is refused.
    """
    state.spoke_ms = min(state.spoke_ms, now + far_ms)
    state.ghosts_ms = min(state.ghosts_ms, now)
    for limit in state.limits.values():
        latest = (now + far_ms) // limit.length + 1
        if limit.newest > latest:
            limit.newest = now // limit.length
        limit.ghosts_until = min(limit.ghosts_until, latest + 1)
        for index in [index for index in limit.windows if index > latest + 1]:
            del limit.windows[index]
        for window in limit.windows.values():
            if window.lost and window.lost[-1][0] > now + far_ms + LOST_HOLD_MS:
                window.lost = [(min(until, now + LOST_HOLD_MS), cost) for until, cost in window.lost]
    for member in state.members.values():
        member.seen_ms = min(member.seen_ms, now)
        for key, holding in member.holdings.items():
            holding.window = min(holding.window, state.limits[key].newest + 1)
    for outsider in state.outsiders.values():
        outsider.until_ms = min(outsider.until_ms, at + keep_ms)
