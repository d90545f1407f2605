#!/usr/bin/env python3
"""Run the same work on data files in Weave and in the tools people use for it.

    data.py revenue sales.csv      filter and sum: revenue per region where units > 0
    data.py lines access.log       the lines that hold a text, from standard input

Each round runs every engine that is installed once; the median of user and
system seconds is shown with the most memory that it had, and the ratio to the
fastest of the others. What the engines print must agree: totals to the cent,
lines to the byte.
"""

import argparse
import hashlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
WEAVE = os.path.join(HERE, "../../target/release/weave")

REVENUE = {
    "weave": [WEAVE, os.path.join(HERE, "../../examples/revenue.wv"), "{file}"],
    "mawk": ["mawk", "-f", os.path.join(HERE, "revenue.awk"), "{file}"],
    "gawk": ["gawk", "-f", os.path.join(HERE, "revenue.awk"), "{file}"],
    "miller": ["mlr", "--icsv", "--onidx", "filter", "$units > 0", "then", "put", "-q",
               '@sum[$region] += $units * $price; end { emit @sum, "region" }', "{file}"],
    "python3 csv.reader": ["python3", os.path.join(HERE, "revenue_reader.py"), "{file}"],
    "python3 csv.DictReader": ["python3", os.path.join(HERE, "revenue.py"), "{file}"],
}
LINES = {
    "weave": [WEAVE, "-e", 'stdin ?> ^{ "TEXT" in it } *> print'],
    "grep": ["grep", "-F", "TEXT"],
    "mawk": ["mawk", 'index($0, "TEXT")'],
    "gawk": ["gawk", 'index($0, "TEXT")'],
    "python3": ["python3", "-c", 'import sys\nfor line in sys.stdin:\n    if "TEXT" in line: sys.stdout.write(line)'],
}


def run(command, stdin):
    """Output, user and system seconds, wall seconds and peak MiB of a command."""
    # A child starts with the peak of its parent: GNU time is a smaller one.
    time_command = shutil.which("time")
    with tempfile.NamedTemporaryFile("r") as peak, tempfile.TemporaryFile() as output:
        if time_command:
            command = [time_command, "-f", "%M", "-o", peak.name, *command]
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=stdin, stdout=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = status
        if status != 0:
            sys.exit(f"{command[0]} failed")
        output.seek(0)
        kib = int(peak.read()) if time_command else usage.ru_maxrss
        return output.read(), usage.ru_utime + usage.ru_stime, wall, kib / 1024


def totals(output):
    """Regions with their totals in cents."""
    found = re.findall(r"^(\w+)\s+([\d.,]+)$", output.decode(), re.M)
    return sorted((name, round(float(number.replace(",", "")) * 100)) for name, number in found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["revenue", "lines"])
    parser.add_argument("file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--text", default=" 404 ", help="what lines must hold")
    args = parser.parse_args()
    engines = REVENUE if args.task == "revenue" else LINES
    engines = {name: command for name, command in engines.items() if shutil.which(command[0])}
    measured = {name: [] for name in engines}
    expected = None
    for _ in range(args.rounds):
        for name, command in engines.items():
            command = [part.replace("{file}", args.file).replace("TEXT", args.text) for part in command]
            with open(args.file if args.task == "lines" else os.devnull, "rb") as stdin:
                output, *figures = run(command, stdin)
            result = totals(output) if args.task == "revenue" else hashlib.sha256(output).hexdigest()
            expected = expected or result
            if result != expected:
                sys.exit(f"{name} gives something else than {next(iter(engines))}: {result}")
            measured[name].append(figures)
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in measured.items()}
    best = min(figures[0] for name, figures in medians.items() if name != "weave")
    print(f"{'engine':<24} {'user+sys s':>10} {'wall s':>8} {'peak MiB':>9} {'of the fastest other':>21}")
    for name, (seconds, wall, peak) in medians.items():
        print(f"{name:<24} {seconds:>10.2f} {wall:>8.2f} {peak:>9.1f} {seconds / best:>21.2f}")


if __name__ == "__main__":
    main()
