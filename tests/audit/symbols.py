# SPDX-License-Identifier: MIT
"""What the core exports, and that it keeps no state of its own.

Every global symbol begins with a prefix of its folder: wfh_ and tlsf_ are public, the others belong to inner modules.
No symbol lives in .data or .bss: any number of heaps stand side by side, so whatever changes lives in a heap's region.

usage: symbols.py NM OBJECT...    objects with their folder in the path, .../core/..../FOLDER/file.c.o
       symbols.py --self-test NM COMPILER
"""
import sys
import tempfile
from pathlib import Path

from report import expect, finish, run_tool

PREFIXES = {
    "bits": ("bits_",),
    "bitset": ("bitset_",),
    "page": ("page_",),
    "help": ("help_",),
    "span": ("span_", "size_", "gift_"),
    "cache": ("cache_", "magazine_", "stash_"),
    "heap": ("wfh_", "heap_"),
    "check": ("wfh_", "check_"),
    "tlsf": ("tlsf_",),
    "frame": ("frame_",),
    "bump": ("bump_",),
    "slab": ("slab_",),
    "talloc": ("talloc_",),
}
STATE = "dDbBsSgGcCu"  # nm's letters for variables, with .data.rel.ro excepted below


def audit_symbol(folder, name, kind, section):
    if folder not in PREFIXES:
        return f"folder {folder} has no prefix"
    if kind in STATE and not section.startswith(".data.rel.ro"):
        return f"{name} is a variable of the whole program, in {section}"
    if kind.isupper() and not name.startswith(PREFIXES[folder]):
        return f"{name} is exported and should begin with {' or '.join(PREFIXES[folder])}"
    return None


def audit_object(nm, path):
    """Findings of one object, and how many symbols it exports. nm's sysv format tells the section."""
    listing = run_tool(nm, "--format=sysv", path)
    findings, exported = [], 0
    for line in listing.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 7 or fields[0] == "Name" or fields[2] in "UwvaN":
            continue
        name, kind, section = fields[0], fields[2], fields[6]
        exported += kind.isupper()
        reason = audit_symbol(Path(path).parent.name, name, kind, section)
        if reason:
            findings.append(f"{path}: {reason}")
    return findings, exported


def audit_objects(nm, objects):
    findings, exported = [], 0
    for path in objects:
        found, count = audit_object(nm, path)
        findings += found
        exported += count
    return findings, f"{exported} exported symbols in {len(objects)} objects, all with a module's prefix"


def self_test(nm, compiler):
    def run(folder, text):
        with tempfile.TemporaryDirectory() as top:
            place = Path(top) / folder
            place.mkdir()
            (place / "a.c").write_text(text)
            sample = str(place / "a.c.o")
            run_tool(compiler, "-O1", "-c", str(place / "a.c"), "-o", sample)
            return audit_objects(nm, [sample])[0]

    return [
        ("own prefix", run("span", "void span_make(void) {} static int help(int a) { return a; } int span_a(int a) "
                                   "{ return help(a); }"), None),
        ("no prefix", run("span", "void make(void) {}"), "exported"),
        ("another's prefix", run("bitset", "void span_make(void) {}"), "exported"),
        ("shared variable", run("heap", "int wfh_count;"), "variable"),
        ("hidden variable", run("heap", "static int count; int wfh_next(void) { return ++count; }"), "variable"),
        ("initialised variable", run("heap", "int wfh_count = 3;"), "variable"),
        ("constant", run("heap", "const int wfh_table[2] = {1, 2}; const char *const wfh_text[1] = {\"a\"};"), None),
        ("unknown folder", run("misc", "void misc_a(void) {}"), "no prefix"),
    ]


def main():
    arguments = sys.argv[1:]
    if arguments[:1] == ["--self-test"] and len(arguments) == 3:
        expect("audit.symbols", self_test(*arguments[1:]))
    if len(arguments) < 2 or arguments[0].startswith("-"):
        sys.exit("audit.symbols: wants NM OBJECT..., or --self-test NM COMPILER")
    finish("audit.symbols", *audit_objects(arguments[0], arguments[1:]))


if __name__ == "__main__":
    main()
