#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compiles the glue that docs/porting.md shows, for both architectures, with the flags of the commands that stand there,
and counts the lines of what a heap needs.

usage: porting.py [--self-test] DOCUMENT CORE_FOLDER X86_64_GCC AARCH64_GCC
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from report import expect, finish

LINES_MAX = 60
WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Wundef -Werror".split()


def blocks(text):
    """{(architecture, file name): source} of the blocks that begin with ```c ARCHITECTURE FILE."""
    return {(arch, name): body for arch, name, body in re.findall(r"^```c (\S+) (\S+)\n(.*?)^```$", text, re.S | re.M)}


def flags(text, arch):
    """Those of the command `ARCH-linux-gnu-gcc ...`, which may go over several lines, but for paths."""
    found = re.search(rf"^{arch}-linux-gnu-gcc ((?:.*\\\n)*.*)$", text, re.M)
    words = found[1].split() if found else []
    return [word for word in words if word.startswith("-") and not word.startswith("-I")]


def code_lines(source):
    return sum(1 for line in source.splitlines() if line.strip())


def findings(text, core, compilers):
    found = blocks(text)
    sources = {name: body for (arch, name), body in found.items() if arch == "common"}
    wanted = [("common", name) for name in ("heap_glue.c", "memory_glue.c")] + [(arch, "cpu.h") for arch in compilers]
    missing = [f"no block `{' '.join(name)}`" for name in wanted if name not in found]
    missing += [f"no command for {arch}" for arch in compilers if "-c" not in flags(text, arch)]
    if missing:
        return missing
    problems = []
    for arch, compiler in compilers.items():
        lines = code_lines(found[arch, "cpu.h"]) + code_lines(found["common", "heap_glue.c"])
        if lines > LINES_MAX:
            problems.append(f"the glue for {arch} has {lines} lines, more than {LINES_MAX}")
        for name, source in sources.items():
            problems += compile_errors(arch, [compiler, *flags(text, arch)], core, found[arch, "cpu.h"], name, source)
    return problems


def compile_errors(arch, command, core, header, name, source):
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "cpu.h").write_text(header, encoding="utf-8")
        (place / name).write_text(source, encoding="utf-8")
        paths = [f"-I{path}" for path in (place, core / "include", core, core / "port" / "native")]
        result = subprocess.run([*command, *WARNINGS, *paths, place / name, "-o", place / "glue.o"],
                                capture_output=True, text=True, check=False)
    return [f"{arch}: {line}" for line in result.stderr.splitlines() if ": error:" in line] or (
        [f"{arch}: {command[0]} failed: {result.stderr.strip()[:200]}"] if result.returncode else [])


def self_test(text, core, compilers):
    def case(name, old, new, wanted):
        sample = text.replace(old, new)
        assert sample != text, f"the document no longer has: {old}"
        return name, findings(sample, core, compilers), wanted

    expect("audit.porting", [
        case("too few arguments", "wfh_free(heap, cpu_index(), p);", "wfh_free(heap, p);", "error"),
        case("too few arguments in the second source", "frame_plan(map, &plan)", "frame_plan(map)", "error"),
        case("a flag that is none", "-march=armv8.1-a -mno", "-march=armv0 -mno", "aarch64"),
        case("a missing command", "\nx86_64-linux-gnu-gcc ", "\ngcc ", "no command for x86_64"),
        case("a missing block", "```c aarch64 cpu.h", "```c arm cpu.h", "no block `aarch64 cpu.h`"),
        case("too long", "static wfh *heap;", "static wfh *heap;\n" + "extern int more;\n" * LINES_MAX, "more than"),
    ])


def main():
    is_self_test = sys.argv[1] == "--self-test"
    document, core, x86_64, aarch64 = sys.argv[2:] if is_self_test else sys.argv[1:]
    arguments = (pathlib.Path(document).read_text(encoding="utf-8"), pathlib.Path(core),
                 {"x86_64": x86_64, "aarch64": aarch64})
    if is_self_test:
        self_test(*arguments)
    finish("audit.porting", findings(*arguments), "the glue compiles for both architectures")


if __name__ == "__main__":
    main()
