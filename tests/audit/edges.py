# SPDX-License-Identifier: MIT
"""Every atomic operation of the core and the kernel says why its memory order is right, and every loop what bounds it.

  R a.b -> A c.d      at a release operation: what it publishes is acquired at c.d
  A c.d <- R a.b      at that acquire operation
  S a.b <-> S c.d     at each of two sequentially consistent operations that rely on one total order
  relaxed: text       at a relaxed operation: why it needs no order
  bound: text         at a loop

A remark stands on one of the statement's lines or directly above it; several edges are separated by `;`. Names are
place.noun, where place is the file's stem or its folder. An edge that is named at one end only is an error, and so is
one whose operation cannot have that order (a relaxed release, an acquiring store). core/port is the atomics themselves:
only its loops are looked at. An assembly source may hold an end of an edge in a remark, which is taken at its word.

usage: edges.py FOLDER... | edges.py --self-test
"""
import re
import sys
from pathlib import Path

from report import expect, finish
from source import c_files, code_for, read_lines, remarks_for, split_lines

NAME = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_-]*)+"
OPERATION = re.compile(r"\b(?:word|tag)_(load|store|swap|add|or|and|take_bit|put_bit|cas_once)(?:_(\w+))?\s*\(")
BUILTIN = re.compile(r"\b__atomic_(load|store)?\w*\s*\(")
BUILTIN_ORDER = re.compile(r"\b__ATOMIC_(\w+)")
FOREIGN = re.compile(r"\b(__sync_\w+|_Atomic|atomic_\w+_explicit|stdatomic)\b")
EDGES = {
    "R": re.compile(rf"\bR ({NAME}) -> A ({NAME})"),
    "A": re.compile(rf"\bA ({NAME}) <- R ({NAME})"),
    "S": re.compile(rf"\bS ({NAME}) <-> S ({NAME})"),
}
# Which operations can play which part. An operation without order in its name is sequentially consistent.
RELEASING = {"release", "acq_rel", "seq", None}
ACQUIRING = {"acquire", "acq_rel", "seq", None}
LOOP = re.compile(r"\b(for|while|do)\b")


def can_play(part, operation, order):
    if part == "R":
        return order in RELEASING and operation != "load"
    if part == "A":
        return order in ACQUIRING and operation != "store"
    return order in ("seq", None)


def operations_of(lines, index):
    """(operation, order) of every atomic operation on a line; no order is sequentially consistent."""
    found = [(operation, order or None) for operation, order in OPERATION.findall(lines[index].code)]
    if builtins := BUILTIN.findall(lines[index].code):
        orders = {order.lower() for order in BUILTIN_ORDER.findall(code_for(lines, index))}
        found += [(kind, None if order == "seq_cst" else order) for kind in builtins for order in orders or {"seq_cst"}]
    return found


def audit_operations(lines, ends):
    """Findings of one file; adds every edge end met to `ends` as (part, here, there) -> where."""
    findings = []
    for index, line in enumerate(lines):
        if match := FOREIGN.search(line.code):
            findings.append(f"{line}: {match[0]} is none of this tree's atomics")
        orders = operations_of(lines, index)
        if not orders:
            continue
        remarks = remarks_for(lines, index)
        if any(order == "relaxed" for _, order in orders) and not re.search(r"\brelaxed: *\S", remarks):
            findings.append(f"{line}: relaxed operation without a `relaxed:` reason")
        ordered = [(operation, order) for operation, order in orders if order != "relaxed"]
        if ordered:
            findings += audit_ordered(line, ordered, remarks, ends)
    return findings


def audit_ordered(line, ordered, remarks, ends):
    named = [(part, *match) for part, pattern in EDGES.items() for match in pattern.findall(remarks)]
    if not named:
        return [f"{line}: {ordered[0][0] or 'atomic operation'} names no edge"]
    findings = audit_names(line, named, ends)
    for part, here, _ in named:
        if not any(can_play(part, *operation) for operation in ordered):
            findings.append(f"{line}: no operation here can be the {part} end of edge {here}")
    return findings


def audit_names(line, named, ends):
    places = {line.path.stem, line.path.parent.name}
    for part, here, there in named:
        ends.setdefault((part, here, there), str(line))
    return [f"{line}: edge end {here} is named after neither this file nor its folder"
            for _, here, _ in named if here.split(".")[0] not in places]


def audit_assembly(lines, ends):
    return [finding for line in lines
            for finding in audit_names(line, [(part, *match) for part, pattern in EDGES.items()
                                              for match in pattern.findall(line.comment)], ends)]


def audit_pairs(ends):
    twin = {"R": "A", "A": "R", "S": "S"}
    return [f"{where}: edge end `{part} {here}` has no other end `{twin[part]} {there}` that names it"
            for (part, here, there), where in ends.items() if (twin[part], there, here) not in ends]


