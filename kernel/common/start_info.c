// SPDX-License-Identifier: MIT
// What a loader left, as struct boot.
#include "start_info.h"

#include "boot.h"
#include "print.h"

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
