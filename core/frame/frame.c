// SPDX-License-Identifier: MIT
// The common calls: one frame out, references, one frame or many back. Contracts: wfheap/frame.h.
#include "frame/frame_state.h"

_Noreturn void frame_fault(enum port_fault_kind kind, uint64_t frame, size_t cpu) {
    port_fault(kind, (const void *)(uintptr_t)frame, cpu);
}

struct frame_place frame_must_find(const struct frame_pool *self, uint64_t frame, size_t cpu) {
    struct frame_place place = frame_find(self, frame);
    if (place.arena == NULL)
        frame_fault(PORT_FAULT_FOREIGN, frame, cpu);
    if (frame % PAGE_BYTES != 0)
        frame_fault(PORT_FAULT_MISPLACED, frame, cpu);
    return place;
}

// A frame has a second place if it is in use, or free for everyone, though the caller owns it.
static bool frame_is_elsewhere(struct frame_place place) {
    // relaxed: the caller owns the frame, or else somebody put it twice
    return word_load_relaxed(frame_count_at(place)) != 0 || page_is_free(&place.arena->map, place.page);
}

// Gives a frame back that has no other place. Apart, so that the machine code shows the counter of its caller's loop.
static __attribute__((noinline)) bool frame_publish_single(struct frame_pool *self, size_t cpu,
                                                           struct frame_place place) {
    if (frame_is_elsewhere(place))
        return false;
    frame_publish(self, place, 1, cpu);
    return true;
}

_Noreturn void frame_fault_twice(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count) {
    size_t bad = 0;
    // bound: count; the first frame that is elsewhere is told
    for (size_t i = count; i-- > 0;) {
        if (!frame_publish_single(self, cpu, (struct frame_place){first.arena, first.page + i}))
            bad = i;
    }
    frame_fault(PORT_FAULT_DOUBLE_FREE, frame_address(first.arena, first.page + bad), cpu);
}

void frame_open_block(struct frame_place first) {
    word_t *references = frame_count_at(first);
    // bound: FRAME_BLOCK_FRAMES
    for (size_t i = 0; i < FRAME_BLOCK_FRAMES; i++)
        word_store_relaxed(&references[i], 0);                     // relaxed: the caller owns the frame
    word_store_relaxed(frame_block_at(first), FRAME_BLOCK_SINGLE); // relaxed: the caller owns the block
}

void frame_must_leave(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count) {
    bool is_elsewhere = false;
    if (frame_is_block(first, count) && frame_block_state(first) == FRAME_BLOCK_KEPT) {
        frame_open_block(first);
        return;
    }
    // bound: count
    for (size_t i = 0; i < count; i++)
        is_elsewhere |= frame_is_elsewhere((struct frame_place){first.arena, first.page + i});
    if (is_elsewhere)
        frame_fault_twice(self, cpu, first, count);
}

void frame_hold(struct frame_pool *self, size_t cpu, struct frame_place first, size_t count) {
    word_t *references = frame_count_at(first);
    uint64_t held = 0;
    bool is_block = frame_is_block(first, count);
    if (is_block && frame_block_state(first) == FRAME_BLOCK_KEPT) {
        word_store_relaxed(frame_block_at(first), FRAME_BLOCK_HELD); // relaxed: the caller owns the block
        self->caches[cpu].allocated += count;
        return;
    }
    // bound: count
    for (size_t i = 0; i < count; i++)
        held |= word_load_relaxed(&references[i]); // relaxed: the caller owns the frame
    if (held != 0)
        frame_fault_twice(self, cpu, first, count);
    // bound: count
    for (size_t i = 0; i < count; i++)
        word_store_relaxed(&references[i], 1); // relaxed: the caller owns the frame
    if (is_block)
        word_store_relaxed(frame_block_at(first), FRAME_BLOCK_HELD); // relaxed: the caller owns the block
    self->caches[cpu].allocated += count;
}

static inline void frame_hold_one(struct frame_pool *self, size_t cpu, struct frame_place place) {
    word_t *count = frame_count_at(place);
    if (word_load_relaxed(count) != 0) // relaxed: the caller owns the frame
        frame_fault_twice(self, cpu, place, 1);
    word_store_relaxed(count, 1); // relaxed: the caller owns the frame
    self->caches[cpu].allocated++;
}

// The ring is empty.
static __attribute__((noinline)) enum frame_error frame_alloc_slowly(frame_pool *self, size_t cpu, uint64_t *frame) {
    static const struct frame_search one = {.count = 1, .align = 1, .limit = FRAME_LIMIT_NONE};
    struct frame_place place = frame_supply(self, cpu);
    if (place.arena == NULL)
        place = frame_starve(self, cpu, self->node_of_cpu[cpu], &one);
    if (place.arena == NULL) {
        self->caches[cpu].failures++;
        return FRAME_ERR_OUT_OF_MEMORY;
    }
    self->caches[cpu].remote += place.arena->node != self->caches[cpu].home;
    frame_hold_one(self, cpu, place);
    *frame = frame_address(place.arena, place.page);
    return FRAME_OK;
}

