// SPDX-License-Identifier: MIT
// Page tables as this architecture has them; common/pages.c fills them.
#include "pages.h"

#include "machine.h"
#include "print.h"

enum { CPUID_FEATURES = (int)0x80000001, MSR_EFER = (int)0xc0000080 };

#define PRESENT 1ull
#define WRITABLE 2ull
#define UNCACHED 0x18ull
#define LARGE 0x80ull
#define NO_EXECUTE (1ull << 63)
#define CPUID_NO_EXECUTE (1u << 20)
#define EFER_NO_EXECUTE (1ull << 11)

const struct page_format page_format = {
    .levels = 4,
    .large_level = 1, // not every CPU has larger ones
    .table = PRESENT | WRITABLE,
    .page = PRESENT,
    .large = PRESENT | LARGE,
    .large_mask = PRESENT | LARGE,
    .kinds = {[PAGE_RODATA] = NO_EXECUTE,
              [PAGE_DATA] = NO_EXECUTE | WRITABLE,
              [PAGE_DEVICE] = NO_EXECUTE | WRITABLE | UNCACHED},
};

void arch_map_devices(void) {
    static const uint32_t devices[] = {LAPIC_BASE, IOAPIC_BASE, HPET_BASE};
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) // bound: the table
        pages_map(devices[i], devices[i] + 1, PAGE_DEVICE);
    __builtin_memcpy(ap_page, ap_start, (size_t)(ap_end - ap_start));
    pages_map((uintptr_t)ap_page, (uintptr_t)ap_page + 1, PAGE_TEXT);
}

void arch_load_pages(void) {
    if (!(cpuid((uint32_t)CPUID_FEATURES).d & CPUID_NO_EXECUTE))
        panic("this CPU cannot forbid to execute memory (no NX)");
    msr_write(MSR_EFER, msr_read(MSR_EFER) | EFER_NO_EXECUTE);
    __asm__ volatile("movq %0, %%cr3" ::"r"(page_root) : "memory");
}
