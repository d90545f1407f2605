local N = 10000

local function main(n)
  local xs = {}
  for i = 1, 1000 do xs[i] = i - 1 end
  local total = 0
  for i = 1, n do
    for j = 1, #xs do
      local y = xs[j] * 3
      if y % 2 == 0 then total = total + y end
    end
  end
  print(total)
end

main(N)
