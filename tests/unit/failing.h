// SPDX-License-Identifier: MIT
// A heap that refuses one chosen request: any heap behind wfheap/backend.h with a counter in front of it. What it
// refuses never reaches the heap, so that nothing but the caller's reaction can go wrong.
#ifndef UNIT_FAILING_H
#define UNIT_FAILING_H

#include <stdint.h>
#include <wfheap/backend.h>

struct failing {
    const struct heap_backend *inner;
    void *heap;
    uint64_t requests;  // allocs and reallocs so far
    uint64_t fail_at;   // the request to refuse, counted from 1; 0: none
    const char *broken; // not NULL: what failing_check answers
    uint64_t period;    // not 0: refuse each request whose number is a multiple of it, too
};

static inline bool failing_refuses(struct failing *self) {
    uint64_t number = ++self->requests;
    return number == self->fail_at || (self->period != 0 && number % self->period == 0);
}

static inline void *failing_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    struct failing *self = heap;
    return failing_refuses(self) ? NULL : self->inner->alloc(self->heap, cpu, size, align);
}

static inline void *failing_realloc(void *heap, size_t cpu, void *p, size_t size, size_t align) {
    struct failing *self = heap;
    bool is_request = size != 0; // of size 0 it is a free, which cannot fail
    return is_request && failing_refuses(self) ? NULL : self->inner->realloc(self->heap, cpu, p, size, align);
}

static inline void failing_free(void *heap, size_t cpu, void *p) {
    struct failing *self = heap;
    self->inner->free(self->heap, cpu, p);
}

static inline size_t failing_usable_size(void *heap, size_t cpu, const void *p) {
    struct failing *self = heap;
    return self->inner->usable_size(self->heap, cpu, p);
}

static inline bool failing_owns(const void *heap, const void *p) {
    const struct failing *self = heap;
    return self->inner->owns(self->heap, p);
}

static inline bool failing_drain(void *heap, size_t cpu) {
    struct failing *self = heap;
    return self->inner->drain(self->heap, cpu);
}

static inline const char *failing_check(void *heap, size_t cpu) {
    struct failing *self = heap;
    return self->broken != NULL ? self->broken : self->inner->check(self->heap, cpu);
}

static inline void failing_free_bytes(void *heap, size_t cpu, size_t *largest, size_t *all) {
    struct failing *self = heap;
    self->inner->free_bytes(self->heap, cpu, largest, all);
}

// What talloc asks of a heap; the caller makes the heap inside.
static const struct heap_backend failing_backend = {
    .name = "failing",
    .alloc = failing_alloc,
    .realloc = failing_realloc,
    .free = failing_free,
    .usable_size = failing_usable_size,
    .owns = failing_owns,
    .drain = failing_drain,
    .check = failing_check,
    .free_bytes = failing_free_bytes,
};

#endif
