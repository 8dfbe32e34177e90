-- What engine.js does, as far as it goes: tables, closures, strings and numbers.
local function tree(depth)
    return depth > 0 and { left = tree(depth - 1), right = tree(depth - 1), value = depth } or nil
end

local function total(t)
    return t and total(t.left) + total(t.right) + t.value or 1
end

local function sieve(limit)
    local flags, count = {}, 0
    for i = 2, limit do
        if not flags[i] then
            count = count + 1
            for j = i * 2, limit, i do flags[j] = true end
        end
    end
    return count
end

local function orbit(steps)
    local x, y, vx, vy = 1, 0, 0, 1
    for _ = 1, steps do
        local r = math.sqrt(x * x + y * y)
        local pull = -0.001 / (r * r * r)
        vx, vy = vx + x * pull, vy + y * pull
        x, y = x + vx * 0.001, y + vy * 0.001
    end
    return math.floor((x * x + y * y) * 1e6)
end

local function words(count)
    local found, seed, distinct = {}, 12345, 0
    for _ = 1, count do
        seed = seed * 16807 % 2147483647
        local word = "w" .. seed % 997
        distinct = distinct + (found[word] and 0 or 1)
        found[word] = (found[word] or 0) + 1
    end
    return distinct
end

print(total(tree(16)), sieve(1500000), orbit(8000000), words(600000))
