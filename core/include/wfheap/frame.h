// SPDX-License-Identifier: MIT
// frame: an allocator of physical memory that never waits. This header is the contract of every public call.
//
// A frame is FRAME_BYTES of memory at a physical address, a multiple of FRAME_BYTES; addresses are numbers. A pool is
// made from the memory map of boot, as firmware and loader tell it. Frames that lie close together form an arena: a
// range of addresses, holes included, that shares one bitmap of free frames and one table of reference counts. The
// pool's own bookkeeping, about 8.4 bytes a frame (0.21 %), lives in storage that the caller hands over, for at boot
// only the caller knows which memory can be written: a kernel takes it from its boot allocator (wfheap/bump.h):
//   frame_plan(&config, &plan);                      how much storage, what is left out
//   bump_alloc(boot, plan.storage_bytes, 64, &at);   mapped, and zeroed by frame_init
//   bump_close(boot);
//   frame_init(&config, direct_map(at), plan.storage_bytes, &pool);
//   for each bump_used_range: frame_mark_used(pool, range.start, range.bytes);
//
// The allocator touches no frame, but for the calls named _zeroed and frame lists, which reach physical address a at
// virtual address config.direct_map + a.
//
// CPUs. Calls marked [cpu] name a CPU slot, 0 <= cpu < cpus. At any moment at most one caller may be inside a [cpu]
// call with the same slot: a kernel masks interrupts around the call, a program gives every thread its own slot. Calls
// with different slots run together without any restraint, and each ends in a bounded number of steps even if all other
// CPUs stop for ever inside theirs. Frames may be put on any slot. All other calls may be made from anywhere at any
// time, unless they say otherwise.
//
// Every frame handed out has a count of references, 1 at first. (Runs of 512 frames, so aligned, that are taken and put
// whole are kept in one word as long as nothing else is done with them.) Whoever holds a reference may get more of them
// and put his own; the frame is free when the last one is put.
//
// Misuse calls port_fault (port/port.h), with the physical address as its address, and has changed nothing: FOREIGN
// for a frame the pool does not manage, MISPLACED for an address inside a frame, DOUBLE_FREE for putting a frame that
// is free, FREE_PAGE for any other use of a free frame, OVERFLOW for more than FRAME_REFERENCES_MAX references, BAD_CPU
// for putting on a slot that does not exist, CORRUPT if the bookkeeping contradicts itself. If two CPUs put the same
// last reference at the same moment, the frame has two places: DOUBLE_FREE, with its address, as soon as it leaves one
// of them while the other holds it or has handed it on, by whichever call that is; that place is gone then, and nothing
// else. Only a use in between, as short as one call, escapes.
//
// Step bounds are shared-memory operations; frame_limits tells them for a pool, docs/bounds.md argues them.
// Ideas: k23's frame allocator (arenas from a boot map, frame lists); Linux' page allocator (zones, fallback order of
// nodes, per-CPU lists), its xarray (radix trees whose height grows with the largest key); LLFree (USENIX ATC 2023).
#ifndef WFHEAP_FRAME_H
#define WFHEAP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_BYTES 4096u
#define FRAME_NONE UINT64_MAX                 // never a frame
#define FRAME_ADDRESS_MAX (UINT64_C(1) << 52) // memory from here on is left out
#define FRAME_LIMIT_NONE UINT64_MAX           // of frame_wish
#define FRAME_LIMIT_DMA32 (UINT64_C(1) << 32) // of frame_wish. No arena crosses it
#define FRAME_NODE_OWN UINT32_MAX             // of frame_wish
#define FRAME_CPUS_MAX 1024u
#define FRAME_NODES_MAX 1024u
#define FRAME_REFERENCES_MAX (UINT64_C(1) << 32)
#define FRAME_STORAGE_ALIGN 64u
#define FRAME_UNREACHABLE UINTPTR_MAX // of config.direct_map

typedef struct frame_pool frame_pool;

enum frame_kind {
    FRAME_USABLE = 1,
    FRAME_RECLAIMABLE, // usable later, by frame_reclaim: what a loader or firmware left behind, and is still read
    FRAME_RESERVED,
};

