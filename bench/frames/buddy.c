// SPDX-License-Identifier: MIT
// The buddy system and its two locks. A block of 2^k frames begins at a multiple of 2^k; its other half differs from it
// in bit k alone.
#include "buddy.h"

#include <stdbool.h>

#include "bits/bits.h"

enum {
    BUDDY_INSIDE = 0xff, // no block begins at this frame
    BUDDY_FREE = 0x80,   // a free block of the order in the other bits begins here
    BUDDY_NONE = UINT32_MAX,
};

struct buddy_links {
    uint32_t next, before;
};

static void buddy_push(struct buddy *self, uint32_t frame, unsigned order) {
    uint32_t next = self->heads[order];
    self->links[frame] = (struct buddy_links){next, BUDDY_NONE};
    if (next != BUDDY_NONE) {
        self->links[next].before = frame;
    }
    self->heads[order] = frame;
    self->filled |= 1u << order;
    self->states[frame] = (uint8_t)(BUDDY_FREE | order);
}

static void buddy_remove(struct buddy *self, uint32_t frame, unsigned order) {
    struct buddy_links links = self->links[frame];
    if (links.next != BUDDY_NONE) {
        self->links[links.next].before = links.before;
    }
    if (links.before != BUDDY_NONE) {
        self->links[links.before].next = links.next;
        return;
    }
    self->heads[order] = links.next;
    if (links.next == BUDDY_NONE) {
        self->filled &= ~(1u << order);
    }
}

static void *buddy_take(struct buddy *self, size_t bytes) {
    size_t count = (bytes + BUDDY_FRAME_BYTES - 1) / BUDDY_FRAME_BYTES;
    unsigned order = bits_log2_up(count);
    uint32_t fitting = order < BUDDY_ORDERS ? self->filled >> order : 0;
    if (count == 0 || fitting == 0) {
        return NULL;
    }
    unsigned found = order + (unsigned)__builtin_ctz(fitting);
    uint32_t frame = self->heads[found];
    buddy_remove(self, frame, found);
    while (found > order) { // bound: BUDDY_ORDERS
        found--;
        buddy_push(self, frame + (1u << found), found);
    }
    self->states[frame] = (uint8_t)order;
    self->free_frames -= (size_t)1 << order;
    self->least_free = self->free_frames < self->least_free ? self->free_frames : self->least_free;
    return self->memory + (size_t)frame * BUDDY_FRAME_BYTES;
}

// False if there is no block in use at p.
static bool buddy_give(struct buddy *self, const void *p) {
    size_t offset = (uintptr_t)p - (uintptr_t)self->memory;
    uint32_t frame = (uint32_t)(offset / BUDDY_FRAME_BYTES);
    if (offset / BUDDY_FRAME_BYTES >= self->frames || offset % BUDDY_FRAME_BYTES != 0 ||
        self->states[frame] >= BUDDY_ORDERS) {
        return false;
    }
    unsigned order = self->states[frame];
    self->free_frames += (size_t)1 << order;
    for (; order + 1 < BUDDY_ORDERS; order++) { // bound: BUDDY_ORDERS
        uint32_t half = frame ^ 1u << order;
        if (half >= self->frames || self->states[half] != (BUDDY_FREE | order)) {
            break;
        }
        buddy_remove(self, half, order);
        self->states[frame | 1u << order] = BUDDY_INSIDE;
        frame &= ~(1u << order);
    }
    buddy_push(self, frame, order);
    return true;
}

size_t buddy_largest(const struct buddy *self) {
    return self->filled == 0 ? 0 : (size_t)1 << bits_highest(self->filled);
}

