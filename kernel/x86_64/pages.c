// SPDX-License-Identifier: MIT
// The final page tables: virtual is physical, and only what is named here is mapped; the null page is not.
#include "machine.h"
#include "memory.h"
#include "print.h"

enum { PAGE_BYTES = 4096, SLOTS = 512, LEVEL_PAGE = 0, LEVEL_LARGE = 1, LEVEL_ROOT = 3 };
enum { CPUID_FEATURES = (int)0x80000001, MSR_EFER = (int)0xc0000080 };
#define LARGE_BYTES (2ull << 20)

#define PRESENT 1ull
#define WRITABLE 2ull
#define UNCACHED 0x18ull
#define LARGE 0x80ull
#define NO_EXECUTE (1ull << 63)
#define CPUID_NO_EXECUTE (1u << 20)
#define EFER_NO_EXECUTE (1ull << 11)
#define ADDRESS 0x000ffffffffff000ull

_Alignas(PAGE_BYTES) uint64_t page_root[SLOTS]; // secondaries load it

static uint64_t *table_below(uint64_t *slot) {
    if (*slot == 0) {
        *slot = (uintptr_t)memory_take(PAGE_BYTES, PAGE_BYTES) | WRITABLE | PRESENT;
    }
    return (uint64_t *)(*slot & ADDRESS);
}

static uint64_t *slot_of(uint64_t address, int level) {
    uint64_t *table = page_root;
    for (int above = LEVEL_ROOT; above > level; above--) { // bound: LEVEL_ROOT
        table = table_below(&table[address >> (12 + 9 * above) & (SLOTS - 1)]);
    }
    return &table[address >> (12 + 9 * level) & (SLOTS - 1)];
}

// Whole pages of start to end, large ones where they fit. What is mapped already stays as it is.
static void map(uint64_t start, uint64_t end, uint64_t flags) {
    uint64_t bytes;
    if (end > STACKS_START) {
        panic("memory reaches to %lx, and from %lx on addresses are those of stacks", end, STACKS_START);
    }
    for (uint64_t at = start; at < end; at += bytes) { // bound: pages from start to end
        uint64_t *large = slot_of(at, LEVEL_LARGE);
        bool fits = at % LARGE_BYTES == 0 && end - at >= LARGE_BYTES;
        bool is_large = (*large & LARGE) != 0;
        bytes = fits && (*large == 0 || is_large) ? LARGE_BYTES : PAGE_BYTES;
        uint64_t *slot = bytes == LARGE_BYTES || is_large ? large : slot_of(at, LEVEL_PAGE);
        if (*slot == 0) {
            *slot = at | flags | PRESENT | (bytes == LARGE_BYTES ? LARGE : 0);
        }
    }
}

static void map_symbols(const char *start, const char *end, uint64_t flags) {
    map((uintptr_t)start, (uintptr_t)end, flags);
}

// Memory below 1 MiB is left out but for the secondaries' first page.
void arch_map_memory(const struct boot *boot) {
    if (!(cpuid((uint32_t)CPUID_FEATURES).d & CPUID_NO_EXECUTE)) {
        panic("this CPU cannot forbid to execute memory (no NX)");
    }
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NO_EXECUTE);
    __builtin_memcpy(ap_page, ap_start, (size_t)(ap_end - ap_start));
    map(IOAPIC_BASE, IOAPIC_BASE + PAGE_BYTES, WRITABLE | UNCACHED | NO_EXECUTE);
    map(HPET_BASE, HPET_BASE + PAGE_BYTES, WRITABLE | UNCACHED | NO_EXECUTE);
    map_symbols(ap_page, ap_page + PAGE_BYTES, 0);
    map_symbols(image_start, image_text_end, 0);
    map_symbols(image_text_end, image_rodata_end, NO_EXECUTE);
    map_symbols(image_rodata_end, image_end, WRITABLE | NO_EXECUTE);
    map(LAPIC_BASE, LAPIC_BASE + PAGE_BYTES, WRITABLE | UNCACHED | NO_EXECUTE);
    for (size_t i = 0; i < boot->region_count; i++) { // bound: region_count
        const struct frame_region *region = &boot->regions[i];
        uint64_t start = region->start, end = start + region->bytes;
        start = (start + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
        if (region->kind != FRAME_RESERVED) {
            map(start < 1 << 20 ? 1 << 20 : start, end & ~(uint64_t)(PAGE_BYTES - 1), WRITABLE | NO_EXECUTE);
        }
    }
    for (size_t i = 0; i < boot->cpu_count; i++) { // bound: cpu_count
        (void)slot_of(STACKS_START + i * STACKS_CPU_BYTES, LEVEL_PAGE);
    }
    __asm__ volatile("movq %0, %%cr3" ::"r"(page_root) : "memory");
}

void arch_map_stack_page(uintptr_t address, uint64_t frame) {
    *slot_of(address, LEVEL_PAGE) = frame == FRAME_NONE ? 0 : frame | WRITABLE | NO_EXECUTE | PRESENT;
    __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory");
}
