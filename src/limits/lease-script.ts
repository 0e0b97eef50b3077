import { luaClock } from './lua-common.ts';

/**
 * Prolongs leases, and brings back those that expired or were lost while their requests still run.
 *
 * KEYS: for each lease its sorted set, behind a budget's the hash of the budget.
 * ARGV: clock, latest, lease in ms, then for each `p` and the reservation id, or `b`, the id, the amount and the end of the period.
 */
export const renewScript = `${luaClock}
if late then return 0 end
local lease = tonumber(ARGV[3])
local k, a = 1, 4
while a <= #ARGV do
  local key = KEYS[k]
  if ARGV[a] == 'p' then
    redis.call('ZADD', key, now + lease, ARGV[a + 1])
    redis.call('PEXPIRE', key, lease + 86400000)
    k, a = k + 1, a + 2
  else
    local hash = KEYS[k + 1]
    if tonumber(redis.call('HGET', hash, 'p') or -1) == tonumber(ARGV[a + 3]) then
      if redis.call('ZADD', key, now + lease, ARGV[a + 1] .. ':' .. ARGV[a + 2]) == 1 then
        redis.call('HINCRBY', hash, 'r', ARGV[a + 2])
      end
      redis.call('PEXPIRE', key, lease + 86400000)
      redis.call('PEXPIRE', hash, lease + 86400000)
    end
    k, a = k + 2, a + 4
  end
end
return 1
`;

/**
 * What is in use now; changes nothing. KEYS as for the reservation, without the epoch. ARGV: clock, latest, then for each limit its kind, and for
 * a budget the end of its period and what is known to be spent. Answers a number for each limit.
 */
export const readScript = `${luaClock}
local oldest = math.floor(now / 1000) - 60
local answer = {}
local k, a = 1, 3
while a <= #ARGV do
  local kind, key, used = ARGV[a], KEYS[k], 0
  if kind == 'p' then
    used = redis.call('ZCOUNT', key, '(' .. string.format('%.0f', now), '+inf')
    k, a = k + 1, a + 1
  elseif kind == 'b' then
    local ending, floor = tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
    local v = redis.call('HMGET', key, 's', 'r', 'p')
    local period = tonumber(v[3])
    if not period or ending > period or (ending == 0 and period ~= 0) then
      used = floor
    else
      used = tonumber(v[1])
      if period == ending and floor > used then used = floor end
      used = used + tonumber(v[2])
      for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[k + 1], '-inf', now)) do
        used = used - tonumber(string.match(member, '%d+$'))
      end
    end
    k, a = k + 2, a + 3
  else
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      local second = tonumber(all[i])
      if second and second >= oldest then used = used + all[i + 1] end
    end
    k, a = k + 1, a + 1
  end
  answer[#answer + 1] = used
end
return answer
`;
