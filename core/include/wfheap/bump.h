// SPDX-License-Identifier: MIT
// bump: the allocator of boot, before there is any other. It moves a mark through regions of addresses, up from their
// beginning and down from their end, and never takes anything back; what is left goes to the frame allocator.
//
// It touches none of the memory it hands out: addresses are numbers, physical or virtual as the caller likes. Its own
// state lies in storage that the caller gives, usually a static array of BUMP_STORAGE_BYTES(regions) bytes.
//
// Any number of CPUs up to the one given to bump_init, interrupt handlers counted like CPUs, may be inside calls at the
// same moment. None waits for another: an allocation is one addition for each region tried, or, where padding is
// wanted, at most BUMP_TRIES compare-exchanges, each tried once, and then one addition that takes align - unit bytes
// more than needed. On AArch64 atomics want Normal memory: MMU and caches are on before the first call.
//
// Both ends of a region share one word, so that they can never cross. An addition that overshoots (only one that raced
// with another can) closes its region: what was left of it is out of reach for bump_alloc, and is handed over all the
// same.
// Ideas: the boot allocators of k23 (regions, hand-over) and VeridianOS (one atomic addition).
#ifndef WFHEAP_BUMP_H
#define WFHEAP_BUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUMP_UNIT_BYTES 16u // the smallest unit; twice that and so on, until a region has fewer than 2^32 / (cpus + 2)
#define BUMP_CPUS_MAX 1024u
#define BUMP_TRIES 3u
#define BUMP_ALLOC_STEPS(regions) ((2 * BUMP_TRIES + 3) * (regions) + 2) // shared-memory operations of one call
#define BUMP_FREE_STEPS(regions) (2 * (regions) + 2)
#define BUMP_STORAGE_BYTES(regions) ((size_t)64 + (size_t)64 * (regions)) // beginning at a multiple of 64

typedef struct bump bump;

struct bump_range {
    uint64_t start, bytes;
};

enum bump_error {
    BUMP_OK = 0,
    BUMP_ERR_NULL,              // a required pointer is NULL
    BUMP_ERR_MISALIGNED,        // the storage does not begin at a multiple of 64
    BUMP_ERR_STORAGE_TOO_SMALL, // fewer than BUMP_STORAGE_BYTES(regions)
    BUMP_ERR_NO_REGION,         // no region has room for one unit
    BUMP_ERR_OVERFLOW,          // a region reaches the end of the address space, or beyond
    BUMP_ERR_OVERLAP,           // two regions overlap
    BUMP_ERR_NO_CPU,            // cpus is 0
    BUMP_ERR_TOO_MANY_CPUS,     // cpus exceeds BUMP_CPUS_MAX
    BUMP_ERR_TWICE,             // *bump is not NULL: it refers to an allocator already
    BUMP_ERR_EMPTY,             // of bump_alloc: 0 bytes
    BUMP_ERR_ALIGN,             // of bump_alloc: align is not a power of two
    BUMP_ERR_TOO_LARGE,         // of bump_alloc: not even a new region of these could hold it
    BUMP_ERR_OUT_OF_MEMORY,     // of bump_alloc: no region has as much left at one piece, or all are closed
    BUMP_ERR_OPEN,              // of ranges: bump_close was not called yet
    BUMP_ERR_IN_FLIGHT,         // of bump_close: a call on another CPU has not ended; call again
    BUMP_ERR_ABSENT,            // of ranges: there is no range of this number
};

// A sentence in English, without newline, for every value of the enum; a fixed one for any other. Never NULL.
const char *bump_strerror(enum bump_error error);

// Makes an allocator over the regions, in any order, which are copied. Ends that are no multiple of the region's unit
// are left out. cpus: how many calls may run at once. Call once, before others use it; publish *bump to them with
// release/acquire. On error *bump and the storage are unchanged. Quadratic in the regions.
enum bump_error bump_init(const struct bump_range *regions, size_t count, size_t cpus, void *storage,
                          size_t storage_bytes, bump **bump);

// At least bytes bytes at a multiple of align (0 or a power of two; a unit is the least): from the beginning of the
// first region that has them / from the end of the last that has them. Any CPU, any time. *address is changed on
// BUMP_OK only. Bound: BUMP_ALLOC_STEPS(regions).
enum bump_error bump_alloc(bump *self, uint64_t bytes, uint64_t align, uint64_t *address);
enum bump_error bump_alloc_top(bump *self, uint64_t bytes, uint64_t align, uint64_t *address);

// Gives nothing back and counts it: memory of this allocator lives until whoever got it over by the hand-over frees it.
// An address outside what was handed out: port_fault, FOREIGN. Any CPU, any time. Bound:
// BUMP_FREE_STEPS(regions).
void bump_free(bump *self, uint64_t address, uint64_t bytes);

// Ends allocation: from here on every bump_alloc answers BUMP_ERR_OUT_OF_MEMORY. Any CPU, any time, again and again.
// Answers BUMP_OK once all that was handed out is known. Steps: 4 a region.
enum bump_error bump_close(bump *self);

// After bump_close: the range of number `index`, ascending with the caller's regions, that was never handed out (one a
// region at most), or that was (two a region at most: the beginning and the end). Ends lie on units of their region:
// for frames, round what is free inward, what is used outward. BUMP_ERR_ABSENT behind the last. Steps: 2 a region.
enum bump_error bump_free_range(const bump *self, size_t index, struct bump_range *range);
enum bump_error bump_used_range(const bump *self, size_t index, struct bump_range *range);

struct bump_stats {
    uint64_t region_bytes;  // all regions, whole units
    uint64_t used_bytes;    // handed out, padding included
    uint64_t free_bytes;    // region_bytes - used_bytes
    uint64_t closed_bytes;  // the part of free_bytes in closed regions, which waits for the hand-over
    uint64_t asked_bytes;   // what callers asked for; used_bytes - asked_bytes is padding and rounding
    uint64_t freed_bytes;   // what callers said they freed
    uint64_t allocs, frees; // successful calls
    uint64_t failures;      // calls of bump_alloc that answered an error for lack of memory
};
// Any CPU, any time; exact when no call runs meanwhile. Steps: 2 a region, and 5.
void bump_stats(const bump *self, struct bump_stats *out);

#endif
