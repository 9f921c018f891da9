// SPDX-License-Identifier: MIT
// Page tables as this architecture has them, with 39 bits of address; common/pages.c fills them.
#include "pages.h"

#include "arch.h"
#include "parts.h"

// Bits of an entry. Attribute 0 is Normal, 1 is Device-nGnRE (boot.S).
#define LARGE UINT64_C(1)
#define TABLE_OR_PAGE UINT64_C(3)
#define DEVICE_TYPE (UINT64_C(1) << 2)
#define READ_ONLY (UINT64_C(1) << 7)
#define SHARED (UINT64_C(3) << 8)
#define ACCESSED (UINT64_C(1) << 10)
#define NO_EXECUTE (UINT64_C(1) << 53)      // by the kernel
#define NO_USER_EXECUTE (UINT64_C(1) << 54) // everywhere
#define COMMON (ACCESSED | NO_USER_EXECUTE)

const struct page_format page_format = {
    .levels = 3,
    .large_level = 2,
    .table = TABLE_OR_PAGE,
    .page = TABLE_OR_PAGE,
    .large = LARGE,
    .large_mask = TABLE_OR_PAGE,
    .kinds = {[PAGE_TEXT] = COMMON | SHARED | READ_ONLY,
              [PAGE_RODATA] = COMMON | SHARED | READ_ONLY | NO_EXECUTE,
              [PAGE_DATA] = COMMON | SHARED | NO_EXECUTE,
              [PAGE_DEVICE] = COMMON | DEVICE_TYPE | NO_EXECUTE},
};

static void map_devices(const struct machine_ranges *devices) {
    for (size_t i = 0; i < devices->count; i++) // bound: MACHINE_RANGES_MAX
        pages_map(devices->at[i].start, devices->at[i].start + devices->at[i].bytes, PAGE_DEVICE);
}

void arch_map_devices(void) {
    map_devices(&machine.gic);
    map_devices(&machine.uart);
}

void arch_load_pages(void) {
    mmu_load(page_root);
}
