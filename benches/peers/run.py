#!/usr/bin/env python3
"""Time the same small programs in several scripting engines, side by side.

Every round runs every engine once on every chosen program, in turn (A B C,
A B C, ...), so slow drifts of the machine reach all engines alike. An
engine's ratio is taken within each round against the reference engine of that
same round, and the median of those ratios is shown. Printed results must
agree between engines (numbers within one part in a million, so 3 and 3.0 are
the same); an engine that disagrees or fails is marked and left out.

Examples

  run.py                                   all built-in peers, full size
  run.py --peers lua5.4,luajit --programs fib,tak --rounds 7
  run.py --size small --list               what would run, at which N
  run.py --peers lua5.4,luajit-off,weave   beside this checkout's release build
  run.py --cpu 1 --lock bench.lock --json out.json

An engine's command has {program} where the file goes; it is split like a
shell line but run without a shell, from the current directory. --dir paths
given on the command line are relative to the current directory. A program
file declares its size on a line holding `N = <number>`; other sizes are made
by rewriting that first number in a temporary copy.
"""

import argparse
import fcntl
import json
import math
import os
import re
import shlex
import shutil
import signal
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# name: (command, folder, extension)
ENGINES = {
    "lua5.4": ("lua5.4 {program}", "lua", "lua"),
    "luajit": ("luajit {program}", "lua", "lua"),
    "luajit-off": ("luajit -joff {program}", "lua", "lua"),
    "luau": (os.path.join(HERE, "luau/target/release/luau") + " {program}", "lua", "lua"),
    "luau-codegen": (os.path.join(HERE, "luau/target/release/luau") + " --codegen {program}", "lua", "lua"),
    "python3": ("python3 {program}", "python", "py"),
    "node": ("node {program}", "js", "js"),
    "node-jitless": ("node --jitless {program}", "js", "js"),
    "ruby": ("ruby {program}", "ruby", "rb"),
    "ruby-yjit": ("ruby --yjit {program}", "ruby", "rb"),
    "weave": (os.path.join(HERE, "../../target/release/weave") + " {program}", "../programs", "wv"),
}

# group, and N at each size; "full" is what the files themselves say.
PROGRAMS = {
    "closure_counter": ("call", 16000000, 8000000, 1600000, 100000),
    "closure_create": ("call", 5000000, 2500000, 500000, 30000),
    "nested_closures": ("call", 12000000, 6000000, 1200000, 80000),
    "shared_upvalues": ("call", 6000000, 3000000, 600000, 40000),
    "capture10": ("call", 6000000, 3000000, 600000, 40000),
    "plain_call": ("call", 16000000, 8000000, 1600000, 100000),
    "loop_baseline": ("kernel", 60000000, 30000000, 6000000, 400000),
    "fib": ("call", 35, 34, 30, 24),
    "tak": ("call", 400, 200, 40, 3),
    "ackermann": ("call", 3, 2, 1, 1),
    "higher_order": ("call", 6000, 3000, 600, 40),
    "string_build": ("data", 1000000, 500000, 100000, 10000),
    "list_sort": ("data", 300000, 300000, 30000, 3000),
    "list_sort_default": ("data", 300000, 300000, 30000, 3000),
    "map_ops": ("data", 250000, 125000, 25000, 2500),
    "nbody": ("kernel", 200000, 100000, 20000, 1500),
    "sieve": ("kernel", 4000000, 2000000, 400000, 40000),
    "queens": ("kernel", 700, 350, 70, 5),
    "binary_trees": ("data", 1800, 900, 180, 20),
    "mandelbrot": ("kernel", 900, 630, 280, 80),
    # A chain of functions over a list, and the same by a loop; for Lua and Weave.
    "chain": ("chain", 20000, 10000, 2000, 100),
    "chain_loop": ("chain", 20000, 10000, 2000, 100),
    "hello": ("startup", None, None, None, None),
}
SIZES = {"full": 1, "mid": 2, "small": 3, "tiny": 4}
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
N_LINE = re.compile(r"\bN\s*=\s*(\d+)")


