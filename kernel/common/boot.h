// SPDX-License-Identifier: MIT
// What the machine says of itself at boot, the same for every way of booting.
#ifndef KERNEL_COMMON_BOOT_H
#define KERNEL_COMMON_BOOT_H

#include "arch_cpu.h"

#include <stddef.h>
#include <stdint.h>
#include <wfheap/frame.h>

enum { BOOT_REGIONS_MAX = 512, BOOT_LINE_BYTES = 256 };

struct boot {
    const char *loader; // "PVH", "UEFI", "device tree"
    char line[BOOT_LINE_BYTES];
    struct frame_region regions[BOOT_REGIONS_MAX]; // memory as reported, and what of it must not be touched; unsorted
    size_t region_count;                           // physical addresses; virtual ones are the same
    size_t cpus_upper;                             // the most CPUs there can be, known before they are counted exactly
    size_t cpu_count;                              // enabled ones, the boot CPU first
    uint64_t hardware_ids[ARCH_CPUS_MAX];          // LAPIC ids, or MPIDR affinities
};

// The image, from the linker's script; whole pages.
extern char image_start[], image_text_end[], image_rodata_end[], image_end[];

// The command line; panics if it is too long.
void boot_set_line(struct boot *boot, const char *line);

// One region more; panics if there are too many.
void boot_add_region(struct boot *boot, uint64_t start, uint64_t bytes, enum frame_kind kind);

// The CPUs that are enabled, by their hardware ids, at most ARCH_CPUS_MAX; the one with the id `first` boots. Panics if
// that is not among them.
void boot_set_cpus(struct boot *boot, const uint64_t *ids, size_t count, uint64_t first);

// Memory, command line and kind of loader, from a loader's record in PVH's form.
struct start_info;
void start_info_read(const struct start_info *info, struct boot *boot);

#endif
