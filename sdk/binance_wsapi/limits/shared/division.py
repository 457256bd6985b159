"""How a shared budget is divided between processes.

Theory of operation
-------------------
*What the store keeps*, for each limit and window, is what `window.Window` keeps for one process: the venue's counts and
what no count covers. And for each member the room it *holds*: its lease, that is, what it may still spend, what it has
in flight, and what it settled since its report. The sum is the most that the window can come to::

    counts and uncounted + lost + held by all processes  <=  limit

Grants are made out of what is missing to the limit, and are never larger. A report replaces what the member held and
brings the counts that came in; so nothing falls between two exchanges. Causality between processes is told by the
store's version: a request reserved after its process saw version 7 was counted after everything reported up to 7.

*A new window.* A member that has not spoken in a window is taken to hold in it what it held at last (its requests may
be on their way across the edge), and at least its static share: it may be cut off from the store and live on that. What
it charged to the new window beforehand, near the edge, is part of that share. So no share is ever given out twice. The
first reports, a few milliseconds into the window, set the rest free.

*Fairness.* A member whose requests wait has a claim to an equal part of the limit. A member that has had more
gets only what no such claim needs. Every member may take what no member claims.

*Lanes.* The kept share of the request weight is given to the first priority only; it melts as the window ends. The orders of
every member come before reads: their weight is borrowed, and a little of it is never given to reads
(`binance_wsapi.limits.bucket`).

*Death.* A member that dies leaves what it held charged to the window, for it may have sent it; the charge ends with
the window. A member that is unreachable for `MEMBER_TTL_MS` is forgotten, earlier where the store can tell that it died.

*Clocks.* Windows are the venue's, by the clock of the process that reports. A clock that was never compared with the
venue's reports bans alone. A clock more than `FAR_MS` from the others' is refused, and its process is told: it lives on
its static share, for which room is kept as long as it is heard. Where the store has a time of its own, the others are
the wrong ones if they are far from it and the reporter is near; where no others were heard for `MEMBER_TTL_MS` of that
time, the reporter is believed. Then the windows come back with it. So a step of the machine's clock heals as well.

*Bans* last three days at most, also when more is reported or was written. A ban that a person lifted stays lifted. It is
known by its end: a ban with any other end, an earlier one too, is a new ban. So is the same one when the venue tells it
to a process that knew of the lifting: the person was wrong.

*A store that lost its memory* (a Redis that restarts empty) is known by its new epoch. A store that went back to an older
state (a replica that takes over, a file that was put back, a log that was deleted) is known by a version below the one
that a process was told: it begins a new epoch, too. A member that meets it gets
nothing at first, and comes back with all it knows: the count that stands, what no count covers, what it holds. The store
waits for all members that the first one knew of, and that one counts those for whom a store before it still waited.
Until then it gives out nothing of a present window of a minute or less; of longer windows, of the next one and of each
window that begins within `MEMBER_TTL_MS` it leaves room for their static shares: they may be cut off, and live on these.

A process that never met the store may be the first to come to a store without its memory. If it saw the store away, it
says so, and the store waits for one member, until one comes that knew it before, or for `MEMBER_TTL_MS`. If it did not, the
store is taken for a new one until such a member comes, after the longest pause of its tries at most. What was granted until
then stays granted, and may be too much: that is beyond the guarantee, for the store has no sign that it was another before.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from binance_wsapi.limits.bans import LONGEST_BAN_MS
from binance_wsapi.limits.bucket import COUNT_TIMES
from binance_wsapi.limits.shared.records import (
    MOST_BANS,
    MOST_LIMITS,
    MOST_MEMBERS,
    MOST_OUTSIDERS,
    Holding,
    LimitShared,
    MemberState,
    Outsider,
    ScopeState,
    in_time,
    is_name,
)
from binance_wsapi.limits.shared.store import Ask, Grant, Reply, Report
from binance_wsapi.limits.window import LOST_HOLD_MS, Window

__all__ = [
    "BURIAL_MS",
    "FAR_MS",
    "GREATEST_TOLD",
    "MEMBER_TTL_MS",
    "NEAR_MS",
    "SILENCE_MS",
    "WORTH_WAITING_MS",
    "exchange",
    "forget",
    "lift_bans",
]

MEMBER_TTL_MS: Final = 30_000
"""A member that was silent for this long, while others were heard, is forgotten."""
SILENCE_MS: Final = 1_000
"""When no member was heard for longer than this, the store was away."""
BURIAL_MS: Final = 10_000
"""What a member had in flight when it died arrives within this time."""
FAR_MS: Final = 5_000
"""Two clocks that were compared with the venue's are not further apart than this; half the shortest window."""
NEAR_MS: Final = 60_000
"""A machine that keeps its clock is no further from the venue's time than this."""
GREATEST_TOLD: Final = 10**13
"""Beyond every time, cost and limit that a process reports; a sum of such is still counted exactly."""
WORTH_WAITING_MS: Final = 60_000
"""Where it cannot be known what a window holds, it is left alone if it is no longer than this."""


