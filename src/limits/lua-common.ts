/**
 * Begins every script. `ARGV[1]` is a clock to use in place of Redis's own (tests give one), else empty. `ARGV[2]` is the last moment at
 * which the caller still waits for the script; 0: always. A command that sat in a stopped server must not come to life after its
 * sender has counted elsewhere.
 *
 * Numbers travel as arguments of `redis.call`, which prints them with 17 digits; Lua's own `..` and `tostring` keep 14.
 */
export const luaClock = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local latest = tonumber(ARGV[2])
local late = latest > 0 and now > latest
`;
