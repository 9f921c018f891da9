# SPDX-License-Identifier: MIT
"""The model beside the real benchmark, at as many CPUs as the machine had cores."""
import csv
from statistics import median

REAL_THREADS = (1, 2)


def read(path):
    """Rows of a CSV file with comments before its head."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def model_figures(rows):
    return {(row["scenario"], row["variant"], row["allocator"], int(row["cpus"])): float(row["mops_per_s"])
            for row in rows}


def real_figures(rows):
    """Medians over the repeats."""
    found = {}
    for row in rows:
        if row["mops_per_s"]:
            key = (row["scenario"], row["variant"], row["allocator"], int(row["threads"]))
            found.setdefault(key, []).append(float(row["mops_per_s"]))
    return {key: median(values) for key, values in found.items()}


def table(model, real):
    """Lines: throughput of both, and the ratio of wf to each form of tlsf."""
    lines = [f"{'million calls a second':34}{'model':>9}{'real':>9}{'':4}{'wf to it:':>10}{'model':>8}{'real':>8}"]
    for scenario, variant, cpus in sorted({(key[0], key[1], key[3]) for key in model if key[3] in REAL_THREADS}):
        for heap in ("wf", "tlsf", "tlsf-spin"):
            key = (scenario, variant, heap, cpus)
            wf = (scenario, variant, "wf", cpus)
            if not all(side.get(k) for side in (model, real) for k in (key, wf)):
                continue
            line = f"{f'{scenario} {variant}, {cpus} CPUs: {heap}':34}{model[key]:9.2f}{real[key]:9.2f}"
            if heap != "wf":
                line += f"{'':14}{model[wf] / model[key]:8.1f}{real[wf] / real[key]:8.1f}"
            lines.append(line)
    return lines