// Where regions overlap, reserved wins over reclaimable, and reclaimable over usable. Regions of the same kind and node
// that touch are one; a frame that is not wholly of one kind and node is never handed out.
struct frame_region {
    uint64_t start, bytes; // any; bytes may be 0
    enum frame_kind kind;
    uint32_t node; // less than config.nodes; of two usable regions that overlap, the first one's counts
};

struct frame_config {
    const struct frame_region *regions; // in any order; not used any more after frame_init
    size_t region_count;
    size_t cpus;
    size_t nodes;                // of memory (NUMA); 0 means 1
    const uint32_t *node_of_cpu; // one a CPU; NULL: all on node 0
    const uint32_t *fallback; // row n, of `nodes` entries, is the order in which nodes serve requests for node n, each
                              // once; NULL: n, n + 1, ..., and round again from 0
    uintptr_t direct_map;     // virtual minus physical address, or FRAME_UNREACHABLE
};

enum frame_error {
    FRAME_OK = 0,
    FRAME_ERR_NULL,              // a required pointer is NULL
    FRAME_ERR_OUT_OF_MEMORY,     // temporary: nothing suitable is free. See frame_alloc_wish
    FRAME_ERR_TOO_LARGE,         // permanent: no arena has so many frames in a row (below the limit)
    FRAME_ERR_ALIGN,             // not a power of two, or permanent: no such address with so many frames behind it
    FRAME_ERR_EMPTY,             // 0 frames, or 0 bytes
    FRAME_ERR_CPU,               // no such slot
    FRAME_ERR_NODE,              // no such node
    FRAME_ERR_UNREACHABLE,       // zeroed frames or lists were asked for, and there is no direct map
    FRAME_ERR_NOT_MANAGED,       // a frame of the range is none of the pool's
    FRAME_ERR_IN_USE,            // of frame_mark_used: a frame of the range is not free
    FRAME_ERR_MISPLACED,         // an offset of a list is not a multiple of FRAME_BYTES, or 2^63 and above
    FRAME_ERR_OCCUPIED,          // of frame_list_insert: there is a frame at this offset
    FRAME_ERR_ABSENT,            // of lists: there is no frame at this offset, or no more
    FRAME_ERR_MISALIGNED,        // of frame_init: the storage does not begin at a multiple of FRAME_STORAGE_ALIGN
    FRAME_ERR_STORAGE_TOO_SMALL, // of frame_init: fewer bytes than the plan says
    FRAME_ERR_NO_MEMORY,         // of frame_plan: no usable memory that is worth an arena
    FRAME_ERR_OVERFLOW,          // of frame_plan: a region wraps around the end of the address space
    FRAME_ERR_KIND,              // of frame_plan: a region has no kind
    FRAME_ERR_NO_CPU,            // of frame_plan: cpus is 0
    FRAME_ERR_TOO_MANY_CPUS,     // of frame_plan: cpus exceeds FRAME_CPUS_MAX
    FRAME_ERR_TOO_MANY_NODES,    // of frame_plan: nodes exceeds FRAME_NODES_MAX
    FRAME_ERR_FALLBACK,          // of frame_plan: a row of the fallback order does not name each node once
    FRAME_ERR_TWICE,             // of frame_init: *pool is not NULL: it refers to a pool already
};

// A sentence in English, without newline, for every value of the enum; a fixed one for any other. Never NULL.
const char *frame_strerror(enum frame_error error);

enum frame_left_reason {
    FRAME_LEFT_PARTIAL = 1, // no whole frame of one kind and node
    FRAME_LEFT_SMALL,       // fewer than 16 frames together, with nothing near: not worth an arena
    FRAME_LEFT_BEYOND,      // above FRAME_ADDRESS_MAX
};
const char *frame_left_reason_name(enum frame_left_reason reason); // a few words

// Usable or reclaimable memory that the pool does not manage.
struct frame_left {
    uint64_t start, bytes;
    enum frame_left_reason reason;
};

