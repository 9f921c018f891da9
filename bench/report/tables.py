# SPDX-License-Identifier: MIT
"""Turns results into tables: lists of cells, which the terminal and the HTML report lay out each in its own way."""
import csv
from dataclasses import dataclass, field

from results import ALLOCATORS, ordered

BYTES_PER_MIB = 1 << 20
COLUMNS_MAX = 10
TAILS = [("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"), ("p9999", "p99.99"), ("max", "max")]
MEMORY_SCENARIOS = ("phase", "fill")       # judged by how much of the region they could use
NO_THROUGHPUT = ("stall", "freesize", "oom")   # judged by latency
# What a latency is where it is not that of a call.
LATENCY_OF = {("oom", "free"): "time to recovery, from a task's NULL until all it owned is free"}
STEADY_SCENARIOS = ("drift", "frag")       # judged by what they fail and how high they climb


@dataclass
class Table:
    title: str
    heads: list
    rows: list = field(default_factory=list)


def tables_of(results, scenario, base, brief=False):
    """All tables of one scenario. Brief: no spreads, and latencies at the most threads only, to suit a terminal."""
    made, base = [], results.base(scenario, base)
    if scenario in MEMORY_SCENARIOS:
        made.append(narrow(utilisation_table(results, scenario)))
    elif scenario not in NO_THROUGHPUT:
        made += [throughput_table(results, scenario, variant, base, brief) for variant in results.variants(scenario)]
    if scenario in STEADY_SCENARIOS:
        made += [memory_table(results, scenario, variant) for variant in results.variants(scenario)]
    made += [table for operation in ("alloc", "free")
             for table in latency_tables(results, scenario, operation, brief)]
    return [table for table in made if table.rows]


def throughput_table(results, scenario, variant, base, brief):
    threads = results.threads(scenario)
    measure = f"median{'' if brief else ' [min-max]'} and ratio to {base}"
    table = Table(f"{results.label(scenario, variant)}: million operations a second, {measure}",
                  ["allocator"] + [count(n, "thread") for n in threads])
    for allocator in results.allocators(scenario):
        cells = [throughput_cell(results, scenario, variant, allocator, n, base, brief)
                 for n in threads]
        if any(cells):
            table.rows.append([allocator] + cells)
    return table


def throughput_cell(results, scenario, variant, allocator, threads, base, brief):
    spread = results.spread(scenario, variant, allocator, threads, "mops_per_s")
    failures = results.failures(scenario, variant, allocator, threads)
    if spread is None:
        return "FAILED" if failures else ""
    text = (f"({failures} FAILED) " if failures else "") + significant(spread.median)
    if spread.count > 1 and not brief:
        text += f" [{significant(spread.low)}-{significant(spread.high)}]"
    reference = results.spread(scenario, variant, base, threads, "mops_per_s")
    return text + (f" {spread.median / reference.median:.2f}x" if reference and reference.median else "")


def utilisation_table(results, scenario):
    variants = results.variants(scenario)
    table = Table(f"{scenario}: % of the region usable", ["allocator"] + variants)
    for allocator in results.allocators(scenario):
        cells = []
        for variant in variants:
            if any(results.failures(scenario, variant, allocator, n) for n in results.threads(scenario)):
                cells.append("FAILED")
                continue
            found = [results.spread(scenario, variant, allocator, n, "utilisation") for n in results.threads(scenario)]
            worst = min((spread.low for spread in found if spread), default=None)
            cells.append("" if worst is None else percent(worst))
        if any(cells):
            table.rows.append([allocator] + cells)
    return table


def narrow(table):
    """The table, with rows and columns exchanged if it has too many columns to be read."""
    if len(table.heads) <= COLUMNS_MAX:
        return table
    turned = [list(column) for column in zip(table.heads, *table.rows)]
    return Table(table.title, turned[0], turned[1:])


def memory_table(results, scenario, variant):
    threads = results.threads(scenario)
    table = Table(f"{results.label(scenario, variant)}: failed calls and highest peak in MiB",
                  ["allocator"] + [count(n, "thread") for n in threads])
    for allocator in results.allocators(scenario):
        cells = []
        for n in threads:
            failures = results.spread(scenario, variant, allocator, n, "failed_allocs")
            peak = results.spread(scenario, variant, allocator, n, "peak_bytes")
            cells.append("" if failures is None else f"{failures.high:.0f} failed"
                         + (f", {peak.high / BYTES_PER_MIB:.1f} MiB" if peak and peak.high else ""))
        if any(cells):
            table.rows.append([allocator] + cells)
    return table


def latency_tables(results, scenario, operation, brief):
    """One table for each variant and thread count whose latencies were recorded."""
    threads = results.threads(scenario, f"{operation}_max_ns")
    return [latency_table(results, scenario, variant, n, operation)
            for variant in results.variants(scenario) for n in threads[-1 if brief else 0:]]


def latency_table(results, scenario, variant, threads, operation):
    where = f"{results.label(scenario, variant)}, {count(threads, 'thread')}"
    measured = LATENCY_OF.get((scenario, operation), f"latency of {operation}")
    table = Table(f"{where}: {measured}, median of repeats", ["allocator"] + [name for _, name in TAILS])
    for allocator in results.allocators(scenario):
        found = [results.spread(scenario, variant, allocator, threads, f"{operation}_{tail}_ns")
                 for tail, _ in TAILS]
        if any(spread and spread.median for spread in found):
            table.rows.append([allocator] + [duration(spread.median) if spread else "" for spread in found])
    return table


def count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")


def instructions_table(path):
    """What bench/count wrote: instructions of an alloc and a free together, one column for each run."""
    with open(path, newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    runs = list(dict.fromkeys((row["scenario"], row["variant"]) for row in rows))
    figures = {(row["scenario"], row["variant"], row["allocator"]): row for row in rows}
    table = Table("instructions of a call: alloc + free = pair", ["allocator"] + [" ".join(run) for run in runs])
    for allocator in ordered({row["allocator"] for row in rows}, ALLOCATORS):
        found = [figures.get((*run, allocator)) for run in runs]
        table.rows.append([allocator] + [instructions_cell(row) for row in found])
    return table


def instructions_cell(row):
    names = ("alloc_instructions", "free_instructions", "pair_instructions")
    return "{:.1f} + {:.1f} = {:.1f}".format(*(float(row[name]) for name in names)) if row else ""


def significant(value):
    """Three significant digits, never in exponent form."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percent(fraction):
    return f"{100 * fraction:.1f}"


def duration(nanoseconds):
    for limit, divisor, unit in ((1e4, 1, "ns"), (1e7, 1e3, "µs"), (1e10, 1e6, "ms")):
        if nanoseconds < limit:
            return f"{nanoseconds / divisor:.0f} {unit}"
    return f"{nanoseconds / 1e9:.0f} s"


def as_text(table):
    """The table for a terminal: title, rule, aligned columns."""
    grid = [table.heads] + table.rows
    widths = [max(len(row[i]) for row in grid) for i in range(len(table.heads))]
    lines = ["  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                       for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in grid]
    return "\n".join([table.title, lines[0], "-" * sum(widths, 2 * (len(widths) - 1))] + lines[1:])
