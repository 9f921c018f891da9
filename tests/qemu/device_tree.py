# SPDX-License-Identifier: MIT
"""Device trees of QEMU's AArch64 machines, edited: as QEMU writes them, less what a job takes away (fdtput of package
device-tree-compiler)."""
import dataclasses
import subprocess

from machine import MachineError, command


def call(words):
    try:
        done = subprocess.run(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    except OSError as error:
        raise MachineError(f"cannot run {words[0]} (tools/setup tests installs it): {error.strerror}") from error
    if done.returncode != 0:
        raise MachineError(f"{' '.join(map(str, words))} failed: {done.stdout}")


def edit(tree, word):
    """`remove:NODE`, `disable:NODE`, `reg:NODE:NUMBER`, one cell, or `reserve:START:BYTES`; numbers are hexadecimal."""
    kind, _, rest = word.partition(":")
    node, _, number = rest.partition(":")
    if kind == "remove":
        call(["fdtput", "-r", tree, node])
    elif kind == "disable":
        call(["fdtput", "-t", "s", tree, node, "status", "disabled"])
    elif kind == "reg":
        call(["fdtput", "-t", "x", tree, node, "reg", number])
    elif kind == "reserve":
        call(["fdtput", "-p", "-c", tree, "/reserved-memory/memory"])
        for cells in ("#address-cells", "#size-cells"):
            call(["fdtput", "-t", "x", tree, "/reserved-memory", cells, "1"])
        call(["fdtput", tree, "/reserved-memory", "ranges"])
        call(["fdtput", "-t", "x", tree, "/reserved-memory/memory", "reg", node, number])
    else:
        raise MachineError(f"'{word}' is no edit of a device tree: remove, disable, reg and reserve are known")


def edited(machine, edits, folder):
    """The machine with an edited tree, which lies in the folder as long as it runs."""
    tree = folder / "machine.dtb"
    call([*command(machine), "-machine", f"dumpdtb={tree}"])
    for word in edits.split():
        edit(tree, word)
    return dataclasses.replace(machine, tree=tree)
