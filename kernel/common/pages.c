// SPDX-License-Identifier: MIT
// The final page tables; see pages.h.
#include "pages.h"

#include "arch.h"
#include "memory.h"
#include "print.h"

enum { ENTRIES = 512 };
#define ADDRESS UINT64_C(0xfffffffff000) // of an entry

_Alignas(FRAME_BYTES) uint64_t page_root[ENTRIES];

static uint64_t leaf_bytes(unsigned level) {
    return (uint64_t)FRAME_BYTES << 9 * level;
}

static bool is_leaf(uint64_t entry, unsigned level) {
    return level == 0 ? entry != 0 : (entry & page_format.large_mask) == page_format.large;
}

// The table that an entry leads to, made if there is none.
static uint64_t *table_below(uint64_t *entry) {
    if (*entry == 0)
        *entry = (uintptr_t)memory_take(ENTRIES * sizeof *entry, FRAME_BYTES) | page_format.table;
    return (uint64_t *)(*entry & ADDRESS);
}

// One leaf at `start`, as large as fits before `end`, unless there is one already; answers where it ends.
static uint64_t map_leaf(uint64_t start, uint64_t end, uint64_t bits) {
    uint64_t *table = page_root;
    for (unsigned level = page_format.levels - 1;; level--) { // bound: levels
        uint64_t bytes = leaf_bytes(level), *entry = &table[start / bytes % ENTRIES];
        bool fits = level <= page_format.large_level && start % bytes == 0 && end - start >= bytes;
        if (*entry == 0 && fits)
            *entry = start | bits | (level == 0 ? page_format.page : page_format.large);
        if (is_leaf(*entry, level))
            return start - start % bytes + bytes;
        table = table_below(entry);
    }
}

void pages_map(uint64_t start, uint64_t end, enum page_kind kind) {
    if (end > STACKS_START || end < start)
        panic("the range from %lx to %lx is no memory below %lx, where stacks begin", start, end, STACKS_START);
    start -= start % FRAME_BYTES;
    end = (end + FRAME_BYTES - 1) & ~(uint64_t)(FRAME_BYTES - 1);
    for (uint64_t at = start; at < end;) // bound: leaves of the range
        at = map_leaf(at, end, page_format.kinds[kind]);
}

// The entry of one page, in tables that are made if there are none.
static uint64_t *page_entry(uint64_t address) {
    uint64_t *table = page_root;
    for (unsigned level = page_format.levels - 1; level > 0; level--) // bound: levels
        table = table_below(&table[address / leaf_bytes(level) % ENTRIES]);
    return &table[address / FRAME_BYTES % ENTRIES];
}

void pages_init(const struct boot *boot) {
    arch_map_devices();
    pages_map((uintptr_t)image_start, (uintptr_t)image_text_end, PAGE_TEXT);
    pages_map((uintptr_t)image_text_end, (uintptr_t)image_rodata_end, PAGE_RODATA);
    pages_map((uintptr_t)image_rodata_end, (uintptr_t)image_end, PAGE_DATA);
    for (size_t i = 0; i < boot->region_count; i++) { // bound: region_count
        const struct frame_region *region = &boot->regions[i];
        uint64_t start = region->start < FRAME_BYTES ? FRAME_BYTES : region->start, end = region->start + region->bytes;
        if (region->kind != FRAME_RESERVED && start < end)
            pages_map(start, end, PAGE_DATA);
    }
    for (size_t i = 0; i < boot->cpu_count; i++) // bound: cpu_count
        (void)page_entry(STACKS_START + i * STACKS_CPU_BYTES);
    arch_load_pages();
}

void pages_map_stack(uintptr_t address, uint64_t frame) {
    *page_entry(address) = frame == FRAME_NONE ? 0 : frame | page_format.kinds[PAGE_DATA] | page_format.page;
    page_forget(address);
}
