// SPDX-License-Identifier: MIT
// null: no allocator at all, a fixed buffer for each CPU. What it costs is the driver's own cost.
#include "adapter.h"

#include <sys/mman.h>

enum {
    NULL_BLOCK_BYTES = 1 << 21,                       // the largest request of any scenario
    NULL_STRIDE_BYTES = NULL_BLOCK_BYTES + 4096 + 64, // so that CPUs use different lines and different sets
};

static const char *null_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self, (void)region, (void)region_bytes;
    void *buffers =
        mmap(NULL, cpus * NULL_STRIDE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (buffers == MAP_FAILED) {
        return "no memory for the buffers";
    }
    *heap = buffers;
    return NULL;
}

static const char *null_version(const struct adapter *self) {
    (void)self;
    return "a fixed buffer";
}

static void *null_alloc(void *heap, size_t cpu, size_t size) {
    (void)size;
    return (char *)heap + cpu * NULL_STRIDE_BYTES;
}

static void null_free(void *heap, size_t cpu, void *p) {
    (void)heap, (void)cpu, (void)p;
}

static void null_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu;
}

const struct adapter adapter_null = {
    .name = "null",
    .summary = "a fixed buffer: the driver's own cost",
    .shares_blocks = true,
    .open = null_open,
    .version = null_version,
    .alloc = null_alloc,
    .free = null_free,
    .drain = null_drain,
};
