// SPDX-License-Identifier: MIT
// Every N-th request refused, for every N: whatever a heap refuses at whatever moment, nothing is lost, nothing is
// changed, and what was written is still there.
#include "talloc_world.h"

#include "stress/support/rng.h"

TestSuite(talloc_failing, .timeout = 120);

enum { PLACES = 12, TURNS = 60 };

struct place {
    unsigned char *p;
    size_t size;
};

struct play {
    struct talloc_world world;
    struct place places[PLACES];
    struct rng random;
};

static void write_all(struct place *place) {
    for (size_t i = 0; i < place->size; i++)
        place->p[i] = (unsigned char)(place->size + i);
}

static void must_hold(const struct place *place, const unsigned char *p, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        EXPECT(p[i] == (unsigned char)(place->size + i), "byte %zu of %zu was changed", i, place->size);
}

static void change(struct play *play, struct place *place, size_t cpu, size_t size) {
    unsigned char *p = talloc_realloc(play->world.talloc, cpu, place->p, size, (size_t)8 << play->random.state % 4);
    if (p == NULL) { // as it was
        must_hold(place, place->p, place->size);
        return;
    }
    must_hold(place, p, place->size < size ? place->size : size);
    *place = (struct place){p, size};
    write_all(place);
}

static void drop(struct play *play, struct place *place, size_t cpu) {
    must_hold(place, place->p, place->size);
    talloc_free(play->world.talloc, cpu, place->p);
    *place = (struct place){NULL, 0};
}

// The same requests each time, whatever becomes of them: small and large, growing, shrinking, under both policies.
static void perform(struct play *play) {
    play->random.state = 5;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        struct place *place = &play->places[rng_below(&play->random, PLACES)];
        size_t cpu = rng_below(&play->random, CPUS), size = rng_log_uniform(&play->random, 60000);
        enum talloc_policy saved = talloc_save(play->world.talloc, cpu);
        if (rng_percent(&play->random, 40))
            talloc_use_primary(play->world.talloc, cpu);
        if (rng_percent(&play->random, 65))
            change(play, place, cpu, size);
        else
            drop(play, place, cpu);
        talloc_restore(play->world.talloc, cpu, saved);
    }
    const char *broken = talloc_check(play->world.talloc, 0);
    EXPECT(broken == NULL, "broken: %s", broken);
    for (size_t i = 0; i < PLACES; i++)
        drop(play, &play->places[i], i % CPUS);
}

struct refusal {
    uint64_t primary_at, primary_period, backup_at, backup_period;
};

static void perform_refusing(struct play *play, const struct heap_backend *primary, const struct heap_backend *backup,
                             const struct refusal *refusal, uint64_t requests[2]) {
    static const struct talloc_config plain = {0};
    talloc_world_make(&play->world, primary, backup, &plain);
    play->world.primary.failing.fail_at = refusal->primary_at;
    play->world.primary.failing.period = refusal->primary_period;
    play->world.backup.failing.fail_at = refusal->backup_at;
    play->world.backup.failing.period = refusal->backup_period;
    perform(play);
    requests[0] = play->world.primary.failing.requests;
    requests[1] = play->world.backup.failing.requests;
    talloc_world_end(&play->world);
}

static void over_all_pairs(void (*test)(struct play *play, const struct heap_backend *primary,
                                        const struct heap_backend *backup)) {
    static struct play play;
    for (size_t i = 0; i < BACKENDS * BACKENDS; i++)
        test(&play, backends[i / BACKENDS], backends[i % BACKENDS]);
}

static void each_of_the_primary(struct play *play, const struct heap_backend *primary,
                                const struct heap_backend *backup) {
    uint64_t requests[2] = {1};
    struct refusal refusal = {.primary_at = 1};
    for (; refusal.primary_at <= requests[0]; refusal.primary_at++)
        perform_refusing(play, primary, backup, &refusal, requests);
    EXPECT(refusal.primary_at > TURNS / 3, "only %llu requests", (unsigned long long)refusal.primary_at);
}

Test(talloc_failing, each_request_of_the_primary_heap) {
    over_all_pairs(each_of_the_primary);
}

// The primary heap refuses all but every third, so that the backup heap has work to do.
static void each_of_the_backup(struct play *play, const struct heap_backend *primary,
                               const struct heap_backend *backup) {
    for (uint64_t period = 1; period <= 2; period++) {
        uint64_t requests[2] = {1, 1};
        struct refusal refusal = {.primary_period = period, .backup_at = 1};
        for (; refusal.backup_at <= requests[1]; refusal.backup_at++)
            perform_refusing(play, primary, backup, &refusal, requests);
        EXPECT(refusal.backup_at > 6, "only %llu requests", (unsigned long long)refusal.backup_at);
    }
}

Test(talloc_failing, each_request_of_the_backup_heap) {
    over_all_pairs(each_of_the_backup);
}

static void each_nth_of_both(struct play *play, const struct heap_backend *primary, const struct heap_backend *backup) {
    for (uint64_t period = 1; period <= 12; period++) {
        for (uint64_t other = 1; other <= 4; other++) {
            uint64_t requests[2];
            struct refusal refusal = {.primary_period = period, .backup_period = other};
            perform_refusing(play, primary, backup, &refusal, requests);
        }
    }
}

Test(talloc_failing, every_nth_request_of_both) {
    over_all_pairs(each_nth_of_both);
}
