#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The explorer itself under test: two searches agree, defects are found and their lines repeat them, and wrong arguments
are refused. Built for another architecture, it does the same.

usage: check.py WFSIM agree|defects|replay|refuse
       check.py WFSIM same COMMAND...   (the other explorer, as one runs it)
"""
import re
import subprocess
import sys

WFSIM = sys.argv[1] if len(sys.argv) >= 3 else sys.exit(__doc__)

WORST = re.compile(r"^  (\S.*?) +(any|cached|spans|pages|scavenging|serving|last resort|helped) +worst (\d+) steps",
                   re.MULTILINE)

# Function and operation in the core, what is done to it, and a scenario that must show it. tests/mutants weakens every
# order; this is about the other defects, and about the lines that repeat a failure.
KEEP = "span-keep --cpus 2 --exhaustive"
DEFECTS = [
    ("span_take_word", "load", "seq", "zero", KEEP),
    ("span_withdraw", "load", "seq", "zero", KEEP),
    ("span_take_word", "swap", "relaxed", "skip", KEEP),
    ("span_publish", "add", "seq", "split", KEEP),
    ("help_give", "cas", "release", "fail", "help --cpus 2 --exhaustive"),
    ("help_wish", "load", "relaxed", "ones", "help --cpus 2 --exhaustive"),
    ("help_anyone", "load", "seq", "zero", "help --cpus 2 --exhaustive"),
    ("page_give_piece", "add", "seq", "relaxed", "page-keep --cpus 2 --memory c11"),
    ("span_publish", "add", "seq", "acq_rel", KEEP + " --memory c11"),
]


def run(*arguments):
    done = subprocess.run([WFSIM, *arguments], capture_output=True, text=True, check=False, timeout=250)
    return done.returncode, done.stdout, done.stderr


def expect(good, what):
    if not good:
        sys.exit(f"sim check: {what}")


def place_of(function, name, order):
    """FILE:LINE:NAME of the first such operation of the core."""
    for line in run("sites")[1].splitlines():
        place, written, where = line.split()
        if where == function and place.endswith(":" + name) and written == order and place.startswith("core/"):
            return place
    sys.exit(f"sim check: {function} has no {order} {name} any more")


def find(defect):
    """The output of a run that must fail."""
    function, name, order, what, scenario = defect
    weak = place_of(function, name, order) + "=" + what
    status, out, _ = run("explore", "--scenario", *scenario.split(), "--weaken", weak, "--quiet", "--schedules",
                         "10000000" if "--exhaustive" in scenario else "60000")
    expect(status == 1 and "VIOLATION" in out, f"{weak}: {scenario} shows nothing:\n{out}")
    return out


def agree():
    """Searching by states and by schedules ends in the same final states, and knows the same worst steps."""
    for scenario in ("span-retire --cpus 2", "span-retire --cpus 3", "span-retype --cpus 2", "bitset --cpus 3",
                     "help --cpus 2", "page --cpus 2"):
        sums = set()
        for manner in ([], ["--dpor"]):
            status, out, _ = run("explore", "--scenario", *scenario.split(), "--exhaustive", *manner, "--quiet")
            expect(status == 0 and "every schedule" in out, f"{scenario}: the search is not complete: {out}")
            worst = {}
            for call, path, steps in WORST.findall(out):
                if manner or path == "any": # schedules are all there; states also know of those that they cut short
                    worst[call] = max(worst.get(call, 0), int(steps))
            sums.add(re.search(r"(\d+ final states \(sum \w+\))", out)[1] + f", worst steps {sorted(worst.items())}")
        expect(len(sums) == 1, f"{scenario}: {' or '.join(sums)}")
        print(f"{scenario}: {sums.pop()}")


def defects():
    for defect in DEFECTS:
        print(*defect[:4], "->", re.search(r"VIOLATION: (.*)", find(defect))[1])


def replay():
    """The line that a failure prints brings about the same failure."""
    for defect in (DEFECTS[2], DEFECTS[-1]):
        out = find(defect)
        what = re.search(r"VIOLATION: .*", out)[0]
        line = re.search(r"^  wfsim (explore .*)$", out, re.MULTILINE)[1].replace("'", "").split()
        status, out, _ = run(*line)
        expect(status == 1 and what in out, f"{' '.join(line)}: {what} is not repeated:\n{out[-2000:]}")
        expect(" cpu " in out and "core/span/" in out, "the trace is not there")
        print("repeated:", what)


def same():
    """Another explorer ends in the same states, in searches and in schedules of a seed."""
    for line in ("span-retype --cpus 3 --exhaustive", "help --cpus 3 --exhaustive", "page --cpus 2 --exhaustive",
                 "heap --cpus 3 --schedules 200", "heap --cpus 16 --schedules 20", "bump --cpus 8 --schedules 500",
                 "span --cpus 3 --schedules 1000 --memory c11", "drain --cpus 4 --schedules 50 --adversary lose"):
        sums = set()
        for program in ([WFSIM], sys.argv[3:]):
            done = subprocess.run([*program, "explore", "--scenario", *line.split(), "--quiet"], capture_output=True,
                                  text=True, check=False, timeout=250)
            expect(done.returncode == 0, f"{' '.join(program)}: {line}: ended with {done.returncode}: {done.stdout}")
            sums.add(re.search(r"(\d+ final states \(sum \w+\))", done.stdout)[1])
        expect(len(sums) == 1, f"{line}: {' or '.join(sums)}")
        print(f"{line}: {sums.pop()}")


def refuse():
    for line in ("", "explore", "explore --scenario nowhere", "explore --scenario span --cpus 0x", "explore --cpus",
                 "explore --scenario span --memory weak", "explore --scenario span --adversary friend", "fly",
                 "explore --scenario span --weaken core/span/span.c:1=relaxed", "explore --scenario heap --exhaustive",
                 "explore --scenario span --weaken here", "explore --replay span:3", "explore --scenario span --dpor",
                 "explore --scenario span-retire --cpus 9", "explore --replay span:2:sc:choices:0*x"):
        status, _, complaint = run(*line.split())
        expect(status == 2 and complaint.startswith("wfsim: "), f"`wfsim {line}` ends with {status}: {complaint}")


{"agree": agree, "defects": defects, "replay": replay, "same": same, "refuse": refuse}.get(sys.argv[2], lambda: sys.exit(__doc__))()
