// SPDX-License-Identifier: MIT
// Random users of a heap under watch; see actor.h.
#include "actor.h"

#include "arch.h"
#include "masked.h"
#include "random.h"
#include "tap.h"

enum { SIZE_LEAST = 16, OCTAVES = 11, RUN_BYTES = 100000 };
enum { WATCHED_WHOLE = 512, WATCHED_STRIDE = 1000 };

// The front of every block. The seal follows from the rest and from where the block lies.
struct front {
    uint64_t seal;
    uint32_t size, serial;
};

static uint64_t seal_of(const void *p, uint32_t size, uint32_t serial) {
    uint64_t mixed = ((uintptr_t)p ^ (uint64_t)size << 40 ^ serial) * UINT64_C(0xff51afd7ed558ccd);
    return mixed ^ mixed >> 29;
}

// The place watched after `at`: all of a small block, samples and the end of a large one. The last 8 bytes may overlap.
static size_t watched_after(size_t at, size_t size) {
    size_t next = at + (size <= WATCHED_WHOLE ? 8 : WATCHED_STRIDE);
    return next < size - 8 || at == size - 8 ? next : size - 8;
}

// Bytes may lie anywhere.
static void word_write(void *at, uint64_t value) {
    __builtin_memcpy(at, &value, sizeof value);
}

static uint64_t word_read(const void *at) {
    uint64_t value;
    __builtin_memcpy(&value, at, sizeof value);
    return value;
}

// All bytes behind the front are the same, for the last word may overlap the one before.
static uint64_t pattern_of(uint64_t seal) {
    return (seal >> 56 | 1) * UINT64_C(0x0101010101010101);
}

static void fill(void *p, uint32_t size, uint32_t serial) {
    struct front front = {seal_of(p, size, serial), size, serial};
    __builtin_memcpy(p, &front, sizeof front);
    for (size_t at = sizeof front; at + 8 <= size; at = watched_after(at, size)) // bound: size / 8
        word_write((char *)p + at, pattern_of(front.seal));
}

// Whether a block at `p` is as it was filled at `home`, as far as its first `bytes` bytes.
static bool intact(const char *what, const void *p, const void *home, uint32_t bytes) {
    struct front front;
    __builtin_memcpy(&front, p, sizeof front);
    if (!tap_expect(front.seal == seal_of(home, front.size, front.serial), "%s: the front of %p was overwritten", what,
                    home))
        return false;
    uint32_t size = front.size < bytes ? front.size : bytes;
    for (size_t at = sizeof front; at + 8 <= size; at = watched_after(at, front.size)) // bound: size / 8
        if (!tap_expect(word_read((const char *)p + at) == pattern_of(front.seal),
                        "%s: byte %zu of %p, %u long, was overwritten", what, at, home, front.size))
            return false;
    return true;
}

uint32_t actor_random(struct actor *self, uint32_t below) {
    return random_below(&self->random, below);
}

// Any size: log-uniform, and now and then a run of pages.
static uint32_t random_size(struct actor *self) {
    if (self->crowd->sizes > 0)
        return SIZE_LEAST * (1 + actor_random(self, self->crowd->sizes));
    if (actor_random(self, 25) == 0)
        return SIZE_LEAST + actor_random(self, RUN_BYTES);
    uint32_t low = (uint32_t)SIZE_LEAST << actor_random(self, OCTAVES);
    return low + actor_random(self, low);
}

static void *take(struct actor *self, uint32_t size, size_t align) {
    backend *heap = self->crowd->heap;
    void *p = self->has_slot ? BACKEND.alloc(heap, self->slot, size, align) : masked_alloc(heap, size, align);
    self->nulls += p == NULL;
    if (p != NULL && tap_expect((uintptr_t)p % align == 0, "alloc: %p is not aligned to %zu", p, align))
        fill(p, size, (uint32_t)self->steps);
    return p;
}

static void give(struct actor *self, void *p) {
    if (!intact("free", p, p, UINT32_MAX))
        return; // whose it is nobody knows
    if (self->has_slot)
        BACKEND.free(self->crowd->heap, self->slot, p);
    else
        masked_free(self->crowd->heap, p);
}

static void *resize(struct actor *self, void *p) {
    backend *heap = self->crowd->heap;
    uint32_t size = random_size(self);
    if (!intact("before realloc", p, p, UINT32_MAX))
        return NULL;
    void *q = self->has_slot ? BACKEND.realloc(heap, self->slot, p, size, 8) : masked_realloc(heap, p, size, 8);
    self->nulls += q == NULL;
    if (q == NULL)
        return p;
    if (intact("realloc", q, p, size))
        fill(q, size, (uint32_t)self->steps);
    return q;
}

// Puts a block into the mail, or nothing, and answers what was there.
static void *swap(struct actor *self, void *p) {
    struct crowd *crowd = self->crowd;
    void **place = &crowd->mail[actor_random(self, crowd->mail_places)];
    // R actor.swap -> A actor.swap: the block's contents, both ways
    return __atomic_exchange_n(place, p, __ATOMIC_ACQ_REL); // A actor.swap <- R actor.swap
}

void actor_step(struct actor *self) {
    void **place = &self->held[actor_random(self, self->crowd->places)];
    uint32_t dice = actor_random(self, 16);
    self->steps++;
    if (dice < 4) {
        *place = swap(self, *place);
    } else if (*place == NULL) {
        *place = take(self, random_size(self), dice < 6 ? (size_t)8 << actor_random(self, 8) : 8);
    } else if (dice < 7) {
        *place = resize(self, *place);
    } else {
        give(self, *place);
        *place = NULL;
    }
}

// The blocks hang in a list, by a word behind their fronts that the pattern spares while they do.
void actor_feast(struct actor *self, size_t most) {
    uint32_t size = random_size(self) + 32;
    void *list = NULL;
    for (size_t i = 0; i < most; i++) { // bound: most
        void *p = take(self, size, 8);
        if (p == NULL)
            break;
        word_write((char *)p + sizeof(struct front), (uintptr_t)list);
        list = p;
    }
    while (list != NULL) { // bound: most
        void *next = (void *)word_read((char *)list + sizeof(struct front));
        word_write((char *)list + sizeof(struct front), pattern_of(word_read(list)));
        give(self, list);
        list = next;
    }
}

void actor_drain(struct actor *self) {
    (void)(self->has_slot ? BACKEND.drain(self->crowd->heap, self->slot) : masked_drain(self->crowd->heap));
}

void actor_release(struct actor *self) {
    for (size_t i = 0; i < ACTOR_PLACES; i++) { // bound: ACTOR_PLACES
        if (self->held[i] != NULL)
            give(self, self->held[i]);
        self->held[i] = NULL;
    }
}

void crowd_init(struct crowd *self, backend *heap, uint32_t places, uint32_t sizes, uint32_t mail_places) {
    void **mail = kheap_zalloc(mail_places * sizeof *mail, 8);
    *self = (struct crowd){heap, places, sizes, mail_places, mail};
}

void crowd_destroy(struct crowd *self) {
    struct actor clerk = {.crowd = self};
    for (uint32_t i = 0; i < self->mail_places; i++) // bound: mail_places
        if (self->mail[i] != NULL)
            give(&clerk, self->mail[i]);
    kheap_free(self->mail);
}
