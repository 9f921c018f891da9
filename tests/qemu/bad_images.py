# SPDX-License-Identifier: MIT
"""Images that cannot boot: copies of a whole one with one thing wrong."""
import struct

from call_counts import addresses
from machine import MachineError
from programs import ProgramFailed

KERNEL_MAGIC = b"\x7fELF\x02\x01\x01"  # of the kernel inside the program


def without_kernel(program, _path):
    if program.count(KERNEL_MAGIC) != 1:
        raise MachineError(f"the program holds {program.count(KERNEL_MAGIC)} ELF files, not one")
    return program.replace(KERNEL_MAGIC, b"\0" * len(KERNEL_MAGIC))


def half(program, _path):
    return program[:len(program) // 2]


def faulting(symbol):
    """Of the kernel for x86_64, in whose first segment a function begins with an instruction that there is not."""
    def spoil_kernel(elf, path):
        segments = struct.unpack_from("<Q", elf, 32)[0]
        offset, start = struct.unpack_from("<QQ", elf, segments + 8)
        at = offset + int(addresses(path, [symbol])[symbol], 16) - start
        return elf[:at] + b"\x0f\x0b" + elf[at + 2:]  # ud2
    return spoil_kernel


# What the image's name ends in, and what is done to it.
SPOILT = {"without-kernel": (".efi", without_kernel), "half": (".efi", half),
          "secondary-faults": ("", faulting("cpu_main"))}


def spoil(how, build, image, folder):
    """Puts the spoilt copy of the image into the folder, under the same name."""
    suffix, change = SPOILT[how]
    path = build / (image + suffix)
    try:
        (folder / path.name).write_bytes(change(path.read_bytes(), path))
    except (OSError, ProgramFailed) as error:
        raise MachineError(f"the image cannot be spoilt: {error}") from error
