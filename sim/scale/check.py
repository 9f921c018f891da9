# SPDX-License-Identifier: MIT
"""The model must give the same figures twice, and the shape that it is there to show.

usage: check.py PROGRAM
"""
import subprocess
import sys

COMMANDS = [["--scenario", "pair", "--cpus", "1,16,64"],
            ["--scenario", "slots", "--cpus", "1,16"]]
SHAPES = [  # scenario, allocator, CPUs, least and most throughput as a multiple of one CPU's
    ("pair", "wf", 16, 15.0, 17.0), ("pair", "wf", 64, 60.0, 68.0), ("slots", "wf", 16, 4.0, 17.0),
    ("pair", "tlsf", 16, 0.01, 0.5), ("pair", "tlsf", 64, 0.01, 0.5), ("slots", "tlsf", 16, 0.01, 0.5),
    ("pair", "slab", 16, 15.0, 17.0), ("slots", "slab", 16, 0.01, 1.0), # caches of its own, and locks behind them
    ("pair", "tlsf-spin", 16, 0.001, 0.5), ("pair", "tlsf-spin", 64, 0.001, 0.1),
    # Costs that are changed change the outcome: these are of the runs with slow lines.
    ("slow pair", "wf", 64, 50.0, 68.0), ("slow pair", "tlsf", 64, 0.001, 0.05),
]


def run(program, arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout


def throughputs(text, prefix=""):
    rows = [line.split(",") for line in text.splitlines() if line and not line.startswith("#")]
    columns = {name: i for i, name in enumerate(rows[0])}
    return {(prefix + row[columns["scenario"]], row[columns["allocator"]], int(row[columns["cpus"]])):
            float(row[columns["mops_per_s"]]) for row in rows[1:]}


def main():
    program = sys.argv[1]
    found = {}
    for arguments in COMMANDS:
        first, second = run(program, arguments), run(program, arguments)
        if first != second:
            sys.exit(f"check: {' '.join(arguments)} gives other figures the second time")
        found.update(throughputs(first))
    slow = run(program, COMMANDS[0] + ["--cost", "near=1480,far=3130"])
    found.update(throughputs(slow, "slow "))
    bad = 0
    for scenario, heap, cpus, least, most in SHAPES:
        ratio = found[scenario, heap, cpus] / found[scenario, heap, 1]
        is_good = least <= ratio <= most
        bad += not is_good
        print(f"{'ok' if is_good else 'NOT OK'}: {scenario}, {heap}: {cpus} CPUs do {ratio:.3f} times the work of one; "
              f"{least} to {most} were expected")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
