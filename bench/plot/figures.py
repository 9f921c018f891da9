# SPDX-License-Identifier: MIT
"""Which figures a set of results gives, and what each of them shows."""
from gnuplot import Curve, Figure, Panel
from results import size_of

BYTES_PER_MIB = 1 << 20
TAILS = [("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"), ("p9999", "p99.99"), ("max", "max")]
NO_THROUGHPUT = ("phase", "fill", "frag", "drift", "freesize", "stall", "oom")
SERIES = {
    "drift": ("drift: the most memory in use so far", "seconds", "MiB"),
    "frag": ("frag: the largest free run over a long random walk", "steps of 100,000 replacements", "MiB"),
}


def figures_of(results):
    """Every figure that the results hold data for."""
    made = []
    for scenario in results.scenarios():
        if scenario not in NO_THROUGHPUT:
            made += [throughput(results, scenario, variant) for variant in results.variants(scenario)]
        if scenario != "freesize":
            made += latencies(results, scenario)
    made += [fill(results), phase(results), freesize(results)]
    made += [series(results, scenario) for scenario in SERIES]
    return [figure for figure in made if figure and any(panel.curves for panel in figure.panels)]


def throughput(results, scenario, variant):
    threads = results.threads(scenario)
    panel = Panel("", "threads", "million operations a second", x_log2=True, x_ticks=[(str(n), n) for n in threads])
    for allocator in results.allocators(scenario):
        # `null` allocates nothing: its line would squeeze all others together. The tables hold it.
        if allocator != "null":
            spreads = [(n, results.spread(scenario, variant, allocator, n, "mops_per_s")) for n in threads]
            add(panel, allocator, [(n, spread.median) for n, spread in spreads if spread])
    return Figure(file_name("throughput", scenario, results.told_apart(scenario, variant)), scenario,
                  f"{results.label(scenario, variant)}: throughput over threads", [panel])


def latencies(results, scenario):
    """A figure for each variant at each thread count, alloc and free side by side."""
    threads = sorted({*results.threads(scenario, "alloc_max_ns"), *results.threads(scenario, "free_max_ns")})
    return [latency(results, scenario, variant, n) for variant in results.variants(scenario) for n in threads]


def latency(results, scenario, variant, threads):
    panels = []
    for operation in ("alloc", "free"):
        panel = Panel("recovery" if scenario == "oom" else operation, "percentile", "latency", y_log10=True, x_names=[name for _, name in TAILS])
        for allocator in results.allocators(scenario):
            spreads = [results.spread(scenario, variant, allocator, threads, f"{operation}_{tail}_ns")
                       for tail, _ in TAILS]
            add(panel, allocator, [(i, spread.median) for i, spread in enumerate(spreads) if spread and spread.median])
        if panel.curves or scenario != "oom":
            panels.append(panel)
    plural = "" if threads == 1 else "s"
    measured = "time to recovery" if scenario == "oom" else "latency of each call"
    return Figure(file_name(f"latency-{scenario}-{threads}", results.told_apart(scenario, variant)), scenario,
                  f"{results.label(scenario, variant)}: {measured}, {threads} thread{plural}", panels)


def fill(results):
    """Utilisation at exhaustion over the size that was asked for."""
    sizes = [name for name in results.variants("fill") if size_of(name)]
    panel = Panel("", "size asked for", "% of the region", x_log2=True, y_top=100,
                  x_ticks=[(short_size(size_of(name)), size_of(name)) for name in sizes
                           if size_of(name) & (size_of(name) - 1) == 0])
    for allocator in results.allocators("fill"):
        found = [(size_of(name), utilisation(results, "fill", name, allocator)) for name in sizes]
        add(panel, allocator, [(size, 100 * value) for size, value in found if value is not None])
    lowest = min((y for curve in panel.curves for _, y in curve.points), default=0)
    panel.y_bottom = lowest // 10 * 10
    return Figure("fill", "fill", "fill: share of a region that requests of one size can use", [panel])


def phase(results):
    variants = results.variants("phase")
    panel = Panel("", "what the region is filled with, one after the other", "% of the region", bars=True, y_top=105,
                  x_names=[phase_name(name) for name in variants])
    for allocator in results.allocators("phase"):
        found = [(i, utilisation(results, "phase", name, allocator)) for i, name in enumerate(variants)]
        add(panel, allocator, [(i, 100 * value) for i, value in found if value is not None])
    return Figure("phase", "phase", "phase: share of the region usable after each change of size", [panel])


def phase_name(variant):
    """`2:4096`, the second phase, as `4 KiB`."""
    size = size_of(variant.rpartition(":")[2])
    return variant if size is None else short_size(size)


def freesize(results):
    """Latency of free over the region's size; it must not depend on it."""
    panels = []
    sizes = [name for name in results.variants("freesize") if size_of(name)]
    for tail, name in (("p50", "median"), ("p999", "99.9th percentile")):
        panel = Panel(name, "region", "latency of free", x_log2=True, y_log10=True,
                      x_ticks=[(short_size(size_of(size)), size_of(size)) for size in sizes])
        for allocator in results.allocators("freesize"):
            spreads = [(size_of(size), results.spread("freesize", size, allocator, n, f"free_{tail}_ns"))
                       for n in results.threads("freesize")[:1] for size in sizes]
            add(panel, allocator, [(size, spread.median) for size, spread in spreads if spread and spread.median])
        panels.append(panel)
    return Figure("freesize", "freesize", "freesize: free of 4 KiB blocks in random order, over the region's size",
                  panels)


def series(results, scenario):
    heading, x_label, y_label = SERIES[scenario]
    panel = Panel("", x_label, y_label, x_from_zero=True)
    found = results.series(scenario)
    thread_counts = sorted({key[2] for key in found})
    for (variant, allocator, threads), points in found.items():
        name = " ".join([allocator, results.told_apart(scenario, variant),
                         f"x{threads}" if len(thread_counts) > 1 else ""]).replace("  ", " ").strip()
        panel.curves.append(Curve(name, [(x, y / BYTES_PER_MIB) for x, y in points], allocator,
                                  1 + thread_counts.index(threads)))
    return Figure(scenario, scenario, heading, [panel])


def utilisation(results, scenario, variant, allocator):
    """The lowest utilisation over all repeats and thread counts; None if there is none."""
    found = [results.spread(scenario, variant, allocator, n, "utilisation") for n in results.threads(scenario)]
    return min((spread.low for spread in found if spread), default=None)


def add(panel, allocator, points):
    if points:
        panel.curves.append(Curve(allocator, points))


def short_size(size):
    """4096 as `4 KiB`."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size // unit} {name}"
    return f"{size} B"


def file_name(*parts):
    text = "-".join(part for part in parts if part)
    return "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in text)