struct frame_plan {
    // Filled in by the caller: where ranges left out are noted, `left_most` of them at most. May be NULL and 0.
    struct frame_left *left;
    size_t left_most;
    // The answers.
    size_t storage_bytes;       // what frame_init wants for the same configuration
    size_t left_count;          // ranges left out, noted or not
    uint64_t left_bytes;        // all of them together
    uint64_t usable_bytes;      // managed at once
    uint64_t reclaimable_bytes; // managed after frame_reclaim
    uint64_t bridged_bytes;     // holes inside arenas; their bookkeeping is about 1/488 of that
    size_t arenas;
};

// What a pool of this map would be. Every byte that the map calls usable or reclaimable, and not reserved too, is
// counted in usable_bytes, reclaimable_bytes or left_bytes, but the very last one, 2^64 - 1, which is nowhere. A hole
// between two ranges is bridged if it has at most 1/32 of the frames of both together; or at most 128 frames, and eight
// times those of the smaller one, for then a second arena would cost more. Arenas end where nodes change, and at
// FRAME_LIMIT_DMA32. Quadratic in the regions; touches no memory but the plan.
enum frame_error frame_plan(const struct frame_config *config, struct frame_plan *plan);

// The plan's storage_bytes; 0 if there is an error.
size_t frame_footprint(const struct frame_config *config);

// Makes a pool, all usable frames free. storage: writable, at a multiple of FRAME_STORAGE_ALIGN, and none of the pool's
// frames afterwards: reserved in the map, or marked as used before the first allocation. Call once, on one CPU; publish
// *pool to others with release/acquire. On error *pool and the storage are unchanged. Linear in the storage, besides
// the plan.
enum frame_error frame_init(const struct frame_config *config, void *storage, size_t storage_bytes, frame_pool **pool);

// [cpu] One frame from the CPU's own node, or as near as there is one. *frame is changed on FRAME_OK only. Common path,
// as that of frame_put: no shared cache line but the frame's count, no locked instruction. FRAME_ERR_OUT_OF_MEMORY: as
// in frame_alloc_wish. Bound: limits.alloc_steps_max; before FRAME_ERR_OUT_OF_MEMORY limits.last_resort_steps_max.
enum frame_error frame_alloc(frame_pool *pool, size_t cpu, uint64_t *frame);

// [cpu] count frames in a row, the first at a multiple of align_bytes (0 or a power of two; FRAME_BYTES is the least).
// Each frame has a count of its own. Bound: see frame_alloc_wish.
enum frame_error frame_alloc_contiguous(frame_pool *pool, size_t cpu, size_t count, uint64_t align_bytes,
                                        uint64_t *first);

// [cpu] The same, every byte of every frame zeroed.
enum frame_error frame_alloc_zeroed(frame_pool *pool, size_t cpu, uint64_t *frame);
enum frame_error frame_alloc_contiguous_zeroed(frame_pool *pool, size_t cpu, size_t count, uint64_t align_bytes,
                                               uint64_t *first);

struct frame_wish {
    size_t count;         // frames in a row
    uint64_t align_bytes; // as above
    uint64_t limit;       // the last byte lies below this address; FRAME_LIMIT_NONE, FRAME_LIMIT_DMA32, any
    uint32_t node;        // preferred; others follow in the order of config.fallback. FRAME_NODE_OWN: the CPU's
    bool zeroed;
};
// [cpu] All of it. Arenas of a node are tried from high addresses to low ones, so that low memory lasts for those who
// need it. Before FRAME_ERR_OUT_OF_MEMORY the call gives back what the slot's cache hides, raises a hand, so that
// frames that others free meanwhile are handed to it, and reads every map. For a single frame the error means: at the
// end of the call at most R = limits.reserve_frames frames were free, 64 for each other CPU, whose calls might have
// freed them before they saw the hand; the others were in use, in other CPUs' caches (limits.hidden_frames_per_cpu at
// most for each) or in the hands of other calls (64 for each). For up to 64 frames, aligned to 64 at most: likewise, of
// runs that suit and lie between two multiples of 64 frames. For others: that no such run was seen. docs/bounds.md has
// the argument, and what it leaves out. Bound: limits.alloc_steps_max for up to 64 frames, aligned to 64 at most,
// without a limit inside an arena; a few steps more for every 64 frames of the count and of the alignment. Limits
// inside an arena: linear in the arena's frames / 64.
enum frame_error frame_alloc_wish(frame_pool *pool, size_t cpu, const struct frame_wish *wish, uint64_t *first);