def parse_args():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--peers", help="comma list of engines, in order (default: all known)")
    p.add_argument("--programs", help="comma list, or group names: call, data, kernel, chain, startup")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--reference", default="lua5.4", help="engine that counts as 1.00")
    p.add_argument("--metric", choices=["user", "cpu", "wall"], default="user",
                   help="user time (default), user + system, or wall clock")
    p.add_argument("--size", choices=list(SIZES), default="full")
    p.add_argument("--n", action="append", default=[], metavar="PROGRAM=N")
    p.add_argument("--engine", action="append", default=[], metavar="NAME='CMD {program}'",
                   help="add or replace an engine")
    p.add_argument("--dir", action="append", default=[], metavar="NAME=PATH",
                   help="folder of that engine's programs")
    p.add_argument("--ext", action="append", default=[], metavar="NAME=EXT",
                   help="file extension of that engine's programs")
    p.add_argument("--env", action="append", default=[], metavar="NAME:VAR=VALUE",
                   help="environment variable for one engine")
    p.add_argument("--net", action="store_true",
                   help="subtract each engine's own `hello` time of that round before ratios")
    p.add_argument("--timeout", type=float, default=60.0, help="seconds for one run")
    p.add_argument("--cpu", type=int, help="pin every run to this processor")
    p.add_argument("--lock", help="take an exclusive flock on this file while one program runs in all engines")
    p.add_argument("--hold", type=float, default=0.0, metavar="SECONDS",
                   help="keep the lock over several programs until this much time has passed")
    p.add_argument("--json", help="write every single measurement to this file")
    p.add_argument("--markdown", action="store_true", help="print tables as Markdown")
    p.add_argument("--list", action="store_true", help="show what would run, then stop")
    p.add_argument("--keep-going", action="store_true",
                   help="exit 0 even where an engine failed or disagreed")
    return p.parse_args()


def pairs(items, what):
    out = {}
    for item in items:
        name, sep, value = item.partition("=")
        if not sep:
            sys.exit(f"{what} needs NAME=VALUE, not {item!r}")
        out[name] = value
    return out


class Bench:
    def __init__(self, a):
        self.a = a
        self.engines = {}
        for name, (cmd, folder, ext) in ENGINES.items():
            self.engines[name] = [cmd, os.path.join(HERE, folder), ext]
        dirs, exts = pairs(a.dir, "--dir"), pairs(a.ext, "--ext")
        for name, cmd in pairs(a.engine, "--engine").items():
            old = self.engines.get(name, [None, None, None])
            self.engines[name] = [cmd, old[1], old[2]]
        for name, value in dirs.items():
            self.engines.setdefault(name, [None, None, None])[1] = os.path.abspath(value)
        for name, value in exts.items():
            self.engines.setdefault(name, [None, None, None])[2] = value.lstrip(".")
        for name, parts in self.engines.items():
            if None in parts:
                sys.exit(f"engine {name!r} needs --engine, --dir and --ext")
        self.env = {}
        for item in a.env:
            name, _, rest = item.partition(":")
            var, _, value = rest.partition("=")
            self.env.setdefault(name, {})[var] = value

        if a.peers:
            wanted = [x for x in a.peers.split(",") if x]
            for x in wanted:
                if x not in self.engines:
                    sys.exit(f"no engine called {x!r}; known: {', '.join(self.engines)}")
        else:
            wanted = list(self.engines)
        self.peers = []
        for x in wanted:
            exe = shlex.split(self.engines[x][0])[0]
            if shutil.which(exe):
                self.peers.append(x)
            else:
                print(f"note: {x} left out, {exe!r} is not installed", file=sys.stderr)

        groups = {g for g, *_ in PROGRAMS.values()}
        if a.programs:
            self.programs = []
            for x in a.programs.split(","):
                if x in groups:
                    self.programs += [p for p, v in PROGRAMS.items() if v[0] == x]
                elif x in PROGRAMS:
                    self.programs.append(x)
                else:
                    sys.exit(f"no program called {x!r}; known: {', '.join(PROGRAMS)}")
            self.programs = list(dict.fromkeys(self.programs))
        else:
            self.programs = [p for p, v in PROGRAMS.items() if v[0] != "chain"]
        self.n_override = {k: int(v) for k, v in pairs(a.n, "--n").items()}
        self.time_tool = shutil.which("time")
        self.lock = open(a.lock, "a") if a.lock else None
        self.held_since = None

    def n_of(self, program):
        if program in self.n_override:
            return self.n_override[program]
        return PROGRAMS[program][SIZES[self.a.size]]

    def source(self, engine, program, tmp):
        """Path of the file to run, rewritten to the wanted N, or None."""
        _, folder, ext = self.engines[engine]
        path = os.path.join(folder, f"{program}.{ext}")
        if not os.path.exists(path):
            return None
        n = self.n_of(program)
        if n is None:
            return path
        text = open(path, encoding="utf-8").read()
        m = N_LINE.search(text)
        if m is None:
            sys.exit(f"{program}.{ext} of {engine} has no `N = <number>`")
        if int(m.group(1)) == n:
            return path
        out = os.path.join(tmp, engine.replace("/", "_"))
        os.makedirs(out, exist_ok=True)
        out = os.path.join(out, f"{program}.{ext}")
        with open(out, "w", encoding="utf-8") as f:
            f.write(text[:m.start(1)] + str(n) + text[m.end(1):])
        return out

    def hold(self, on):
        """Take the lock; give it back once it has been held long enough."""
        if not self.lock:
            return
        if on and self.held_since is None:
            fcntl.flock(self.lock, fcntl.LOCK_EX)
            self.held_since = time.monotonic()
        elif not on and time.monotonic() - self.held_since >= self.a.hold:
            fcntl.flock(self.lock, fcntl.LOCK_UN)
            self.held_since = None
            time.sleep(0.05)

    def once(self, engine, path, tmp):
        argv = [x.replace("{program}", path) for x in shlex.split(self.engines[engine][0])]
        argv[0] = shutil.which(argv[0])
        rss_file = os.path.join(tmp, "rss")
        if self.time_tool:
            argv = [self.time_tool, "-q", "-f", "%M", "-o", rss_file] + argv
        env = dict(os.environ)
        env.update(self.env.get(engine, {}))
        out_path, err_path = os.path.join(tmp, "out"), os.path.join(tmp, "err")
        start = time.perf_counter()
        pid = os.fork()
        if pid == 0:
            try:
                if self.a.cpu is not None:
                    os.sched_setaffinity(0, {self.a.cpu})
                os.setsid()
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                os.dup2(os.open(out_path, flags, 0o600), 1)
                os.dup2(os.open(err_path, flags, 0o600), 2)
                os.execve(argv[0], argv, env)
            finally:
                os._exit(127)
        late = []

        def stop(_sig, _frame):
            late.append(1)
            os.killpg(pid, signal.SIGKILL)

        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, self.a.timeout)
        try:
            _, status, use = os.wait4(pid, 0)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        wall = time.perf_counter() - start
        if late:
            return {"error": f"over {self.a.timeout:g} s"}
        out = COLOUR.sub("", open(out_path, errors="replace").read())
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            lines = open(err_path, errors="replace").read().strip().splitlines()
            why = lines[-1] if lines else ""
            return {"error": f"exit {code} {why}"[:160]}
        # Without the `time` tool a child starts with this script's own
        # resident set as its high-water mark, so small engines look alike.
        rss = use.ru_maxrss
        if self.time_tool:
            try:
                rss = int(open(rss_file).read().split()[-1])
            except (OSError, ValueError, IndexError):
                pass
        return {"user": use.ru_utime, "cpu": use.ru_utime + use.ru_stime,
                "wall": wall, "rss_kb": rss, "out": out.split()}


