// SPDX-License-Identifier: MIT
// Memory at boot; see memory.h.
#include "memory.h"

#include "print.h"

#include <wfheap/bump.h>

enum { PIECES_MAX = 256 };

static _Alignas(64) char storage[BUMP_STORAGE_BYTES(PIECES_MAX)];
static bump *memory;

// The first address above `at` where a region begins or ends, or an arena must; UINT64_MAX behind the last.
static uint64_t next_edge(const struct boot *boot, uint64_t at) {
    uint64_t edge = at < FRAME_LIMIT_DMA32 ? FRAME_LIMIT_DMA32 : UINT64_MAX;
    for (size_t i = 0; i < boot->region_count; i++) { // bound: BOOT_REGIONS_MAX
        uint64_t start = boot->regions[i].start, end = start + boot->regions[i].bytes;
        edge = start > at && start < edge ? start : edge;
        edge = end > at && end < edge ? end : edge;
    }
    return edge;
}

// Whether a byte is usable, and nothing else besides.
static bool is_free(const struct boot *boot, uint64_t at) {
    bool usable = false;
    for (size_t i = 0; i < boot->region_count; i++) { // bound: BOOT_REGIONS_MAX
        if (at - boot->regions[i].start >= boot->regions[i].bytes)
            continue;
        if (boot->regions[i].kind != FRAME_USABLE)
            return false;
        usable = true;
    }
    return usable;
}

// What is free, ascending, in whole frames: so each piece is managed by the frame allocator as a whole, or not at all.
static size_t find_pieces(const struct boot *boot, struct bump_range *pieces) {
    size_t count = 0;
    for (uint64_t at = 0, edge; at != UINT64_MAX; at = edge) { // bound: two edges a region
        edge = next_edge(boot, at);
        if (!is_free(boot, at))
            continue;
        while (edge != UINT64_MAX && edge != FRAME_LIMIT_DMA32 && is_free(boot, edge)) // bound: two edges a region
            edge = next_edge(boot, edge);
        uint64_t start = (at + FRAME_BYTES - 1) & ~(uint64_t)(FRAME_BYTES - 1);
        uint64_t end = edge & ~(uint64_t)(FRAME_BYTES - 1);
        if (start >= end)
            continue;
        if (count == PIECES_MAX)
            panic("free memory falls into more than %d pieces", PIECES_MAX);
        pieces[count++] = (struct bump_range){start, end - start};
    }
    return count;
}

void memory_init(struct boot *boot) {
    static struct bump_range pieces[PIECES_MAX];
    boot_add_region(boot, (uintptr_t)image_start, (uintptr_t)(image_end - image_start), FRAME_RESERVED);
    enum bump_error error = bump_init(pieces, find_pieces(boot, pieces), 1, storage, sizeof storage, &memory);
    if (error != BUMP_OK)
        panic("no memory that is free: %s", bump_strerror(error));
}

void *memory_take(size_t bytes, size_t align) {
    uint64_t address = 0;
    enum bump_error error = bump_alloc(memory, bytes, align, &address);
    if (error != BUMP_OK)
        panic("no %zu KiB of memory at boot: %s", (bytes + 1023) >> 10, bump_strerror(error));
    return __builtin_memset((void *)address, 0, bytes);
}

void memory_hand_over(frame_pool *pool) {
    struct bump_range range;
    (void)bump_close(memory);                                                // on one CPU, no call is under way
    for (size_t i = 0; bump_used_range(memory, i, &range) == BUMP_OK; i++) { // bound: two ranges a piece
        enum frame_error error = frame_mark_used(pool, range.start, range.bytes);
        if (error != FRAME_OK && error != FRAME_ERR_NOT_MANAGED) // the latter: a piece too small for the pool
            panic("boot's memory at %lx cannot be marked as used: %s", range.start, frame_strerror(error));
    }
}
