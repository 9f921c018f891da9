// SPDX-License-Identifier: MIT
// Within the frame layer: what a pool is made of. Contracts of the public calls: wfheap/frame.h.
#ifndef FRAME_FRAME_STATE_H
#define FRAME_FRAME_STATE_H

#include <wfheap/frame.h>

#include "help/help.h"
#include "page/page.h"

#define FRAME_CACHE_FRAMES 512u  // in a ring at most
#define FRAME_RUN_FRAMES 64u     // in the run that is given back at most: two words
#define FRAME_BATCH_ORDER 3u     // a full-sized cache is refilled with 2^3 frames at once
#define FRAME_SHELVES 9u         // for runs of 2, 4, ... 512 frames
#define FRAME_SHELF_PLACES 128u  // runs on one shelf at most
#define FRAME_SHELF_FRAMES 4096u // on all shelves of a slot at most
#define FRAME_DRAIN_FRAMES 16u   // moved by one call of frame_drain, or words of runs
// Calls of frame_drain that empty a slot for certain: the ring; the words of runs, of up to 64 frames two each, of
// which a call moves 8 at least, for none has more than 9; and the last two.
#define FRAME_DRAIN_CALLS                                                                                              \
    (FRAME_CACHE_FRAMES / FRAME_DRAIN_FRAMES + (12u * FRAME_SHELF_PLACES + FRAME_SHELF_FRAMES / 128u * 3u) / 8u + 2u)
#define FRAME_HIDDEN_PART 32u // all caches together hide at most this part of a pool, unless they are at their least

// A range of addresses with one page map. Page 0 of the map lies at `base`, a multiple of 64 frames at or below
// `start`; what lies in neither of two neighbouring arenas' [start, end) is admitted by neither.
struct frame_arena {
    struct page_map map;
    uint64_t start, end, base;
    word_t *references; // one a page: 0 for all that no caller holds, but for blocks that are kept whole
    word_t *blocks;     // one for every FRAME_BLOCK_FRAMES from a multiple of it on: a frame_block_state
    word_t *pending;    // one bit a page: reclaimable, not admitted yet
    uint32_t node;
};

// A run of FRAME_BLOCK_FRAMES, so aligned, that is taken and put whole need not have its counts written each time: they
// stay 1, and one word says whether that is so because its only holder has them all, or because nobody has. Whoever
// holds a frame of it and does anything else with it makes it single frames first.
#define FRAME_BLOCK_FRAMES ((size_t)512)
enum frame_block_state {
    FRAME_BLOCK_SINGLE, // each count says what it says
    FRAME_BLOCK_HELD,   // taken as one; all counts are 1
    FRAME_BLOCK_KEPT,   // on a shelf; all counts are 1, and there are no references
};

// A frame by its arena. arena NULL: none of the pool's.
struct frame_place {
    struct frame_arena *arena;
    size_t page;
};

// Runs of one power of two of frames.
struct frame_shelf {
    uint32_t count, places;
    struct frame_place *at;
};

// Frames that a slot keeps: a ring, newest out and oldest evicted, the evicted ones, as long as they make one run, and
// runs that were put whole. What the common calls use comes first.
struct frame_cache {
    _Alignas(PORT_CACHE_LINE) uint32_t oldest;
    uint32_t count, capacity;
    uint32_t home;            // the only node whose frames are kept in the ring and on shelves
    uint32_t mask;            // places in the ring - 1
    struct frame_place *ring; // a power of two of places, `capacity` at least
    uint64_t allocated, freed;
    struct frame_arena *recent; // of the frame that was put last
    struct frame_arena *run_arena;
    size_t run_first, run_count, run_most;
    const struct frame_arena *near_arena; // where a refill succeeded last
    struct page_seat seat;                // in its map
    size_t helped;                        // where the next search for a hungry CPU begins
    uint64_t refills, remote, failures;
    size_t shelved, shelved_most; // frames on shelves
    struct frame_shelf shelves[FRAME_SHELVES];
};

struct frame_pool {
    size_t cpus, nodes, arena_count;
    uintptr_t direct_map;
    struct frame_arena *arenas; // ascending
    uint32_t *order;            // a row of arena_count for each node: nearest node first, high addresses first
    uint32_t *node_of_cpu;
    struct frame_cache *caches;
    struct help help;
    word_t *marked; // frames that frame_mark_used took; on a line of its own
};

// What a search wants, in frames.
struct frame_search {
    size_t count, align;
    uint64_t limit;
};

static inline uint64_t frame_address(const struct frame_arena *arena, size_t page) {
    return arena->base + ((uint64_t)page << PAGE_SHIFT);
}

static inline const uint32_t *frame_order(const struct frame_pool *self, uint32_t node) {
    return self->order + node * self->arena_count;
}

static inline void *frame_reach(const struct frame_pool *self, uint64_t address) {
    return (void *)(self->direct_map + (uintptr_t)address);
}

