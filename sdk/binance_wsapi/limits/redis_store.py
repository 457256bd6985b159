"""The budget of processes on many machines, in Redis or Valkey.

The unfilled order count is kept per account, wherever its orders come from; so processes on several machines that trade
for one account share it here. Install with the extra ``redis``.

Theory of operation
-------------------
An exchange is one Lua script, so it is one at a time and whole or not at all. It does line by line what
`store.exchange` does; a test plays both against each other. Whether a member still lives is judged by the server's
clock; the windows are the venue's, by each process's picture of the venue's clock, as everywhere.

A key holds one scope: ``{binance-wsapi}:limits:1:production:ip:default``. The braces keep all scopes in one slot of a
cluster, since one exchange touches two. Keys expire after two days of silence.

No durability is needed. A server that forgets makes a new epoch, and the processes take care (`store`). A replica that
takes over with older state is the same to them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.bucket import LOST_HOLD_MS
from binance_wsapi.limits.store import (
    BURIAL_MS,
    MEMBER_TTL_MS,
    SILENCE_MS,
    Grant,
    Reply,
    Report,
    ScopeState,
    StoreUnavailable,
    check_processes,
    scope_names,
)

if TYPE_CHECKING:
    import redis

__all__ = ["RedisStore"]

_PREFIX: Final = "{binance-wsapi}:limits:1:"
_KEY_TTL_MS: Final = 172_800_000

_SCRIPT: Final = """
local time = redis.call('TIME')
local server = time[1] * 1000 + math.floor(time[2] / 1000)
local TTL, SILENCE, HOLD = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local BURIAL, KEY_TTL = tonumber(ARGV[4]), ARGV[5]
local max, min, floor = math.max, math.min, math.floor

local function add_up(w)
  w.spent = max(w.a_count, w.b_count) + w.a_uncounted + w.b_uncounted
  for _, entry in ipairs(w.lost) do w.spent = w.spent + entry[2] end
end

