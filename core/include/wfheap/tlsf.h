// SPDX-License-Identifier: MIT
// tlsf: a two-level segregated fit heap, the classical constant-time allocator of real-time systems.
//
// After Masmano, Ripoll, Crespo & Real, "TLSF: a new dynamic memory allocator for real-time systems" (ECRTS 2004).
// Free blocks hang in lists by size: one level for each power of two, 32 lists to a level, and a bitmap over each, so
// that finding a list takes two bit scans. Blocks are cut to size (in steps of 8 bytes, 32 at least, 8 of them the
// header) and merge with free neighbours at once. Serves as fallback and as the baseline that wfheap is measured
// against.
//
// Three forms of the same heap:
//   tlsf_*       no lock: one caller at a time, the program sees to it.
//   tlsf_mcs_*   behind an MCS queue lock: callers are served in the order of their arrival.
//   tlsf_spin_*  behind a test-and-set spinlock: nobody knows who is served next.
// [cpu] marks calls of the locked forms, which name a CPU slot, 0 <= cpu < cpus. At most one caller may be inside a
// [cpu] call with the same slot, hence a kernel masks interrupts around it. Calls with different slots exclude each
// other by WAITING: a holder that stops, stops everybody. That is what wfheap/heap.h is for.
//
// The core is freestanding: it needs memcpy, memset, the port's `word.h` (locked forms only) and port_fault.
// Headers lie between the blocks, so an overrun can destroy them. Each header carries a check tag made from its
// address; a pointer or a neighbour whose tag is wrong is reported. A random word passes for a header once in 2^24
// times.
#ifndef WFHEAP_TLSF_H
#define WFHEAP_TLSF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLSF_REGION_ALIGN 64u
#define TLSF_REGION_BYTES_MAX ((size_t)1 << 40)
#define TLSF_CPUS_MAX 1024u

typedef struct tlsf tlsf;
typedef struct tlsf_mcs tlsf_mcs;
typedef struct tlsf_spin tlsf_spin;

enum tlsf_error {
    TLSF_OK = 0,
    TLSF_ERR_NULL,             // region or heap is NULL
    TLSF_ERR_MISALIGNED,       // the region does not begin at a multiple of TLSF_REGION_ALIGN
    TLSF_ERR_OVERFLOW,         // region + bytes wraps around the end of the address space
    TLSF_ERR_REGION_TOO_SMALL, // the metadata and one block do not fit (4 KiB do, plus 64 bytes a CPU under MCS)
    TLSF_ERR_REGION_TOO_LARGE, // more than TLSF_REGION_BYTES_MAX bytes
    TLSF_ERR_NO_CPU,           // cpus is 0
    TLSF_ERR_TOO_MANY_CPUS,    // cpus exceeds TLSF_CPUS_MAX
    TLSF_ERR_TWICE,            // *heap is not NULL: it refers to a heap already
};

// A sentence in English, without newline, for every value of the enum; a fixed one for any other. Never NULL.
const char *tlsf_strerror(enum tlsf_error error);

// Makes a heap of [region, region + bytes), metadata at its front: 256 bytes for each power of two from 128 to
// bytes, and 248.
// Call once, before others use the heap; publish *heap to them with release/acquire. bytes: rounded down to 8.
// On error *heap and the region are unchanged. Linear in the metadata.
enum tlsf_error tlsf_init(void *region, size_t bytes, tlsf **heap);

// At least size bytes at a multiple of align. align: 0 to 8 all mean 8; above, a power of two.
// NULL if size is 0, if align is neither, and if no block is found: a free block is certain to be found if
// it is 1/32 larger than size + 8 (and larger by align + 24, if align exceeds 8). Bound: two searches of two bit scans
// each, three list operations, one of them a removal; no loop.
void *tlsf_alloc(tlsf *heap, size_t size, size_t align);

// Changes p's size, keeping min(old, new) bytes; in place if p is aligned and shrinks, or is followed by enough free
// room. p NULL: tlsf_alloc. size 0: tlsf_free, answer NULL. On NULL for any other reason p is untouched and still the
// caller's. p that is no block: fault, as in tlsf_free. Bound: constant, plus the copy of the old usable size.
void *tlsf_realloc(tlsf *heap, void *p, size_t size, size_t align);

