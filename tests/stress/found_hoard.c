// SPDX-License-Identifier: MIT
// What a slot's cache may hide, in the three ways in which it once hid more: drains that are not finished, one block of
// every class, and a drain that called a cache empty which was not.
#include "support/die.h"
#include "support/region.h"

#include <wfheap/heap.h>

#include <stdio.h>
#include <stdlib.h>

struct place {
    unsigned char *region;
    size_t bytes;
    wfh *heap;
    struct wfh_limits limits;
};

static void place_init(struct place *self, size_t mib, size_t cpus) {
    self->bytes = mib << 20;
    self->region = region_map(self->bytes, 0);
    self->heap = NULL;
    enum wfh_error error = wfh_init(self->region, self->bytes, cpus, &self->heap);
    if (error != WFH_OK) {
        die_unusable("found-hoard: %s", wfh_strerror(error));
    }
    wfh_limits(self->heap, &self->limits);
}

static void place_destroy(struct place *self) {
    region_unmap(self->region, self->bytes);
}

static size_t cached_bytes(const struct place *self, size_t cpu) {
    struct wfh_cpu_stats stats;
    if (!wfh_cpu_stats(self->heap, cpu, &stats)) {
        die("found-hoard: no statistics of cpu %zu", cpu);
    }
    return stats.cached_bytes;
}

static void expect_bound(const struct place *self, const char *when) {
    size_t cached = cached_bytes(self, 0);
    if (cached > self->limits.hoard_bytes_per_cpu) {
        die("found-hoard: %s, a cache of %zu MiB for %zu cpus hides %zu bytes, at most %zu were promised", when,
            self->bytes >> 20, self->limits.cpus, cached, self->limits.hoard_bytes_per_cpu);
    }
}

static void *must_alloc(const struct place *self, size_t size) {
    void *block = wfh_alloc(self->heap, 0, size, 8);
    if (block == NULL) {
        die("found-hoard: no block of %zu bytes", size);
    }
    return block;
}

static void drain(const struct place *self) {
    while (wfh_drain(self->heap, 0)) {
    }
}

// A CPU that drains one piece whenever it is idle, while blocks keep coming.
static void drain_by_pieces(size_t mib, size_t cpus, size_t size) {
    struct place place;
    place_init(&place, mib, cpus);
    size_t capacity = place.bytes / size;
    void **blocks = calloc(capacity, sizeof *blocks);
    if (blocks == NULL) {
        die_unusable("found-hoard: no memory for a table of %zu blocks", capacity);
    }
    size_t count = 0;
    while (count < capacity && (blocks[count] = wfh_alloc(place.heap, 0, size, 8)) != NULL) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        wfh_free(place.heap, 0, blocks[i]);
        if (i % 8 == 7) {
            (void)wfh_drain(place.heap, 0);
            expect_bound(&place, "drained piece by piece");
        }
    }
    free(blocks);
    place_destroy(&place);
}

static void one_of_each_class(size_t mib, size_t cpus) {
    struct place place;
    place_init(&place, mib, cpus);
    struct wfh_class_stats class;
    for (size_t turn = 0; turn < 4; turn++) {
        for (size_t i = 0; wfh_class_stats(place.heap, i, &class); i++) {
            (void)must_alloc(&place, class.block_bytes);
            expect_bound(&place, "with every class in use");
        }
    }
    place_destroy(&place);
}

// Frees into classes of all sizes, in front of and behind the place where an unfinished drain stopped.
static void drain_to_the_end(void) {
    struct place place;
    place_init(&place, 4, 1);
    enum { CLASSES = 40 };
    void *blocks[CLASSES];
    for (size_t pieces = 0; pieces < 30; pieces++) {
        for (size_t i = 0; i < CLASSES; i++) {
            blocks[i] = must_alloc(&place, 16 + i * 64);
        }
        for (size_t i = CLASSES; i-- > 0;) {
            wfh_free(place.heap, 0, blocks[i]);
        }
        for (size_t i = 0; i < pieces; i++) {
            (void)wfh_drain(place.heap, 0);
        }
        wfh_free(place.heap, 0, must_alloc(&place, 16));
        wfh_free(place.heap, 0, must_alloc(&place, 16 + 64 * pieces));
        drain(&place);
        if (cached_bytes(&place, 0) != 0) {
            die("found-hoard: a drained cache holds %zu bytes", cached_bytes(&place, 0));
        }
    }
    place_destroy(&place);
}

int main(void) {
    drain_by_pieces(64, 16, 4096);
    drain_by_pieces(16, 8, 1024);
    drain_by_pieces(64, 4, 16384);
    one_of_each_class(16, 64);
    one_of_each_class(64, 256);
    one_of_each_class(256, 1);
    drain_to_the_end();
    printf("hoards stay within their bounds\n");
    return 0;
}
