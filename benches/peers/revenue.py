"""What examples/revenue.wv does, with Python's csv module: revenue.py FILE."""

import csv
import sys

totals = {}
with open(sys.argv[1], newline="", encoding="utf-8") as file:
    for row in csv.DictReader(file):
        units = int(row["units"])
        if units > 0:
            totals[row["region"]] = totals.get(row["region"], 0) + units * float(row["price"])
for region, revenue in sorted(totals.items(), key=lambda item: -item[1]):
    print(f"{region:<10} {revenue:>14,.2f}")
