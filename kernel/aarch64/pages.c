// SPDX-License-Identifier: MIT
// The final page tables: virtual is physical; 39 bits of address in three levels, blocks of 1 GiB and 2 MiB where they
// fit.
#include "arch.h"
#include "memory.h"
#include "parts.h"
#include "print.h"

enum { ENTRIES = 512, LEVEL_TOP = 1, LEVEL_PAGE = 3 };
#define PAGE_BYTES UINT64_C(4096)
#define BLOCK_BYTES (UINT64_C(2) << 20) // of level 2
#define ADDRESS_END (UINT64_C(1) << 39)
#define ADDRESS_MASK (ADDRESS_END - PAGE_BYTES)

// Bits of an entry. Attribute 0 is Normal, 1 is Device-nGnRE (boot.S).
#define LEAF UINT64_C(1)
#define TABLE UINT64_C(3) // and a page, in the last level
#define DEVICE_TYPE (UINT64_C(1) << 2)
#define READ_ONLY (UINT64_C(1) << 7)
#define SHARED (UINT64_C(3) << 8)
#define ACCESSED (UINT64_C(1) << 10)
#define NO_EXECUTE (UINT64_C(1) << 53)      // by the kernel
#define NO_USER_EXECUTE (UINT64_C(1) << 54) // everywhere
#define COMMON (LEAF | ACCESSED | NO_USER_EXECUTE)

enum mapping { UNMAPPED, TEXT, READ_ONLY_DATA, DATA, DEVICE };
static const uint64_t mapping_bits[] = {
    [UNMAPPED] = 0,
    [TEXT] = COMMON | SHARED | READ_ONLY,
    [READ_ONLY_DATA] = COMMON | SHARED | READ_ONLY | NO_EXECUTE,
    [DATA] = COMMON | SHARED | NO_EXECUTE,
    [DEVICE] = COMMON | DEVICE_TYPE | NO_EXECUTE,
};

typedef uint64_t table_t[ENTRIES];
_Alignas(4096) table_t page_root; // secondary_entry loads it

static uint64_t leaf_bytes(unsigned level) {
    return PAGE_BYTES << 9 * (LEVEL_PAGE - level);
}

static bool is_table(uint64_t entry, unsigned level) {
    return level < LEVEL_PAGE && (entry & TABLE) == TABLE;
}

// The table below an entry, made if there is none; what the entry maps stays mapped.
static uint64_t *enter_table(uint64_t *entry, unsigned level) {
    if (is_table(*entry, level)) {
        return (uint64_t *)(*entry & ADDRESS_MASK);
    }
    uint64_t *table = memory_take(sizeof(table_t), PAGE_BYTES);
    uint64_t page_bit = level + 1 == LEVEL_PAGE ? TABLE : LEAF;
    for (uint64_t i = 0; i < ENTRIES && *entry != 0; i++) { // bound: ENTRIES
        table[i] = (*entry | page_bit) + i * leaf_bytes(level + 1);
    }
    *entry = (uintptr_t)table | TABLE;
    return table;
}

// Maps one leaf at `start`, as large as fits before `end`; answers its bytes.
static uint64_t map_leaf(uint64_t start, uint64_t end, uint64_t bits) {
    uint64_t *table = page_root;
    for (unsigned level = LEVEL_TOP;; level++) { // bound: LEVEL_PAGE
        uint64_t bytes = leaf_bytes(level);
        uint64_t *entry = &table[start / bytes % ENTRIES];
        if (start % bytes == 0 && end - start >= bytes && !is_table(*entry, level)) {
            *entry = bits == 0 ? 0 : start | bits | (level == LEVEL_PAGE ? TABLE : LEAF);
            return bytes;
        }
        table = enter_table(entry, level);
    }
}

// Maps all whole pages that the range touches.
static void map(uint64_t start, uint64_t end, enum mapping as) {
    if (end > STACKS_START || end < start) {
        panic("the range from %lx to %lx is no memory below %lx, where stacks begin", start, end, STACKS_START);
    }
    start -= start % PAGE_BYTES;
    end = (end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    while (start < end) { // bound: leaves of the range
        start += map_leaf(start, end, mapping_bits[as]);
    }
}

// Rounds to whole blocks: a loader's map is made of many small pieces, and what lies between them is memory too.
static void map_memory(const struct boot *boot) {
    for (size_t i = 0; i < boot->region_count; i++) { // bound: BOOT_REGIONS_MAX
        const struct frame_region *region = &boot->regions[i];
        uint64_t end = region->start + region->bytes;
        if (region->kind != FRAME_RESERVED) {
            map(region->start & ~(BLOCK_BYTES - 1), (end + BLOCK_BYTES - 1) & ~(BLOCK_BYTES - 1), DATA);
        }
    }
}

// The entry of one page, in tables that are made if there are none.
static uint64_t *page_entry(uint64_t address) {
    uint64_t *table = page_root;
    for (unsigned level = LEVEL_TOP; level < LEVEL_PAGE; level++) // bound: LEVEL_PAGE
        table = enter_table(&table[address / leaf_bytes(level) % ENTRIES], level);
    return &table[address / PAGE_BYTES % ENTRIES];
}

static void map_devices(const struct machine_ranges *devices) {
    for (size_t i = 0; i < devices->count; i++) { // bound: MACHINE_RANGES_MAX
        map(devices->at[i].start, devices->at[i].start + devices->at[i].bytes, DEVICE);
    }
}

void arch_map_memory(const struct boot *boot) {
    map_memory(boot);
    map_devices(&machine.gic);
    map_devices(&machine.uart);
    map((uintptr_t)image_start, (uintptr_t)image_text_end, TEXT);
    map((uintptr_t)image_text_end, (uintptr_t)image_rodata_end, READ_ONLY_DATA);
    map((uintptr_t)image_rodata_end, (uintptr_t)image_end, DATA);
    map(0, PAGE_BYTES, UNMAPPED);
    for (size_t i = 0; i < boot->cpu_count; i++) { // bound: cpu_count
        (void)page_entry(STACKS_START + i * STACKS_CPU_BYTES);
    }
    mmu_load(page_root);
}

void arch_map_stack_page(uintptr_t address, uint64_t frame) {
    *page_entry(address) = frame == FRAME_NONE ? 0 : frame | mapping_bits[DATA] | TABLE;
    __asm__ volatile("dsb ishst\n tlbi vaae1, %0\n dsb nsh\n isb" ::"r"(address / PAGE_BYTES) : "memory");
}
