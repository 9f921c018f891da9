# SPDX-License-Identifier: MIT
"""What the tree must not contain: machine paths, unfinished business, files and functions too long to read.

usage: speech.py ROOT | speech.py --self-test
"""
import re
import sys
from pathlib import Path

from report import expect, finish
from source import c_files, split_lines

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 80
FUNCTION_LINES_GOOD = 35
SOURCES = {".c", ".h", ".py", ".sh", ".cmake", ".md", ".json", ".yml", ".gp", ".plt", ".S", ".ld", ""}
SKIPPED = {".git", "build", "__pycache__"}
# Written so that this file does not contain what it looks for.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:" + "|".join(("work", "farm", "home", "root")) + r")(?:/|\b(?![\w-]))")
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX")) + r")\b")
FUNCTION = re.compile(r"^[A-Za-z_].*[)\w]\s*\{$")
NO_FUNCTION = re.compile(r"^(?:typedef\s+)?(?:struct|union|enum)\s+\w*\s*\{$|=\s*\{$|^extern\b")


def tree_files(root):
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        if not SKIPPED & set(relative.parts) and path.is_file() and not path.is_symlink() and path.suffix in SOURCES:
            yield path


def audit_text(path, text, is_measured):
    findings = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        for pattern, what in ((MACHINE_PATH, "a path of one machine"), (UNFINISHED, "unfinished business")):
            if match := pattern.search(line):
                findings.append(f"{path}:{number}: {what}: {match[0]}")
    if is_measured and len(lines) - 1 > FILE_LINES_MAX:
        findings.append(f"{path}: {len(lines) - 1} lines, more than {FILE_LINES_MAX}")
    return findings


def function_lengths(path, text):
    """(where, lines) of every function: from a brace that ends a line to the next one in column 0."""
    lengths, header, start = [], None, 0
    for line in split_lines(path, text):
        if header is None and FUNCTION.match(line.code) and not NO_FUNCTION.search(line.code):
            header, start = line, line.number
        elif header is None and line.code == "{":
            header, start = line, line.number
        elif header is not None and line.code.startswith("}"):
            lengths.append((header, line.number - start + 1))
            header = None
        elif header is None and re.match(r"^\s+\S.*\)\s*\{$", line.code):
            header, start = line, line.number  # the last line of a declarator that was broken
    return lengths


def audit_functions(path, text):
    """Findings of one file, and how many of its functions are long but bearable."""
    lengths = function_lengths(path, text)
    findings = [f"{where}: a function of {length} lines, more than {FUNCTION_LINES_MAX}"
                for where, length in lengths if length > FUNCTION_LINES_MAX]
    return findings, len(lengths), sum(length > FUNCTION_LINES_GOOD for _, length in lengths)


def audit_tree(root):
    findings, files, functions, long_functions = [], 0, 0, 0
    for path in tree_files(root):
        files += 1
        findings += audit_text(path, path.read_text(encoding="utf-8", errors="replace"), path.suffix != ".md")
    for path in c_files(root / "core") + c_files(root / "kernel"):
        found, count, long_count = audit_functions(path, path.read_text(encoding="utf-8"))
        findings += found
        functions += count
        long_functions += long_count
    return findings, (f"{files} files; {functions} functions in core and kernel, "
                      f"{long_functions} of them over {FUNCTION_LINES_GOOD} lines")


def self_test():
    def run(text):
        return audit_text(Path("a.c"), text, True)

    def functions(body_lines, head="static int f(int a) {"):
        return audit_functions(Path("a.c"), head + "\n" + "    g();\n" * body_lines + "}\n")[0]

    return [
        ("clean", run("cd ../build # see /usr/include and $PWD" + "/wo" + "rk\n"), None),
        ("machine path", run("cd /" + "home/me\n"), "one machine"),
        ("unfinished", run("// TO" + "DO later\n"), "unfinished"),
        ("a template name", run("mktemp x." + "X" * 6 + "\n"), None),
        ("long file", run("x\n" * 601), "601 lines"),
        ("short function", functions(78), None),
        ("long function", functions(79), "81 lines"),
        ("long function, broken header", functions(80, "static int f(int a,\n             int b) {"), "82 lines"),
        ("long table", functions(90, "static const int t[] = {"), None),
        ("long struct", functions(90, "struct s {"), None),
    ]


def main():
    if sys.argv[1:] == ["--self-test"]:
        expect("audit.speech", self_test())
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "core").is_dir():
        sys.exit("audit.speech: one argument, the root of the tree, or --self-test")
    finish("audit.speech", *audit_tree(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
