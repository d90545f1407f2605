local N = 10000

local function map(xs, f)
  local out = {}
  for i = 1, #xs do out[i] = f(xs[i]) end
  return out
end

local function filter(xs, f)
  local out = {}
  for i = 1, #xs do
    local x = xs[i]
    if f(x) then out[#out + 1] = x end
  end
  return out
end

local function reduce(xs, f, acc)
  for i = 1, #xs do acc = f(acc, xs[i]) end
  return acc
end

local function main(n)
  local xs = {}
  for i = 1, 1000 do xs[i] = i - 1 end
  local total = 0
  for i = 1, n do
    local ys = map(xs, function(x) return x * 3 end)
    local zs = filter(ys, function(x) return x % 2 == 0 end)
    total = total + reduce(zs, function(acc, x) return acc + x end, 0)
  end
  print(total)
end

main(N)
