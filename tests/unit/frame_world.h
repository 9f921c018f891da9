// SPDX-License-Identifier: MIT
// Pools for tests: storage of exactly the planned size, and memory behind the frames where a test wants to reach them.
#ifndef UNIT_FRAME_WORLD_H
#define UNIT_FRAME_WORLD_H

#include "expect.h"

#include <stdlib.h>
#include <wfheap/frame.h>

#define KIB UINT64_C(1024)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define FRAME ((uint64_t)FRAME_BYTES)
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct frame_world {
    frame_pool *pool;
    void *storage;
};

static inline void frame_world_init(struct frame_world *self, const struct frame_config *config) {
    size_t bytes = frame_footprint(config);
    EXPECT(bytes != 0, "the pool cannot be planned");
    *self = (struct frame_world){.storage = aligned_alloc(FRAME_STORAGE_ALIGN, bytes)};
    EXPECT(self->storage != NULL, "no memory for the test");
    memset(self->storage, 0xa5, bytes);
    enum frame_error error = frame_init(config, self->storage, bytes, &self->pool);
    EXPECT(error == FRAME_OK, "%s", frame_strerror(error));
}

static inline void frame_world_check(const struct frame_world *self) {
    struct frame_finding finding;
    EXPECT(frame_check(self->pool, &finding), "%s: frame %#llx, want %llu, have %llu", finding.rule,
           (unsigned long long)finding.frame, (unsigned long long)finding.want, (unsigned long long)finding.have);
}

static inline struct frame_stats frame_world_stats(const struct frame_world *self) {
    struct frame_stats stats;
    frame_stats(self->pool, &stats);
    EXPECT(stats.managed == stats.free + stats.cached + stats.used, "%zu frames: %zu free, %zu cached, %zu used",
           stats.managed, stats.free, stats.cached, stats.used);
    return stats;
}

static inline void frame_world_drain(const struct frame_world *self, size_t cpus) {
    for (size_t cpu = 0; cpu < cpus; cpu++) {
        while (frame_drain(self->pool, cpu)) {
        }
    }
}

// Every frame must be free once the caches are drained.
static inline void frame_world_fini(struct frame_world *self, size_t cpus) {
    frame_world_drain(self, cpus);
    frame_world_check(self);
    struct frame_stats stats = frame_world_stats(self);
    EXPECT(stats.free == stats.managed, "%zu frames of %zu are lost", stats.managed - stats.free, stats.managed);
    free(self->storage);
}

#endif
