// SPDX-License-Identifier: MIT
// frame, buddy, buddy-mcs: this project's frame allocator, and a buddy system behind one lock, of either kind.
#include "adapter.h"

#include "frames/buddy.h"
#include "frames/store.h"

static const char *frames_version(const struct adapter *self) {
    (void)self;
    return "of this tree";
}

static const char *frame_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    struct store *made = NULL;
    const char *trouble = store_open(region, region_bytes, cpus, &made);
    *heap = made;
    return trouble;
}

static void *frame_take(void *heap, size_t cpu, size_t size) {
    return store_alloc(heap, cpu, size);
}

static void frame_give(void *heap, size_t cpu, void *p) {
    store_free(heap, cpu, p);
}

static void frame_empty(void *heap, size_t cpu) {
    const struct store *store = heap;
    while (frame_drain(store->pool, cpu)) {
    }
}

static void frame_figures(void *heap, size_t cpu, struct bench_figures *out) {
    (void)cpu;
    const struct store *store = heap;
    struct frame_stats stats;
    frame_stats(store->pool, &stats);
    out->space_known = true;
    out->used_bytes = (stats.used + stats.cached) * FRAME_BYTES;
    out->free_bytes = stats.free * FRAME_BYTES;
    out->largest_free_bytes = stats.largest_free_run * FRAME_BYTES;
    out->cache_known = true;
    struct frame_cpu_stats slot;
    for (size_t i = 0; frame_cpu_stats(store->pool, i, &slot); i++) {
        out->left_cache += slot.refills;
    }
}

const struct adapter adapter_frame = {
    .name = "frame",
    .summary = "wfheap's frame allocator, wait-free",
    .in_region = true,
    .frames_only = true,
    .open = frame_open,
    .version = frames_version,
    .alloc = frame_take,
    .free = frame_give,
    .drain = frame_empty,
    .figures = frame_figures,
};

static void buddy_drain(void *heap, size_t cpu) {
    (void)heap, (void)cpu; // nothing is cached
}

static void buddy_tell(const struct buddy *buddy, struct bench_figures *out) {
    out->space_known = true;
    out->used_bytes = (buddy->frames - buddy->free_frames) * BUDDY_FRAME_BYTES;
    out->free_bytes = buddy->free_frames * BUDDY_FRAME_BYTES;
    out->largest_free_bytes = buddy_largest(buddy) * BUDDY_FRAME_BYTES;
    out->peak_bytes = (buddy->frames - buddy->least_free) * BUDDY_FRAME_BYTES;
}

static const char *spin_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    struct buddy_spin *made = NULL;
    const char *trouble = buddy_spin_open(region, region_bytes, cpus, &made);
    *heap = made;
    return trouble;
}

static void *spin_take(void *heap, size_t cpu, size_t size) {
    (void)cpu;
    return buddy_spin_alloc(heap, size);
}

static void spin_give(void *heap, size_t cpu, void *p) {
    buddy_spin_free(heap, cpu, p);
}

static void spin_figures(void *heap, size_t cpu, struct bench_figures *out) {
    (void)cpu;
    buddy_tell(&((const struct buddy_spin *)heap)->buddy, out);
}

const struct adapter adapter_buddy = {
    .name = "buddy",
    .summary = "a buddy system of frames behind a test-and-set spinlock",
    .in_region = true,
    .frames_only = true,
    .open = spin_open,
    .version = frames_version,
    .alloc = spin_take,
    .free = spin_give,
    .drain = buddy_drain,
    .figures = spin_figures,
};

static const char *mcs_open(const struct adapter *self, void *region, size_t region_bytes, size_t cpus, void **heap) {
    (void)self;
    struct buddy_mcs *made = NULL;
    const char *trouble = buddy_mcs_open(region, region_bytes, cpus, &made);
    *heap = made;
    return trouble;
}

static void *mcs_take(void *heap, size_t cpu, size_t size) {
    return buddy_mcs_alloc(heap, cpu, size);
}

static void mcs_give(void *heap, size_t cpu, void *p) {
    buddy_mcs_free(heap, cpu, p);
}

static void mcs_figures(void *heap, size_t cpu, struct bench_figures *out) {
    (void)cpu;
    buddy_tell(&((const struct buddy_mcs *)heap)->buddy, out);
}

const struct adapter adapter_buddy_mcs = {
    .name = "buddy-mcs",
    .summary = "the same buddy system behind an MCS queue lock",
    .in_region = true,
    .frames_only = true,
    .open = mcs_open,
    .version = frames_version,
    .alloc = mcs_take,
    .free = mcs_give,
    .drain = buddy_drain,
    .figures = mcs_figures,
};
