// SPDX-License-Identifier: MIT
// What the machine says of itself at boot, the same for every way of booting.
#ifndef KERNEL_COMMON_BOOT_H
#define KERNEL_COMMON_BOOT_H

#include "arch_cpu.h"

#include <stddef.h>
#include <stdint.h>

enum { BOOT_RANGES_MAX = 128, BOOT_LINE_BYTES = 256 };

// A piece of physical memory; virtual addresses are the same.
struct memory_range {
    uint64_t start, bytes;
};

struct boot {
    const char *loader; // "PVH", "UEFI", "device tree"
    char line[BOOT_LINE_BYTES];
    struct memory_range
        ranges[BOOT_RANGES_MAX]; // usable memory as reported, unsorted; the kernel's image not taken out
    size_t range_count;
    struct memory_range kept[BOOT_RANGES_MAX]; // parts of it that must not be touched: tables, device tree, firmware
    size_t kept_count;
    size_t cpus_upper;                    // the most CPUs there can be, known before they are counted exactly
    size_t cpu_count;                     // enabled ones, the boot CPU first
    uint64_t hardware_ids[ARCH_CPUS_MAX]; // LAPIC ids, or MPIDR affinities
};

// The image, from the linker's script; whole pages.
extern char image_start[], image_text_end[], image_rodata_end[], image_end[];

// The command line; panics if it is too long.
void boot_set_line(struct boot *boot, const char *line);

// Usable memory, command line and kind of loader, from a loader's record in PVH's form.
struct start_info;
void start_info_read(const struct start_info *info, struct boot *boot);

#endif
