-- How a shared budget is divided between processes: what `division.py` does, line by line, inside Redis.
-- KEYS: one scope each. ARGV: the constants of `redis_store.py`, then one report for each scope, as JSON.

local time = redis.call('TIME')
local server = time[1] * 1000 + math.floor(time[2] / 1000)
local TTL, SILENCE, HOLD = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local BURIAL, KEY_TTL = tonumber(ARGV[4]), ARGV[5]
local FAR, LONGEST_BAN = tonumber(ARGV[6]), tonumber(ARGV[7])
local NEAR = tonumber(ARGV[8])
local MOST_OUTSIDERS, COUNT_TIMES = tonumber(ARGV[9]), tonumber(ARGV[10])
local GREATEST_TOLD, MOST_MEMBERS = tonumber(ARGV[11]), tonumber(ARGV[12])
local MOST_LIMITS, MOST_WINDOWS, MOST_BANS = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15])
local FIRST = 15  -- reports come behind so many constants
local max, min, floor, abs = math.max, math.min, math.floor, math.abs

local function size(rows)
  local found = 0
  for _ in pairs(rows) do found = found + 1 end
  return found
end

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
    till, cost = max(till, last[1]), cost + last[2]
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

local function is_waiting(state) return state.ghosts > 0 and state.ghosts_ms + TTL >= server end

local function room_of(state, limit, ask, index)
  local room = ask.limit - window_of(limit, index).spent
  for _, member in pairs(state.members) do
    local holding = member.holdings[ask.key]
    if holding then room = room - within(holding, index) end
  end
  for name, outsider in pairs(state.outsiders) do
    if not state.members[name] then room = room - (outsider.shares[ask.key] or 0) end
  end
  if is_waiting(state) or (state.ghosts > 0 and index <= limit.ghosts_until) then
    room = room - min(state.ghosts * limit.ghost_share, max(ask.limit - ask.share, 0))
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
  local orders = min(ask.want_orders, max(free, 0))
  free = free - orders - ask.borrowed
  local wanted = ask.want - ask.want_first - ask.want_orders
  local rest = min(wanted, free)
  local members = 0
  for _ in pairs(state.members) do members = members + 1 end
  local fair = floor(ask.limit / members)
  local entitled = fair - ask.taken - ask.held - first - orders
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
  if rest < min(ask.unit, wanted) then rest = 0 end
  return first + orders + max(rest, 0)
end

local function is_name(key) return string.find(key, '^[A-Za-z0-9_]+ [0-9]+$') ~= nil end

local function is_sound(ask)
  if not is_name(ask.key) then return false end
  if ask.limit <= 0 or ask.length <= 0 or ask.count > ask.limit * COUNT_TIMES then return false end
  if min(ask.held, ask.share, ask.taken, ask.want, ask.want_first, ask.want_orders, ask.kept, ask.borrowed) < 0 then
    return false
  end
  if max(ask.held, ask.share, ask.taken, ask.want, ask.want_first, ask.want_orders, ask.kept, ask.borrowed, ask.limit,
         ask.length, ask.unit, ask.sent_ms) > GREATEST_TOLD then
    return false
  end
  for _, charged in ipairs(ask.charges) do
    if charged[2] < 0 or charged[3] < 0 or max(charged[2], charged[3]) > GREATEST_TOLD then return false end
  end
  return true
end

local function answer(state, member, report, ask)
  if not is_sound(ask) or abs(ask.window - floor(report.now_ms / ask.length)) > 1 then return 0, 0 end
  local limit = state.limits[ask.key]
  if not limit and size(state.limits) >= MOST_LIMITS then return 0, 0 end
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
    if charged[1] >= limit.newest - 1 and charged[1] <= ask.window + 1 then
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

local function in_time(state, now)
  state.spoke_ms = min(state.spoke_ms, server)
  state.ghosts_ms = min(state.ghosts_ms, server)
  for _, limit in pairs(state.limits) do
    local latest = floor((now + FAR) / limit.length) + 1
    if limit.newest > latest then limit.newest = floor(now / limit.length) end
    limit.ghosts_until = min(limit.ghosts_until, latest + 1)
    for key, window in pairs(limit.windows) do
      if tonumber(key) > latest + 1 then limit.windows[key] = nil end
      for _, entry in ipairs(window.lost) do
        if entry[1] > now + FAR + HOLD then entry[1] = now + HOLD end
      end
    end
  end
  for _, member in pairs(state.members) do
    member.seen_ms = min(member.seen_ms, server)
    for key, holding in pairs(member.holdings) do
      holding.window = min(holding.window, state.limits[key].newest + 1)
    end
  end
  for _, outsider in pairs(state.outsiders) do outsider.until_ms = min(outsider.until_ms, server + TTL) end
