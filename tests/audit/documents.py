#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the documents name has to be there: files, folders, and headings that links lead to.

usage: documents.py ROOT | documents.py --self-test
"""
import re
import sys
from pathlib import Path

from report import expect, finish

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```$", re.S | re.M)
PATTERN = re.compile(r"[*{<]")


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


def findings(root):
    found = []
    for path in documents(root):
        text = path.read_text(encoding="utf-8")
        found += [*link_findings(path, text), *path_findings(root, path, text)]
    return found


def self_test():
    here = Path(__file__).resolve()
    root = here.parents[2]
    expect("audit.documents", [
        ("a link", list(link_findings(here, "[a](report.py), [b](https://example.org/b)")), None),
        ("a link to nothing", list(link_findings(here, "[a](nothing.py)")), "leads nowhere"),
        ("a heading", list(link_findings(here, "# One & two\n[a](#one--two)")), None),
        ("no such heading", list(link_findings(here, "# One\n[a](#two)")), "names no heading"),
        ("code is no link", list(link_findings(here, "```c\na[1](nothing)\n```")), None),
        ("paths", list(path_findings(root, here, "`tests/run --quick`, `build/x`, `core/*/*.c`, `a/b`")), None),
        ("no such path", list(path_findings(root, here, "`tests/nothing`")), "there is no tests/nothing"),
    ])


def main():
    if sys.argv[1] == "--self-test":
        self_test()
    finish("audit.documents", findings(Path(sys.argv[1])), "what the documents name is there")


if __name__ == "__main__":
    main()