// The place of the frame around an address, managed or not yet.
static inline struct frame_place frame_locate(const struct frame_pool *self, uint64_t address) {
    size_t low = 0, high = self->arena_count;
    // bound: log2(arenas) + 1
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (self->arenas[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= self->arenas[low - 1].end)
        return (struct frame_place){NULL, 0};
    struct frame_arena *arena = &self->arenas[low - 1];
    return (struct frame_place){arena, (size_t)((address - arena->base) >> PAGE_SHIFT)};
}

// The place of a frame that the pool manages.
static inline struct frame_place frame_find(const struct frame_pool *self, uint64_t address) {
    struct frame_place place = frame_locate(self, address);
    if (place.arena != NULL && !page_is_admitted(&place.arena->map, place.page))
        place.arena = NULL;
    return place;
}

// The same for a frame that a caller names: a fault if there is none.
struct frame_place frame_must_find(const struct frame_pool *self, uint64_t frame, size_t cpu);

_Noreturn void frame_fault(enum port_fault_kind kind, uint64_t frame, size_t cpu);

static inline word_t *frame_count_at(struct frame_place place) {
    return &place.arena->references[place.page];
}

static inline word_t *frame_block_at(struct frame_place place) {
    return &place.arena->blocks[(place.arena->map.number % FRAME_BLOCK_FRAMES + place.page) / FRAME_BLOCK_FRAMES];
}

static inline uint64_t frame_block_state(struct frame_place place) {
    return word_load_relaxed(frame_block_at(place)); // relaxed: whoever holds a frame of a block knows how he got it
}

static inline bool frame_is_block(struct frame_place first, size_t count) {
    return count == FRAME_BLOCK_FRAMES && (first.arena->map.number + first.page) % FRAME_BLOCK_FRAMES == 0;
}

// A block that is kept whole, by whoever keeps it, or held whole by the caller becomes single frames that are free.
void frame_open_block(struct frame_place first);

// How many pages of an arena lie below an address.
static inline size_t frame_pages_below(const struct frame_arena *arena, uint64_t limit) {
    if (limit >= arena->end)
        return arena->map.pages;
    return limit > arena->base ? (size_t)((limit - arena->base) >> PAGE_SHIFT) : 0;
}

// Sets the counts of frames that the caller took, and counts them on his slot. A fault if one of them is in use: it was
// put twice; the others go back.
void frame_hold(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count);

// One frame when the ring is empty: what the slot still hides, or a new batch, or any single frame that hints show.
// arena NULL: there is none.
struct frame_place frame_supply(struct frame_pool *self, size_t cpu);

// Keeps a free frame in the slot's cache, from where an older one may go back.
void frame_keep(struct frame_pool *self, size_t cpu, struct frame_place place);

// The same for a run of which all references were put, or a block that was held whole; one that does not suit goes
// back.
void frame_keep_run(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count);

// A run that the slot keeps. arena NULL: none that suits.
struct frame_place frame_unshelve(struct frame_pool *self, size_t cpu, const struct frame_search *search);

// Gives runs back, FRAME_DRAIN_FRAMES words of them at most.
void frame_clear_shelves(struct frame_pool *self, size_t cpu);

// Frames that leave a cache. A fault if one is in use, or free for everyone: it was put twice at the same moment as by
// another CPU, and here is its second place.
void frame_must_leave(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count);

// That fault, for the first frame of a run with a second place; frames that have none go back.
_Noreturn void frame_fault_twice(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count);

// 2^order frames near where the slot took from last, as hints show them.
struct frame_place frame_take_order(struct frame_pool *self, size_t cpu, struct frame_arena *arena, unsigned order);

#define FRAME_CPU_NONE HELP_CPU_NONE // of frame_publish: a caller without a slot

// Gives frames back: to everyone, and then to those who wait, before anything else is done with the words they are in.
// They are free already: fault.
void frame_publish(struct frame_pool *self, struct frame_place first, size_t count, size_t cpu);

// Whether a run that suits lies free in a word of an arena's map, and taking it by an exchange, which is lost only to
// those who take it. PAGE_NONE: they did.
bool frame_word_suits(const struct frame_arena *arena, size_t word, const struct frame_search *search);
size_t frame_seize(struct frame_arena *arena, size_t word, const struct frame_search *search);

// Gives what suits those who wait from a word in which frames have just become free.
void frame_serve(struct frame_pool *self, size_t cpu, struct frame_arena *arena, size_t word);

// Raises the slot's hand for a run within one word; lowers it and answers what was given meanwhile.
void frame_ask(struct frame_pool *self, size_t cpu, const struct frame_search *search);
struct frame_place frame_accept(struct frame_pool *self, size_t cpu);

// The last resort, when hints show nothing.
struct frame_place frame_starve(struct frame_pool *self, size_t cpu, uint32_t node, const struct frame_search *search);

// A run that ends at or before page `below`, wherever it is: hints know nothing of limits, so the map itself is read.
size_t frame_scan_below(struct frame_arena *arena, const struct frame_search *search, size_t below);

// Whether the pool has so many frames in a row, free or not.
bool frame_could_have(const struct frame_pool *self, const struct frame_search *search);

#endif
