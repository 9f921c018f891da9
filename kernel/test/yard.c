// SPDX-License-Identifier: MIT
// A small heap of a test's own; see yard.h.
#include "yard.h"

#include "arch.h"
#include "cpus.h"
#include "masked.h"
#include "print.h"
#include "tap.h"

// A check compares every cached block with all caches: too much for very many of them while they are full.
enum { PAGE = 4096, YARD_BYTES = 1 << 20, SLOT_BYTES = 48 << 10, DRAINS_MAX = 1 << 20, FULL_CHECK_SLOTS = 64 };

void yard_open(struct yard *self, size_t slots) {
    size_t bytes = YARD_BYTES + slots * SLOT_BYTES;
    cpus_run(masked_drain_kernel, NULL); // what many caches hide lies anywhere, and leaves no long run between
    *self = (struct yard){.region = kheap_alloc(bytes, PAGE), .slots = slots};
    const char *refusal = backend_init(self->region, bytes, slots, &self->heap);
    if (refusal != NULL)
        panic("no heap of %zu KiB for %zu slots: %s", bytes >> 10, slots, refusal);
    BACKEND.free_bytes(self->heap, 0, &self->largest, &self->free_bytes);
}

void yard_look(struct yard *self, const char *when) {
    const char *broken = self->slots > FULL_CHECK_SLOTS ? NULL : BACKEND.check(self->heap, 0);
    tap_expect(broken == NULL, "%s: broken: %s", when, broken);
}

void yard_check(struct yard *self, const char *when) {
    yard_look(self, when);
    for (size_t slot = 0; slot < self->slots; slot++) { // bound: slots
        size_t calls = 0;
        while (BACKEND.drain(self->heap, slot) && calls < DRAINS_MAX) // bound: DRAINS_MAX
            calls++;
        tap_expect(calls < DRAINS_MAX, "%s: slot %zu is never drained", when, slot);
    }
    const char *broken = BACKEND.check(self->heap, 0);
    tap_expect(broken == NULL, "%s: drained, and broken: %s", when, broken);
    size_t largest, all;
    BACKEND.free_bytes(self->heap, 0, &largest, &all);
    tap_expect(largest == self->largest && all == self->free_bytes,
               "%s: all is freed, and %zu bytes are there of %zu, %zu in one piece of %zu", when, all, self->free_bytes,
               largest, self->largest);
}

void yard_close(struct yard *self, const char *when) {
    yard_check(self, when);
    kheap_free(self->region);
}

size_t yard_fill(backend *heap, size_t size, void **list) {
    size_t count = 0;
    for (void **p; (p = masked_alloc(heap, size, 8)) != NULL; count++) { // bound: the heap
        *p = *list;
        *list = p;
    }
    return count;
}

void yard_empty(backend *heap, void **list, size_t most) {
    for (size_t i = 0; i < most && *list != NULL; i++) { // bound: the heap
        void *first = *list;
        *list = *(void **)first;
        masked_free(heap, first);
    }
}
