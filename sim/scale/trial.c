// SPDX-License-Identifier: MIT
// Surroundings for the scenarios of the benchmark: heap, mailboxes, clock and counters on virtual CPUs.
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES ((size_t)4096)
#define REGION_ALIGN ((size_t)2 << 20)
#define MAIL_BATCH_MOST 64u
#define PAUSE_DOUBLINGS_MOST 7u
#define SCENARIO_INSTRUCTIONS 2.1 // for each memory access outside the heap's calls

struct running_trial {
    const struct trial *trial;
    struct trial_result *result;
    struct bench_env **envs;
    void *heap;
    uint64_t calls;      // so far
    uint64_t *calls_of;  // each CPU
    unsigned *pauses_of; // each CPU, since its last call
    size_t warm;         // CPUs that have made their share of the calls before measuring
    uint64_t begun;      // calls when measuring began; 0: not yet
    ticks begun_at;
};

static struct running_trial now;

static size_t whole_pages(size_t bytes) {
    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
}

static void *map(size_t bytes) {
    void *p =
        mmap(NULL, whole_pages(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        fprintf(stderr, "wfsim scale: the system refused %zu bytes of address space\n", bytes);
        exit(2);
    }
    return p;
}

static struct engine_counts counts_of_all(void) {
    struct engine_counts sum = {0};
    // bound: CPUs
    for (size_t i = 0; i < now.trial->cpus; i++) {
        const struct engine_counts *counts = &engine_cpu_at(i)->counts;
        sum.accesses += counts->accesses;
        sum.locked += counts->locked;
        sum.lines.hits += counts->lines.hits;
        sum.lines.shared += counts->lines.shared;
        sum.lines.near += counts->lines.near;
        sum.lines.far += counts->lines.far;
        sum.lines.cold += counts->lines.cold;
    }
    return sum;
}

static struct engine_counts counts_between(struct engine_counts a, struct engine_counts b) {
    return (struct engine_counts){
        .accesses = b.accesses - a.accesses,
        .locked = b.locked - a.locked,
        .lines = {b.lines.hits - a.lines.hits, b.lines.shared - a.lines.shared, b.lines.near - a.lines.near,
                  b.lines.far - a.lines.far, b.lines.cold - a.lines.cold},
    };
}

static void begin_to_measure(const struct virtual_cpu *cpu) {
    struct trial_result *result = now.result;
    now.begun = now.calls;
    now.begun_at = cpu->now;
    result->at = counts_of_all();
    engine_forget_places();
    result->call_accesses = 0;
    histogram_clear(&result->alloc);
    histogram_clear(&result->free);
}

static void end_of_measure(const struct virtual_cpu *cpu) {
    struct trial_result *result = now.result;
    result->calls = now.calls - now.begun;
    result->cycles = (double)(cpu->now - now.begun_at) / TICKS_PER_CYCLE;
    result->at = counts_between(result->at, counts_of_all());
    engine_stop();
}

// Measuring begins after a third of the calls, once all CPUs have made a fair part of theirs, or long after: behind a
// lock that is not fair some may never get on.
static bool is_warm(const struct virtual_cpu *cpu) {
    uint64_t before = now.trial->calls / 3;
    if (++now.calls_of[cpu->index] == before / now.trial->cpus / 2 + 1)
        now.warm++;
    return now.calls >= 4 * before || (now.calls >= before && now.warm == now.trial->cpus);
}

static void note_call(struct histogram *latencies, ticks since, uint64_t accesses_since) {
    const struct virtual_cpu *cpu = engine_cpu();
    histogram_add(latencies, (cpu->now - since) / TICKS_PER_CYCLE);
    now.result->call_accesses += cpu->counts.accesses - accesses_since;
    now.calls++;
    now.pauses_of[cpu->index] = 0;
    if (now.begun == 0 && is_warm(cpu))
        begin_to_measure(cpu);
    else if (now.begun != 0 && now.calls - now.begun >= now.trial->calls)
        end_of_measure(cpu);
}

static void *timed_alloc(void *heap, size_t cpu, size_t size) {
    ticks since = engine_cpu()->now;
    uint64_t accesses = engine_cpu()->counts.accesses;
    engine_set_instructions(now.trial->heap->instructions);
    void *p = now.trial->heap->alloc(heap, cpu, size);
    engine_set_instructions(SCENARIO_INSTRUCTIONS);
    now.result->failed += p == NULL;
    note_call(&now.result->alloc, since, accesses);
    return p;
}

static void timed_free(void *heap, size_t cpu, void *p) {
    ticks since = engine_cpu()->now;
    uint64_t accesses = engine_cpu()->counts.accesses;
    engine_set_instructions(now.trial->heap->instructions);
    now.trial->heap->free(heap, cpu, p);
    engine_set_instructions(SCENARIO_INSTRUCTIONS);
    note_call(&now.result->free, since, accesses);
}

static bool always_running(struct bench_env *env) {
    (void)env;
    return true;
}

// Who waits for another CPU looks again after a while, and ever more seldom until there is something to do.
static void pause_a_while(struct bench_env *env) {
    unsigned *pauses = &now.pauses_of[env->cpu];
    engine_spend(now.trial->cost.pause * (double)(1u << *pauses));
    *pauses += *pauses < PAUSE_DOUBLINGS_MOST;
}

static struct bench_mailbox *mailbox_make(size_t slots) {
    struct bench_mailbox *box = map(sizeof *box);
    box->entries = map(slots * sizeof(void *));
    box->mask = slots - 1;
    box->batch_mask = (slots / 16 < MAIL_BATCH_MOST ? slots / 16 : MAIL_BATCH_MOST) - 1;
    return box;
}

static void env_make(struct bench_env *env, size_t cpu, void *shared) {
    const struct trial *trial = now.trial;
    const struct scenario *scenario = trial->scenario;
    *env = (struct bench_env){
        .alloc = timed_alloc,
        .free = timed_free,
        .heap = now.heap,
        .cpu = cpu,
        .cpus = trial->cpus,
        .random_state = trial->seed * 1000003u + cpu,
        .variant = trial->variant,
        .region_bytes = trial->region_bytes,
        .region_bounds = true,
        .shared = shared,
        .running = always_running,
        .pause = pause_a_while,
    };
    if (scenario->scratch_bytes != NULL)
        env->scratch = map(scenario->scratch_bytes(trial->variant, trial->cpus, trial->region_bytes) + 1);
    if (scenario->mailbox_slots != 0)
        env->inbox = mailbox_make(scenario->mailbox_slots);
}

static void envs_make(void) {
    const struct trial *trial = now.trial;
    void *shared = map(trial->scenario->shared_bytes + 1);
    now.envs = map(trial->cpus * sizeof *now.envs);
    now.calls_of = map(trial->cpus * sizeof *now.calls_of);
    now.pauses_of = map(trial->cpus * sizeof *now.pauses_of);
    // bound: CPUs
    for (size_t i = 0; i < trial->cpus; i++) {
        now.envs[i] = map(sizeof *now.envs[i]);
        env_make(now.envs[i], i, shared);
    }
    // bound: CPUs
    for (size_t i = 0; i < trial->cpus; i++) {
        now.envs[i]->outbox = now.envs[(i + 1) % trial->cpus]->inbox;
        if (trial->scenario->prepare != NULL)
            trial->scenario->prepare(now.envs[i]);
    }
}

static void envs_unmake(void) {
    const struct trial *trial = now.trial;
    const struct scenario *scenario = trial->scenario;
    (void)munmap(now.envs[0]->shared, whole_pages(scenario->shared_bytes + 1));
    // bound: CPUs
    for (size_t i = 0; i < trial->cpus; i++) {
        struct bench_env *env = now.envs[i];
        now.result->damaged += env->damaged;
        if (env->scratch != NULL)
            (void)munmap(env->scratch,
                         whole_pages(scenario->scratch_bytes(trial->variant, trial->cpus, trial->region_bytes) + 1));
        if (env->inbox != NULL) {
            (void)munmap(env->inbox->entries, whole_pages(scenario->mailbox_slots * sizeof(void *)));
            (void)munmap(env->inbox, whole_pages(sizeof *env->inbox));
        }
        (void)munmap(env, whole_pages(sizeof *env));
    }
    (void)munmap(now.pauses_of, whole_pages(trial->cpus * sizeof *now.pauses_of));
    (void)munmap(now.calls_of, whole_pages(trial->cpus * sizeof *now.calls_of));
    (void)munmap(now.envs, whole_pages(trial->cpus * sizeof *now.envs));
}

static void trial_work(void *argument) {
    struct bench_env *env = argument;
    engine_set_instructions(SCENARIO_INSTRUCTIONS);
    now.trial->scenario->run(env);
}

void trial_run(const struct trial *trial, struct trial_result *result) {
    *result = (struct trial_result){0};
    now = (struct running_trial){.trial = trial, .result = result};
    size_t bytes = trial->region_bytes;
    unsigned char *mapped = map(bytes + REGION_ALIGN);
    // Where the region begins must not change from run to run, as far as the heaps can tell.
    unsigned char *region = mapped + (REGION_ALIGN - (uintptr_t)mapped % REGION_ALIGN) % REGION_ALIGN;
    now.heap = trial->heap->open(region, bytes, trial->cpus);
    envs_make();
    engine_run(&trial->cost, trial->cpus, trial_work, (void *const *)now.envs);
    envs_unmake();
    (void)munmap(mapped, whole_pages(bytes + REGION_ALIGN));
}
