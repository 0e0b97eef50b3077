import { luaClock } from './lua-common.ts';

/**
 * Checks every limit, then charges all or none. The twin of `MemoryLimiter.reserve`: a property test holds them equal.
 *
 * KEYS: the epoch, then the key of each limit, behind a budget's the key of its leases.
 * ARGV: clock, latest, lease in ms, wait in ms where only others make room, reservation id, tokens, cost, then for each limit its kind (`r`
 * requests, `t` tokens, `p` parallel, `b` budget), its maximum (-1: none), and for a budget the end of its period and what is known to be spent.
 *
 * A rate is a hash: `s` the sum, `b` the oldest second that counts, and each second with its amount. Seconds that have left are removed by the
 * first visit of a new second. A budget is a hash: `s` spent, `r` reserved, `p` period end; its leases are a sorted set of `id:amount` by
 * expiry. Slots are a sorted set of ids by expiry.
 *
 * Answers `{1, now, epoch, isNew, remaining of each…, spent of each budget…}`, or
 * `{0, now, epoch, isNew, index from 1, remaining, used, wait in ms or -1, spent of each budget…}`, or `{-1, now}` when too late.
 */
export const reserveScript = `${luaClock}
if late then return {-1, now} end
local lease, hint, id = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local tokens, cost = tonumber(ARGV[6]), tonumber(ARGV[7])
local second = math.floor(now / 1000)
local day = 86400000
local epoch, isNew = redis.call('GET', KEYS[1]), 0
if not epoch then
  local time = redis.call('TIME')
  isNew, epoch = 1, time[1] * 1000000 + time[2]
  redis.call('SET', KEYS[1], epoch)
end

local function window(key)
  local v = redis.call('HMGET', key, 's', 'b', second)
  local sum, base, here = tonumber(v[1]), tonumber(v[2]), tonumber(v[3]) or 0
  if not base then return 0, second - 60, second, 0, true end
  local gone = second - 60 - base
  if gone == 0 then return sum, base, second, here, false end
  if gone < 0 and gone >= -60 then
    return sum, base, base + 60, tonumber(redis.call('HGET', key, base + 60)) or 0, false
  end
  if gone < 0 or gone > 60 then
    redis.call('DEL', key)
    return 0, second - 60, second, 0, true
  end
  local fields, left = {}, {}
  for i = 1, gone do fields[i] = base + i - 1 end
  local amounts = redis.call('HMGET', key, unpack(fields))
  for i = 1, gone do
    if amounts[i] then
      sum = sum - amounts[i]
      left[#left + 1] = fields[i]
    end
  end
  if #left > 0 then redis.call('HDEL', key, unpack(left)) end
  redis.call('HSET', key, 's', sum, 'b', second - 60)
  redis.call('PEXPIRE', key, 62000)
  return sum, second - 60, second, here, false
end

local function leavesAt(key, base, excess)
  local fields = {}
  for i = 1, 61 do fields[i] = base + i - 1 end
  local amounts = redis.call('HMGET', key, unpack(fields))
  for i = 1, 61 do
    excess = excess - (amounts[i] or 0)
    if excess <= 0 then return (fields[i] + 61) * 1000 end
  end
  return now + 61000
end

local function budget(key, leases, ending, floor)
  local v = redis.call('HMGET', key, 's', 'r', 'p')
  local spent, reserved, period = tonumber(v[1]), tonumber(v[2]), tonumber(v[3])
  if not period or ending > period or (ending == 0 and period ~= 0) then
    redis.call('DEL', leases)
    redis.call('HSET', key, 's', floor, 'r', 0, 'p', ending)
    redis.call('PEXPIRE', key, day)
    return floor, 0
  end
  if period == ending and floor > spent then
    spent = floor
    redis.call('HSET', key, 's', spent)
  end
  if reserved > 0 then
    local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', now)
    if #expired > 0 then
      for _, member in ipairs(expired) do
        reserved = reserved - tonumber(string.match(member, '%d+$'))
        redis.call('ZREM', leases, member)
      end
      redis.call('HSET', key, 'r', reserved)
    end
  end
  return spent, reserved
end

local states, spends = {}, {}
local refusing, longest, refusedUsed = 0, 0, 0
local k, a, n = 2, 8, 0
while a <= #ARGV do
  n = n + 1
  local kind, max, key = ARGV[a], tonumber(ARGV[a + 1]), KEYS[k]
  if max < 0 then max = math.huge end
  local state = { kind = kind, max = max, key = key }
  local wait = 0
  if kind == 'r' or kind == 't' then
    local amount = kind == 'r' and 1 or tokens
    state.amount = amount
    state.used, state.base, state.second, state.here, state.fresh = window(key)
    local excess = state.used + amount - max
    if max <= 0 or amount > max then wait = math.huge
    elseif excess > 0 then wait = leavesAt(key, state.base, excess) - now end
    k, a = k + 1, a + 2
  elseif kind == 'p' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    state.amount, state.used = 1, redis.call('ZCARD', key)
    if max <= 0 then wait = math.huge elseif state.used >= max then wait = hint end
    k, a = k + 1, a + 2
  else
    local ending = tonumber(ARGV[a + 2])
    local spent, reserved = budget(key, KEYS[k + 1], ending, tonumber(ARGV[a + 3]))
    state.leases, state.amount, state.used, state.reserved = KEYS[k + 1], cost, spent + reserved, reserved
    spends[#spends + 1] = spent
    if max <= 0 or cost > max then wait = math.huge
    elseif spent >= max or spent + reserved + cost > max then
      wait = math.huge
      if ending > 0 then wait = math.max(1, ending - now) end
      if spent < max and spent + cost <= max then wait = math.min(hint, wait) end
    end
    k, a = k + 2, a + 4
  end
  states[n] = state
  if wait > longest then refusing, longest = n, wait end
end

local answer
if refusing > 0 then
  local state = states[refusing]
  local wait = longest == math.huge and -1 or math.ceil(longest)
  local used = state.kind == 'b' and state.used or 0
  answer = {0, now, epoch, isNew, refusing, math.max(0, state.max - state.used), used, wait}
else
  answer = {1, now, epoch, isNew}
  for i = 1, n do
    local state = states[i]
    local key, amount = state.key, state.amount
    if state.kind == 'p' then
      redis.call('ZADD', key, now + lease, id)
      redis.call('PEXPIRE', key, lease + day)
    elseif state.kind == 'b' then
      if amount > 0 and state.max < math.huge then
        redis.call('HSET', key, 'r', state.reserved + amount)
        redis.call('ZADD', state.leases, now + lease, id .. ':' .. ARGV[7])
        redis.call('PEXPIRE', state.leases, lease + day)
      else amount = 0 end
      redis.call('PEXPIRE', key, lease + day)
    else
      redis.call('HSET', key, 's', state.used + amount, 'b', state.base, state.second, state.here + amount)
      if state.fresh then redis.call('PEXPIRE', key, 62000) end
    end
    answer[4 + i] = state.max < math.huge and math.max(0, state.max - state.used - amount) or 0
  end
end
for i = 1, #spends do answer[#answer + 1] = spends[i] end
return answer
`;
