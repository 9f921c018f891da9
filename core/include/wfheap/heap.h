// SPDX-License-Identifier: MIT
// wfheap: a kernel heap that never waits. This header is the contract of every public call.
//
// A heap lives in one region of memory that the caller hands over; its metadata is carved from the region's front.
// Any number of heaps may stand side by side. The core is freestanding: it needs memcpy, memmove, memset, the port's
// `word.h`, and the program's port_fault (port/port.h), which every misuse found is reported to.
//
// CPUs. Calls marked [cpu] name a CPU slot, 0 <= cpu < cpus. At any moment at most one caller may be inside a [cpu]
// call with the same slot: a kernel masks interrupts (or preemption, if no interrupt handler allocates) around the
// call, a program gives every thread its own slot. Calls with different slots run together without any restraint, and
// each ends in a bounded number of steps even if all other CPUs stop for ever inside theirs. A slot may be handed from
// one thread to another with a release/acquire pair. Blocks may be freed on any slot.
//
// Step bounds are shared-memory operations; wfh_limits tells them for a heap, docs/bounds.md argues them.
// Ideas: Bonwick & Adams, magazines (USENIX 2001); Blelloch & Wei, constant-time allocation (arXiv 2008.04296);
// Ouyang & Zhu, wait-free span allocation (ACM TECS 21(4), 2022); LLFree (USENIX ATC 2023).
#ifndef WFHEAP_HEAP_H
#define WFHEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WFH_PAGE_BYTES 4096u
#define WFH_CPUS_MAX 1024u
#define WFH_REGION_BYTES_MIN ((size_t)1 << 20)
#define WFH_REGION_BYTES_MAX ((size_t)1 << 40)

typedef struct wfh wfh;

enum wfh_error {
    WFH_OK = 0,
    WFH_ERR_NULL,             // a required pointer is NULL
    WFH_ERR_MISALIGNED,       // the region does not begin on a page
    WFH_ERR_OVERFLOW,         // region + bytes wraps around the end of the address space
    WFH_ERR_REGION_TOO_SMALL, // fewer than WFH_REGION_BYTES_MIN bytes
    WFH_ERR_REGION_TOO_LARGE, // more than WFH_REGION_BYTES_MAX bytes
    WFH_ERR_NO_ROOM_METADATA, // the metadata does not fit into the memory present
    WFH_ERR_NO_ROOM_SPAN,     // the metadata fits, but leaves no page
    WFH_ERR_NO_CPU,           // cpus is 0
    WFH_ERR_TOO_MANY_CPUS,    // cpus exceeds WFH_CPUS_MAX
    WFH_ERR_TWICE,            // *heap is not NULL: it refers to a heap already
    WFH_ERR_OUTSIDE,          // memory to add lies outside the heap's range, or inside its metadata
    WFH_ERR_OVERLAP,          // memory to add was admitted before, wholly or in part
};

// A sentence in English, without newline, for every value of the enum; a fixed one for any other. Never NULL.
const char *wfh_strerror(enum wfh_error error);

// Bytes of metadata that wfh_init takes from the front of a region (an upper bound over all alignments):
// about 1.3 % of the region, at most 32 KiB a CPU, and up to 12 KiB more in regions below 16 MiB. 0 if wfh_init would
// refuse the two numbers.
size_t wfh_footprint(size_t region_bytes, size_t cpus);

// Makes a heap of [region, region + bytes). region: page-aligned; bytes: rounded down to pages.
// Call once, on one CPU, before others use the heap; publish *heap to them with release/acquire.
// On error *heap is unchanged and the region's contents are unspecified. Linear in the region's metadata.
enum wfh_error wfh_init(void *region, size_t bytes, size_t cpus, wfh **heap);

// The same over a reserved address range of which only the first present_bytes are memory yet; the metadata, sized for
// the whole range, goes there. The rest may be admitted later by wfh_add_memory; what never is, is never touched.
enum wfh_error wfh_init_reserved(void *range, size_t range_bytes, size_t present_bytes, size_t cpus, wfh **heap);

// Admits the whole pages of [start, start + bytes), inside the heap's range and not admitted yet. Any CPU, any time,
// but not two calls at once. All or nothing. Linear in bytes / 256 KiB.
enum wfh_error wfh_add_memory(wfh *heap, void *start, size_t bytes);

// [cpu] At least size bytes at a multiple of align. align: 0 to 8 all mean 8; above, a power of two.
// NULL if size is 0, larger than the region or cannot be had, if align is neither or too large, and if cpu >= cpus.
// Sizes up to 29,120 bytes come from size classes, larger ones are exact in pages. Common path: no shared cache line,
// no locked instruction. Bound: limits.alloc_steps_max; before NULL limits.last_resort_steps_max. NULL for lack of
// memory means that at some moment during the call less than limits.reserve_bytes of suitable memory was outside other
// CPUs' bounded caches.
void *wfh_alloc(wfh *heap, size_t cpu, size_t size, size_t align);

