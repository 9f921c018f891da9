// SPDX-License-Identifier: MIT
// The final page tables of all CPUs: virtual is physical, and only what is named here is mapped; the null page is not.
#ifndef KERNEL_COMMON_PAGES_H
#define KERNEL_COMMON_PAGES_H

#include "boot.h"

// Nothing is writable and executable, and only text is executable at all. Devices are not cached.
enum page_kind { PAGE_TEXT, PAGE_RODATA, PAGE_DATA, PAGE_DEVICE, PAGE_KINDS };

// The architecture's tables: of 512 entries, each of which leads to a table of the level below, or is a leaf: a page in
// level 0, or large up to large_level. An entry is an address and bits; one of 0 maps nothing.
struct page_format {
    unsigned levels, large_level;
    uint64_t table, page, large; // bits of an entry that leads to a table, of a page, and of a large leaf,
    uint64_t large_mask;         // which differ in these
    uint64_t kinds[PAGE_KINDS];  // further bits, of a leaf
};
extern const struct page_format page_format;

extern uint64_t page_root[]; // the table of the topmost level

// Maps the image, memory, devices and tables for stacks, and loads all that. Boot CPU, once; secondaries load them when
// they start.
void pages_init(const struct boot *boot);

// Before they are loaded: maps all pages that the range touches, but for those that are mapped already.
void pages_map(uint64_t start, uint64_t end, enum page_kind kind);

// Addresses of stacks, apart from all memory; for each CPU some, 2 MiB or a whole part of that. pages_map_stack maps
// one page of them to a frame, or to nothing (FRAME_NONE). Other CPUs may go on seeing the former mapping if they have
// looked there before.
#define STACKS_START (UINT64_C(3) << 37)
enum { STACKS_CPU_BYTES = 256 << 10 };
void pages_map_stack(uintptr_t address, uint64_t frame);

#endif
