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

static word_t *frame_count_at(struct frame_place place) {
    return &place.arena->references[place.page];
}

void frame_hold(struct frame_cache *cache, struct frame_place first, size_t count) {
    // bound: count
    for (size_t i = 0; i < count; i++)
        word_store_relaxed(&first.arena->references[first.page + i], 1); // relaxed: the caller owns the frame
    cache->allocated += count;
}

enum frame_error frame_alloc(frame_pool *self, size_t cpu, uint64_t *frame) {
    if (self == NULL || frame == NULL)
        return FRAME_ERR_NULL;
    if (cpu >= self->cpus)
        return FRAME_ERR_CPU;
    struct frame_cache *cache = &self->caches[cpu];
    struct frame_place place;
    if (cache->count > 0) {
        cache->count--;
        place = frame_locate(self, cache->ring[(cache->oldest + cache->count) % FRAME_CACHE_FRAMES]);
    } else {
        place = frame_supply(self, cpu);
        if (place.arena == NULL) {
            cache->failures++;
            return FRAME_ERR_OUT_OF_MEMORY;
        }
    }
    frame_hold(cache, place, 1);
    *frame = frame_address(place.arena, place.page);
    return FRAME_OK;
}

void frame_get(frame_pool *self, uint64_t frame) {
    word_t *count = frame_count_at(frame_must_find(self, frame, 0));
    uint64_t references = word_load_relaxed(count); // relaxed: the caller holds a reference, and keeps it above 0
    if (references == 0)
        frame_fault(PORT_FAULT_FREE_PAGE, frame, 0);
    if (references >= FRAME_REFERENCES_MAX)
        frame_fault(PORT_FAULT_OVERFLOW, frame, 0);
    word_add_relaxed(count, 1); // relaxed: as above; whatever hands the reference on publishes it
}

// One reference less, of a frame whose count was looked at before. True: it was the last. A fault leaves it as it was.
static bool frame_drop(struct frame_place place, bool *is_misuse) {
    word_t *count = frame_count_at(place);
    // R frame.put -> A frame.put; A frame.put <- R frame.put; R frame.put -> A frame.unique
    uint64_t references = word_add_seq(count, ~UINT64_C(0));
    if (references == 0) {
        *is_misuse = true;
        word_add_relaxed(count, 1); // relaxed: undoes what should not have been
    }
    return references == 1;
}

void frame_put(frame_pool *self, size_t cpu, uint64_t frame) {
    bool is_misuse = false;
    if (cpu >= self->cpus)
        frame_fault(PORT_FAULT_BAD_CPU, frame, cpu);
    struct frame_place place = frame_must_find(self, frame, cpu);
    if (word_load_relaxed(frame_count_at(place)) == 0) // relaxed: the caller should hold a reference
        frame_fault(PORT_FAULT_DOUBLE_FREE, frame, cpu);
    if (frame_drop(place, &is_misuse)) {
        self->caches[cpu].freed++;
        frame_keep(self, cpu, place);
    }
    if (is_misuse)
        frame_fault(PORT_FAULT_DOUBLE_FREE, frame, cpu);
}

// The first frame of a run that cannot be put, and why; 0 if all can.
static enum port_fault_kind frame_find_fault(const frame_pool *self, uint64_t first, size_t count, uint64_t *bad) {
    const struct frame_arena *arena = frame_locate(self, first).arena;
    // bound: count
    for (size_t i = 0; i < count; i++) {
        *bad = first + ((uint64_t)i << PAGE_SHIFT);
        struct frame_place place = frame_find(self, *bad);
        if (place.arena == NULL || place.arena != arena)
            return PORT_FAULT_FOREIGN;
        if (word_load_relaxed(frame_count_at(place)) == 0) // relaxed: as in frame_put
            return PORT_FAULT_DOUBLE_FREE;
    }
    return 0;
}

void frame_put_contiguous(frame_pool *self, size_t cpu, uint64_t first, size_t count) {
    uint64_t bad = FRAME_NONE;
    if (cpu >= self->cpus)
        frame_fault(PORT_FAULT_BAD_CPU, first, cpu);
    if (count == 0)
        return;
    struct frame_place place = frame_must_find(self, first, cpu);
    enum port_fault_kind kind = frame_find_fault(self, first, count, &bad);
    if (kind != 0)
        frame_fault(kind, bad, cpu);
    size_t run = 0;
    bad = FRAME_NONE;
    // bound: count
    for (size_t i = 0; i < count; i++, place.page++) {
        bool is_misuse = false;
        if (frame_drop(place, &is_misuse)) {
            run++;
            continue;
        }
        if (is_misuse && bad == FRAME_NONE)
            bad = frame_address(place.arena, place.page);
        frame_publish((struct frame_place){place.arena, place.page - run}, run, cpu);
        self->caches[cpu].freed += run;
        run = 0;
    }
    frame_publish((struct frame_place){place.arena, place.page - run}, run, cpu);
    self->caches[cpu].freed += run;
    if (bad != FRAME_NONE)
        frame_fault(PORT_FAULT_DOUBLE_FREE, bad, cpu);
}

uint64_t frame_references(const frame_pool *self, uint64_t frame) {
    // relaxed: for reports; whoever holds a reference knows that it is not 0
    return word_load_relaxed(frame_count_at(frame_must_find(self, frame, 0)));
}

bool frame_is_unique(const frame_pool *self, uint64_t frame) {
    uint64_t references =
        word_load_acquire(frame_count_at(frame_must_find(self, frame, 0))); // A frame.unique <- R frame.put
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