// Hands the memory over, in the largest blocks that fit.
static void buddy_fill(struct buddy *self) {
    __builtin_memset(self->states, BUDDY_INSIDE, self->frames);
    for (size_t i = 0; i < BUDDY_ORDERS; i++) { // bound: BUDDY_ORDERS
        self->heads[i] = BUDDY_NONE;
    }
    for (uint32_t frame = 0; frame < self->frames;) { // bound: frames
        unsigned order = BUDDY_ORDERS - 1;
        while (frame % (1u << order) != 0 || self->frames - frame < 1u << order) { // bound: BUDDY_ORDERS
            order--;
        }
        buddy_push(self, frame, order);
        frame += 1u << order;
    }
    self->free_frames = self->least_free = self->frames;
}

// Behind `taken` bytes of the region come the tables and then the frames.
static const char *buddy_init(struct buddy *self, unsigned char *region, size_t bytes, size_t taken) {
    const size_t per_frame = BUDDY_FRAME_BYTES + sizeof(struct buddy_links) + sizeof(uint8_t);
    if (bytes < taken + 2 * (size_t)BUDDY_FRAME_BYTES) {
        return "the region is too small for tables and one frame";
    }
    size_t frames = (bytes - taken - BUDDY_FRAME_BYTES) / per_frame;
    *self = (struct buddy){.frames = frames, .links = (struct buddy_links *)(void *)(region + taken)};
    self->states = (uint8_t *)(self->links + frames);
    uintptr_t end = (uintptr_t)(self->states + frames);
    self->memory = region + ((end + BUDDY_FRAME_BYTES - 1) / BUDDY_FRAME_BYTES * BUDDY_FRAME_BYTES - (uintptr_t)region);
    if (frames == 0 || frames >= BUDDY_NONE) {
        return "the region has no frame, or too many";
    }
    buddy_fill(self);
    return NULL;
}

const char *buddy_spin_open(void *region, size_t bytes, size_t cpus, struct buddy_spin **made) {
    (void)cpus;
    struct buddy_spin *self = region;
    if (bytes < sizeof *self) {
        return "the region is too small for a lock";
    }
    self->lock = (struct lock_spin){.held = {0}};
    const char *trouble = buddy_init(&self->buddy, region, bytes, sizeof *self);
    *made = trouble == NULL ? self : NULL;
    return trouble;
}

void *buddy_spin_alloc(struct buddy_spin *self, size_t bytes) {
    lock_spin_acquire(&self->lock);
    void *p = buddy_take(&self->buddy, bytes);
    lock_spin_release(&self->lock);
    return p;
}

void buddy_spin_free(struct buddy_spin *self, size_t cpu, void *p) {
    if (p == NULL) {
        return;
    }
    lock_spin_acquire(&self->lock);
    bool good = buddy_give(&self->buddy, p);
    lock_spin_release(&self->lock);
    if (!good) {
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
    }
}

const char *buddy_mcs_open(void *region, size_t bytes, size_t cpus, struct buddy_mcs **made) {
    struct buddy_mcs *self = region;
    if (bytes < sizeof *self) {
        return "the region is too small for a lock";
    }
    self->lock = (struct lock_mcs){.tail = {0}};
    self->nodes = (struct lock_mcs_node *)(void *)(self + 1);
    const char *trouble = buddy_init(&self->buddy, region, bytes, sizeof *self + cpus * sizeof(struct lock_mcs_node));
    *made = trouble == NULL ? self : NULL;
    return trouble;
}

void *buddy_mcs_alloc(struct buddy_mcs *self, size_t cpu, size_t bytes) {
    lock_mcs_acquire(&self->lock, &self->nodes[cpu]);
    void *p = buddy_take(&self->buddy, bytes);
    lock_mcs_release(&self->lock, &self->nodes[cpu]);
    return p;
}

void buddy_mcs_free(struct buddy_mcs *self, size_t cpu, void *p) {
    if (p == NULL) {
        return;
    }
    lock_mcs_acquire(&self->lock, &self->nodes[cpu]);
    bool good = buddy_give(&self->buddy, p);
    lock_mcs_release(&self->lock, &self->nodes[cpu]);
    if (!good) {
        port_fault(PORT_FAULT_DOUBLE_FREE, p, cpu);
    }
}
