-- Admits one more call, if all edges together hold fewer than the limit; run by Redis, one at a time.
--
--   KEYS[1]   the phone system: a hash of edge -> calls:second (of Redis) from which on it no longer counts
--   ARGV[1]   the edge that asks, how many it holds, the limit, and for how many seconds that counts; with
--             limit 0 it only says how many it holds
--
-- Each edge says the whole number that it holds, never a difference: whatever was lost is mended by the next
-- time, and what a dead edge held stops counting by itself.
local edge, held, limit, seconds = string.match(ARGV[1], '(%S+) (%d+) (%d+) (%d+)')
held, limit, seconds = tonumber(held), tonumber(limit), tonumber(seconds)
local now = tonumber(redis.call('TIME')[1])
local others = 0
local said = redis.call('HGETALL', KEYS[1])
for place = 1, #said, 2 do
  local calls, ends = string.match(said[place + 1], '(%d+):(%d+)')
  if said[place] ~= edge and tonumber(ends) > now then
    others = others + tonumber(calls)
  end
end
local admitted = 0
if held + others < limit then
  held = held + 1
  admitted = 1
end
if held == 0 then
  redis.call('HDEL', KEYS[1], edge)
else
  redis.call('HSET', KEYS[1], edge, held .. ':' .. (now + seconds))
  redis.call('EXPIRE', KEYS[1], seconds)
end
return admitted