enum frame_error frame_alloc(frame_pool *self, size_t cpu, uint64_t *frame) {
    if (self == NULL || frame == NULL)
        return FRAME_ERR_NULL;
    if (cpu >= self->cpus)
        return FRAME_ERR_CPU;
    struct frame_cache *cache = &self->caches[cpu];
    if (cache->count == 0)
        return frame_alloc_slowly(self, cpu, frame);
    struct frame_place place = cache->ring[(cache->oldest + --cache->count) & cache->mask];
    frame_hold_one(self, cpu, place);
    *frame = frame_address(place.arena, place.page);
    return FRAME_OK;
}

// References to a frame, which the caller does not mean to change.
static uint64_t frame_look(struct frame_place place) {
    if (frame_block_state(place) == FRAME_BLOCK_KEPT)
        return 0;
    return word_load_acquire(frame_count_at(place)); // A frame.put <- R frame.put; A frame.unique <- R frame.put
}

// The frame is in a block that is held or kept whole.
static __attribute__((noinline)) uint64_t frame_single_out(struct frame_place place) {
    if (frame_block_state(place) == FRAME_BLOCK_KEPT)
        return 0;
    // relaxed: so does whoever holds another frame of it, and nobody has them all before he has heard of that
    word_store_relaxed(frame_block_at(place), FRAME_BLOCK_SINGLE);
    return word_load_relaxed(frame_count_at(place)); // relaxed: it is 1, whoever has a second one has heard of that too
}

// References to a frame of which the caller holds one, and is going to change their count.
static inline uint64_t frame_count_for_change(struct frame_place place) {
    if (frame_block_state(place) != FRAME_BLOCK_SINGLE)
        return frame_single_out(place);
    return word_load_acquire(frame_count_at(place)); // A frame.put <- R frame.put
}

void frame_get(frame_pool *self, uint64_t frame) {
    struct frame_place place = frame_must_find(self, frame, 0);
    word_t *count = frame_count_at(place);
    uint64_t references = frame_count_for_change(place);
    if (references == 0)
        frame_fault(PORT_FAULT_FREE_PAGE, frame, 0);
    if (references >= FRAME_REFERENCES_MAX)
        frame_fault(PORT_FAULT_OVERFLOW, frame, 0);
    word_add_relaxed(count, 1); // relaxed: the caller keeps it above 0; whatever hands the reference on publishes it
}

// One reference less, of several; answers how many there were. None, which is misuse, is left as it was.
static __attribute__((noinline)) uint64_t frame_drop_shared(word_t *count) {
    // R frame.put -> A frame.put; A frame.put <- R frame.put; R frame.put -> A frame.unique
    uint64_t references = word_add_acq_rel(count, ~UINT64_C(0));
    if (references == 0)
        word_add_relaxed(count, 1); // relaxed: undoes what should not have been
    return references;
}

// One reference less, of a frame whose count is `references` as far as its holder can tell; answers how many there
// were.
static inline uint64_t frame_drop(word_t *count, uint64_t references) {
    if (references != 1)
        return frame_drop_shared(count);
    word_store_relaxed(count, 0); // relaxed: nobody else has a reference; whatever hands the frame on publishes it
    return references;
}

// Nobody holds a reference, or there is no frame.
static _Noreturn __attribute__((noinline)) void frame_fault_put(const frame_pool *self, size_t cpu, uint64_t frame) {
    if (cpu >= self->cpus)
        frame_fault(PORT_FAULT_BAD_CPU, frame, cpu);
    (void)frame_must_find(self, frame, cpu);
    frame_fault(PORT_FAULT_DOUBLE_FREE, frame, cpu);
}

// Where a frame lies that is put; most lie in the arena of the one before. Only frames of the pool have references, so
// that their counts tell the rest.
static inline struct frame_place frame_find_recent(const struct frame_pool *self, struct frame_cache *cache,
                                                   uint64_t frame) {
    struct frame_arena *arena = cache->recent;
    if (frame - arena->start < arena->end - arena->start)
        return (struct frame_place){arena, (size_t)((frame - arena->base) >> PAGE_SHIFT)};
    struct frame_place place = frame_locate(self, frame);
    if (place.arena != NULL)
        cache->recent = place.arena;
    return place;
}

void frame_put(frame_pool *self, size_t cpu, uint64_t frame) {
    if (cpu >= self->cpus)
        frame_fault_put(self, cpu, frame);
    struct frame_cache *cache = &self->caches[cpu];
    struct frame_place place = frame_find_recent(self, cache, frame);
    if (place.arena == NULL || frame % PAGE_BYTES != 0)
        frame_fault_put(self, cpu, frame);
    uint64_t references = frame_count_for_change(place);
    if (references == 0)
        frame_fault_put(self, cpu, frame);
    references = frame_drop(frame_count_at(place), references);
    if (references == 0)
        frame_fault(PORT_FAULT_DOUBLE_FREE, frame, cpu);
    if (references > 1)
        return;
    cache->freed++;
    frame_keep(self, cpu, place);
}