local function observe(w, reserved_at, count, mark, sent)
  if reserved_at > w.b_mark then
    w.a_count, w.a_uncounted, w.a_mark, w.b_uncounted = 0, 0, 0, 0
    w.b_count = count
  elseif reserved_at > w.a_mark then
    w.a_count, w.a_uncounted, w.a_mark = w.b_count, w.b_uncounted, w.b_mark
    w.b_count, w.b_uncounted = count, 0
  elseif count > w.b_count then
    w.b_count = count
  end
  w.b_mark = mark
  local kept = {}
  for _, entry in ipairs(w.lost) do
    if entry[1] >= sent then kept[#kept + 1] = entry end
  end
  w.lost = kept
  add_up(w)
end

local function charge(w, cost, mark)
  w.b_uncounted = w.b_uncounted + cost
  w.b_mark = mark
  add_up(w)
end

local function charge_lost(w, cost, till)
  local last = w.lost[#w.lost]
  if last and till - last[1] < 1000 then
    cost = cost + last[2]
    w.lost[#w.lost] = nil
  end
  w.lost[#w.lost + 1] = {till, cost}
  add_up(w)
end

local function window_of(limit, index)
  local key = string.format('%d', index)
  local w = limit.windows[key]
  if not w then
    w = {index = index, a_count = 0, a_uncounted = 0, a_mark = 0, b_count = 0, b_uncounted = 0, b_mark = 0,
         lost = {}, spent = 0}
    limit.windows[key] = w
  end
  return w
end

local function within(holding, window)
  if holding.window == window then return holding.held end
  if holding.window > window then return holding.before end
  return max(holding.held, holding.window == window - 1 and holding.share - holding.ahead or holding.share)
end

local function bury(state, member, now)
  local recent = member.seen_ms + BURIAL > server
  for key, holding in pairs(member.holdings) do
    local limit = state.limits[key]
    local done = {}
    for _, index in ipairs({limit.newest, holding.window, floor(now / limit.length)}) do
      if not done[index] and index >= limit.newest - 1 and (index <= holding.window or recent) then
        done[index] = true
        local held = index < holding.window and holding.before or holding.held
        if held > 0 then charge_lost(window_of(limit, index), held, now + HOLD) end
      end
    end
  end
end

local function room_of(state, limit, ask, index)
  local room = ask.limit - window_of(limit, index).spent
  for _, member in pairs(state.members) do
    local holding = member.holdings[ask.key]
    if holding then room = room - within(holding, index) end
  end
  if state.ghosts > 0 and index <= limit.ghosts_until then
    room = room - state.ghosts * limit.ghost_share
    if index < limit.ghosts_until and ask.length <= 60000 then room = min(room, 0) end
  end
  return room
end

local function divide(state, report, ask, limit, holding, room)
  local finish = (ask.window + 1) * ask.length
  if report.now_ms + report.eps_ms >= finish or limit.newest > ask.window then
    room = min(room, room_of(state, limit, ask, ask.window + 1) + max(ask.share - holding.ahead - ask.held, 0))
  end
  if room <= 0 then return 0 end
  local first = min(ask.want_first, room)
  local left = min(max(finish - report.now_ms, 0), ask.length)
  local free = room - first + floor(-ask.kept * left / ask.length)
  local rest = min(ask.want - ask.want_first, free)
  local members = 0
  for _ in pairs(state.members) do members = members + 1 end
  local fair = floor(ask.limit / members)
  local entitled = fair - ask.taken - ask.held - first
  if rest > entitled then
    local owed = 0
    for _, other in pairs(state.members) do
      local theirs = other.holdings[ask.key]
      if theirs and theirs ~= holding and theirs.window == ask.window then
        local claim = min(theirs.need, fair - theirs.taken - theirs.held)
        if claim >= theirs.unit then owed = owed + claim end
      end
    end
    rest = min(rest, max(free - owed, entitled))
  end
  if rest < min(ask.unit, ask.want - ask.want_first) then rest = 0 end
  return first + max(rest, 0)
end

local function answer(state, member, report, ask)
  local limit = state.limits[ask.key]
  if not limit then
    limit = {limit = ask.limit, length = ask.length, newest = ask.window, windows = {}, ghosts_until = -1,
             ghost_share = 0}
    state.limits[ask.key] = limit
    if state.ghosts > 0 then
      limit.ghosts_until = ask.window + 1
      limit.ghost_share = ask.share
    end
  end
  limit.limit = ask.limit
  limit.newest = max(limit.newest, ask.window)
  for key in pairs(limit.windows) do
    if tonumber(key) < limit.newest - 1 then limit.windows[key] = nil end
  end
  local w = window_of(limit, ask.window)
  if ask.count >= 0 then
    observe(w, ask.since + 1, ask.count, state.version, ask.sent_ms)
  end
  for _, charged in ipairs(ask.charges) do
    if charged[1] >= limit.newest - 1 then
      if charged[2] > 0 then charge(window_of(limit, charged[1]), charged[2], state.version) end
      if charged[3] > 0 then charge_lost(window_of(limit, charged[1]), charged[3], report.now_ms + HOLD) end
    end
  end
  local holding = member.holdings[ask.key]
  if not holding then
    holding = {window = ask.window, before = 0, ahead = 0, need = 0, unit = 1}
    member.holdings[ask.key] = holding
  elseif holding.window ~= ask.window then
    holding.before = holding.window == ask.window - 1 and holding.held or 0
    holding.window, holding.ahead = ask.window, 0
  end
  for _, charged in ipairs(ask.charges) do
    if charged[1] > ask.window then holding.ahead = holding.ahead + charged[2] + charged[3] end
  end
  holding.held, holding.share, holding.taken = ask.held, ask.share, ask.taken
  local room = room_of(state, limit, ask, ask.window)
  local granted = divide(state, report, ask, limit, holding, room)
  holding.held = holding.held + granted
  holding.need, holding.unit = ask.want - granted, max(ask.unit, 1)
  return granted, room - granted
end

local function take(state, report, grants)
  if report.epoch ~= '' and not state.members[report.member] and state.ghosts > 0 then
    state.ghosts = state.ghosts - 1
  end
  local gap = state.spoke_ms > 0 and server - state.spoke_ms or 0
  if gap > SILENCE then
    for _, other in pairs(state.members) do other.seen_ms = other.seen_ms + gap end
  end
  state.spoke_ms = max(state.spoke_ms, server)
  for name, member in pairs(state.members) do
    if name ~= report.member and member.seen_ms + TTL < server then
      state.members[name] = nil
      bury(state, member, report.now_ms)
    end
  end
  local member = state.members[report.member]
  if not member then
    member = {holdings = {}}
    state.members[report.member] = member
  end
  member.label = report.label
  member.seen_ms = server
  for _, ask in ipairs(report.asks) do
    local granted, room = answer(state, member, report, ask)
    grants[#grants + 1] = granted
    grants[#grants + 1] = room
  end
  if report.leaving then
    state.members[report.member] = nil
    bury(state, member, report.now_ms)
  end
end

local replies = {}
local states = {}
for i, key in ipairs(KEYS) do
  local report = cjson.decode(ARGV[5 + i])
  local raw = redis.call('GET', key)
  local state = raw and cjson.decode(raw) or
    {scope = report.scope, epoch = '', version = 0, spoke_ms = 0, ghosts = 0, members = {}, bans = {}, limits = {}}
  if state.epoch == '' then
    state.epoch = report.member .. '.' .. string.format('%d', report.now_ms)
    if report.epoch ~= '' then state.ghosts = max(report.members, 1) end
  end
  state.version = state.version + 1
  for scope, till in pairs(report.bans) do
    state.bans[scope] = max(till, state.bans[scope] or 0)
  end
  local grants = {}
  if report.epoch ~= '' and report.epoch ~= state.epoch then
    for _ in ipairs(report.asks) do
      grants[#grants + 1] = 0
      grants[#grants + 1] = 0
    end
  else
    take(state, report, grants)
  end
  local bans = {}
  for scope, till in pairs(state.bans) do
    bans[#bans + 1] = scope
    bans[#bans + 1] = till
  end
  local members = 0
  for _ in pairs(state.members) do members = members + 1 end
  states[i] = cjson.encode(state)
  replies[i] = {state.epoch, state.version, members, bans, grants}
end
for i, key in ipairs(KEYS) do redis.call('SET', key, states[i], 'PX', KEY_TTL) end
return replies
"""


class RedisStore:
    """Shares the budget between processes on any machines that reach one Redis.

    Args:
        url: ``redis://``, ``rediss://`` or ``unix://`` address of the server.
        ip: name of the address this machine is seen under; machines behind one address give the same.
        account: name of the account, so that its orders are shared; None when each process has its own. Not a key:
            it is written to the server.
        environment: ``production``, ``testnet`` and so on; they share nothing.
        processes: how many processes there will be at most. One that cannot reach the server takes that part.
        label: what people call this process.
        timeout: seconds after which an exchange is given up.
        forget_after: seconds of silence after which a process counts as dead. Until then its part is kept for it; a
            process that is cut off for longer may find that others had it.
        token: makes the part of this process's name that no other has.

    Raises:
        UsageError: the package ``redis`` is not installed, or the address is none.
    """

    blocking = True

    def __init__(
        self,
        url: str,
        *,
        ip: str = "default",
        account: str | None = None,
        environment: str = "production",
        processes: int = 8,
        label: str | None = None,
        timeout: float = 0.25,
        forget_after: float = MEMBER_TTL_MS / 1_000,
        token: Callable[[int], str] = secrets.token_hex,
    ) -> None:
        try:
            import redis
        except ImportError as error:
            raise UsageError("the shared limits in Redis need the package: pip install binance-wsapi[redis]") from error
        check_processes(processes)
        self.ip, self.account = scope_names(environment, ip, account)
        self.processes = processes
        if forget_after <= 0:
            raise UsageError(f"forget_after is a number of seconds above 0, not {forget_after}")
        self.timeout = timeout
        forget_ms = forget_after * 1_000
        self._constants = [
            int(forget_ms),
            int(forget_ms * SILENCE_MS / MEMBER_TTL_MS),
            LOST_HOLD_MS,
            int(forget_ms * BURIAL_MS / MEMBER_TTL_MS),
            _KEY_TTL_MS,
        ]
        self.member = f"{os.getpid()}-{token(6)}"
        self.label = label or f"pid {os.getpid()}"
        self._errors = redis.exceptions
        self._lock = threading.Lock()
        try:
            self._client: redis.Redis = redis.Redis.from_url(
                url, socket_timeout=timeout, socket_connect_timeout=timeout, decode_responses=False
            )
        except ValueError as error:
            # The message of the package quotes the address, and that may hold a password.
            raise UsageError("the address of the Redis server is not one: redis://host:port") from error
        self._script = self._client.register_script(_SCRIPT)

    def exchange(self, reports: Sequence[Report]) -> list[Reply]:
        """Make the exchanges in one run of the script. See `Store.exchange`."""
        keys = [_PREFIX + report.scope for report in reports]
        arguments: list[Any] = list(self._constants)
        arguments += [_encode(report) for report in reports]
        with self._lock:
            try:
                answers = self._script(keys=keys, args=arguments)
            except self._errors.ResponseError as error:  # the script did not run, or wrote nothing
                raise StoreUnavailable(f"redis: {type(error).__name__}", maybe=False) from error
            except (self._errors.RedisError, OSError) as error:
                refused = isinstance(error.__cause__ or error.__context__, ConnectionRefusedError)
                raise StoreUnavailable(f"redis: {type(error).__name__}", maybe=not refused) from error
        return [_reply(each) for each in answers]

    def inspect(self) -> list[ScopeState]:
        """Return every scope the server knows."""
        with self._lock:
            try:
                keys = sorted(self._client.scan_iter(match=_PREFIX + "*", count=1_000))
                raws = [self._client.get(key) for key in keys]
            except (self._errors.RedisError, OSError) as error:
                raise StoreUnavailable(f"redis: {type(error).__name__}", maybe=False) from error
        return [_state(raw) for raw in raws if isinstance(raw, bytes)]

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(self._errors.RedisError, OSError):
            self._client.close()


def _encode(report: Report) -> bytes:
    # Lua has no defaults: every field is sent.
    fields = msgspec.structs.asdict(report)
    fields["asks"] = [msgspec.structs.asdict(ask) for ask in report.asks]
    return msgspec.json.encode(fields)


def _reply(answer: Any) -> Reply:
    epoch, version, members, bans, grants = answer
    return Reply(
        epoch.decode(),
        version,
        members,
        {bans[index].decode(): int(bans[index + 1]) for index in range(0, len(bans), 2)},
        [Grant(grants[index], grants[index + 1]) for index in range(0, len(grants), 2)],
    )


def _state(raw: bytes) -> ScopeState:
    """Read a state as Lua wrote it: an empty list looks like an empty object there."""
    fields = msgspec.json.decode(raw)
    for limit in fields["limits"].values():
        for window in limit["windows"].values():
            window["lost"] = window["lost"] or []
    return msgspec.convert(fields, ScopeState, str_keys=True)
