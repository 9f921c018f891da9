# SPDX-License-Identifier: MIT
"""Reads the consoles of `mode=bench`, one for each heap, and prints the heaps side by side.

usage: table.py [--csv FILE] CONSOLE CONSOLE

The lines of the CSV stand behind `csv: `; --csv writes those of both consoles to one file, in the host's form.
"""
import argparse
import os
import pathlib
import statistics
import sys
import tempfile

sys.dont_write_bytecode = True

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench" / "report"))
import results  # noqa: E402 (the path above has to come first)

PREFIX = "csv: "


def csv_lines(console):
    lines = console.read_text(encoding="utf-8").splitlines()
    found = [line[len(PREFIX):] for line in lines if line.startswith(PREFIX)]
    if not any(line and not line.startswith("#") for line in found):
        raise results.BadResults(f"{console.name} holds no CSV")
    return found


def merged(consoles):
    """One file of all: comments of each, the columns once, then the rows."""
    comments, columns, rows = [], [], []
    for lines in consoles:
        comments += [line for line in lines if line.startswith("#") and line not in comments]
        data = [line for line in lines if line and not line.startswith("#")]
        columns = columns or data[:1]
        if data[:1] != columns:
            raise results.BadResults("the consoles have different columns")
        rows += data[1:]
    return "\n".join(comments + columns + rows) + "\n"


def rate(read, scenario, variant, allocator, cpus):
    """Calls a second; the column mops_per_s has too few digits for a heap that stands still."""
    wanted = (scenario, variant, allocator, cpus)
    rows = [row for row in read.rows if results.measurement_of(row) == wanted and row["seconds"]]
    rates = [row["ops"] / row["seconds"] for row in rows]
    if not rates:
        raise results.BadResults(f"{scenario} {variant} was not measured for {allocator} on {cpus} CPUs")
    return statistics.median(rates)


def table(read):
    print(f"{'calls a second':<18}{'CPUs':>5}{'wf':>12}{'tlsf':>12}{'wf/tlsf':>10}")
    for scenario in read.scenarios():
        for variant in read.variants(scenario):
            for cpus in read.threads(scenario):
                wf, tlsf = (rate(read, scenario, variant, name, cpus) for name in ("wf", "tlsf"))
                ratio = f"{wf / tlsf:.1f}" if tlsf else "-"
                print(f"{scenario + ' ' + variant:<18}{cpus:>5}{wf:>12,.0f}{tlsf:>12,.0f}{ratio:>10}")


def caution(read):
    """What software emulation hides."""
    if max(row["threads"] for row in read.rows) > os.cpu_count():
        print(f"\nThe CPUs take turns on {os.cpu_count()} cores of this machine. TLSF's queue lock goes to the "
              "next in turn,\nwhich seldom runs at that moment: its figures are mostly the host scheduler's.\n"
              "kernel/wcet counts what each call executes instead.")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("consoles", nargs=2, type=pathlib.Path)
    parser.add_argument("--csv", type=pathlib.Path, help="also write the rows to this file")
    return parser.parse_args()


def main():
    given = arguments()
    try:
        text = merged([csv_lines(console) for console in given.consoles])
        with tempfile.TemporaryDirectory() as folder:
            path = given.csv or pathlib.Path(folder) / "bench.csv"
            path.write_text(text, encoding="utf-8")
            read = results.load(path)
        print("\n".join(read.comments), end="\n\n")
        table(read)
        caution(read)
    except (results.BadResults, OSError) as error:
        print(f"table: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
