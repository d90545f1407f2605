"""What examples/revenue.wv does, with Python's plain csv.reader: revenue_reader.py FILE."""

import csv
import sys

totals = {}
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    rows = csv.reader(file)
    header = next(rows)
    region, units, price = (header.index(name) for name in ("region", "units", "price"))
    for row in rows:
        count = int(row[units])
        if count > 0:
            totals[row[region]] = totals.get(row[region], 0) + count * float(row[price])
for name, revenue in totals.items():
    print(f"{name} {revenue:.2f}")