// The largest align_bytes with which `count` frames in a row could be had if all were free. 0 if there are never so
// many. Linear in the pool's frames / 64.
uint64_t frame_align_max(const frame_pool *pool, size_t count);

// One more reference to a frame that the caller holds one of. Fault: see above. 6 steps.
void frame_get(frame_pool *pool, uint64_t frame);

// [cpu] One reference less; the frame is free if it was the last. Bound: limits.put_steps_max.
void frame_put(frame_pool *pool, size_t cpu, uint64_t frame);

// [cpu] One reference less for each of `count` frames in a row, all of one allocation or of arenas' neighbours within
// one arena. All or nothing: every frame is looked at before the first is put; should another CPU put one of them
// meanwhile, which is misuse, the others are put before that fault is reported. count 0: nothing. Linear in count.
void frame_put_contiguous(frame_pool *pool, size_t cpu, uint64_t first, size_t count);

// References to the frame; 0 if it is free. Fault if it is none of the pool's. 3 steps.
uint64_t frame_references(const frame_pool *pool, uint64_t frame);

// Whether the caller, who holds a reference, is the only one; what others did to the frame before they put theirs is
// seen afterwards. Fault if the frame is free. 3 steps.
bool frame_is_unique(const frame_pool *pool, uint64_t frame);

// Whether a frame begins at this address that the pool manages now. 1 step.
bool frame_is_managed(const frame_pool *pool, uint64_t frame);

// The frame's node. Fault if it is none of the pool's. 1 step.
uint32_t frame_node(const frame_pool *pool, uint64_t frame);

// Takes all frames that the range touches out of the free ones, each with one reference: whoever finds out later that
// they are not needed puts them. All or nothing. FRAME_ERR_IN_USE also if another CPU takes or gives a frame beside
// them at that moment, or has one in its cache: meant for boot. Linear in the range.
enum frame_error frame_mark_used(frame_pool *pool, uint64_t start, uint64_t bytes);

// Admits the reclaimable frames that lie wholly in the range (0 and UINT64_MAX: all of them), which are free then; what
// was admitted before stays as it is. Answers how many are new. Not two calls at once, nor frame_stats. Linear in the
// arenas that the range touches.
size_t frame_reclaim(frame_pool *pool, uint64_t start, uint64_t bytes);

// [cpu] Gives back what the slot's cache hides, a bounded piece a call. True while there is more: call again. For idle
// CPUs, for CPUs that go away (any other CPU may drain a slot that nobody uses), and before counting what is free.
// False for a slot that does not exist. Bound: limits.drain_steps_max.
bool frame_drain(frame_pool *pool, size_t cpu);

struct frame_stats {
    size_t managed; // frames of the pool now: free + cached + used
    size_t free;    // for everyone
    size_t cached;  // in per-CPU caches
    size_t used;    // with callers
    size_t pending; // reclaimable, not admitted yet
    size_t largest_free_run;
    uint64_t allocated, freed; // frames in all, since frame_init; used = allocated - freed
};
// Exact when no call runs meanwhile, else a fair estimate. Linear in the pool's frames / 64 and in CPUs.
void frame_stats(const frame_pool *pool, struct frame_stats *out);

struct frame_node_stats {
    size_t managed, free, pending; // the rest is cached or used
    size_t arenas;
};
// node < nodes; answers false for any other. As frame_stats.
bool frame_node_stats(const frame_pool *pool, uint32_t node, struct frame_node_stats *out);

struct frame_cpu_stats {
    size_t cached;      // frames hidden in this slot
    uint64_t allocated; // frames
    uint64_t freed;     // frames
    uint64_t refills;   // times the cache was empty
    uint64_t remote;    // frames from another node than the one that was preferred
    uint64_t failures;  // requests answered with an error for lack of memory
};
// cpu < cpus; answers false for any other. Written by its owner only; reading it while it runs is a fair estimate.
bool frame_cpu_stats(const frame_pool *pool, size_t cpu, struct frame_cpu_stats *out);