def exchange(
    state: ScopeState, report: Report, dead: Collection[str] = (), own_ms: int | None = None, far_ms: int = FAR_MS
) -> Reply:
    """Take a report into the state of its scope, and grant what there is.

    ``division.lua`` does the same inside Redis, line by line.

    Args:
        state: what the store keeps; it is changed.
        report: the process's report.
        dead: members that are known to have died.
        own_ms: the store's own time; None when it has none.
        far_ms: two clocks that are further apart are not both right.
    """
    _take_bans(state, report, own_ms)
    nothing = [Grant(0, 0) for _ in report.asks]
    if not report.compared or not 0 <= report.now_ms <= GREATEST_TOLD:
        return _reply(state, nothing)
    trouble = ""
    known = state.members.get(report.member)
    if report.epoch == state.epoch and report.version > (state.version if known is None else known.version):
        _begin_anew(state, report)
        trouble = f"the record of {state.scope} is older than what a process was told: it begins anew"
    if not state.epoch:
        state.epoch = f"{report.member}.{report.now_ms}"
        if not report.epoch and report.members:
            state.ghosts, state.ghosts_ms = 1, report.now_ms
    state.version += 1
    now = report.now_ms
    if report.epoch and report.epoch != state.epoch:
        # What it tells is what is new since a store that is no more. It is told, and comes back with everything.
        if not state.former:
            _wait_for_others(state, report)
        if len(state.returning) < MOST_MEMBERS:
            state.returning[report.member] = state.version
        return _reply(state, nothing, trouble=trouble)
    at = own_ms if own_ms is not None else max(state.spoke_ms, now)
    for name in [name for name, each in state.outsiders.items() if each.until_ms < at or name in dead]:
        del state.outsiders[name]
    if _is_far(state, now, own_ms, far_ms):
        if _is_wrong(state, report, dead, own_ms):
            _keep_room(state, report, own_ms if own_ms is not None else state.spoke_ms)
            return _reply(state, nothing, refused="its clock is far from those of the others")
        _come_back(state, report.member, now)
    in_time(state, now, now if own_ms is None else own_ms, far_ms=far_ms, keep_ms=MEMBER_TTL_MS)
    state.outsiders.pop(report.member, None)
    state.skew_ms = None if own_ms is None else now - own_ms
    # Silence counts while others speak; after an outage the first to come back must not bury the rest.
    gap = now - (state.spoke_ms or now)
    if gap > SILENCE_MS:
        for other in state.members.values():
            other.seen_ms += gap
        state.ghosts_ms += gap
    if not state.former and not _is_waiting(state, now):
        state.ghosts = 0
    state.spoke_ms = max(state.spoke_ms, now)
    for name in list(state.members):
        if name != report.member and (name in dead or state.members[name].seen_ms + MEMBER_TTL_MS < now):
            _bury(state, state.members.pop(name), now)
    if report.member not in state.members and len(state.members) >= MOST_MEMBERS:
        return _reply(state, nothing, refused=f"{MOST_MEMBERS} processes share it already")
    if state.returning.pop(report.member, None) is not None and state.ghosts:
        state.ghosts -= 1  # once: a process that leaves and comes again in this epoch is not waited for
    member = state.members.setdefault(report.member, MemberState(report.label, now))
    member.seen_ms, member.version = max(member.seen_ms, now), state.version
    grants = [_answer(state, member, report, ask) for ask in report.asks]
    if report.leaving:
        _bury(state, state.members.pop(report.member), now)
    return _reply(state, grants)


