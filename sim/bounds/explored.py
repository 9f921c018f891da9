# SPDX-License-Identifier: MIT
"""Worst steps of the public calls as the explorer sees them, with fixed seeds: the same in every run."""
import concurrent.futures
import os
import re
import subprocess

CPUS = (2, 3, 16, 64, 512)
SCHEDULES = {2: 2000, 3: 2000, 16: 150, 64: 24, 512: 3}  # of each manner in each scenario
MANNERS = ("random", "starve", "lose")
# How many times as many; CPUs at most.
SCENARIOS = {"heap": (1, 512), "rush": (1, 512), "drain": (1, 512), "realloc": (0.5, 64), "bump": (10, 512),
             "frames": (1, 512), "tallocs": (0.5, 512)}
SHORT = {("frames", 512): 6, ("tallocs", 512): 10}  # rounds of each CPU where last resorts of all would take for ever
LAST = ("last resort", "helped")
PATHS = ("cached", "spans", "pages", "scavenging", "serving", *LAST)
COLUMNS = ["cpus", "call", "path", "manner", "scenario", "worst", "bound", "calls"]
LINE = re.compile(rf"^  (\S.*?)\s+({'|'.join(PATHS)})\s+worst (\d+) steps of (\d+) in (\d+) ")


class Violation(Exception):
    """What the explorer found wrong."""


def available(wfsim):
    listed = subprocess.run([wfsim, "scenarios"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines()}


def explore(wfsim, scenario, cpus, manner, schedules):
    command = [wfsim, "explore", "--scenario", scenario, "--cpus", str(cpus), "--schedules", str(schedules),
               "--steps", "100000000", "--quiet", "--adversary", manner]
    if (scenario, cpus) in SHORT:
        command += ["--ops", str(SHORT[scenario, cpus]), "--rival-ops", str(SHORT[scenario, cpus])]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Violation(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    rows = []
    for line in done.stdout.splitlines():
        found = LINE.match(line)
        if found and re.match(r"(wfh|frame|bump|talloc)_", found[1]):
            rows.append([cpus, found[1], found[2], manner, scenario, *map(int, found.group(3, 4, 5))])
    return rows


def jobs(wfsim, cpus_list, share):
    there = available(wfsim)
    return [(wfsim, scenario, cpus, manner, max(1, int(SCHEDULES[cpus] * factor * share)))
            for cpus in sorted(cpus_list, reverse=True) for scenario, (factor, cpus_most) in SCENARIOS.items()
            for manner in MANNERS if scenario in there and cpus <= cpus_most]


def measure(wfsim, cpus_list=CPUS, share=1.0):
    """A row for each number of CPUs, call, path and manner."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda job: explore(*job), jobs(wfsim, cpus_list, share))
        rows = [row for part in found for row in part]
    return sorted(rows, key=lambda row: (row[1], row[0], row[2], row[3], row[4]))


def kind(call, path):
    """The call, with what the helped path is told apart: the last resort, and serving those who are in it."""
    return call + (", last resort" if path in LAST else ", serving" if path == "serving" else "")


def over(rows):
    return [row for row in rows if row[5] > row[6]]
