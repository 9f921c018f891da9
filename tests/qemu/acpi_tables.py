# SPDX-License-Identifier: MIT
"""ACPI tables of our own, which the firmware of a QEMU machine for x86_64 puts into memory in place of QEMU's.

Root pointer, XSDT, FADT, an empty DSDT, and the MADT that is asked for. Files of fw_cfg tell the firmware what to load
where, which fields to make addresses, and what to sum up; SeaBIOS and OVMF both read such a script.
Facts: ACPI specification 6.5, chapter 5; QEMU's hw/acpi/bios-linker-loader.c; SeaBIOS's src/fw/romfile_loader.c.
"""
import struct

from machine import MachineError

HEADER = struct.Struct("<4sIBB6s8sI4sI")  # signature, length, revision, checksum, maker, and what is its own
CHECKSUM_AT, FADT_BYTES, FADT_DSDT_AT, ROOT_BYTES, ROOT_XSDT_AT = 9, 116, 40, 36, 24
LAPIC_ADDRESS, MADT_HAS_OLD_PICS = 0xfee00000, 1
# The script's commands and its zones of memory; every command has 128 bytes and names files in 56.
ALLOCATE, ADD_POINTER, ADD_CHECKSUM = 1, 2, 3
ZONE_HIGH, ZONE_BIOS_AREA = 1, 2
COMMAND_BYTES = 128
TABLES, ROOT, SCRIPT = "opt/wfheap/tables", "opt/wfheap/rsdp", "etc/table-loader"  # the last has to be so


def madt_entry(word):
    """`lapic:ID:FLAGS`, `x2apic:ID:FLAGS`, or `bytes:HEX` as they stand."""
    kind, _, rest = word.partition(":")
    try:
        if kind == "bytes":
            return bytes.fromhex(rest)
        number, flags = (int(text) for text in rest.split(":"))
        if kind == "lapic":
            return struct.pack("<BBBBI", 0, 8, number, number, flags)
        if kind == "x2apic":
            return struct.pack("<BBHIII", 9, 16, 0, number, flags, number)
    except (ValueError, struct.error) as error:
        raise MachineError(f"'{word}' is no entry of a MADT: {error}") from error
    raise MachineError(f"'{word}' is no entry of a MADT: lapic, x2apic and bytes are known")


def script_command(layout, *fields):
    return struct.pack("<" + layout, *fields).ljust(COMMAND_BYTES, b"\0")


class Tables:
    """The tables, one behind the other, and the script for the firmware."""

    def __init__(self):
        self.bytes = bytearray()
        self.script = [script_command("I56sIB", ALLOCATE, TABLES.encode(), 64, ZONE_HIGH),
                       script_command("I56sIB", ALLOCATE, ROOT.encode(), 16, ZONE_BIOS_AREA)]

    def add(self, signature, body, pointers=(), sums=True):
        """Appends a table and answers its offset. `pointers`: place and size of each number in it that is such an
        offset and has to become an address."""
        start, length = len(self.bytes), HEADER.size + len(body)
        self.bytes += HEADER.pack(signature, length, 1, 0, b"WFHEAP", b"TESTONLY", 1, b"WFHP", 1) + body
        for pointer, size in pointers:
            self.script.append(script_command("I56s56sIB", ADD_POINTER, TABLES.encode(), TABLES.encode(),
                                              start + pointer, size))
        if sums:
            self.script.append(script_command("I56sIII", ADD_CHECKSUM, TABLES.encode(), start + CHECKSUM_AT, start,
                                              length))
        return start


def author(madt):
    """Answers tables, root pointer and script. `madt`: "missing", or its entries; "damaged" before them leaves its
    checksum wrong."""
    words, tables = madt.split(), Tables()
    fadt = bytearray(FADT_BYTES - HEADER.size)
    struct.pack_into("<I", fadt, FADT_DSDT_AT - HEADER.size, tables.add(b"DSDT", b""))
    listed = [tables.add(b"FACP", fadt, [(FADT_DSDT_AT, 4)])]
    if words != ["missing"]:
        is_damaged = words[:1] == ["damaged"]
        entries = b"".join(madt_entry(word) for word in words[is_damaged:])
        listed.append(tables.add(b"APIC", struct.pack("<II", LAPIC_ADDRESS, MADT_HAS_OLD_PICS) + entries,
                                 sums=not is_damaged))
    xsdt = tables.add(b"XSDT", struct.pack(f"<{len(listed)}Q", *listed),
                      [(HEADER.size + 8 * i, 8) for i in range(len(listed))])
    root = struct.pack("<8sB6sBIIQB3x", b"RSD PTR ", 0, b"WFHEAP", 2, 0, ROOT_BYTES, xsdt, 0)
    tables.script += [script_command("I56s56sIB", ADD_POINTER, ROOT.encode(), TABLES.encode(), ROOT_XSDT_AT, 8),
                      script_command("I56sIII", ADD_CHECKSUM, ROOT.encode(), 8, 0, 20),
                      script_command("I56sIII", ADD_CHECKSUM, ROOT.encode(), 32, 0, ROOT_BYTES)]
    return {TABLES: bytes(tables.bytes), ROOT: root, SCRIPT: b"".join(tables.script)}


def options(madt, folder):
    """QEMU's options for a machine with such tables, which lie in the folder as long as it runs."""
    words = ["-machine", "acpi=off"]  # none of QEMU's own
    for name, content in author(madt).items():
        path = folder / name.replace("/", "-")
        path.write_bytes(content)
        words += ["-fw_cfg", f"name={name},file={path}"]
    return words
