// SPDX-License-Identifier: MIT
// What a loader left, as struct boot.
#include "start_info.h"

#include "boot.h"
#include "print.h"

#include <stdbool.h>

void boot_set_line(struct boot *boot, const char *line) {
    size_t bytes = 0;
    for (; line[bytes] != 0; bytes++) { // bound: BOOT_LINE_BYTES
        if (bytes == BOOT_LINE_BYTES - 1)
            panic("the command line is longer than %d bytes", BOOT_LINE_BYTES - 1);
        boot->line[bytes] = line[bytes];
    }
    boot->line[bytes] = 0;
}

void boot_add_region(struct boot *boot, uint64_t start, uint64_t bytes, enum frame_kind kind) {
    if (boot->region_count == BOOT_REGIONS_MAX)
        panic("memory falls into more than %d regions", BOOT_REGIONS_MAX);
    boot->regions[boot->region_count++] = (struct frame_region){.start = start, .bytes = bytes, .kind = kind};
}

void boot_set_cpus(struct boot *boot, const uint64_t *ids, size_t count, uint64_t first) {
    bool is_listed = false;
    for (size_t i = 0; i < count; i++) { // bound: count
        is_listed |= ids[i] == first;
        boot->hardware_ids[i] = ids[i] == first ? ids[0] : ids[i];
    }
    if (!is_listed)
        panic("the machine's tables do not list the CPU that boots, with the hardware id %lu", first);
    boot->hardware_ids[0] = first;
    boot->cpu_count = count;
}

void start_info_read(const struct start_info *info, struct boot *boot) {
    const struct start_memory *memory = (const struct start_memory *)info->memory;
    boot->loader = info->loader == START_BY_UEFI ? "UEFI" : "PVH";
    boot_set_line(boot, info->line != 0 ? (const char *)info->line : "");
    for (uint32_t i = 0; i < info->memory_count; i++) { // bound: the record's count
        enum frame_kind kind = memory[i].kind == START_MEMORY_RAM    ? FRAME_USABLE
                               : memory[i].kind == START_MEMORY_ACPI ? FRAME_RECLAIMABLE
                                                                     : FRAME_RESERVED;
        boot_add_region(boot, memory[i].start, memory[i].bytes, kind);
    }
}
