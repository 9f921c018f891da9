// SPDX-License-Identifier: MIT
// The machine's memory in frames; see frames.h.
#include "frames.h"

#include "arch.h"
#include "cpu.h"
#include "memory.h"
#include "print.h"

enum { LEFT_MAX = 8 };

static frame_pool *pool;

static void must(enum frame_error error) {
    if (error != FRAME_OK)
        panic("no frame allocator: %s", frame_strerror(error));
}

void frames_init(const struct boot *boot) {
    struct frame_left left[LEFT_MAX];
    struct frame_plan plan = {.left = left, .left_most = LEFT_MAX};
    struct frame_config config = {.regions = boot->regions, .region_count = boot->region_count};
    config.cpus = boot->cpu_count;
    must(frame_plan(&config, &plan));
    must(frame_init(&config, memory_take(plan.storage_bytes, FRAME_STORAGE_ALIGN), plan.storage_bytes, &pool));
    memory_hand_over(pool);
    size_t reclaimed = frame_reclaim(pool, 0, UINT64_MAX); // what the loader left has been read
    struct frame_stats stats;
    frame_stats(pool, &stats);
    print("frames     %zu free of %zu, %zu reclaimed, in %zu arenas; %zu KiB of bookkeeping\n", stats.free,
          stats.managed, reclaimed, plan.arenas, plan.storage_bytes >> 10);
    for (size_t i = 0; i < plan.left_count && i < LEFT_MAX; i++) // bound: LEFT_MAX
        print("           %lx to %lx is left out: %s\n", left[i].start, left[i].start + left[i].bytes,
              frame_left_reason_name(left[i].reason));
}

frame_pool *frames_pool(void) {
    return pool;
}

uint64_t frames_take(size_t count, uint64_t align_bytes) {
    uint64_t first = FRAME_NONE;
    irq_state_t was = irq_mask();
    (void)frame_alloc_contiguous(pool, cpu_self()->index, count, align_bytes, &first);
    irq_restore(was);
    return first;
}

void frames_put(uint64_t first, size_t count) {
    irq_state_t was = irq_mask();
    frame_put_contiguous(pool, cpu_self()->index, first, count);
    irq_restore(was);
}

void frames_drain(void) {
    irq_state_t was = irq_mask();
    while (frame_drain(pool, cpu_self()->index)) { // bound: what a cache holds
    }
    irq_restore(was);
}
