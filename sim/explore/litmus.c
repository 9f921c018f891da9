// SPDX-License-Identifier: MIT
// Small programs on two words, searched through all their schedules and all that their loads may read. Each has one
// outcome in question, which the memory must allow or must not. Sequentially consistent memory allows none of them.
#include "litmus.h"

#include "arena.h"
#include "policies.h"
#include "scenario.h"
#include "shadow.h"
#include "word.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static word_t *x, *y;
static void *plain;        // memory that is no atomic
static unsigned answer[4]; // what loads answered
static unsigned wanted_answer[4];
static bool reached, raced;

// Message passing: y says that x is there.
static void mp_relaxed(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
        word_store_relaxed(y, 1);
    } else {
        answer[0] = (unsigned)word_load_relaxed(y);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

static void mp_ordered(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
        word_store_release(y, 1);
    } else {
        answer[0] = (unsigned)word_load_acquire(y);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

static void mp_no_acquire(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
        word_store_release(y, 1);
    } else {
        answer[0] = (unsigned)word_load_relaxed(y);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

// A relaxed read-modify-write by a third CPU passes on what the release before it carried.
static void mp_through_add(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
        word_store_release(y, 1);
    } else if (cpu == 1) {
        (void)word_add_relaxed(y, 1);
    } else {
        answer[0] = (unsigned)word_load_acquire(y);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

// A store that is no part of the release's sequence does not.
static void mp_overwritten(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
        word_store_release(y, 1);
        word_store_relaxed(y, 2);
    } else {
        answer[0] = (unsigned)word_load_acquire(y);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

static void mp_swap(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
        (void)word_add_seq(y, 1);
    } else {
        answer[0] = (unsigned)word_swap_seq(y, 0);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

// Plain memory instead of x.
static void race_ordered(unsigned cpu) {
    if (cpu == 0) {
        shadow_enter(cpu, plain, 8);
        shadow_leave(cpu, plain, 8);
        word_store_release(y, 1);
    } else if (word_load_acquire(y) == 1) {
        shadow_enter(cpu, plain, 8);
    }
}

static void race_relaxed(unsigned cpu) {
    if (cpu == 0) {
        shadow_enter(cpu, plain, 8);
        shadow_leave(cpu, plain, 8);
        word_store_relaxed(y, 1);
    } else if (word_load_acquire(y) == 1) {
        shadow_enter(cpu, plain, 8);
    }
}

// What is written after the release is not covered by it.
static void race_late(unsigned cpu) {
    if (cpu == 0) {
        word_store_release(y, 1);
        shadow_enter(cpu, plain, 8);
        shadow_leave(cpu, plain, 8);
        word_store_relaxed(x, 1);
    } else if (word_load_acquire(y) == 1 && word_load_acquire(x) == 1) {
        shadow_enter(cpu, plain, 8);
    }
}

// Store buffering, as of Dekker: each writes one word and reads the other.
static void sb_relaxed(unsigned cpu) {
    word_store_relaxed(cpu == 0 ? x : y, 1);
    answer[cpu] = (unsigned)word_load_relaxed(cpu == 0 ? y : x);
}

static void sb_release_acquire(unsigned cpu) {
    word_store_release(cpu == 0 ? x : y, 1);
    answer[cpu] = (unsigned)word_load_acquire(cpu == 0 ? y : x);
}

static void dekker(unsigned cpu) {
    (void)word_add_seq(cpu == 0 ? x : y, 1);
    answer[cpu] = (unsigned)word_load_seq(cpu == 0 ? y : x);
}

static void dekker_relaxed_load(unsigned cpu) {
    (void)word_add_seq(cpu == 0 ? x : y, 1);
    answer[cpu] = (unsigned)(cpu == 0 ? word_load_seq(y) : word_load_relaxed(x));
}

static void dekker_relaxed_add(unsigned cpu) {
    (void)(cpu == 0 ? word_add_seq(x, 1) : word_add_relaxed(y, 1));
    answer[cpu] = (unsigned)word_load_seq(cpu == 0 ? y : x);
}

// Two readers see two independent writes in different orders.
static void iriw_acquire(unsigned cpu) {
    if (cpu < 2) {
        word_store_release(cpu == 0 ? x : y, 1);
    } else {
        answer[2 * cpu - 4] = (unsigned)word_load_acquire(cpu == 2 ? x : y);
        answer[2 * cpu - 3] = (unsigned)word_load_acquire(cpu == 2 ? y : x);
    }
}

static void iriw_seq(unsigned cpu) {
    if (cpu < 2) {
        (void)word_swap_seq(cpu == 0 ? x : y, 1);
    } else {
        answer[2 * cpu - 4] = (unsigned)word_load_seq(cpu == 2 ? x : y);
        answer[2 * cpu - 3] = (unsigned)word_load_seq(cpu == 2 ? y : x);
    }
}

// One word is read in the order in which it was written, always.
static void corr(unsigned cpu) {
    if (cpu == 0) {
        word_store_relaxed(x, 1);
    } else {
        answer[0] = (unsigned)word_load_relaxed(x);
        answer[1] = (unsigned)word_load_relaxed(x);
    }
}

// Two swaps never get the same.
static void atomic_swap(unsigned cpu) {
    if (cpu == 2)
        word_store_relaxed(x, 1);
    else
        answer[cpu] = (unsigned)word_swap_seq(x, 0);
}

// What this kind of model cannot show: a load that reads a store made later by its own CPU's order.
static void lb(unsigned cpu) {
    answer[cpu] = (unsigned)word_load_relaxed(cpu == 0 ? x : y);
    word_store_relaxed(cpu == 0 ? y : x, 1);
}

static const struct {
    const char *name;
    unsigned cpus;
    void (*run)(unsigned cpu);
    unsigned outcome[4];
    bool races;    // the outcome in question is a race, and no answers
    bool expected; // of relaxed memory
} tests[] = {
    {"MP, relaxed", 2, mp_relaxed, {1, 0}, false, true},
    {"MP, release and acquire", 2, mp_ordered, {1, 0}, false, false},
    {"MP, release, relaxed load", 2, mp_no_acquire, {1, 0}, false, true},
    {"MP, through a relaxed add", 3, mp_through_add, {2, 0}, false, false},
    {"MP, release overwritten", 2, mp_overwritten, {2, 0}, false, true},
    {"MP, add and swap", 2, mp_swap, {1, 0}, false, false},
    {"plain data, release and acquire", 2, race_ordered, {0}, true, false},
    {"plain data, relaxed store", 2, race_relaxed, {0}, true, true},
    {"plain data, written after the release", 2, race_late, {0}, true, true},
    {"SB, relaxed", 2, sb_relaxed, {0, 0}, false, true},
    {"SB, release and acquire", 2, sb_release_acquire, {0, 0}, false, true},
    {"Dekker, seq", 2, dekker, {0, 0}, false, false},
    {"Dekker, one load relaxed", 2, dekker_relaxed_load, {0, 0}, false, true},
    {"Dekker, one add relaxed", 2, dekker_relaxed_add, {0, 0}, false, true},
    {"IRIW, release and acquire", 4, iriw_acquire, {1, 0, 1, 0}, false, true},
    {"IRIW, seq", 4, iriw_seq, {1, 0, 1, 0}, false, false},
    {"CoRR, relaxed", 2, corr, {1, 0}, false, false},
    {"one of two swaps gets it", 3, atomic_swap, {1, 1}, false, false},
    {"LB, relaxed: allowed by C11, out of this model's reach", 2, lb, {1, 1}, false, false},
};
#define TESTS (sizeof tests / sizeof tests[0])

static size_t current;

static void begin(void) {
    memset(answer, 0xff, sizeof answer);
    shadow_begin(16);
}

static void run(unsigned cpu) {
    tests[current].run(cpu);
}

static void finish(void) {
    size_t count = tests[current].cpus > 2 && tests[current].outcome[2] != 0 ? 4 : 2;
    reached |= !tests[current].races && memcmp(answer, wanted_answer, count * sizeof answer[0]) == 0;
}

static void name_word(const void *at, char *name, size_t bytes) {
    (void)snprintf(name, bytes, "%s", at == x ? "x" : "y");
}

static const struct scenario scenario = {
    .name = "litmus", .begin = begin, .run = run, .finish = finish, .name_word = name_word};

// All schedules of one program: whether the outcome was met.
static bool meets(size_t test, const struct memory *memory, uint64_t *schedules) {
    current = test;
    memcpy(wanted_answer, tests[test].outcome, sizeof wanted_answer);
    reached = raced = false;
    world.memory = memory;
    world.cpus = tests[test].cpus;
    exhaustive_reset();
    *schedules = 0;
    do {
        world_run();
        raced |= world_failed();
        ++*schedules;
    } while (world.policy->next(&world));
    return tests[test].races ? raced : reached;
}

int litmus(void) {
    unsigned wrong = 0;
    arena_init();
    world.scenario = &scenario;
    world.policy = &policy_exhaustive;
    world.plan.victim = CPU_NONE;
    world.steps_most = 1000;
    world.cpus = 4;
    world_init();
    x = arena_take(2 * sizeof *x, sizeof *x);
    y = x + 1;
    plain = arena_take(64, 64);
    arena_keep(x, 2 * sizeof *x);
    arena_save();
    for (size_t i = 0; i < TESTS; i++) {
        uint64_t schedules, sc_schedules;
        bool sc = meets(i, &memory_sc, &sc_schedules), c11 = meets(i, &memory_c11, &schedules);
        bool good = !sc && c11 == tests[i].expected;
        wrong += !good;
        (void)printf("%s  %-55s %s (%" PRIu64 " schedules; sc %s, %" PRIu64 ")\n", good ? "ok   " : "WRONG",
                     tests[i].name, c11 ? "reached" : "never", schedules, sc ? "reached" : "never", sc_schedules);
    }
    (void)printf("%zu programs, %u wrong\n", TESTS, wrong);
    return wrong != 0;
}
