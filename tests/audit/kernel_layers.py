# SPDX-License-Identifier: MIT
"""The kernel's folders include what they may know, and only the architectures' folders know the architecture.

  common          the core's public headers, its atomics (word.h), and of an architecture its arch_cpu.h
  x86_64, aarch64 common; never each other
  task            common
  test            common, task, and the core's inner headers, whose units it tests
  bench           common, and the host benchmark's scenarios and formats (scenario/, driver/)
  uefi            common's start_info.h alone: it is a program of its own

usage: kernel_layers.py KERNEL_FOLDER | kernel_layers.py --self-test
"""
import sys
from pathlib import Path

from includes import ARCHITECTURE, CONDITION, INCLUDE, LAYERS, STANDARD
from report import expect, finish
from source import c_files

ARCHITECTURES = ("x86_64", "aarch64")
CORE = {f"wfheap/{part}.h" for part in ("heap", "tlsf", "slab", "backend", "talloc", "frame", "bump")}
CORE |= {"port/port.h", "word.h"}
COMMON = CORE | {"arch_cpu.h"}  # beside the headers of common
BESIDE = {"bench": ("scenario/", "driver/"), "test": tuple(layer + "/" for layer in LAYERS + ["tlsf"])}
SEAM = "start_info.h"


def sources(kernel):
    return sorted(c_files(kernel) + list(kernel.rglob("*.S")))


def headers_of(files, kernel):
    """The names of the headers of every folder."""
    names = {}
    for path in files:
        if path.suffix == ".h":
            names.setdefault(path.relative_to(kernel).parts[0], set()).add(path.name)
    return names


def may_include(folder, name, headers):
    own = headers.get(folder, set())
    common = headers.get("common", set()) | COMMON
    if folder == "uefi":
        return name in own | {SEAM}
    if folder == "test":
        own = own | headers.get("task", set())
    return name in own | common or name.startswith(BESIDE.get(folder, ()))


def audit_file(path, kernel, text, headers):
    parts, findings = path.relative_to(kernel).parts, []
    folder = parts[0]
    for number, line in enumerate(text.split("\n"), 1):
        if match := INCLUDE.match(line):
            kind, name = match.groups()
            if name.endswith(".c"):
                findings.append(f"{path}:{number}: includes the source file {name}")
            elif kind == "<" and name not in STANDARD | CORE:
                findings.append(f"{path}:{number}: <{name}> is not a header of freestanding C")
            elif kind == '"' and not may_include(folder, name, headers):
                findings.append(f"{path}:{number}: {folder} may not include {name}")
        elif (match := CONDITION.match(line)) and (macro := ARCHITECTURE.search(match[1])):
            if not set(parts) & set(ARCHITECTURES):
                findings.append(f"{path}:{number}: {macro[0]} decides something outside the architectures' folders")
    return findings


def self_test():
    headers = {"common": {"arch.h", "start_info.h"}, "x86_64": {"acpi.h", "arch_cpu.h"}, "aarch64": {"fdt.h"},
               "bench": {"crew.h"}, "task": {"task.h"}, "uefi": {"efi.h"}}

    def run(name, text):
        return audit_file(Path("kernel") / name, Path("kernel"), text, headers)

    return [
        ("common", run("common/a.c", '#include "arch.h"\n#include <wfheap/heap.h>\n#include "word.h"'), None),
        ("common knows no architecture", run("common/a.c", '#include "acpi.h"'), "may not include acpi.h"),
        ("common knows no benchmark", run("common/a.c", '#include "crew.h"'), "may not include crew.h"),
        ("common knows no task", run("common/a.c", '#include "task.h"'), "may not include task.h"),
        ("a task in a test", run("test/a.c", '#include "task.h"'), None),
        ("an architecture", run("x86_64/a.c", '#include "acpi.h"\n#include "arch.h"'), None),
        ("the other architecture", run("x86_64/a.c", '#include "fdt.h"'), "may not include fdt.h"),
        ("scenarios", run("bench/a.c", '#include "scenario/env.h"'), None),
        ("scenarios in a test", run("test/a.c", '#include "scenario/env.h"'), "may not include"),
        ("the core's inside", run("common/a.c", '#include "heap/heap_state.h"'), "may not include"),
        ("the core's inside in a test", run("test/a.c", '#include "heap/heap_state.h"'), None),
        ("the seam", run("uefi/a.c", '#include "efi.h"\n#include "start_info.h"'), None),
        ("the kernel in the loader", run("uefi/a.c", '#include "arch.h"'), "may not include arch.h"),
        ("libc", run("common/a.c", "#include <stdio.h>"), "freestanding"),
        ("source", run("common/a.c", '#include "b.c"'), "source file"),
        ("architecture", run("common/a.c", "#ifdef __x86_64__"), "__x86_64__"),
        ("architecture in its folder", run("uefi/x86_64/a.c", "#ifdef __x86_64__"), None),
    ]


def main():
    if sys.argv[1:] == ["--self-test"]:
        expect("audit.kernel_layers", self_test())
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("audit.kernel_layers: one argument, the kernel's folder, or --self-test")
    kernel = Path(sys.argv[1])
    files = sources(kernel)
    if not files:
        sys.exit("audit.kernel_layers: no source there")
    headers = headers_of(files, kernel)
    findings = [f for path in files for f in audit_file(path, kernel, path.read_text(encoding="utf-8"), headers)]
    finish("audit.kernel_layers", findings, f"{len(files)} files, all folders include what they may know")


if __name__ == "__main__":
    main()
