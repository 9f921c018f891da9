# SPDX-License-Identifier: MIT
"""The tables of formulas, of worst steps and of instructions, between markers in docs/bounds.md and in README.md."""
import csv
import pathlib
import re

import explored
import steps

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATH = ROOT / "docs" / "bounds.md"
README = ROOT / "README.md"
KERNEL = ROOT / "results" / "kernel-wcet.csv"
ARCHS = {"x86_64": "x86-64", "aarch64": "AArch64"}
# Rows of the table of calls: how they begin -> the formula.
CALLS = {"| `wfh_alloc`, up to 64 pages": "alloc", "| `wfh_free`": "free", "| `wfh_drain`": "drain"}
README_CALLS = {"| steps of an alloc that needs no last resort": "alloc", "| steps of a free": "free",
                "| steps of one `wfh_drain`": "drain"}


class Unreadable(Exception):
    """The document lacks something."""


def number(value):
    return f"{int(value):,}"


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def between(text, name, make):
    """What stands between two markers, made anew."""
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    if begin not in text or end not in text:
        raise Unreadable(f"the document has no markers {name}:begin and {name}:end")
    head, rest = text.split(begin)
    old, tail = rest.split(end)
    return head + begin + make(old) + end + tail


def derivation(old, table):
    """Every row with its formula and numbers of today; the reasons stay."""
    lines, seen = [], set()
    for line in old.splitlines():
        found = re.match(r"\| `(\w+)` \| .* \| [\d,]+ \| [\d,]+ \| (.*) \|$", line)
        if found and found[1] in table:
            formula, numbers = table[found[1]]
            seen.add(found[1])
            line = row([f"`{found[1]}`", formula, *map(number, numbers), found[2]])
        elif found:
            raise Unreadable(f"docs/bounds.md derives {found[1]}, which is no formula of core/heap/steps.h")
        lines.append(line)
    if set(table) - seen:
        raise Unreadable(f"docs/bounds.md does not derive {', '.join(sorted(set(table) - seen))}")
    return "\n".join(lines) + "\n"


def calls(old, table):
    lines = []
    for line in old.splitlines():
        for begin, name in CALLS.items():
            if line.startswith(begin):
                formula, numbers = table[name]
                line = row([line.split(" | ")[0][2:], formula, *map(number, numbers)])
        lines.append(line)
    return "\n".join(lines) + "\n"


def overview(old, table):
    """The same figures in README: for 64 MiB and 1 GiB, which have as many levels, and for 1 TiB."""
    lines = []
    for line in old.splitlines():
        for begin, name in README_CALLS.items():
            if line.startswith(begin):
                few, many = map(number, table[name][1])
                cells = line[2:-2].split(" | ")
                line = row([cells[0], few, few, many, cells[-1]])
        lines.append(line)
    return "\n".join(lines) + "\n"


def worst_of(rows):
    """(kind of call, CPUs) -> the row with most steps."""
    worst = {}
    for it in rows:
        key = (explored.kind(it["call"], it["path"]), int(it["cpus"]))
        if key not in worst or int(it["worst"]) > int(worst[key]["worst"]):
            worst[key] = it
    return worst


def bound_of(rows, name):
    bounds = [int(it["bound"]) for (kind, _), it in worst_of(rows).items() if kind == name]
    return number(max(bounds)) if min(bounds) == max(bounds) else f"{number(min(bounds))} to {number(max(bounds))}"


