// SPDX-License-Identifier: MIT
// What a loader leaves in memory for the kernel, in PVH's form: QEMU writes it, and so does kernel/uefi.
// https://xenbits.xen.org/docs/unstable/misc/pvh.html
#ifndef KERNEL_COMMON_START_INFO_H
#define KERNEL_COMMON_START_INFO_H

#include <stdint.h>

#define START_INFO_MAGIC 0x336ec578u
enum { START_MEMORY_RAM = 1, START_MEMORY_RESERVED = 2, START_MEMORY_ACPI = 3, START_MEMORY_ACPI_NVS = 4 };
enum { START_BY_PVH = 0, START_BY_UEFI = 1 };

// All addresses are physical; 0 is none.
struct start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules; // struct start_module[module_count]; AArch64: the first is the device tree
    uint64_t line;    // the command line, ends with 0
    uint64_t rsdp;    // ACPI's root pointer
    uint64_t memory;  // struct start_memory[memory_count]
    uint32_t memory_count;
    uint32_t loader; // reserved as PVH has it and 0; kernel/uefi writes START_BY_UEFI
};

struct start_module {
    uint64_t start, bytes, line, reserved;
};

struct start_memory {
    uint64_t start, bytes;
    uint32_t kind, reserved;
};

#endif