struct frame_limits {
    size_t cpus, nodes, arenas;
    size_t hidden_frames_per_cpu; // the most that one slot's cache can hide: 1/32 of memory for all slots together,
                                  // 4,672 at most and 2 at least for each
    size_t reserve_frames;        // R: free frames that FRAME_ERR_OUT_OF_MEMORY may leave; see frame_alloc_wish
    size_t alloc_steps_max;       // one frame, or up to 64: see frame_alloc_wish
    size_t put_steps_max;         // frame_put
    size_t drain_steps_max;       // one call of frame_drain
    size_t last_resort_steps_max; // a call of up to 64 frames that answers FRAME_ERR_OUT_OF_MEMORY
};
void frame_limits(const frame_pool *pool, struct frame_limits *out);

struct frame_finding {
    const char *rule;    // the invariant that is broken, one of docs/invariants.md
    uint64_t frame;      // where
    uint64_t want, have; // what the rule asks for and what is there
};
// Quiescent: no call may run meanwhile. Tests every invariant; true if all hold, else *first says which broke first.
bool frame_check(frame_pool *pool, struct frame_finding *first);

// Frame lists: frames at offsets, in the order of their offsets: the pages of a memory object. A list holds one
// reference to each of its frames. It is a radix tree of 512 entries a node; a node is a frame of the pool, reached
// through the direct map. Its height is that of the largest offset: none for offset 0 alone, 1 below 2 MiB, 2 below
// 1 GiB, 6 at most. Plain memory: one caller at a time for each list. Nothing is shared but by way of the pool.
// A call goes a path of 6 nodes at most a few times; next and first come to 18 nodes at most, last to 6, each along
// such a path, and read up to 512 entries of each. Insert allocates 12 frames at most, remove puts 12, take 11.
struct frame_list {
    frame_pool *pool;
    uint64_t root;   // private
    unsigned height; // private
    size_t count;    // frames in the list
};

// An empty list. FRAME_ERR_UNREACHABLE if the pool has no direct map.
enum frame_error frame_list_init(struct frame_list *list, frame_pool *pool);

// Offsets are bytes, multiples of FRAME_BYTES below 2^63. On any error nothing has changed, and references are where
// they were. [cpu] Hands the caller's reference over to the list. FRAME_ERR_OUT_OF_MEMORY: no frame for the tree's
// nodes, of which it wants 12 at most. Fault if the frame is free, or none of the pool's.
enum frame_error frame_list_insert(struct frame_list *list, size_t cpu, uint64_t offset, uint64_t frame);
// The same for a frame that takes another's place; the list's reference to *old is the caller's then.
enum frame_error frame_list_replace(struct frame_list *list, uint64_t offset, uint64_t frame, uint64_t *old);
// [cpu] Takes a frame out of the list; the list's reference is the caller's then.
enum frame_error frame_list_take(struct frame_list *list, size_t cpu, uint64_t offset, uint64_t *frame);
// [cpu] Takes a frame out of the list and puts the list's reference.
enum frame_error frame_list_remove(struct frame_list *list, size_t cpu, uint64_t offset);
// The frame at this offset; the list keeps its reference.
enum frame_error frame_list_find(const struct frame_list *list, uint64_t offset, uint64_t *frame);
// The frame with the lowest offset at or above `from`; FRAME_ERR_ABSENT if there is none. So does one iterate:
//   for (uint64_t at = 0; frame_list_next(&list, at, &at, &frame) == FRAME_OK; at += FRAME_BYTES)
enum frame_error frame_list_next(const struct frame_list *list, uint64_t from, uint64_t *offset, uint64_t *frame);
enum frame_error frame_list_first(const struct frame_list *list, uint64_t *offset, uint64_t *frame);
enum frame_error frame_list_last(const struct frame_list *list, uint64_t *offset, uint64_t *frame);
// [cpu] Takes up to `most` frames out, lowest first, and puts them. True while there is more: call again. False for a
// slot that does not exist.
bool frame_list_clear(struct frame_list *list, size_t cpu, size_t most);

#endif
