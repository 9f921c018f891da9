# SPDX-License-Identifier: MIT
"""UEFI programs that cannot boot: copies of a whole one with one thing wrong."""
from machine import MachineError

KERNEL_MAGIC = b"\x7fELF\x02\x01\x01"  # of the kernel inside the program


def without_kernel(program):
    if program.count(KERNEL_MAGIC) != 1:
        raise MachineError(f"the program holds {program.count(KERNEL_MAGIC)} ELF files, not one")
    return program.replace(KERNEL_MAGIC, b"\0" * len(KERNEL_MAGIC))


def half(program):
    return program[:len(program) // 2]


SPOILT = {"without-kernel": without_kernel, "half": half}


def spoil(how, build, image, folder):
    """Puts the spoilt copy of the image's UEFI program into the folder, under the same name."""
    name = f"{image}.efi"
    try:
        program = (build / name).read_bytes()
    except OSError as error:
        raise MachineError(f"the UEFI program cannot be read: {error}") from error
    (folder / name).write_bytes(SPOILT[how](program))
