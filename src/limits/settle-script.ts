import { luaClock } from './lua-common.ts';

/**
 * Puts what was used in place of the estimates and ends the leases. The twin of `MemoryLimiter.settle`.
 *
 * KEYS: the key of each limit that settles, behind a budget's the key of its leases.
 * ARGV: clock, latest, reservation id, second of the charge, tokens used less estimated, estimated cost, cost, then for each limit `t`, `p`, or `b`
 * and the end of the period.
 *
 * A lease is ended even when it is too late to add the cost: whoever sent it holds it as known spend by then, and raises the counter to that.
 * Answers the spend of each budget, -1 where nothing was added.
 */
export const settleScript = `${luaClock}
local id, second, tokens, estimate, cost = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
local answer = {}
local k, a = 1, 8
while a <= #ARGV do
  local kind, key = ARGV[a], KEYS[k]
  if kind == 't' then
    local charged = redis.call('HGET', key, second)
    if charged then
      local change = math.max(tokens, -charged)
      redis.call('HINCRBY', key, second, change)
      redis.call('HINCRBY', key, 's', change)
    end
    k, a = k + 1, a + 1
  elseif kind == 'p' then
    redis.call('ZREM', key, id)
    k, a = k + 1, a + 1
  else
    local leases, ending = KEYS[k + 1], tonumber(ARGV[a + 1])
    local v = redis.call('HMGET', key, 's', 'r', 'p')
    local spent, reserved, period = tonumber(v[1]) or 0, tonumber(v[2]) or 0, tonumber(v[3])
    local left = reserved
    if reserved > 0 then
      if redis.call('ZREM', leases, id .. ':' .. estimate) == 1 then left = reserved - tonumber(estimate) end
      if redis.call('EXISTS', leases) == 0 then left = 0 end
    end
    local counts = not late and (not period or period == ending)
    if counts then spent = spent + cost end
    if counts or left ~= reserved then
      redis.call('HSET', key, 's', spent, 'r', left, 'p', period or ending)
      if not period then redis.call('PEXPIRE', key, 86400000) end
    end
    answer[#answer + 1] = counts and spent or -1
    k, a = k + 2, a + 2
  end
end
return answer
`;
