// SPDX-License-Identifier: MIT
// What a loader left, as struct boot.
#include "start_info.h"

#include "boot.h"
#include "print.h"

void boot_set_line(struct boot *boot, const char *line) {
    size_t bytes = 0;
    while (line[bytes] != 0) { // bound: BOOT_LINE_BYTES
        if (bytes == BOOT_LINE_BYTES - 1) {
            panic("the command line is longer than %d bytes", BOOT_LINE_BYTES - 1);
        }
        boot->line[bytes] = line[bytes];
        bytes++;
    }
    boot->line[bytes] = 0;
}

void start_info_read(const struct start_info *info, struct boot *boot) {
    const struct start_memory *memory = (const struct start_memory *)info->memory;
    boot->loader = info->loader == START_BY_UEFI ? "UEFI" : "PVH";
    boot_set_line(boot, info->line != 0 ? (const char *)info->line : "");
    for (uint32_t i = 0; i < info->memory_count; i++) { // bound: the record's count
        if (memory[i].kind != START_MEMORY_RAM || memory[i].bytes == 0) {
            continue;
        }
        if (boot->range_count == BOOT_RANGES_MAX) {
            panic("the loader reports more than %d ranges of memory", BOOT_RANGES_MAX);
        }
        boot->ranges[boot->range_count++] = (struct memory_range){memory[i].start, memory[i].bytes};
    }
}
