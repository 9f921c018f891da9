#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tables, figures and a web page of what wfbench measured.

  report.py merge OUT.csv PART.csv...    one CSV of several runs, comments first
  report.py tables FILE.csv              prints the tables
  report.py all FILE.csv DIR             prints the tables; writes DIR/plots/*.svg, *.png and DIR/report.html

The figures of bench/count are taken from count.csv beside FILE.csv, if it is there.
"""
import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "plot")]

import figures  # noqa: E402 (the path above has to come first)
import gnuplot  # noqa: E402
import merge  # noqa: E402
import results as results_module  # noqa: E402
import tables  # noqa: E402
import webpage  # noqa: E402


def print_tables(results, base, counts):
    for scenario in results.scenarios():
        for table in tables.tables_of(results, scenario, base, brief=True):
            print(tables.as_text(table), end="\n\n")
        notes = results.notes_in_brief(scenario)
        print("\n".join(notes), end="\n\n" if notes else "")
    if counts:
        print(tables.as_text(tables.instructions_table(counts)), end="\n\n")


def write_report(results, directory, base, counts):
    plots = directory / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    drawn = []
    for figure in figures.figures_of(results):
        gnuplot.draw(figure, plots)
        drawn.append((figure.name, figure.scenario, (plots / f"{figure.name}.svg").read_text(encoding="utf-8")))
    (directory / "report.html").write_text(webpage.page(results, drawn, base, counts), encoding="utf-8")
    print(f"{len(drawn)} figures in {plots}, report in {directory / 'report.html'}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="jemalloc", help="allocator that ratios refer to (default: jemalloc)")
    actions = parser.add_subparsers(dest="action", required=True)
    merging = actions.add_parser("merge")
    merging.add_argument("out", type=pathlib.Path)
    merging.add_argument("parts", type=pathlib.Path, nargs="+")
    printing = actions.add_parser("tables")
    printing.add_argument("csv", type=pathlib.Path)
    writing = actions.add_parser("all")
    writing.add_argument("csv", type=pathlib.Path)
    writing.add_argument("directory", type=pathlib.Path)
    return parser.parse_args()


def main():
    given = arguments()
    try:
        if given.action == "merge":
            merge.merge(given.out, given.parts)
            return 0
        results = results_module.load(given.csv)
        counts = given.csv.with_name("count.csv")
        counts = counts if counts.exists() else None
        print_tables(results, given.base, counts)
        if given.action == "all":
            write_report(results, given.directory, given.base, counts)
    except (results_module.BadResults, gnuplot.GnuplotFailed, OSError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