// Gives p back. NULL is ignored. Misuse calls port_fault (with cpu 0) and changes nothing: FOREIGN outside the blocks,
// MISPLACED where no block begins, DOUBLE_FREE where one began that was freed, CORRUPT if the block's or a neighbour's
// bookkeeping was overwritten. Not seen: a second free after the same address was handed out anew.
// Bound: two merges, three list operations; no loop.
void tlsf_free(tlsf *heap, void *p);

// Bytes usable at p, a live block: at least the size asked for. 0 if p is NULL; fault if p is no block.
size_t tlsf_usable_size(const tlsf *heap, const void *p);

// Whether p lies between the heap's first and last block. Needs no lock.
bool tlsf_owns(const tlsf *heap, const void *p);

struct tlsf_stats {
    size_t region_bytes;       // what init was given, rounded down to 8
    size_t metadata_bytes;     // taken from its front, and the 8 bytes that end it
    size_t used_bytes;         // live blocks, their headers included
    size_t free_bytes;         // free blocks likewise; metadata + used + free = region
    size_t peak_bytes;         // the most that used_bytes ever was
    size_t largest_free_bytes; // the largest request that the largest free block could hold; 0 if nothing is free
    size_t live_blocks, free_blocks;
    uint64_t allocs, frees; // since init; a realloc that moves counts as both
};
// Linear in the length of one list, the highest that is not empty.
void tlsf_stats(const tlsf *heap, struct tlsf_stats *out);

struct tlsf_finding {
    const char *rule;    // the invariant that is broken
    const void *address; // where: a block's header or a list's head
    uint64_t want, have; // what the rule asks for and what is there
};
// Walks every block and every list; true if every invariant holds, else *first says which broke first. Linear.
bool tlsf_check(const tlsf *heap, struct tlsf_finding *first);

// The locked forms. Each call does what its namesake above does, with the lock held for the constant part only: realloc
// copies outside it. cpu >= cpus: alloc and realloc answer NULL, the rest fault with BAD_CPU; a fault is reported
// after the lock was released. stats and check hold the lock all the while.
// init: cpus slots, 64 bytes each under MCS, are taken from the region's front.
enum tlsf_error tlsf_mcs_init(void *region, size_t bytes, size_t cpus, tlsf_mcs **heap);
void *tlsf_mcs_alloc(tlsf_mcs *heap, size_t cpu, size_t size, size_t align);            // [cpu]
void *tlsf_mcs_realloc(tlsf_mcs *heap, size_t cpu, void *p, size_t size, size_t align); // [cpu]
void tlsf_mcs_free(tlsf_mcs *heap, size_t cpu, void *p);                                // [cpu]
size_t tlsf_mcs_usable_size(tlsf_mcs *heap, size_t cpu, const void *p);                 // [cpu]
bool tlsf_mcs_owns(const tlsf_mcs *heap, const void *p);                                // any CPU, any time
void tlsf_mcs_stats(tlsf_mcs *heap, size_t cpu, struct tlsf_stats *out);                // [cpu]
bool tlsf_mcs_check(tlsf_mcs *heap, size_t cpu, struct tlsf_finding *first);            // [cpu]

enum tlsf_error tlsf_spin_init(void *region, size_t bytes, size_t cpus, tlsf_spin **heap);
void *tlsf_spin_alloc(tlsf_spin *heap, size_t cpu, size_t size, size_t align);            // [cpu]
void *tlsf_spin_realloc(tlsf_spin *heap, size_t cpu, void *p, size_t size, size_t align); // [cpu]
void tlsf_spin_free(tlsf_spin *heap, size_t cpu, void *p);                                // [cpu]
size_t tlsf_spin_usable_size(tlsf_spin *heap, size_t cpu, const void *p);                 // [cpu]
bool tlsf_spin_owns(const tlsf_spin *heap, const void *p);                                // any CPU, any time
void tlsf_spin_stats(tlsf_spin *heap, size_t cpu, struct tlsf_stats *out);                // [cpu]
bool tlsf_spin_check(tlsf_spin *heap, size_t cpu, struct tlsf_finding *first);            // [cpu]

#endif
