// SPDX-License-Identifier: MIT
// All CPUs at once in one small heap, so that spans are typed and retyped all the time, while timer and IPI handlers
// use the same heap and blocks change hands between all of them.
#include "actor.h"
#include "arch.h"
#include "cpus.h"
#include "options.h"
#include "print.h"
#include "tap.h"
#include "tests.h"
#include "tick.h"
#include "yard.h"

enum {
    STEPS = 60000,          // of all CPUs together
    TICKS_A_SECOND = 40000, // the same
    ROUNDS = 8,             // between which the heap is checked while blocks are in use
    HANDLER_STEPS = 24,
    STEPS_A_SQUEEZE = 100, // one at least in so many makes a new span, or finds no memory
    // Where a clock tick is an instruction, and one real thread runs all CPUs in turn.
    SLICED_STEPS = 40000,
    SLICED_ROUNDS = 20,
    SLICE_TICKS = 32, // the shortest; some are long, for others to do much while a CPU stands still within a call
    SLICE_OCTAVES = 8,
    SLICES_A_TURN = 8,
    // With very many CPUs everything takes longer.
    CROWDED_CPUS = 64,
    CROWDED_STEPS = 40000,
    CROWDED_ROUNDS = 2,
    CROWDED_TICKS_A_SECOND = 4000,
    // Where CPUs wait for one another, and emulated ones for real ones, the more so with every CPU.
    WAITING_STEPS = 4000,
    WAITING_TICKS_A_SECOND = 500,
    WAITING_ROUNDS = 1,
};

// What actors ask for. Wide: all sizes, and as much as there is. Tight: a few small blocks each, about as many sizes as
// blocks, and hardly more pages, for ballast fills the rest: pages become another size's with every few calls.
static const struct appetite {
    uint32_t places;
    uint32_t sizes, sizes_a_cpu; // 0 and 0: any
    uint32_t mail;
    size_t feast_most;
    size_t drain_every; // so many steps
    size_t spared;      // pieces of ballast that are not put in, and one more for CPUS_A_BALLAST CPUs; 0: no ballast
} wide = {ACTOR_PLACES, 0, 0, 64, 200, 16, 0}, tight = {1, 2, 2, 2, 20, 1, 1};
enum { BALLAST_BYTES = 8 * 4096, CPUS_A_BALLAST = 8, SIZES_MOST = 64 };

static struct {
    struct yard yard;
    struct crowd crowd;
    struct actor *tasks, *handlers; // one a CPU
    const struct appetite *appetite;
    size_t steps;    // of each task in a round
    uint64_t period; // of the timer on each CPU
    bool slicing;    // ticks come after so few instructions that most do nothing but end a time slice
} stress;

// A tick or an IPI: between two calls of the task, or within one if both have CPU numbers of their own.
static void handle(void) {
    struct actor *handler = &stress.handlers[cpu_self()->index];
    if (stress.slicing) {
        cpu_self()->tick_period = stress.period << actor_random(handler, SLICE_OCTAVES);
        if (actor_random(handler, SLICES_A_TURN) != 0)
            return;
    }
    for (unsigned i = 1; i <= HANDLER_STEPS; i++) { // bound: HANDLER_STEPS
        actor_step(handler);
        if (i % stress.appetite->drain_every == 0)
            actor_drain(handler);
    }
    if (actor_random(handler, 8) == 0)
        actor_feast(handler, 8);
}

static void work(void *arg) {
    (void)arg;
    size_t me = cpu_self()->index, cpus = cpus_count();
    struct actor *task = &stress.tasks[me];
    tick_set(stress.period, handle);
    for (size_t i = 1; i <= stress.steps; i++) { // bound: steps
        actor_step(task);
        if (i % stress.appetite->drain_every == 0)
            actor_drain(task);
        if (i % 512 == 0)
            actor_feast(task, stress.appetite->feast_most);
        if (i % 256 == 0)
            ipi_send(cpus_at(actor_random(task, (uint32_t)cpus)));
    }
    cpus_meet();
    tick_reset();
}

static struct actor *make_actors(size_t count, size_t slots, size_t first_slot) {
    struct actor *actors = kheap_zalloc(count * sizeof *actors, CPU_LINE_BYTES);
    for (size_t i = 0; i < count; i++) { // bound: count
        actors[i].crowd = &stress.crowd;
        actors[i].has_slot = slots > count;
        actors[i].slot = first_slot + i;
        actors[i].random = (options.seed + first_slot + i) * 1000003;
    }
    return actors;
}

