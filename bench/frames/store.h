// SPDX-License-Identifier: MIT
// frame: this project's frame allocator behind alloc and free. A table notes how many frames each run has, for whoever
// frees one has to say so.
#ifndef BENCH_FRAMES_STORE_H
#define BENCH_FRAMES_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <wfheap/frame.h>

struct store {
    frame_pool *pool;
    unsigned char *memory; // where the region begins
    uint16_t *counts;      // of each run, where its first frame is; frames are counted from the region's beginning
};

// Makes a pool of a region that begins at a frame's boundary; pool and table lie in front. NULL, or a sentence that
// says what went wrong.
const char *store_open(void *region, size_t bytes, size_t cpus, struct store **made);

// Frames for `bytes` bytes, NULL if there are not so many in a row. cpu: the caller's slot.
void *store_alloc(struct store *self, size_t cpu, size_t bytes);

// NULL is ignored.
void store_free(struct store *self, size_t cpu, void *p);

#endif