def measured(rows):
    """Worst steps by CPUs, and the way that each went."""
    worst = worst_of(rows)
    cpus = sorted({key[1] for key in worst})
    names = sorted({key[0] for key in worst}, key=lambda name: ("last resort" in name, "," in name, name))
    head = [f"{n} CPUs" for n in cpus]
    lines = [row(["Call", "Bound there", *head]), row(["---"] * (len(cpus) + 2))]
    for name in names:
        cells = [number(worst[name, n]["worst"]) if (name, n) in worst else "" for n in cpus]
        lines.append(row([f"`{name.split(',')[0]}`" + name[len(name.split(',')[0]):], bound_of(rows, name), *cells]))
    lines += ["", "The way that the longest call went, and who drove the others:", "",
              row(["Call", *head]), row(["---"] * (len(cpus) + 1))]
    for name in names:
        cells = [f"{worst[name, n]['path']}, {worst[name, n]['manner']}" if (name, n) in worst else "" for n in cpus]
        lines.append(row([f"`{name.split(',')[0]}`" + name[len(name.split(',')[0]):], *cells]))
    return "\n".join(lines) + "\n"


def in_kernel():
    """The rows of the CSV of kernel/wcet."""
    with KERNEL.open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if line[0] != "#"))


def longest(_old):
    """The longest call in the kernel, for README: the heap's beside those of TLSF."""
    most = {(it["arch"], it["backend"], it["call"], int(it["cpus"])): it["max"] for it in in_kernel()}
    cpus = sorted({key[3] for key in most})
    lines = [row(["Longest call, instructions", *(f"{n} CPU" + "s" * (n > 1) for n in cpus)]),
             "|---" * (len(cpus) + 1) + "|"]
    for arch in ARCHS:
        lines += [row([f"{arch}, {backend}, {call}", *(number(most[arch, backend, call, n]) for n in cpus)])
                  for backend in ("wf", "tlsf") for call in ("alloc", "free")]
    return "\n".join(lines) + "\n"


def instructions(rows):
    """Counted on one CPU; and of the heap's two calls with CPUs that are interrupted all the time."""
    head = [f"{label}: {what}" for label in ARCHS.values() for what in ("half of them at most", "99.9 %", "most")]
    lines = [row(["Call", *head]), row(["---"] * (len(head) + 1))]
    by = {(it["arch"], it["call"]): it for it in rows}
    for name in dict.fromkeys(it["call"] for it in rows):
        cells = [number(by[arch, name][what]) for arch in ARCHS for what in ("median", "p999", "most")]
        lines.append(row([f"`{name}`", *cells]))
    kernel = [it for it in in_kernel() if it["backend"] == "wf"]
    cpus = sorted({int(it["cpus"]) for it in kernel})
    lines += ["", "The longest call in the kernel, CPUs taking turns every 20 to 120 instructions (`kernel/wcet`).", "",
              row(["Call", "Machine", *(f"{n} CPUs" for n in cpus)]), row(["---"] * (len(cpus) + 2))]
    for call in ("alloc", "free"):
        for arch, label in ARCHS.items():
            by_cpus = {int(it["cpus"]): it["max"] for it in kernel if (it["arch"], it["call"]) == (arch, call)}
            lines.append(row([f"`wfh_{call}`", label, *(number(by_cpus[n]) for n in cpus)]))
    return "\n".join(lines) + "\n"


def render(text, step_rows, instruction_rows):
    table = steps.table()
    text = between(text, "calls", lambda old: calls(old, table))
    text = between(text, "derivation", lambda old: derivation(old, table))
    text = between(text, "measured", lambda old: measured(step_rows))
    return between(text, "instructions", lambda old: instructions(instruction_rows))


def render_readme(text):
    text = between(text, "bounds", lambda old: overview(old, steps.table()))
    return between(text, "longest", longest)


def missing(rows):
    """Calls or numbers of CPUs that nothing was measured of."""
    worst = worst_of(rows)
    names = {key[0] for key in worst}
    calls_of_each = ("wfh_alloc", "wfh_free", "wfh_drain", "frame_alloc", "frame_put", "talloc_alloc", "bump_alloc")
    wanted = [(call, cpus) for call in calls_of_each for cpus in explored.CPUS]
    return [f"nothing was measured of {call} with {cpus} CPUs" for call, cpus in wanted
            if call not in names or (call, cpus) not in worst]
