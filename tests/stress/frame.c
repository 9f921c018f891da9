// SPDX-License-Identifier: MIT
// Threads that use frames in every way. After each round every thread moves to another CPU slot, so that slots are left
// behind full of cached frames, and drains one that was left; the first thread reclaims memory while the others go on
// working.
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"
#include "support/frame_user.h"

#include <stdio.h>
#include <stdlib.h>

enum { RUN_MOST = 300 };

struct stress {
    struct frame_yard yard;
    size_t threads, rounds, steps_per_round;
};

static size_t slot_in_round(const struct stress *self, size_t thread, size_t round) {
    return (2 * thread + round) % (2 * self->threads);
}

static void user_work(struct crew_member *member) {
    struct stress *stress = member->crew->context;
    struct frame_user *self = calloc(1, sizeof *self);
    if (self == NULL) {
        die_unusable("no memory for a thread");
    }
    frame_user_init(self, &stress->yard, member->index, 0, FRAME_USER_PLACES, RUN_MOST, stress->rounds);
    for (size_t round = 0; round < stress->rounds; round++) {
        self->cpu = slot_in_round(stress, member->index, round);
        bool more = round > 0;
        for (size_t step = 0; step < stress->steps_per_round; step++) {
            frame_user_step(self);
            if (more && step % 16 == 0) {
                more = frame_user_drain(self, slot_in_round(stress, member->index, round + 1));
            }
        }
        if (member->index == 0) {
            frame_yard_reclaim(&stress->yard, round + 1, stress->rounds);
        }
        crew_meet(member->crew);
    }
    frame_user_release(self);
    free(self);
}

int main(int argc, char **argv) {
    struct arg args[] = {{"threads", 4, 1, 256},
                         {"ops", 400000, 1, 1000000000},
                         {"frames", 8192, FRAME_YARD_FRAMES_MIN, 1 << 22},
                         {"rounds", 6, 1, 100}};
    size_t count = ARGS_COUNT(args), failures = 0;
    args_parse(args, count, argc, argv);
    static struct stress self;
    self.threads = args_get(args, count, "threads");
    self.rounds = args_get(args, count, "rounds");
    self.steps_per_round = args_get(args, count, "ops") / self.threads / self.rounds + 1;
    frame_yard_init(&self.yard, args_get(args, count, "frames"), 2 * self.threads);
    struct crew crew;
    crew_start(&crew, self.threads, user_work, &self);
    crew_join(&crew);
    for (size_t cpu = 0; cpu < 2 * self.threads; cpu++) {
        struct frame_cpu_stats stats;
        failures += frame_cpu_stats(self.yard.pool, cpu, &stats) ? (size_t)stats.failures : 0;
    }
    size_t lost = frame_yard_settle(&self.yard, NULL);
    frame_yard_check(&self.yard);
    struct frame_stats stats;
    frame_stats(self.yard.pool, &stats);
    if (lost != 0 || stats.pending != 0) {
        die("%zu frames of %zu are lost, %zu wait", lost, stats.managed, stats.pending);
    }
    printf("%zu threads, %zu steps each, %zu frames, %zu requests refused\n", self.threads,
           self.steps_per_round * self.rounds, stats.managed, failures);
    frame_yard_destroy(&self.yard);
    return 0;
}
