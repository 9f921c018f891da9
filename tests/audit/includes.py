# SPDX-License-Identifier: MIT
"""Layers of the core include downward only, and only the port knows the architecture.

usage: includes.py CORE_FOLDER | includes.py --self-test
"""
import re
import sys
from pathlib import Path

from report import expect, finish
from source import c_files

LAYERS = ["port", "bits", "bitset", "help", "page", "span", "cache", "heap", "check"]
ALLOWED = {layer: set(LAYERS[:rank + 1]) for rank, layer in enumerate(LAYERS)}
ALLOWED["lock"] = {"port", "lock"}
ALLOWED["tlsf"] = {"port", "bits", "lock", "tlsf"}
ALLOWED["slab"] = {"port", "bits", "lock", "slab"}
ALLOWED["frame"] = {"port", "bits", "bitset", "help", "page", "frame"}
ALLOWED["bump"] = {"port", "bits", "bump"}
ALLOWED["talloc"] = {"port", "talloc"}  # the heaps under it are the caller's choice
# The headers that a freestanding C11 compiler must have.
STANDARD = {"float.h", "iso646.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
            "stdnoreturn.h"}
PUBLIC_OF = {part: f"wfheap/{part}.h" for part in ("tlsf", "slab", "frame", "bump", "talloc")}  # every other layer: wfheap/heap.h
SEAM = "wfheap/backend.h"  # the table that heaps fill and talloc uses
BESIDE = {"heap", "tlsf", "slab", "include"}  # who may include it
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b(.*)")
ARCHITECTURE = re.compile(r"\b(__x86_64__|__amd64__|__i386__|__aarch64__|__arm__|__riscv\w*|__AVX\w*|__SSE\w*|__BMI\w*|"
                          r"__ARM_\w+|__AARCH64\w*|_M_\w+|__powerpc\w*|__s390\w*|__loongarch\w*|__mips\w*)\b")


def layer_of(path, core):
    return path.relative_to(core).parts[0]


def audit_include(layer, kind, name):
    """Why `layer` may not include `name`, or None."""
    if name.endswith(".c"):
        return f"includes the source file {name}"
    if kind == "<" and not name.startswith("wfheap/"):
        return None if name in STANDARD else f"<{name}> is not a header of freestanding C"
    if name == SEAM and layer in BESIDE:
        return None
    if layer == "include":
        return f"a public header includes {name}, and may include standard headers only"
    if name.startswith("wfheap/"):
        public = PUBLIC_OF.get(layer, "wfheap/heap.h")
        return None if name == public else f"{layer} may include {public} only, not {name}"
    target = "port" if name == "word.h" else name.split("/")[0] if "/" in name else layer
    if target not in ALLOWED.get(layer, set()):
        return f"{layer} may not include {name}: layers include downward only"
    return None


def audit_file(path, core, text):
    layer = layer_of(path, core)
    findings = []
    if layer != "include" and layer not in ALLOWED:
        findings.append(f"{path}: folder {layer} has no place in the layers")
    for number, line in enumerate(text.split("\n"), 1):
        if match := INCLUDE.match(line):
            reason = audit_include(layer, *match.groups())
            if reason:
                findings.append(f"{path}:{number}: {reason}")
        elif (match := CONDITION.match(line)) and layer != "port" and (macro := ARCHITECTURE.search(match[1])):
            findings.append(f"{path}:{number}: {macro[0]} decides something outside core/port")
    return findings


def self_test():
    def run(name, text):
        return audit_file(Path("core") / name, Path("core"), text)

    return [
        ("downward", run("span/a.c", '#include "page/page.h"\n#include "word.h"\n#include <stdint.h>'), None),
        ("upward", run("page/a.c", '#include "span/span.h"'), "downward only"),
        ("tlsf on heap", run("tlsf/a.c", '#include "heap/heap.h"'), "downward only"),
        ("tlsf on the heap's public header", run("tlsf/a.c", "#include <wfheap/heap.h>"), "tlsf.h only"),
        ("frame on page", run("frame/a.c", '#include <wfheap/frame.h>\n#include "page/page.h"'), None),
        ("frame on span", run("frame/a.c", '#include "span/span.h"'), "downward only"),
        ("bump on page", run("bump/a.c", '#include "page/page.h"'), "downward only"),
        ("the heap on a lock", run("heap/a.c", '#include "lock/lock_mcs.h"'), "downward only"),
        ("tlsf on the seam", run("tlsf/a.c", "#include <wfheap/backend.h>"), None),
        ("page on the seam", run("page/a.c", "#include <wfheap/backend.h>"), "heap.h only"),
        ("public header on the seam", run("include/wfheap/a.h", "#include <wfheap/backend.h>"), None),
        ("talloc on a heap", run("talloc/a.c", '#include "heap/heap_state.h"'), "downward only"),
        ("public header", run("include/wfheap/a.h", '#include "port/port.h"'), "standard headers only"),
        ("libc", run("heap/a.c", "#include <stdlib.h>"), "freestanding"),
        ("source", run("heap/a.c", '#include "heap/b.c"'), "source file"),
        ("architecture", run("bits/a.h", "#if defined(__x86_64__)"), "__x86_64__"),
        ("architecture in the port", run("port/native/word.h", "#if defined(__x86_64__)"), None),
        ("unknown folder", run("misc/a.c", ""), "no place"),
    ]


def main():
    if sys.argv[1:] == ["--self-test"]:
        expect("audit.includes", self_test())
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("audit.includes: one argument, the core's folder, or --self-test")
    core = Path(sys.argv[1])
    files = c_files(core)
    if not files:
        sys.exit("audit.includes: no C file there")
    findings = [f for path in files for f in audit_file(path, core, path.read_text(encoding="utf-8"))]
    finish("audit.includes", findings, f"{len(files)} files, all layers include downward")


if __name__ == "__main__":
    main()