// The first frame of a run that cannot be put is a fault.
static __attribute__((noinline)) void frame_must_be_held(size_t cpu, struct frame_place first, size_t count) {
    const uint64_t start = frame_address(first.arena, first.page);
    const size_t here = (size_t)((first.arena->end - start) >> PAGE_SHIFT);
    // bound: count
    for (size_t i = 0; i < count; i++) {
        struct frame_place place = {first.arena, first.page + i};
        if (i < here && frame_look(place) != 0)
            continue;
        bool is_managed = i < here && page_is_admitted(&first.arena->map, place.page);
        frame_fault(is_managed ? PORT_FAULT_DOUBLE_FREE : PORT_FAULT_FOREIGN, start + (i << PAGE_SHIFT), cpu);
    }
}

// Makes single frames of all blocks that a run has a part of. False: one is not held at all.
static bool frame_single_out_run(struct frame_place first, size_t count) {
    const size_t end = first.page + count, skew = first.arena->map.number % FRAME_BLOCK_FRAMES;
    // bound: count / FRAME_BLOCK_FRAMES + 2
    for (size_t page = first.page; page < end;
         page = ((skew + page) / FRAME_BLOCK_FRAMES + 1) * FRAME_BLOCK_FRAMES - skew) {
        struct frame_place place = {first.arena, page};
        if (frame_block_state(place) != FRAME_BLOCK_SINGLE && frame_single_out(place) == 0)
            return false;
    }
    return true;
}

// Whether the caller has all the references that there are to a run.
static bool frame_is_own_run(struct frame_place first, size_t count) {
    const word_t *references = frame_count_at(first);
    uint64_t others = 0;
    if (count > (first.arena->end - frame_address(first.arena, first.page)) >> PAGE_SHIFT ||
        !frame_single_out_run(first, count))
        return false;
    // bound: count
    for (size_t i = 0; i < count; i++)
        others |= word_load_acquire(&references[i]) ^ 1; // A frame.put <- R frame.put
    return others == 0;
}

// Frames whose last reference was just put, up to the one before `end`.
static void frame_put_run(frame_pool *self, size_t cpu, struct frame_place end, size_t count) {
    self->caches[cpu].freed += count;
    frame_publish(self, (struct frame_place){end.arena, end.page - count}, count, cpu);
}

// One reference less for each frame of a run, of which some have others.
static __attribute__((noinline)) void frame_put_shared(frame_pool *self, size_t cpu, struct frame_place place,
                                                       size_t count) {
    size_t run = 0;
    uint64_t bad = FRAME_NONE;
    // bound: count
    for (size_t i = 0; i < count; i++, place.page++) {
        word_t *count_word = frame_count_at(place);
        uint64_t references = frame_drop(count_word, word_load_acquire(count_word)); // A frame.put <- R frame.put
        if (references == 1) {
            run++;
            continue;
        }
        if (references == 0 && bad == FRAME_NONE)
            bad = frame_address(place.arena, place.page);
        frame_put_run(self, cpu, place, run);
        run = 0;
    }
    frame_put_run(self, cpu, place, run);
    if (bad != FRAME_NONE)
        frame_fault(PORT_FAULT_DOUBLE_FREE, bad, cpu);
}

void frame_put_contiguous(frame_pool *self, size_t cpu, uint64_t first, size_t count) {
    if (cpu >= self->cpus)
        frame_fault(PORT_FAULT_BAD_CPU, first, cpu);
    if (count == 0)
        return;
    struct frame_place place = frame_find_recent(self, &self->caches[cpu], first);
    if (place.arena == NULL || first % PAGE_BYTES != 0)
        (void)frame_must_find(self, first, cpu);
    if (frame_is_block(place, count) && frame_block_state(place) == FRAME_BLOCK_HELD) {
        self->caches[cpu].freed += count;
        frame_keep_run(self, cpu, place, count);
        return;
    }
    if (!frame_is_own_run(place, count)) {
        frame_must_be_held(cpu, place, count);
        frame_put_shared(self, cpu, place, count);
        return;
    }
    word_t *references = frame_count_at(place);
    // bound: count
    for (size_t i = 0; i < count; i++)
        word_store_relaxed(&references[i], 0); // relaxed: as in frame_drop
    self->caches[cpu].freed += count;
    frame_keep_run(self, cpu, place, count);
}

uint64_t frame_references(const frame_pool *self, uint64_t frame) {
    return frame_look(frame_must_find(self, frame, 0));
}

bool frame_is_unique(const frame_pool *self, uint64_t frame) {
    uint64_t references = frame_look(frame_must_find(self, frame, 0));
    if (references == 0)
        frame_fault(PORT_FAULT_FREE_PAGE, frame, 0);
    return references == 1;
}

bool frame_is_managed(const frame_pool *self, uint64_t frame) {
    return frame % PAGE_BYTES == 0 && frame_find(self, frame).arena != NULL;
}

uint32_t frame_node(const frame_pool *self, uint64_t frame) {
    return frame_must_find(self, frame, 0).arena->node;
}
