// SPDX-License-Identifier: MIT
// slab: a heap of the classical kind. Ten classes of blocks, 8 to 4096 bytes, cut from slabs; a cache of free blocks
// for each CPU and class; and a first-fit list of free memory, merged at once, from which slabs come and larger
// requests are served. Common calls touch the caller's own cache: no lock, no line that another CPU writes but the
// block's.
//
// Behind the caches there are locks, one for each class and one for the first-fit list. They are queue locks, served
// in the order of arrival; callers WAIT for each other there, and a holder that stops, stops everybody. That is what
// wfheap/heap.h is for.
//
// Memory is cut in units of SLAB_UNIT_BYTES. Ranges of units tile the region: free, a slab, or a run (a request above
// 4096 bytes, or aligned beyond). All bookkeeping lies apart, at the region's front, so that overruns cannot destroy
// it. A slab whose blocks are all free goes back to the list at once.
//
// CPUs. Calls marked [cpu] name a CPU slot, 0 <= cpu < cpus. At most one caller may be inside a [cpu] call with the
// same slot, hence a kernel masks interrupts around it. Blocks may be freed on any slot.
//
// Misuse calls port_fault (port/port.h), with nothing changed and no lock held: FOREIGN outside the heap's memory,
// MISPLACED inside a block or run, FREE_PAGE in memory that belongs to none, DOUBLE_FREE for a block that is free
// already, BAD_CPU for a slot that does not exist. A block is marked in its first 8 bytes while it lies in a cache; a
// second free is seen at once unless somebody wrote over the mark, and otherwise when the second copy goes back to its
// slab; allocs and frees are counted as they were called. Not seen: a second free after the same address was handed out
// anew, for that is the new owner's block; and one of a block that was written over and then handed out from both its
// places, for no more is known of a block outside its slab, where a bit for it would be a line that other CPUs write.
// Build with WFH_CHECKED to have that bit: then each double free of a block that nobody holds is seen at once, at the
// price of an atomic bit in each call and 1.6 % of the region, and freed memory is poisoned. A mark made by chance is
// one in 2^64.
// Ideas: Bonwick, the slab allocator (USENIX Summer 1994), Bonwick & Adams, magazines (USENIX 2001); VeridianOS'
// classes and statistics; Knuth's boundary tags (TAOCP 1, 2.5).
#ifndef WFHEAP_SLAB_H
#define WFHEAP_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAB_CLASSES 10u
#define SLAB_BLOCK_BYTES_MIN 8u
#define SLAB_BLOCK_BYTES_MAX 4096u
#define SLAB_UNIT_BYTES 1024u
#define SLAB_REGION_ALIGN 4096u
#define SLAB_REGION_BYTES_MAX ((size_t)1 << 37)
#define SLAB_CPUS_MAX 1024u

typedef struct slab slab;

enum slab_error {
    SLAB_OK = 0,
    SLAB_ERR_NULL,             // region, heap or memory to add is NULL
    SLAB_ERR_MISALIGNED,       // the region does not begin at a multiple of SLAB_REGION_ALIGN
    SLAB_ERR_OVERFLOW,         // region + bytes wraps around the end of the address space
    SLAB_ERR_REGION_TOO_SMALL, // the metadata and one slab do not fit into the memory present
    SLAB_ERR_REGION_TOO_LARGE, // more than SLAB_REGION_BYTES_MAX bytes
    SLAB_ERR_NO_CPU,           // cpus is 0
    SLAB_ERR_TOO_MANY_CPUS,    // cpus exceeds SLAB_CPUS_MAX
    SLAB_ERR_TWICE,            // *heap is not NULL: it refers to a heap already
    SLAB_ERR_CPU,              // of slab_add_memory: no such slot
    SLAB_ERR_OUTSIDE,          // memory to add lies outside the heap's range, or more is present than the range has
    SLAB_ERR_OVERLAP,          // memory to add was admitted before, wholly or in part
};

// A sentence in English, without newline, for every value of the enum; a fixed one for any other. Never NULL.
const char *slab_strerror(enum slab_error error);

// Bytes of metadata at the front of a region: about 3.4 % of it (5 % with WFH_CHECKED), and 3 KiB a CPU. 0 if slab_init
// would refuse the two numbers.
size_t slab_footprint(size_t region_bytes, size_t cpus);

// Makes a heap of [region, region + bytes), rounded down to units. Call once, before others use the heap; publish *heap
// to them with release/acquire. On error *heap and the region are unchanged. Linear in the metadata.
enum slab_error slab_init(void *region, size_t bytes, size_t cpus, slab **heap);

// The same over a range of which only the first present_bytes are memory yet; the metadata, sized for all of it, goes
// there. The rest may be admitted later; what never is, is never touched.
enum slab_error slab_init_reserved(void *range, size_t range_bytes, size_t present_bytes, size_t cpus, slab **heap);