def same(a, b):
    if len(a) != len(b):
        return False
    for x, y in zip(a, b):
        if x == y:
            continue
        try:
            if not math.isclose(float(x), float(y), rel_tol=1e-6, abs_tol=1e-9):
                return False
        except ValueError:
            return False
    return True


def table(title, head, rows, markdown):
    print(f"\n{title}")
    if markdown:
        print()
        print("| " + " | ".join(head) + " |")
        print("|" + "|".join(["---"] + ["---:"] * (len(head) - 1)) + "|")
        for r in rows:
            print("| " + " | ".join(r) + " |")
        return
    width = [max(len(r[i]) for r in [head] + rows) for i in range(len(head))]
    for r in [head] + rows:
        print("  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                        for i, (c, w) in enumerate(zip(r, width))))


def write_json(a, b, runs, broken):
    data = [{"program": p, "engine": e, "round": r, "n": b.n_of(p),
             **{k: v for k, v in m.items() if k != "out"}, "out": " ".join(m["out"])}
            for (p, e), per in runs.items() for r, m in per.items()]
    with open(a.json, "w") as f:
        json.dump({"size": a.size, "rounds": a.rounds, "reference": a.reference,
                   "runs": data, "broken": {f"{e} {p}": w for (p, e), w in broken.items()}},
                  f, indent=1)


def main():
    a = parse_args()
    b = Bench(a)
    if a.list:
        for name in b.peers:
            cmd, folder, ext = b.engines[name]
            print(f"{name}: {cmd}  [{os.path.relpath(folder)}/*.{ext}]")
        for p in b.programs:
            print(f"{p}: {PROGRAMS[p][0]}, N = {b.n_of(p)}")
        return 0

    runs = {}     # (program, engine) -> list of measurements, one per round
    broken = {}   # (program, engine) -> why
    with tempfile.TemporaryDirectory(prefix="peers-vm-") as tmp:
        paths = {(p, e): b.source(e, p, tmp) for p in b.programs for e in b.peers}
        for r in range(a.rounds):
            for p in b.programs:
                b.hold(True)
                got = {}
                for e in b.peers:
                    path = paths[p, e]
                    if path is None or (p, e) in broken:
                        continue
                    m = b.once(e, path, tmp)
                    if "error" in m:
                        broken[p, e] = m["error"]
                        print(f"  {p} {e}: {m['error']}", file=sys.stderr)
                        continue
                    got[e] = m
                # The reference engine says what is right; else the first that ran.
                judge = a.reference if a.reference in got else next(iter(got), None)
                for e, m in got.items():
                    if not same(got[judge]["out"], m["out"]):
                        broken[p, e] = (f"prints {' '.join(m['out'][:6])!r}, {judge} prints "
                                        f"{' '.join(got[judge]['out'][:6])!r}")
                        print(f"  {p} {e}: {broken[p, e]}", file=sys.stderr)
                        continue
                    runs.setdefault((p, e), {})[r] = m
                b.hold(False)
            print(f"round {r + 1} of {a.rounds} done", file=sys.stderr, flush=True)
            if a.json:
                write_json(a, b, runs, broken)

    ref = a.reference
    head = ["program"] + b.peers

    def median(p, e, key):
        xs = [m[key] for m in runs.get((p, e), {}).values()]
        return statistics.median(xs) if xs and (p, e) not in broken else None

    ratios = {}
    for p in b.programs:
        for e in b.peers:
            if (p, e) in broken or (p, ref) in broken:
                continue
            mine, theirs = runs.get((p, e), {}), runs.get((p, ref), {})
            xs = []
            for r in mine:
                if r not in theirs:
                    continue
                x, y = mine[r][a.metric], theirs[r][a.metric]
                if a.net and p != "hello":
                    x -= runs.get(("hello", e), {}).get(r, {}).get(a.metric, 0.0)
                    y -= runs.get(("hello", ref), {}).get(r, {}).get(a.metric, 0.0)
                if x > 0 and y > 0:
                    xs.append(x / y)
            if xs:
                ratios[p, e] = statistics.median(xs)

    def cell(x, form, p, e):
        if x is not None:
            return form.format(x)
        return "fail" if (p, e) in broken else "-"

    rows = [[p] + [cell(median(p, e, a.metric), "{:.3f}", p, e) for e in b.peers]
            for p in b.programs]
    table(f"median {a.metric} seconds, {a.rounds} rounds, size {a.size}", head, rows, a.markdown)

    work = [p for p in b.programs if PROGRAMS[p][0] != "startup"]
    rows = [[p] + [cell(ratios.get((p, e)), "{:.2f}", p, e) for e in b.peers] for p in work]
    groups = []
    for p in work:
        if PROGRAMS[p][0] not in groups:
            groups.append(PROGRAMS[p][0])
    for g in groups + ["all"]:
        chosen = [p for p in work if g in ("all", PROGRAMS[p][0])]
        if len(chosen) < 2:
            continue
        line = []
        for e in b.peers:
            xs = [ratios[p, e] for p in chosen if (p, e) in ratios]
            if not xs:
                line.append("-")
                continue
            mark = "" if len(xs) == len(chosen) else f" ({len(xs)})"
            line.append(f"{statistics.geometric_mean(xs):.2f}{mark}")
        rows.append([f"geomean {g} ({len(chosen)})"] + line)
    if any((p, ref) in runs for p in work):
        net = ", start-up taken off" if a.net else ""
        table(f"{a.metric} time as a multiple of {ref} in the same round{net} (below 1 is faster)",
              head, rows, a.markdown)

    rows = [[p] + [cell((lambda x: x / 1024 if x else None)(median(p, e, "rss_kb")), "{:.1f}", p, e)
                   for e in b.peers] for p in b.programs]
    table("peak resident memory, MiB", head, rows, a.markdown)

    if "hello" in b.programs:
        rows = [[k] + [cell((lambda x: x * 1000 if x is not None else None)(median("hello", e, k)),
                            "{:.1f}", "hello", e) for e in b.peers] for k in ("wall", "cpu", "user")]
        table("whole process that prints one word, milliseconds", ["time"] + b.peers, rows, a.markdown)

    if broken:
        print("\nfailed or disagreed:")
        for (p, e), why in broken.items():
            print(f"  {e} {p}: {why}")
    return 0 if a.keep_going or not broken else 1


if __name__ == "__main__":
    sys.exit(main())
