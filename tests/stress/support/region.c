// SPDX-License-Identifier: MIT
// Regions from mmap, not reserved in advance, at a chosen distance from a 256 KiB boundary.
#include "region.h"

#include "die.h"

#include <stdint.h>
#include <sys/mman.h>

#define PAGE_BYTES ((size_t)4096)

unsigned char *region_map(size_t bytes, size_t offset_pages) {
    size_t mapped_bytes = bytes + offset_pages * PAGE_BYTES + REGION_ALIGN;
    unsigned char *mapped =
        mmap(NULL, mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        die_unusable("region: the system refused %zu bytes of address space", mapped_bytes);
    }
    size_t skipped = (REGION_ALIGN - ((uintptr_t)mapped & (REGION_ALIGN - 1))) & (REGION_ALIGN - 1);
    unsigned char *region = mapped + skipped + offset_pages * PAGE_BYTES;
    if (region != mapped) {
        munmap(mapped, (size_t)(region - mapped));
    }
    size_t left = mapped_bytes - (size_t)(region - mapped) - bytes;
    size_t whole_pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    if (left > whole_pages - bytes) {
        munmap(region + whole_pages, left - (whole_pages - bytes));
    }
    return region;
}

void region_unmap(unsigned char *region, size_t bytes) {
    munmap(region, bytes);
}