// [cpu] Admits the whole units of [start, start + bytes), inside the heap's range and not admitted yet. All or nothing.
// Linear in the ranges of the region.
enum slab_error slab_add_memory(slab *heap, size_t cpu, void *start, size_t bytes);

// [cpu] At least size bytes at a multiple of align. align: 0 to 8 all mean 8; above, a power of two. Up to 4096 bytes
// (and alignments up to that) come from the class of the next power of two, all else from the list, exact in units; so
// does what finds no block and no room for a slab. NULL if size is 0, if align is neither, if cpu >= cpus, and for lack
// of memory: the list has no range that fits, and there is no block of the class or a larger one outside other slots'
// caches. The caller's own cache is given back before that. Common path: no lock. With an empty cache: blocks from as
// many slabs as it takes to fill half of it, and one search of the list for a slab, linear in the free ranges before
// the first that fits.
void *slab_alloc(slab *heap, size_t cpu, size_t size, size_t align);

// [cpu] Changes p's size, keeping min(old, new) bytes; in place if the class stays the same, and for a run that shrinks
// or is followed by enough free units. p NULL: slab_alloc. size 0: slab_free, answer NULL. On NULL for any other reason
// p is untouched and still the caller's.
void *slab_realloc(slab *heap, size_t cpu, void *p, size_t size, size_t align);

// [cpu] Gives p back. NULL is ignored. Common path: no lock. With a full cache: half of it goes back to its slabs. A
// slab that has all its blocks then, and a run, go back to the list, each linear in the units / 64 down to the free
// range before it.
void slab_free(slab *heap, size_t cpu, void *p);

// [cpu] Bytes usable at p, a live block: at least the size asked for. 0 if p is NULL; fault if p is no block.
size_t slab_usable_size(slab *heap, size_t cpu, const void *p);

// Whether p lies behind the heap's metadata, in its range. Any CPU, any time.
bool slab_owns(const slab *heap, const void *p);

// [cpu] Gives back what the slot's caches hide, one class a call. True while there is more: call again. Any other CPU
// may drain a slot that nobody uses.
bool slab_drain(slab *heap, size_t cpu);

struct slab_stats {
    size_t total_bytes;                    // the range, whole units: metadata + absent + used + free
    size_t metadata_bytes;                 // taken from its front
    size_t absent_bytes;                   // of the range, not admitted
    size_t used_bytes;                     // in slabs and runs
    size_t free_bytes;                     // in the list
    size_t largest_free_bytes;             // the longest free range
    size_t slab_bytes;                     // the part of used_bytes in slabs
    size_t current_bytes;                  // in callers' hands (block sizes, not requests)
    size_t cached_bytes;                   // in per-CPU caches
    size_t peak_bytes;                     // the most that used_bytes ever was
    uint64_t allocated_bytes, freed_bytes; // since init; current = allocated - freed
    uint64_t allocs, frees;                // likewise
    uint64_t failures;                     // requests answered NULL for lack of memory
    size_t slabs, runs, free_ranges;       // now
    uint64_t slabs_made, slabs_freed;      // since init
};
// [cpu] Exact when no call runs meanwhile, else a fair estimate. Linear in the free ranges and in CPUs. cpu >= cpus:
// fault, as in slab_check.
void slab_stats(slab *heap, size_t cpu, struct slab_stats *out);

struct slab_class_stats {
    size_t block_bytes, slab_bytes, blocks_per_slab;
    size_t slabs;          // now
    size_t current_blocks; // in callers' hands
    size_t cached_blocks;  // in per-CPU caches
    size_t free_blocks;    // in slabs
    size_t peak_blocks;    // the most that were outside slabs, in hands or caches
    uint64_t allocs, frees;
    uint64_t refills, flushes; // times a cache went to the slabs for blocks, or with blocks
    uint64_t slabs_made, slabs_freed;
};
// [cpu] index < SLAB_CLASSES; answers false for any other. As slab_stats. Linear in CPUs.
bool slab_class_stats(slab *heap, size_t cpu, size_t index, struct slab_class_stats *out);

struct slab_limits {
    size_t cpus;
    size_t cache_blocks[SLAB_CLASSES]; // the most that a slot's cache holds of each class: 32 blocks or 16 KiB; less in
                                       // regions where all slots' caches together would exceed an eighth
    size_t hidden_bytes_per_cpu;       // the most that one slot's caches can hide
};
void slab_limits(const slab *heap, struct slab_limits *out);

struct slab_finding {
    const char *rule;    // the invariant that is broken
    const void *address; // where
    uint64_t want, have; // what the rule asks for and what is there
};
// [cpu] Nothing else may run meanwhile. Tests every invariant; true if all hold, else *first says which broke first.
// Linear in the units, and in the square of what caches hold.
bool slab_check(slab *heap, size_t cpu, struct slab_finding *first);

#endif
