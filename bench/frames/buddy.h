// SPDX-License-Identifier: MIT
// buddy: frames as small kernels hand them out, the baseline of scenario `frames`: a binary buddy system over one range
// of memory, the whole of it behind one lock. Requests are rounded up to a power of two of frames; what is freed merges
// with its other half at once. Links and orders lie in tables beside the frames, as Linux keeps them in its page
// structures, so that nothing has to be searched. Knowlton, A fast storage allocator (CACM 8(10), 1965).
//
// Two forms: buddy_spin_* behind a test-and-set lock, buddy_mcs_* behind an MCS queue lock; both locks are those of
// this project's TLSF. cpu: the caller's slot, nobody else's at that moment.
#ifndef BENCH_FRAMES_BUDDY_H
#define BENCH_FRAMES_BUDDY_H

#include <stddef.h>
#include <stdint.h>

#include "lock/lock_mcs.h"
#include "lock/lock_spin.h"

#define BUDDY_FRAME_BYTES 4096u
#define BUDDY_ORDERS 11u // 1, 2, 4 ... 1,024 frames

struct buddy_links;

struct buddy {
    unsigned char *memory; // frame 0
    size_t frames, free_frames, least_free;
    uint32_t heads[BUDDY_ORDERS]; // of the lists of free blocks
    uint32_t filled;              // bit k: list k is not empty
    struct buddy_links *links;    // of each frame, while a free block begins there
    uint8_t *states;              // of each frame: which block begins there, and whether it is free
};

struct buddy_spin {
    struct lock_spin lock;
    struct buddy buddy;
};

struct buddy_mcs {
    struct lock_mcs lock;
    struct lock_mcs_node *nodes;
    struct buddy buddy;
};

// Make an allocator of a region, its tables in front. NULL, or a sentence that says what went wrong.
const char *buddy_spin_open(void *region, size_t bytes, size_t cpus, struct buddy_spin **made);
const char *buddy_mcs_open(void *region, size_t bytes, size_t cpus, struct buddy_mcs **made);

// Frames for `bytes` bytes, NULL if there are not so many in a row.
void *buddy_spin_alloc(struct buddy_spin *self, size_t bytes);
void *buddy_mcs_alloc(struct buddy_mcs *self, size_t cpu, size_t bytes);

// NULL is ignored. What is no block in use is a fault (port/port.h): DOUBLE_FREE.
void buddy_spin_free(struct buddy_spin *self, size_t cpu, void *p);
void buddy_mcs_free(struct buddy_mcs *self, size_t cpu, void *p);

// The longest free block in frames, 0 if there is none. Not while others are at work.
size_t buddy_largest(const struct buddy *self);

#endif