end

local function take(state, report, grants)
  local gap = state.spoke_ms > 0 and server - state.spoke_ms or 0
  if gap > SILENCE then
    for _, other in pairs(state.members) do other.seen_ms = other.seen_ms + gap end
    state.ghosts_ms = state.ghosts_ms + gap
  end
  if state.former == '' and not is_waiting(state) then state.ghosts = 0 end
  state.spoke_ms = max(state.spoke_ms, server)
  for name, member in pairs(state.members) do
    if name ~= report.member and member.seen_ms + TTL < server then
      state.members[name] = nil
      bury(state, member, report.now_ms)
    end
  end
  local member = state.members[report.member]
  if not member and size(state.members) >= MOST_MEMBERS then return false end
  if state.returning[report.member] and state.ghosts > 0 then state.ghosts = state.ghosts - 1 end
  state.returning[report.member] = nil
  if not member then
    member = {holdings = {}}
    state.members[report.member] = member
  end
  member.label = report.label
  member.seen_ms, member.version = server, state.version
  for _, ask in ipairs(report.asks) do
    local granted, room = answer(state, member, report, ask)
    grants[#grants + 1] = granted
    grants[#grants + 1] = room
  end
  if report.leaving then
    state.members[report.member] = nil
    bury(state, member, report.now_ms)
  end
  return true
end

local function take_bans(state, report)
  for _, scope in ipairs(report.again or {}) do state.lifted[scope] = nil end
  for scope, till in pairs(state.lifted) do
    state.lifted[scope] = till + LONGEST_BAN > server and min(till, server + LONGEST_BAN) or nil
  end
  for scope, till in pairs(report.bans) do
    if till ~= state.lifted[scope] and (state.bans[scope] or size(state.bans) < MOST_BANS) then state.bans[scope] = max(till, state.bans[scope] or 0) end
  end
  for scope, till in pairs(state.bans) do state.bans[scope] = min(till, server + LONGEST_BAN) end
end

local function is_far(state, now)
  if not state.skew_ms then return state.spoke_ms > server + FAR end
  return abs(now - server - state.skew_ms) > FAR
end

local function is_wrong(state, report)
  if state.skew_ms and abs(report.now_ms - server) <= NEAR and NEAR < abs(state.skew_ms) then return false end
  for name, member in pairs(state.members) do
    if name ~= report.member and abs(member.seen_ms - server) <= TTL then return true end
  end
  return false
end

local function come_back(state, reporter, now)
  for _, limit in pairs(state.limits) do
    limit.newest = floor(now / limit.length)
    limit.ghosts_until = min(limit.ghosts_until, limit.newest + 1)
    for key in pairs(limit.windows) do
      if tonumber(key) > limit.newest + 1 then limit.windows[key] = nil end
    end
  end
  for name, member in pairs(state.members) do
    if name ~= reporter then
      for key, holding in pairs(member.holdings) do
        local held = max(holding.held, holding.before)
        local limit = state.limits[key]
        if held > 0 then charge_lost(window_of(limit, limit.newest), held, now + HOLD) end
      end
    end
  end
  state.members = {}
  state.spoke_ms, state.ghosts_ms = 0, server
end

local function begin_anew(state, report)
  state.ghosts = max(state.ghosts, size(state.members))
  state.former = ''
  state.epoch = report.member .. '.' .. string.format('%d', report.now_ms) .. '.' .. string.format('%d', report.version)
  state.version, state.spoke_ms, state.skew_ms = 0, 0, nil
  state.members, state.limits, state.outsiders, state.returning = {}, {}, {}, {}
end

local function wait_for_others(state, report)
  state.former = report.epoch
  state.ghosts = max(state.ghosts, report.members, 1)
  state.ghosts_ms = state.spoke_ms > 0 and state.spoke_ms or server
  local shares = {}
  for _, ask in ipairs(report.asks) do
    if is_sound(ask) then shares[ask.key] = ask.share end
  end
  for key, limit in pairs(state.limits) do
    limit.ghosts_until = limit.newest + 1
    limit.ghost_share = shares[key] or floor(limit.limit / state.ghosts)
  end
end

local function new_state(report)
  return {scope = report.scope, epoch = '', former = '', version = 0, spoke_ms = 0, ghosts = 0, ghosts_ms = 0,
          members = {}, bans = {}, limits = {}, lifted = {}, outsiders = {}, returning = {}}
end

local function count(state)
  local members, outsiders = 0, 0
  for _ in pairs(state.members) do members = members + 1 end
  for name in pairs(state.outsiders) do
    if not state.members[name] then outsiders = outsiders + 1 end
  end
  return members, outsiders
end

local function keep_room(state, report)
  local known = state.outsiders[report.member]
  if report.leaving then
    state.outsiders[report.member] = nil
    return
  end
  if not known then
    local outsiders = 0
    for _ in pairs(state.outsiders) do outsiders = outsiders + 1 end
    if outsiders >= MOST_OUTSIDERS then return end
    known = {shares = {}}
    state.outsiders[report.member] = known
  end
  known.until_ms = server + TTL
  local members, others = count(state)
  for _, ask in ipairs(report.asks) do
    if ask.limit > 0 then
      known.shares[ask.key] = max(known.shares[ask.key] or 0, min(ask.share, floor(ask.limit / (members + others))))
    end
  end
end

-- Which records can be true: what `records.py` checks of them, and that they are text and numbers that can be written again.

local function is_count(value, least)
  return type(value) == 'number' and value >= (least or 0) and value < 9007199254740992 and value == floor(value)
end

local function is_end(value) return is_count(value) end

local function are_counts(row, names)
  if type(row) ~= 'table' then return false end
  for _, name in ipairs(names) do
    if not is_count(row[name]) then return false end
  end
  return true
end

local function is_list_of(rows, most, fits)
  if type(rows) ~= 'table' or size(rows) > most then return false end
  for name, row in pairs(rows) do
    if type(name) ~= 'string' or not fits(row, name) then return false end
  end
  return true
end

local SEQUENCES = {'[\194-\223][\128-\191]', '\224[\160-\191][\128-\191]', '[\225-\236\238\239][\128-\191][\128-\191]',
                   '\237[\128-\159][\128-\191]', '\240[\144-\191][\128-\191][\128-\191]',
                   '[\241-\243][\128-\191][\128-\191][\128-\191]', '\244[\128-\143][\128-\191][\128-\191]'}

local function is_text(value)
  if not string.find(value, '[\128-\255]') then return true end
  for _, sequence in ipairs(SEQUENCES) do value = string.gsub(value, sequence, '') end
  return not string.find(value, '[\128-\255]')
end

local function can_be_written(value, depth)
  local kind = type(value)
  if kind == 'string' then return is_text(value) end
  if kind == 'number' then return value == value and abs(value) < 9007199254740992 end
  if kind ~= 'table' then return true end
  if depth > 12 then return false end
  for name, each in pairs(value) do
    if not can_be_written(name, depth) or not can_be_written(each, depth + 1) then return false end
  end
  return true
end

local HOLDING = {'window', 'held', 'before', 'ahead', 'share', 'taken', 'need', 'unit'}
local WINDOW = {'index', 'a_count', 'a_uncounted', 'a_mark', 'b_count', 'b_uncounted', 'b_mark', 'spent'}

local function sound(state, scope)
  if type(state) ~= 'table' or not can_be_written(state, 0) then return false end
  state.lifted = state.lifted or {}
  state.outsiders = state.outsiders or {}
  state.returning = state.returning or {}
  state.ghosts_ms, state.former = state.ghosts_ms or 0, state.former or ''
  if type(state.former) ~= 'string' then return false end
  if state.scope ~= scope or type(state.epoch) ~= 'string' then return false end
  if not are_counts(state, {'version', 'spoke_ms', 'ghosts', 'ghosts_ms'}) then return false end
  if state.skew_ms and not is_count(state.skew_ms, -9007199254740992) then return false end
  if not is_list_of(state.bans, MOST_BANS, is_end) or not is_list_of(state.lifted, MOST_BANS, is_end) then
    return false
  end
  local function is_window(w, key)
    if not string.find(key, '^%d+$') or not are_counts(w, WINDOW) or type(w.lost) ~= 'table' then return false end
    if max(w.a_mark, w.b_mark) > state.version or (w.plain ~= nil and type(w.plain) ~= 'boolean') then return false end
    if not is_count(w.news_uncounted or 0) or not is_count(w.news_lost or 0) then return false end
    local entries = 0
    for _, entry in pairs(w.lost) do
      entries = entries + 1
      if not w.lost[entries] or not are_counts(entry, {1, 2}) or #entry ~= 2 then return false end
    end
    return true
  end
  local function is_limit(limit, key)
    return is_name(key) and are_counts(limit, {'limit', 'length', 'newest', 'ghost_share'}) and limit.limit > 0
      and limit.length > 0 and is_count(limit.ghosts_until, -1) and is_list_of(limit.windows, MOST_WINDOWS, is_window)
  end
  local function is_holding(holding, key) return state.limits[key] ~= nil and are_counts(holding, HOLDING) end
  local function is_member(member)
    return are_counts(member, {'seen_ms'}) and is_count(member.version or 0) and type(member.label) == 'string'
      and is_list_of(member.holdings, MOST_LIMITS, is_holding)
  end
  local function is_outsider(outsider)
    return are_counts(outsider, {'until_ms'}) and is_list_of(outsider.shares, MOST_LIMITS, is_end)
  end
  return is_list_of(state.limits, MOST_LIMITS, is_limit) and is_list_of(state.members, MOST_MEMBERS, is_member)
    and is_list_of(state.outsiders, MOST_OUTSIDERS, is_outsider)
    and is_list_of(state.returning, MOST_MEMBERS, is_end)
end

local function go(state, report)
  local grants, refused, trouble = {}, '', ''
  take_bans(state, report)
  local idle = not report.compared or report.now_ms < 0 or report.now_ms > GREATEST_TOLD
  if not idle then
    local known = state.members[report.member]
    local told = known and (known.version or 0) or state.version
    if report.epoch == state.epoch and report.version > told then
      begin_anew(state, report)
      trouble = 'the record of ' .. state.scope .. ' is older than what a process was told: it begins anew'
    end
    if state.epoch == '' then
      state.epoch = report.member .. '.' .. string.format('%d', report.now_ms)
      if report.epoch == '' and report.members > 0 then state.ghosts, state.ghosts_ms = 1, server end
    end
    state.version = state.version + 1
    for name, each in pairs(state.outsiders) do
      if each.until_ms < server then state.outsiders[name] = nil end
    end
    if report.epoch ~= '' and report.epoch ~= state.epoch then
      idle = true
      if state.former == '' then wait_for_others(state, report) end
      if size(state.returning) < MOST_MEMBERS then state.returning[report.member] = state.version end
    elseif is_far(state, report.now_ms) then
      if is_wrong(state, report) then
        idle, refused = true, 'its clock is far from those of the others'
        keep_room(state, report)
      else
        come_back(state, report.member, report.now_ms)
      end
    end
  end
  if idle then
    for _ in ipairs(report.asks) do
      grants[#grants + 1] = 0
      grants[#grants + 1] = 0
    end
  else
    in_time(state, report.now_ms)
    state.outsiders[report.member] = nil
    state.skew_ms = report.now_ms - server
    if not take(state, report, grants) then
      refused = MOST_MEMBERS .. ' processes share it already'
      for _ in ipairs(report.asks) do
        grants[#grants + 1] = 0
        grants[#grants + 1] = 0
      end
    end
  end
  local function flat(rows)
    local found = {}
    for scope, till in pairs(rows) do
      found[#found + 1] = scope
      found[#found + 1] = till
    end
    return found
  end
  local members, outsiders = count(state)
  if is_waiting(state) then members = members + state.ghosts end
  return {state.epoch, state.version, members, flat(state.bans), grants, flat(state.lifted), refused, trouble, outsiders}
end

local function read(key, scope)
  if redis.call('TYPE', key)['ok'] == 'none' then return nil end
  if redis.call('TYPE', key)['ok'] ~= 'string' then return false end
  local fine, state = pcall(cjson.decode, redis.call('GET', key))
  if not fine or not sound(state, scope) then return false end
  return state
end

local function set_aside(key)
  redis.call('RENAME', key, key .. ':broken')
  redis.call('PEXPIRE', key .. ':broken', KEY_TTL)
end

local replies = {}
local states = {}
for i, key in ipairs(KEYS) do
  local report = cjson.decode(ARGV[FIRST + i])
  local state = read(key, report.scope)
  local broken = state == false
  local fine, reply, record
  local function exchange(known)
    local told = go(known, report)
    return told, cjson.encode(known)
  end
  if not broken then
    fine, reply, record = pcall(exchange, state or new_state(report))
    broken = not fine
  end
  if broken then
    set_aside(key)
    reply, record = exchange(new_state(report))
    reply[8] = 'a record that could not be read was set aside'
  end
  states[i] = record
  replies[i] = reply
end
for i, key in ipairs(KEYS) do redis.call('SET', key, states[i], 'PX', KEY_TTL) end
return replies
