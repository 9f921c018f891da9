// SPDX-License-Identifier: MIT
// No call of the frame allocator or of the bump allocator may take more steps than it promises: threads at work, on a
// port that counts steps and lets compare-exchanges lose.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/rng.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <wfheap/bump.h>
#include <wfheap/frame.h>

#include "word.h"

#define MIB (UINT64_C(1) << 20)
#define FRAME ((uint64_t)FRAME_BYTES)

_Thread_local struct counted counted;

enum { PLACES = 600, REGIONS = 3 };

enum call { ALLOC, REFUSED, PUT, DRAIN, GET, IS_UNIQUE, BUMP_ALLOC, BUMP_FREE, CALLS };
static const char *const names[CALLS] = {"alloc", "alloc, refused", "put",        "drain",
                                         "get",   "is_unique",      "bump_alloc", "bump_free"};

struct stress {
    frame_pool *pool;
    bump *bump;
    size_t steps, lost;
    _Atomic uint64_t longest[CALLS], calls[CALLS], all[CALLS];
    uint64_t limits[CALLS];
};

static void note(struct stress *self, enum call call, uint64_t steps) {
    uint64_t longest = atomic_load(&self->longest[call]);
    while (steps > longest && !atomic_compare_exchange_weak(&self->longest[call], &longest, steps)) {
    }
    atomic_fetch_add(&self->calls[call], 1);
    atomic_fetch_add(&self->all[call], steps);
    if (steps > self->limits[call]) {
        die("%s took %llu steps, more than %llu", names[call], (unsigned long long)steps,
            (unsigned long long)self->limits[call]);
    }
}

#define STEPS_OF(statement) (counted.steps = 0, (statement), counted.steps)

static void take(struct stress *self, size_t cpu, struct rng *rng, uint64_t *first, size_t *count) {
    struct frame_wish wish = {.count = 1, .limit = FRAME_LIMIT_NONE, .node = FRAME_NODE_OWN};
    enum frame_error error;
    uint64_t steps;
    if (rng_percent(rng, 60)) {
        steps = STEPS_OF(error = frame_alloc(self->pool, cpu, first));
    } else {
        wish.count = rng_log_uniform(rng, 64);
        wish.align_bytes = FRAME << rng_below(rng, 7);
        steps = STEPS_OF(error = frame_alloc_wish(self->pool, cpu, &wish, first));
    }
    *count = error == FRAME_OK ? wish.count : 0;
    // What succeeds by the last resort only is bounded like what fails; only its length tells it apart.
    note(self, error == FRAME_OK && steps <= self->limits[ALLOC] ? ALLOC : REFUSED, steps);
}

static void put(struct stress *self, size_t cpu, uint64_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        note(self, GET, STEPS_OF(frame_get(self->pool, first + i * FRAME)));
        note(self, IS_UNIQUE, STEPS_OF((void)frame_is_unique(self->pool, first + i * FRAME)));
        note(self, PUT, STEPS_OF(frame_put(self->pool, cpu, first + i * FRAME)));
        note(self, PUT, STEPS_OF(frame_put(self->pool, cpu, first + i * FRAME)));
    }
}

static void bump_some(struct stress *self, struct rng *rng) {
    uint64_t address;
    enum bump_error error;
    note(self, BUMP_ALLOC,
         STEPS_OF(error = (rng_percent(rng, 50) ? bump_alloc : bump_alloc_top)(
                      self->bump, 1 + rng_below(rng, 100), UINT64_C(1) << rng_below(rng, 9), &address)));
    if (error == BUMP_OK) {
        note(self, BUMP_FREE, STEPS_OF(bump_free(self->bump, address, 1)));
    }
}

static void work(struct crew_member *member) {
    struct stress *self = member->crew->context;
    struct rng rng = {member->index};
    uint64_t first[PLACES];
    size_t count[PLACES] = {0};
    counted = (struct counted){.state = member->index, .lost_percent = (unsigned)self->lost};
    for (size_t step = 0; step < self->steps; step++) {
        size_t place = rng_below(&rng, PLACES);
        if (count[place] == 0) {
            take(self, member->index, &rng, &first[place], &count[place]);
        } else {
            put(self, member->index, first[place], count[place]);
            count[place] = 0;
        }
        if (step % 100 == 0) {
            note(self, DRAIN, STEPS_OF((void)frame_drain(self->pool, member->index)));
        }
        bump_some(self, &rng);
    }
}

int main(int argc, char **argv) {
    struct arg args[] = {
        {"threads", 4, 1, 64}, {"ops", 100000, 1, 1000000000}, {"lost", 0, 0, 100}, {"mib", 24, 24, 1 << 20}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    static struct stress self;
    static _Alignas(64) unsigned char boot[BUMP_STORAGE_BYTES(REGIONS)];
    size_t threads = args_get(args, count, "threads");
    self.steps = args_get(args, count, "ops") / threads + 1;
    self.lost = args_get(args, count, "lost");
    const uint64_t first = args_get(args, count, "mib") * MIB; // nothing lies behind these addresses
    struct frame_region map[] = {{MIB, first, FRAME_USABLE, 0}, {first + 40 * MIB, 7 * MIB, FRAME_USABLE, 0}};
    struct bump_range ranges[REGIONS] = {{MIB, MIB}, {4 * MIB, MIB}, {8 * MIB, 32 * MIB}};
    struct frame_config config = {.regions = map, .region_count = 2, .cpus = threads};
    size_t bytes = frame_footprint(&config);
    void *storage = aligned_alloc(FRAME_STORAGE_ALIGN, bytes);
    if (storage == NULL || frame_init(&config, storage, bytes, &self.pool) != FRAME_OK ||
        bump_init(ranges, REGIONS, threads, boot, sizeof boot, &self.bump) != BUMP_OK) {
        die_unusable("no pool");
    }
    struct frame_limits limits;
    frame_limits(self.pool, &limits);
    const uint64_t promised[CALLS] = {
        limits.alloc_steps_max,    limits.last_resort_steps_max, limits.put_steps_max, limits.drain_steps_max, 6, 3,
        BUMP_ALLOC_STEPS(REGIONS), BUMP_FREE_STEPS(REGIONS)};
    for (size_t i = 0; i < CALLS; i++) {
        self.limits[i] = promised[i];
    }
    struct crew crew;
    crew_start(&crew, threads, work, &self);
    crew_join(&crew);
    for (size_t i = 0; i < CALLS; i++) {
        uint64_t calls = atomic_load(&self.calls[i]);
        printf("%-14s %8llu calls, %7.1f steps each, %6llu at most of %llu\n", names[i], (unsigned long long)calls,
               calls == 0 ? 0.0 : (double)atomic_load(&self.all[i]) / (double)calls,
               (unsigned long long)atomic_load(&self.longest[i]), (unsigned long long)self.limits[i]);
    }
    free(storage);
    return 0;
}
