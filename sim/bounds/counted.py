# SPDX-License-Identifier: MIT
"""Instructions of the public calls, counted exactly by QEMU's user mode in the program calls.c."""
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench" / "probe"))

import call_counts  # noqa: E402 (the path above has to come first)
import programs  # noqa: E402

ARCHS = ("x86_64", "aarch64")
# At most eight at a time.
GROUPS = [
    ["wfh_alloc", "wfh_zalloc", "wfh_realloc", "wfh_free", "wfh_drain", "wfh_usable_size", "wfh_owns"],
    ["frame_alloc", "frame_alloc_wish", "frame_get", "frame_is_unique", "frame_put", "frame_drain"],
    ["talloc_alloc", "talloc_realloc", "talloc_free", "talloc_usable_size", "talloc_use_primary"],
    ["bump_alloc", "bump_alloc_top", "bump_free"],
]
COLUMNS = ["arch", "call", "calls", "median", "mean", "p999", "most"]


def build():
    """The programs by architecture, and QEMU's plugin."""
    folder = programs.build("call_counter", *(f"bounds_calls_{arch}" for arch in ARCHS))
    here = folder / "sim" / "bounds"
    binaries = {arch: here / f"bounds_calls_{arch}" for arch in ARCHS}
    crossed = {arch: here / "cross" / binary.name for arch, binary in binaries.items()}
    return ({arch: crossed[arch] if crossed[arch].exists() else binaries[arch] for arch in ARCHS},
            folder / "bench" / "probe" / "libcall_counter.so")


def measure():
    """A row for each architecture and call."""
    binaries, plugin = build()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "counts"
        for arch, program in binaries.items():
            for group in GROUPS:
                watches = "".join(f",watch={name}@{at}" for name, at in call_counts.addresses(program, group).items())
                programs.run([f"qemu-{arch}", "-plugin", f"{plugin},out={out}{watches}", program])
                found = {counts.name: counts for counts in call_counts.read(out)}
                rows += [[arch, name, found[name].calls, found[name].percentile(0.5), f"{found[name].mean():.1f}",
                          found[name].percentile(0.999), found[name].longest] for name in group]
    return rows
