// SPDX-License-Identifier: MIT
// A pool of frames in the region that it manages: [this][counts][the pool's bookkeeping][frames].
#include "store.h"

static size_t store_pages(size_t bytes) {
    return (bytes + FRAME_BYTES - 1) / FRAME_BYTES * FRAME_BYTES;
}

const char *store_open(void *region, size_t bytes, size_t cpus, struct store **made) {
    struct frame_region whole = {(uintptr_t)region, bytes, FRAME_USABLE, 0};
    struct frame_config config = {.regions = &whole, .region_count = 1, .cpus = cpus};
    struct store *self = region;
    size_t table = store_pages(sizeof *self + bytes / FRAME_BYTES * sizeof *self->counts);
    if ((uintptr_t)region % FRAME_BYTES != 0 || table >= bytes) {
        return "the region does not begin at a frame, or is too small";
    }
    whole.start += table;
    whole.bytes -= table;
    size_t storage_bytes = store_pages(frame_footprint(&config)); // more than enough for what is left of the range
    if (storage_bytes == 0 || storage_bytes >= whole.bytes) {
        return "the region is too small for a pool of frames";
    }
    whole.start += storage_bytes;
    whole.bytes -= storage_bytes;
    *self = (struct store){.memory = region, .counts = (uint16_t *)(void *)(self + 1)};
    enum frame_error error = frame_init(&config, self->memory + table, storage_bytes, &self->pool);
    *made = self;
    return error == FRAME_OK ? NULL : frame_strerror(error);
}

static uint16_t *store_count_of(const struct store *self, const unsigned char *p) {
    return &self->counts[(size_t)(p - self->memory) / FRAME_BYTES];
}

void *store_alloc(struct store *self, size_t cpu, size_t bytes) {
    size_t count = (bytes + FRAME_BYTES - 1) / FRAME_BYTES;
    uint64_t first = 0;
    enum frame_error error =
        count == 1 ? frame_alloc(self->pool, cpu, &first) : frame_alloc_contiguous(self->pool, cpu, count, 0, &first);
    if (error != FRAME_OK || count > UINT16_MAX) {
        return NULL;
    }
    unsigned char *p = self->memory + (first - (uintptr_t)self->memory);
    *store_count_of(self, p) = (uint16_t)count;
    return p;
}

void store_free(struct store *self, size_t cpu, void *p) {
    if (p == NULL) {
        return;
    }
    size_t count = *store_count_of(self, p);
    if (count == 1) {
        frame_put(self->pool, cpu, (uintptr_t)p);
    } else {
        frame_put_contiguous(self->pool, cpu, (uintptr_t)p, count);
    }
}