def _begin_anew(state: ScopeState, report: Report) -> None:
    """Forget all but the bans, and wait for all members that are known."""
    state.ghosts = max(state.ghosts, len(state.members))
    state.former = ""
    state.epoch = f"{report.member}.{report.now_ms}.{report.version}"
    state.version, state.spoke_ms, state.skew_ms = 0, 0, None
    state.members, state.limits, state.outsiders, state.returning = {}, {}, {}, {}


def _wait_for_others(state: ScopeState, report: Report) -> None:
    """Wait for all members that a process knew of in a store that is no more."""
    state.former = report.epoch
    state.ghosts = max(state.ghosts, report.members, 1)
    state.ghosts_ms = state.spoke_ms or report.now_ms
    shares = {ask.key: ask.share for ask in report.asks if _is_sound(ask)}
    for key, limit in state.limits.items():
        limit.ghosts_until = limit.newest + 1
        limit.ghost_share = shares.get(key, limit.limit // state.ghosts)


def _is_waiting(state: ScopeState, now: int) -> bool:
    """Whether members that were known before may still live on static shares of windows that begin."""
    return state.ghosts > 0 and state.ghosts_ms + MEMBER_TTL_MS >= now


def _reply(state: ScopeState, grants: list[Grant], refused: str = "", trouble: str = "") -> Reply:
    outsiders = len(state.outsiders.keys() - state.members.keys())
    return Reply(
        state.epoch,
        state.version,
        len(state.members) + (state.ghosts if _is_waiting(state, state.spoke_ms) else 0),
        dict(state.bans),
        grants,
        dict(state.lifted),
        refused,
        trouble,
        outsiders,
    )


def _keep_room(state: ScopeState, report: Report, at: int) -> None:
    """Keep room for what a process takes whose clock is refused."""
    if report.leaving:
        state.outsiders.pop(report.member, None)
        return
    known = state.outsiders.get(report.member)
    if known is None:
        if len(state.outsiders) >= MOST_OUTSIDERS:
            return
        known = state.outsiders[report.member] = Outsider(at, {})
    known.until_ms = at + MEMBER_TTL_MS
    processes = len(state.members.keys() | state.outsiders.keys())
    for ask in report.asks:
        if ask.limit > 0:
            known.shares[ask.key] = max(known.shares.get(ask.key, 0), min(ask.share, ask.limit // processes))


def _take_bans(state: ScopeState, report: Report, own_ms: int | None) -> None:
    """Take over what was reported, and believe of nothing that it lasts longer than the venue's longest ban."""
    now = report.now_ms if own_ms is None else own_ms
    latest = now + LONGEST_BAN_MS
    # The store's time need not be the venue's: a lifted end is kept for a while after it.
    lifted = {
        scope: min(until, latest)
        for scope, until in state.lifted.items()
        if until + LONGEST_BAN_MS > now and scope not in report.again
    }
    state.lifted = lifted
    for scope, until in report.bans.items():
        if until != lifted.get(scope) and (scope in state.bans or len(state.bans) < MOST_BANS):
            state.bans[scope] = max(until, state.bans.get(scope, 0))
    for scope, until in state.bans.items():
        state.bans[scope] = min(until, latest)


def _is_far(state: ScopeState, now: int, own_ms: int | None, far_ms: int) -> bool:
    """Whether a reporter's time is not the time of the reports before."""
    if own_ms is None or state.skew_ms is None:
        return state.spoke_ms > now + far_ms
    return abs(now - own_ms - state.skew_ms) > far_ms


def _is_wrong(state: ScopeState, report: Report, dead: Collection[str], own_ms: int | None) -> bool:
    """Whether it is the reporter whose far clock is wrong, and not the others'."""
    others = [
        name
        for name, member in state.members.items()
        if name != report.member and name not in dead and _was_heard(state, member, own_ms)
    ]
    if own_ms is None or state.skew_ms is None:
        return bool(others)
    near = abs(report.now_ms - own_ms) <= NEAR_MS < abs(state.skew_ms)
    return bool(others) and not near


def _was_heard(state: ScopeState, member: MemberState, own_ms: int | None) -> bool:
    """Whether a member was heard lately, so that its clock is another witness. What was heard ahead of now was not."""
    return own_ms is None or abs(member.seen_ms - (state.skew_ms or 0) - own_ms) <= MEMBER_TTL_MS


def _come_back(state: ScopeState, member: str, now: int) -> None:
    """Let the windows be those of ``now``; what the others hold by another clock they may spend in these."""
    for limit in state.limits.values():
        limit.newest = now // limit.length
        limit.ghosts_until = min(limit.ghosts_until, limit.newest + 1)
        for index in [index for index in limit.windows if index > limit.newest + 1]:
            del limit.windows[index]
    for name in [name for name in state.members if name != member]:
        for key, holding in state.members.pop(name).holdings.items():
            held = max(holding.held, holding.before)
            if held:
                limit = state.limits[key]
                _window(limit, limit.newest).charge_lost(held, now + LOST_HOLD_MS)
    state.members.pop(member, None)
    state.spoke_ms, state.ghosts_ms = 0, now


def lift_bans(state: ScopeState) -> bool:
    """End every ban, here and in each process that hears of it. Returns whether there was one."""
    any_ban = bool(state.bans)
    state.lifted.update(state.bans)
    state.bans.clear()
    return any_ban


def forget(state: ScopeState, name: str) -> bool:
    """Bury a member, by its name or its label. Returns whether there was one."""
    found = [each for each, member in state.members.items() if name in {each, member.label}]
    for each in found:
        _bury(state, state.members.pop(each), state.spoke_ms)
    outside = state.outsiders.pop(name, None)
    return bool(found) or outside is not None


def _bury(state: ScopeState, member: MemberState, now: int) -> None:
    """Charge what a member held to the windows it may have sent it in: it cannot be asked any more."""
    recent = member.seen_ms + BURIAL_MS > now  # what it had in flight may arrive after the edge of a window
    for key, holding in member.holdings.items():
        limit = state.limits[key]
        for index in sorted({limit.newest, holding.window, now // limit.length}):
            if index < limit.newest - 1 or (index > holding.window and not recent):
                continue
            held = holding.before if index < holding.window else holding.held
            if held:
                _window(limit, index).charge_lost(held, now + LOST_HOLD_MS)


def _answer(state: ScopeState, member: MemberState, report: Report, ask: Ask) -> Grant:
    if not _is_sound(ask) or abs(ask.window - report.now_ms // ask.length) > 1:
        return Grant(0, 0)  # no limit of a venue's, or no window of this time
    limit = state.limits.get(ask.key)
    if limit is None and len(state.limits) >= MOST_LIMITS:
        return Grant(0, 0)
    if limit is None:
        limit = state.limits[ask.key] = LimitShared(ask.limit, ask.length, ask.window, {})
        if state.ghosts:
            limit.ghosts_until = ask.window + 1
            limit.ghost_share = ask.share
    limit.limit = ask.limit
    limit.newest = max(limit.newest, ask.window)
    for index in [index for index in limit.windows if index < limit.newest - 1]:
        del limit.windows[index]
    window = _window(limit, ask.window)

    if ask.count >= 0:
        window.observe(ask.since + 1, ask.count, state.version, ask.sent_ms)
    for index, uncounted, lost in ask.charges:
        if limit.newest - 1 <= index <= ask.window + 1:
            if uncounted:
                _window(limit, index).charge(uncounted, state.version)
            if lost:
                _window(limit, index).charge_lost(lost, report.now_ms + LOST_HOLD_MS)

    holding = member.holdings.get(ask.key)
    if holding is None:
        holding = member.holdings[ask.key] = Holding(ask.window, ask.held)
    elif holding.window != ask.window:
        holding.before = holding.held if holding.window == ask.window - 1 else 0
        holding.window, holding.ahead = ask.window, 0
    holding.ahead += sum(uncounted + lost for index, uncounted, lost in ask.charges if index > ask.window)
    holding.held, holding.share, holding.taken = ask.held, ask.share, ask.taken

    room = _room(state, limit, ask)
    granted = _divide(state, report, ask, limit, holding, room)
    holding.held += granted
    holding.need, holding.unit = ask.want - granted, max(ask.unit, 1)
    return Grant(granted, room - granted)


def _is_sound(ask: Ask) -> bool:
    """Whether a report can be true: what is held below zero would be room that no venue gives."""
    told = (ask.held, ask.share, ask.taken, ask.want, ask.want_first, ask.want_orders, ask.kept, ask.borrowed)
    return (
        is_name(ask.key)
        and ask.limit > 0
        and ask.length > 0
        and min(told) >= 0
        and max(*told, ask.limit, ask.length, ask.unit, ask.sent_ms) <= GREATEST_TOLD
        and ask.count <= ask.limit * COUNT_TIMES
        and all(0 <= uncounted <= GREATEST_TOLD and 0 <= lost <= GREATEST_TOLD for _, uncounted, lost in ask.charges)
    )


def _window(limit: LimitShared, index: int) -> Window:
    window = limit.windows.get(index)
    if window is None:
        window = limit.windows[index] = Window(index)
    return window


def _room(state: ScopeState, limit: LimitShared, ask: Ask) -> int:
    """Return what no member has, may have or holds in the window asked for."""
    room = ask.limit - _window(limit, ask.window).spent
    for member in state.members.values():
        holding = member.holdings.get(ask.key)
        if holding is not None:
            room -= holding.within(ask.window)
    for name, outsider in state.outsiders.items():
        if name not in state.members:
            room -= outsider.shares.get(ask.key, 0)
    if _is_waiting(state, state.spoke_ms) or (state.ghosts and ask.window <= limit.ghosts_until):
        room -= min(state.ghosts * limit.ghost_share, max(ask.limit - ask.share, 0))  # the reporter is none of them
        if ask.window < limit.ghosts_until and ask.length <= WORTH_WAITING_MS:
            room = min(room, 0)  # how much of it was used before, those know who have not come back yet
    return room


def _divide(state: ScopeState, report: Report, ask: Ask, limit: LimitShared, holding: Holding, room: int) -> int:
    end = (ask.window + 1) * ask.length
    if report.now_ms + report.eps_ms >= end or limit.newest > ask.window:
        # What is sent now may arrive in the next window: there must be room in that one too. There the member is
        # taken to hold its static share anyway, so much of the grant is covered.
        following = msgspec.structs.replace(ask, window=ask.window + 1)
        room = min(room, _room(state, limit, following) + max(ask.share - holding.ahead - ask.held, 0))
    if room <= 0:
        return 0
    first = min(ask.want_first, room)
    left = min(max(end - report.now_ms, 0), ask.length)
    free = room - first + (-ask.kept * left // ask.length)  # the kept share, rounded up
    orders = min(ask.want_orders, max(free, 0))
    free -= orders + ask.borrowed
    wanted = ask.want - ask.want_first - ask.want_orders
    rest = min(wanted, free)
    fair = ask.limit // len(state.members)
    entitled = fair - ask.taken - ask.held - first - orders
    if rest > entitled:
        owed = 0
        for other in state.members.values():
            theirs = other.holdings.get(ask.key)
            if theirs is not None and theirs is not holding and theirs.window == ask.window:
                owed += theirs.claim(fair)
        rest = min(rest, max(free - owed, entitled))
    if rest < min(ask.unit, wanted):
        rest = 0
    return first + orders + max(rest, 0)