def audit_loops(lines):
    findings, braces, pending_do, tail = [], [], False, False
    for index, line in enumerate(lines):
        for token in re.findall(r"\b(?:for|while|do)\b|[{}]|[^\s{}]", line.code):
            if token == "{":
                braces.append(pending_do)
                pending_do = False
            elif token == "}":
                tail = bool(braces) and braces.pop()
                continue
            elif LOOP.fullmatch(token) and not (token == "while" and tail):
                pending_do = token == "do"
                if not re.search(r"\bbound: *\S", remarks_for(lines, index)):
                    findings.append(f"{line}: `{token}` loop without a `bound:` remark")
            tail = False
    return findings


def audit_files(files):
    findings, ends, count = [], {}, 0
    for lines, is_port in files:
        count += len(lines)
        if lines[0].path.suffix == ".S":
            findings += audit_assembly(lines, ends)
            continue
        findings += audit_loops(lines)
        if not is_port:
            findings += audit_operations(lines, ends)
    return findings + audit_pairs(ends), f"{len(ends)} edge ends in {len(files)} files ({count} lines), all paired"


def self_test():
    def run(text, assembly=""):
        return audit_files([(split_lines(Path("core/span/claim.c"), text), False),
                            (split_lines(Path("core/span/entry.S"), assembly), False)])[0]

    pair = ("word_add_seq(w, b); // R span.publish -> A claim.take\n"
            "// A claim.take <- R span.publish; S span.x <-> S span.x\n"
            "b = word_swap_seq(w,\n    0);\n")
    return [
        ("a pair", run(pair), None),
        ("no remark", run("word_add_seq(w, b);"), "names no edge"),
        ("no reason", run("word_load_relaxed(w); // quick"), "without a `relaxed:`"),
        ("no reason for a tag", run("tag_store_relaxed(w, 1); // quick"), "without a `relaxed:`"),
        ("reason above", run("// relaxed: owner only\nif (x &&\n    word_load_relaxed(w)) {\n}"), None),
        ("remark two statements above", run("// relaxed: no\nf();\nword_load_relaxed(w);"), "without a `relaxed:`"),
        ("one end", run("word_add_seq(w, b); // R span.publish -> A claim.take"), "no other end"),
        ("one end of a Dekker pair", run("word_put_bit(w, 1); // S span.a <-> S span.b"), "no other end"),
        ("releasing load", run("word_load_seq(w); // R span.a -> A span.b"), "R end"),
        ("acquire as S", run("word_load_acquire(w); // S span.a <-> S span.a"), "S end"),
        ("moved code", run("word_put_bit(w, 1); // S page.a <-> S page.a"), "neither this file"),
        ("builtin", run("__atomic_store_n(&a,\n  b, __ATOMIC_RELEASE);"), "names no edge"),
        ("relaxed builtin", run("x = __atomic_load_n(&a, __ATOMIC_RELAXED);"), "without a `relaxed:`"),
        ("acquiring builtin as R", run("x = __atomic_load_n(&a, __ATOMIC_ACQUIRE); // R span.a -> A span.b"), "R end"),
        ("end in assembly", run("__atomic_store_n(&a, b, __ATOMIC_RELEASE); // R span.a -> A entry.b",
                                "mov a, %rax // A entry.b <- R span.a"), None),
        ("end in assembly alone", run("", "mov a, %rax // A entry.b <- R span.a"), "no other end"),
        ("older builtin", run("__sync_fetch_and_add(&a, 1);"), "none of this tree"),
        ("loop", run("for (;;) {\n}"), "`for` loop"),
        ("do loop", run("do {\n f();\n} while (x);"), "`do` loop"),
        ("bounded do loop", run("// bound: 3\ndo {\n f();\n} while (x);"), None),
        ("while after do block", run("// bound: 3\ndo {\n} while (x);\nwhile (y) {\n}"), "`while` loop"),
        ("bounded loop", run("for (;;) { // bound: 64 bits\n}"), None),
        ("empty bound", run("for (;;) { // bound:\n}"), "`for` loop"),
    ]


def main():
    if sys.argv[1:] == ["--self-test"]:
        expect("audit.edges", self_test())
    folders = [Path(folder) for folder in sys.argv[1:]]
    if not folders or not all(folder.is_dir() for folder in folders):
        sys.exit("audit.edges: wants folders, or --self-test")
    files = [(read_lines(path), "port" in path.parts)
             for folder in folders for path in c_files(folder) + sorted(folder.rglob("*.S"))]
    if not files:
        sys.exit("audit.edges: no C file there")
    finish("audit.edges", *audit_files(files))


if __name__ == "__main__":
    main()
