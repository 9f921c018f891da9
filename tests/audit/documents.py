#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents name has to be there: files, folders, and headings that links lead to. README's table of the
longest calls has to be that of results/kernel-wcet.csv.

usage: documents.py ROOT | documents.py --self-test
"""
import csv
import re
import sys
from pathlib import Path

from report import expect, finish

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.S | re.M)
PATTERN = re.compile(r"[*{<]")
TABLE = re.compile(r"^\| Longest call, instructions \|(.*)\|\n\|[-|]+\n((?:\|.*\n)+)", re.M)


def documents(root):
    return [root / "README.md", *sorted(root.glob("docs/*.md")), *sorted(root.glob("*/README.md")),
            *sorted(root.glob("results/*/README.md"))]


def anchors(text):
    """Of all headings, as the sites that show documents make them."""
    heads = re.findall(r"^#+ (.*)$", FENCED.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def link_findings(path, text):
    for target in LINK.findall(FENCED.sub("", text)):
        name, _, anchor = target.partition("#")
        goal = path.parent / name if name else path
        if "://" in target:
            continue
        if not goal.exists():
            yield f"{path.name}: the link to {target} leads nowhere"
        elif anchor and anchor not in anchors(goal.read_text(encoding="utf-8") if name else text):
            yield f"{path.name}: {target} names no heading"


def path_findings(root, path, text):
    """Words of code that begin with a folder of the tree; patterns and what a build makes are none."""
    for words in CODE.findall(FENCED.sub("", text)):
        word = words.split()[0]
        folder = word.partition("/")[0]
        if "/" in word and folder not in ("build", "") and (root / folder).is_dir() and not PATTERN.search(word):
            if not (root / word).exists():
                yield f"{path.name}: there is no {word}"


def cells(line):
    return [cell.strip().replace(",", "") for cell in line.strip("| ").split("|")]


def table_findings(readme, rows):
    """rows: of the CSV, as dictionaries."""
    longest = {(row["arch"], row["backend"], row["call"], int(row["cpus"])): row["max"] for row in rows}
    table = TABLE.search(readme)
    if table is None:
        yield "README.md: there is no table of the longest calls"
        return
    cpus = [int(cell.split()[0]) for cell in cells(table[1])]
    for name, *figures in map(cells, table[2].splitlines()):
        for count, figure in zip(cpus, figures, strict=True):
            measured = longest.get((*name.split(), count))
            if figure != measured:
                yield f"README.md: {name} with {count} CPUs is {figure}, in results/kernel-wcet.csv {measured}"


def findings(root):
    found = []
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        found += [*link_findings(path, text), *path_findings(root, path, text)]
    with open(root / "results" / "kernel-wcet.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(line for line in stream if not line.startswith("#")))
    return found + list(table_findings((root / "README.md").read_text(encoding="utf-8"), rows))


def self_test():
    here = Path(__file__).resolve()
    root = here.parents[2]
    table = "| Longest call, instructions | 1 CPU | 2 CPUs |\n|---|---|---|\n| x, wf, alloc | 1,007 | 9 |\n"
    rows = [{"arch": "x", "backend": "wf", "call": "alloc", "cpus": count, "max": most}
            for count, most in (("1", "1007"), ("2", "9"))]
    expect("audit.documents", [
        ("a link", list(link_findings(here, "[a](report.py), [b](https://example.org/b)")), None),
        ("a link to nothing", list(link_findings(here, "[a](nothing.py)")), "leads nowhere"),
        ("a heading", list(link_findings(here, "# One & two\n[a](#one--two)")), None),
        ("no such heading", list(link_findings(here, "# One\n[a](#two)")), "names no heading"),
        ("code is no link", list(link_findings(here, "```c\na[1](nothing)\n```")), None),
        ("paths", list(path_findings(root, here, "`tests/run --quick`, `build/x`, `core/*/*.c`, `a/b`")), None),
        ("no such path", list(path_findings(root, here, "`tests/nothing`")), "there is no tests/nothing"),
        ("a table", list(table_findings(table, rows)), None),
        ("an old figure", list(table_findings(table.replace("| 9 |", "| 8 |"), rows)), "with 2 CPUs is 8"),
        ("an unknown row", list(table_findings(table.replace("alloc", "free"), rows)), "None"),
        ("no table", list(table_findings("", rows)), "no table"),
    ])


def main():
    if sys.argv[1] == "--self-test":
        self_test()
    finish("audit.documents", findings(Path(sys.argv[1])), "what the documents name is there")


if __name__ == "__main__":
    main()
