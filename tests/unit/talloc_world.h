// SPDX-License-Identifier: MIT
// A talloc over two heaps of any kind, each behind a counter that can refuse (failing.h).
#ifndef UNIT_TALLOC_WORLD_H
#define UNIT_TALLOC_WORLD_H

#include "backends.h"
#include "expect.h"
#include "failing.h"
#include "stress/support/region.h"

#include <stdint.h>
#include <string.h>
#include <wfheap/talloc.h>

#define MIB ((size_t)1 << 20)

enum { CPUS = 3, HEAP_MIB = 2 };

struct side {
    struct failing failing;
    unsigned char *region;
    size_t largest, all; // free at first
};

struct talloc_world {
    struct side primary, backup;
    talloc *talloc;
    _Alignas(TALLOC_STORAGE_ALIGN) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
};

static inline void side_make(struct side *self, const struct heap_backend *backend) {
    memset(self, 0, sizeof *self);
    self->region = region_map(HEAP_MIB * MIB, 0);
    self->failing.inner = backend;
    const char *refusal = backend->init(self->region, HEAP_MIB * MIB, CPUS, &self->failing.heap);
    EXPECT(refusal == NULL, "%s: %s", backend->name, refusal);
    backend->free_bytes(self->failing.heap, 0, &self->largest, &self->all);
}

static inline struct talloc_heap side_heap(struct side *self) {
    return (struct talloc_heap){&failing_backend, &self->failing, self->region, HEAP_MIB * MIB};
}

static inline void talloc_world_make(struct talloc_world *self, const struct heap_backend *primary,
                                     const struct heap_backend *backup, const struct talloc_config *wishes) {
    struct talloc_config config = *wishes;
    side_make(&self->primary, primary);
    side_make(&self->backup, backup);
    config.cpus = CPUS;
    config.backup = side_heap(&self->backup);
    config.primary = side_heap(&self->primary);
    self->talloc = NULL;
    memset(self->storage, 0xa5, sizeof self->storage);
    enum talloc_error error = talloc_init(&config, self->storage, sizeof self->storage, &self->talloc);
    EXPECT(error == TALLOC_OK, "%s", talloc_strerror(error));
}

static inline void side_must_be_whole(const struct side *self) {
    size_t largest, all;
    self->failing.inner->free_bytes(self->failing.heap, 0, &largest, &all);
    EXPECT(largest == self->largest && all == self->all, "%s: %zu and %zu bytes were free, now %zu and %zu",
           self->failing.inner->name, self->largest, self->all, largest, all);
}

// Everything is free again, once drained; then the address space goes back.
static inline void talloc_world_end(struct talloc_world *self) {
    for (size_t cpu = 0; cpu < CPUS; cpu++) {
        for (unsigned turn = 0; talloc_drain(self->talloc, cpu); turn++)
            EXPECT(turn < 10000, "no end of draining slot %zu", cpu);
    }
    const char *broken = talloc_check(self->talloc, 0);
    EXPECT(broken == NULL, "broken: %s", broken);
    struct talloc_stats stats;
    talloc_stats(self->talloc, &stats);
    EXPECT(stats.backup_allocs == stats.backup_frees && stats.backup_used_bytes == 0, "%llu of %llu, %zu bytes",
           (unsigned long long)stats.backup_frees, (unsigned long long)stats.backup_allocs, stats.backup_used_bytes);
    side_must_be_whole(&self->primary);
    side_must_be_whole(&self->backup);
    region_unmap(self->primary.region, HEAP_MIB * MIB);
    region_unmap(self->backup.region, HEAP_MIB * MIB);
}

// From here on the heap refuses everything, or nothing any more.
static inline void side_refuse_all(struct side *self, bool refuse) {
    self->failing.period = refuse ? 1 : 0;
}

#endif