// [cpu] The same, with size bytes zeroed.
void *wfh_zalloc(wfh *heap, size_t cpu, size_t size, size_t align);

// [cpu] Changes p's size, keeping min(old, new) bytes; in place where the class or the following free pages allow it.
// p NULL: wfh_alloc. size 0: wfh_free, answer NULL. On NULL for any other reason p is untouched and still the caller's.
// Copies at most the old usable size. p that is no block: fault, as in wfh_free.
void *wfh_realloc(wfh *heap, size_t cpu, void *p, size_t size, size_t align);

// [cpu] Gives p back. NULL is ignored. Any block of this heap, whichever CPU allocated it; a remote free costs what a
// local one costs. Misuse calls port_fault and changes nothing: foreign, misplaced (interior, misaligned), free page,
// bad cpu, and double free as soon as it is visible (build with WFH_CHECKED to see each at the second free).
// Bound: limits.free_steps_max; runs of more than 64 pages add a few steps for every 64 pages.
void wfh_free(wfh *heap, size_t cpu, void *p);

// Bytes usable at p, a live block: at least the size asked for. 0 if p is NULL; fault if p is no block.
size_t wfh_usable_size(const wfh *heap, const void *p);

// Whether p lies in a page this heap manages (admitted, and not metadata). Any CPU, one step.
bool wfh_owns(const wfh *heap, const void *p);

// [cpu] Gives back what the slot's cache hides, a bounded piece a call. True while there is more: call again. For idle
// CPUs, for CPUs that go away (any other CPU may drain a slot that nobody uses), and before counting what is free.
bool wfh_drain(wfh *heap, size_t cpu);

struct wfh_stats {
    size_t region_bytes;           // the range handed to init, whole pages
    size_t metadata_bytes;         // taken from its front
    size_t managed_bytes;          // admitted pages
    size_t free_bytes;             // pages in no span and no run
    size_t largest_free_run_bytes; // the longest run of free pages
    size_t span_bytes;             // pages in spans of small classes
    size_t run_bytes;              // pages in large runs
    size_t live_bytes;             // blocks and runs in callers' hands (block sizes, not requests)
    size_t cached_bytes;           // blocks hidden in per-CPU caches
    size_t peak_bytes;             // the most bytes of pages in use so far, to within a 64th of the region
};
// Any CPU, any time; exact when quiescent, else a fair estimate. Linear in the region's pages and in CPUs.
void wfh_stats(const wfh *heap, struct wfh_stats *out);

struct wfh_class_stats {
    size_t block_bytes, span_pages, blocks_per_span;
    size_t spans;         // spans of this class now
    size_t live_blocks;   // in callers' hands
    size_t cached_blocks; // in per-CPU caches
    size_t free_blocks;   // in spans, for anyone to take
};
// index < limits.classes; answers false for any other. As wfh_stats.
bool wfh_class_stats(const wfh *heap, size_t index, struct wfh_class_stats *out);

struct wfh_cpu_stats {
    size_t cached_bytes;  // hidden in this slot's cache
    uint64_t refills;     // allocs that found no block in their magazine
    uint64_t evictions;   // frees that found their magazine full
    uint64_t claims;      // words taken from shared spans
    uint64_t flushes;     // words given back to shared spans
    uint64_t spans_made;  // spans typed
    uint64_t spans_freed; // spans retired to pages
    uint64_t runs;        // page runs handed out to large requests
    uint64_t starved;     // times the hand was raised
    uint64_t donations;   // gifts to starved CPUs
};
// cpu < cpus; answers false for any other. Written by its owner only; reading it while it runs is a fair estimate.
bool wfh_cpu_stats(const wfh *heap, size_t cpu, struct wfh_cpu_stats *out);

struct wfh_limits {
    size_t cpus;
    size_t classes;               // size classes
    size_t small_bytes_max;       // largest size served by a class; larger ones are page runs
    size_t align_max;             // largest alignment
    size_t reserve_bytes;         // R(cpus): see wfh_alloc
    size_t hoard_bytes_per_cpu;   // the most that one slot's cache can hide
    size_t alloc_steps_max;       // shared-memory steps: any alloc served without the last resort, up to 64 pages
    size_t free_steps_max;        // any free of up to 64 pages
    size_t drain_steps_max;       // one call of wfh_drain
    size_t last_resort_steps_max; // an alloc that raises its hand, or a run of more than 64 pages
};
void wfh_limits(const wfh *heap, struct wfh_limits *out);

struct wfh_finding {
    const char *rule;    // the invariant that is broken, one of docs/invariants.md
    const void *address; // where: a block, a page or a metadata word
    uint64_t want, have; // what the rule asks for and what is there
};
// Quiescent: no call may run meanwhile. Tests every invariant; true if all hold, else *first says which broke first.
bool wfh_check(const wfh *heap, struct wfh_finding *first);

#endif