// Work to do, as the machine can bear it.
static struct pace {
    size_t steps, rounds;
    uint64_t period; // of the timer on each CPU
} choose_pace(size_t cpus) {
    if (stress.slicing)
        return (struct pace){SLICED_STEPS / cpus, SLICED_ROUNDS, SLICE_TICKS * cpus};
    if (!BACKEND_WAIT_FREE)
        return (struct pace){WAITING_STEPS / cpus / cpus, WAITING_ROUNDS, clock_hz() * cpus / WAITING_TICKS_A_SECOND};
    if (cpus > CROWDED_CPUS)
        return (struct pace){CROWDED_STEPS / cpus, CROWDED_ROUNDS, clock_hz() * cpus / CROWDED_TICKS_A_SECOND};
    return (struct pace){STEPS / cpus, ROUNDS, clock_hz() * cpus / TICKS_A_SECOND};
}

// Runs the tasks, and between two rounds, when nobody is in the heap, looks whether it is sound.
static void run_rounds(const char *name) {
    struct pace pace = choose_pace(cpus_count());
    stress.period = pace.period;
    stress.steps = pace.steps / pace.rounds;
    for (size_t round = 0; round < pace.rounds; round++) { // bound: rounds
        ipi_set(handle);
        cpus_run(work, NULL);
        ipi_set(NULL);
        yard_look(&stress.yard, name);
    }
}

static void sum_up(void) {
    uint64_t steps = 0, handler_steps = 0, nulls = 0;
    struct backend_events events = {0};
    for (size_t i = 0; i < cpus_count(); i++) { // bound: CPUs
        actor_release(&stress.tasks[i]);
        actor_release(&stress.handlers[i]);
        steps += stress.tasks[i].steps;
        handler_steps += stress.handlers[i].steps;
        nulls += stress.tasks[i].nulls + stress.handlers[i].nulls;
    }
    for (size_t i = 0; i < stress.yard.slots; i++) // bound: slots
        backend_events_add(stress.yard.heap, i, &events);
    print(
        "# %lu steps of tasks, %lu of handlers; %lu requests answered NULL, %lu claims, %lu flushes, %lu spans made\n",
        steps, handler_steps, nulls, events.claims, events.flushes, events.spans_made);
    tap_expect(handler_steps > 0 && nulls + events.spans_made >= (BACKEND_WAIT_FREE ? steps / STEPS_A_SQUEEZE : 0),
               "this is no stress");
}

static void run(const char *name, const struct appetite *appetite, bool reentry) {
    size_t cpus = cpus_count(), slots = reentry ? 2 * cpus : cpus;
    uint32_t sizes = appetite->sizes + appetite->sizes_a_cpu * (uint32_t)cpus;
    yard_open(&stress.yard, slots);
    stress.appetite = appetite;
    crowd_init(&stress.crowd, stress.yard.heap, appetite->places, sizes < SIZES_MOST ? sizes : SIZES_MOST,
               appetite->mail);
    stress.tasks = make_actors(cpus, slots, 0);
    stress.handlers = make_actors(cpus, slots, cpus);
    void *ballast = NULL;
    if (appetite->spared > 0)
        (void)yard_fill(stress.yard.heap, BALLAST_BYTES, &ballast);
    yard_empty(stress.yard.heap, &ballast, appetite->spared + cpus / CPUS_A_BALLAST);
    run_rounds(name);
    sum_up();
    crowd_destroy(&stress.crowd);
    yard_empty(stress.yard.heap, &ballast, SIZE_MAX);
    kheap_free(stress.tasks);
    kheap_free(stress.handlers);
    yard_close(&stress.yard, name);
}

void test_stress(void) {
    run("stress", &wide, false);
}

void test_stress_retyping(void) {
    run("retyping", &tight, false);
}

void test_stress_reentry(void) {
    run("reentry", &tight, true);
}

bool stress_main(void) {
    stress.slicing = true;
    tap_begin();
    tap_test("stress under seeded time slices", test_stress);
    tap_test("retyping under seeded time slices", test_stress_retyping);
    return tap_end();
}
