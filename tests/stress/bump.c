// SPDX-License-Identifier: MIT
// Threads that empty a bump allocator from both ends at once, again and again, one of them closing it early now and
// then: no byte twice, and what is handed over is just what nobody got.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/rng.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <wfheap/bump.h>

enum { REGIONS = 3, GRAIN = 16, BYTES = 1 << 16, STRIDE = 1 << 20 };

struct stress {
    bump *bump;
    size_t threads, rounds;
    _Atomic uint16_t owners[REGIONS][BYTES / GRAIN];
    _Atomic uint64_t asked, allocs;
    uint64_t wasted;
};

static void fill(struct stress *self, uint64_t start, uint64_t bytes, uint16_t owner) {
    size_t region = (size_t)(start / STRIDE) - 1;
    if (region >= REGIONS || start % STRIDE + bytes > BYTES) {
        die("%llu bytes at %#llx lie outside", (unsigned long long)bytes, (unsigned long long)start);
    }
    for (uint64_t at = start % STRIDE; at < start % STRIDE + bytes; at += GRAIN) {
        uint16_t before = atomic_exchange_explicit(&self->owners[region][at / GRAIN], owner, memory_order_relaxed);
        if (before != 0) {
            die("the bytes at %#llx were handed out to %u and to %u", (unsigned long long)(start + at), before, owner);
        }
    }
}

static void work(struct crew_member *member) {
    static _Alignas(64) unsigned char storage[BUMP_STORAGE_BYTES(REGIONS)];
    struct stress *self = member->crew->context;
    struct rng rng = {member->index + 1};
    for (size_t round = 0; round < self->rounds; round++) {
        if (member->index == 0) {
            struct bump_range regions[REGIONS] = {{STRIDE, BYTES}, {2 * STRIDE, BYTES}, {3 * STRIDE, BYTES}};
            self->bump = NULL;
            for (size_t i = 0; i < REGIONS * (BYTES / GRAIN); i++) {
                atomic_store_explicit(&self->owners[i % REGIONS][i / REGIONS], 0, memory_order_relaxed);
            }
            if (bump_init(regions, REGIONS, self->threads, storage, sizeof storage, &self->bump) != BUMP_OK) {
                die("no allocator");
            }
            atomic_store(&self->asked, 0);
        }
        crew_meet(member->crew);
        bool is_closer = member->index == round % self->threads && round % 2 == 1;
        uint64_t address;
        for (size_t failures = 0, step = 0; failures < 3; step++) {
            uint64_t bytes = rng_log_uniform(&rng, rng_percent(&rng, 5) ? 30000 : 900);
            uint64_t align = rng_percent(&rng, 50) ? 0 : UINT64_C(1) << rng_below(&rng, 11);
            if (is_closer && step == 20) {
                (void)bump_close(self->bump);
            }
            enum bump_error error =
                (rng_percent(&rng, 50) ? bump_alloc : bump_alloc_top)(self->bump, bytes, align, &address);
            failures += error != BUMP_OK;
            if (error == BUMP_OK) {
                atomic_fetch_add(&self->asked, bytes);
                atomic_fetch_add(&self->allocs, 1);
                fill(self, address, (bytes + GRAIN - 1) / GRAIN * GRAIN, (uint16_t)(member->index + 1));
                bump_free(self->bump, address, bytes);
            }
        }
        crew_meet(member->crew);
        if (member->index == 0) {
            struct bump_stats stats;
            struct bump_range range;
            if (bump_close(self->bump) != BUMP_OK) {
                die("nobody allocates any more, and it cannot be closed");
            }
            bump_stats(self->bump, &stats);
            for (size_t i = 0; bump_free_range(self->bump, i, &range) == BUMP_OK; i++) {
                fill(self, range.start, range.bytes, UINT16_MAX);
            }
            if (stats.asked_bytes != atomic_load(&self->asked) || stats.freed_bytes != stats.asked_bytes ||
                stats.used_bytes + stats.free_bytes != (uint64_t)REGIONS * BYTES) {
                die("statistics do not add up");
            }
            self->wasted += stats.used_bytes - stats.asked_bytes;
        }
    }
}

int main(int argc, char **argv) {
    struct arg args[] = {{"threads", 4, 1, 256}, {"ops", 2000, 1, 10000000}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    static struct stress self;
    self.threads = args_get(args, count, "threads");
    self.rounds = args_get(args, count, "ops");
    struct crew crew;
    crew_start(&crew, self.threads, work, &self);
    crew_join(&crew);
    printf("%zu threads, %zu rounds, %llu blocks, %llu bytes of padding a block\n", self.threads, self.rounds,
           (unsigned long long)atomic_load(&self.allocs),
           (unsigned long long)(self.wasted / (atomic_load(&self.allocs) + 1)));
    return 0;
}
