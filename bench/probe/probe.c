// SPDX-License-Identifier: MIT
// Runs one scenario on one allocator for a number of operations from a fixed seed, for tools that count instructions.
// On one thread every run executes the same instructions.
//
//   wfprobe SCENARIO VARIANT ALLOCATOR OPERATIONS [THREADS]
//
// OPERATIONS are for each thread; the first to reach them ends the run for all. Scenarios that do a fixed amount of
// work do that. The first half of the operations warms the allocator up: its calls go around probe_alloc and
// probe_free, those of the second half go through them, where counting tools find them. Prints how many did.
#include "adapter/adapter.h"
#include "port/port.h"
#include "scenario/scenario.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SEED = 20260101, OPERATIONS_MAX = 1000000000, THREADS_MAX = 64 };

// What one thread does.
struct worker {
    struct bench_env env;
    const struct scenario *scenario;
    struct bench_mailbox outbox;
    uint64_t allocs, frees; // through probe_alloc and probe_free
    pthread_t thread;
};

// One a process: probe_alloc is handed nothing but the allocator's own heap.
static struct {
    const struct adapter *adapter;
    uint64_t operations;
    size_t threads;
    bool finished; // atomic
    struct worker workers[THREADS_MAX];
} probe;

// Exported and kept out of line, so that tools see their names and every call goes through them.
void *probe_alloc(void *heap, size_t cpu, size_t size);
void probe_free(void *heap, size_t cpu, void *p);

__attribute__((noinline)) void *probe_alloc(void *heap, size_t cpu, size_t size) {
    void *p = probe.adapter->alloc(heap, cpu, size);
    probe.workers[cpu].allocs++;
    return p;
}

__attribute__((noinline)) void probe_free(void *heap, size_t cpu, void *p) {
    probe.adapter->free(heap, cpu, p);
    probe.workers[cpu].frees++;
}

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    (void)fprintf(stderr, "wfprobe: fault %d at %p on CPU %zu\n", (int)kind, address, cpu);
    exit(1);
}

static _Noreturn void give_up(const char *what, const char *sentence) {
    (void)fprintf(stderr, "wfprobe: %s: %s\n", what, sentence);
    exit(1);
}

static bool probe_running(struct bench_env *env) {
    if (env->ops >= probe.operations / 2) {
        env->alloc = probe_alloc;
        env->free = probe_free;
    }
    if (env->ops >= probe.operations) {
        __atomic_store_n(&probe.finished, true, __ATOMIC_RELAXED);
    }
    return !__atomic_load_n(&probe.finished, __ATOMIC_RELAXED);
}

static void probe_pause(struct bench_env *env) {
    (void)env;
    (void)sched_yield();
}

// Time must not steer the run: it passes with the operations.
static uint64_t probe_now_ns(struct bench_env *env) {
    return env->ops;
}

static void probe_drain(struct bench_env *env) {
    probe.adapter->drain(env->heap, env->cpu);
}

static void probe_figures(struct bench_env *env, struct bench_figures *out) {
    memset(out, 0, sizeof *out);
    if (probe.adapter->figures != NULL) {
        probe.adapter->figures(env->heap, env->cpu, out);
    }
}

static void probe_report(struct bench_env *env, const struct bench_step *step) {
    (void)env, (void)step; // only instructions count here
}

static void probe_series(struct bench_env *env, double x, uint64_t y) {
    (void)env, (void)x, (void)y;
}

static void *mapped_as(size_t bytes, int how) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);
    if (memory == MAP_FAILED) {
        give_up("mmap", "no memory");
    }
    return memory;
}

static void *mapped(size_t bytes) {
    return mapped_as(bytes, MAP_POPULATE);
}

static const struct scenario *scenario_named(const char *name) {
    for (const struct scenario *const *at = scenario_table; *at != NULL; at++) {
        if (strcmp((*at)->name, name) == 0) {
            return *at;
        }
    }
    give_up(name, "no such scenario");
}

static size_t variant_named(const struct scenario *scenario, const char *name) {
    for (size_t i = 0; scenario->variants[i] != NULL; i++) {
        if (strcmp(scenario->variants[i], name) == 0) {
            return i;
        }
    }
    give_up(name, "the scenario has no such variant");
}

// Each worker sends to the next; a single one is its own neighbour.
static void mailboxes_connect(size_t entries) {
    for (size_t i = 0; i < probe.threads && entries != 0; i++) {
        struct worker *sender = &probe.workers[i];
        struct worker *receiver = &probe.workers[(i + 1) % probe.threads];
        sender->outbox.entries = mapped(entries * sizeof(void *));
        sender->outbox.mask = entries - 1;
        sender->env.outbox = receiver->env.inbox = &sender->outbox;
    }
}

static void worker_prepare(struct worker *worker, const struct scenario *scenario, size_t variant, void *heap,
                           void *shared) {
    size_t region_bytes = scenario->region_bytes(variant);
    size_t cpu = (size_t)(worker - probe.workers);
    worker->scenario = scenario;
    worker->env = (struct bench_env){
        .alloc = probe.adapter->alloc,
        .free = probe.adapter->free,
        .heap = heap,
        .cpu = cpu,
        .cpus = probe.threads,
        .random_state = SEED + cpu,
        .variant = variant,
        .region_bytes = region_bytes,
        .region_bounds = probe.adapter->in_region,
        .shared = shared,
        .running = probe_running,
        .pause = probe_pause,
        .now_ns = probe_now_ns,
        .drain = probe_drain,
        .figures = probe_figures,
        .report = probe_report,
        .series = probe_series,
    };
    if (scenario->scratch_bytes != NULL) {
        worker->env.scratch = mapped(scenario->scratch_bytes(variant, probe.threads, region_bytes));
    }
}

static void probe_prepare(const struct scenario *scenario, size_t variant) {
    size_t region_bytes = scenario->region_bytes(variant);
    int how = scenario->sparse ? MAP_NORESERVE : MAP_POPULATE;
    void *region = probe.adapter->in_region ? mapped_as(region_bytes, how) : NULL;
    void *heap = NULL;
    const char *refusal = probe.adapter->open(probe.adapter, region, region_bytes, probe.threads, &heap);
    if (refusal != NULL) {
        give_up(probe.adapter->name, refusal);
    }
    void *shared = scenario->shared_bytes != 0 ? mapped(scenario->shared_bytes) : NULL;
    for (size_t i = 0; i < probe.threads; i++) {
        worker_prepare(&probe.workers[i], scenario, variant, heap, shared);
    }
    mailboxes_connect(scenario->mailbox_slots);
    for (size_t i = 0; i < probe.threads && scenario->prepare != NULL; i++) {
        scenario->prepare(&probe.workers[i].env);
    }
}

static void *worker_run(void *argument) {
    struct worker *worker = argument;
    do {
        worker->scenario->run(&worker->env);
    } while (worker->scenario->mortal && worker->env.running(&worker->env));
    return NULL;
}

// The first worker is the main thread, so that a run with one thread starts none.
static void probe_run(void) {
    for (size_t i = 1; i < probe.threads; i++) {
        if (pthread_create(&probe.workers[i].thread, NULL, worker_run, &probe.workers[i]) != 0) {
            give_up("pthread_create", "no thread to be had");
        }
    }
    (void)worker_run(&probe.workers[0]);
    for (size_t i = 1; i < probe.threads; i++) {
        (void)pthread_join(probe.workers[i].thread, NULL);
    }
}

static void probe_tell(void) {
    uint64_t allocs = 0;
    uint64_t frees = 0;
    for (size_t i = 0; i < probe.threads; i++) {
        const struct worker *worker = &probe.workers[i];
        if (worker->env.damaged != 0 && !probe.adapter->shares_blocks) {
            give_up(probe.adapter->name, "blocks were damaged");
        }
        allocs += worker->allocs;
        frees += worker->frees;
    }
    (void)printf("%llu %llu\n", (unsigned long long)allocs, (unsigned long long)frees);
}

static uint64_t number(const char *text, uint64_t max) {
    char *end = NULL;
    uint64_t value = strtoull(text, &end, 10);
    if (*end != '\0' || value == 0 || value > max) {
        give_up(text, "not a number, or out of range");
    }
    return value;
}

int main(int argc, char **argv) {
    if (argc != 5 && argc != 6) {
        give_up("wants", "SCENARIO VARIANT ALLOCATOR OPERATIONS [THREADS]");
    }
    const struct scenario *scenario = scenario_named(argv[1]);
    size_t variant = variant_named(scenario, argv[2]);
    probe.adapter = adapter_find(argv[3]);
    if (probe.adapter == NULL) {
        give_up(argv[3], "no such allocator");
    }
    probe.operations = number(argv[4], OPERATIONS_MAX);
    probe.threads = argc == 6 ? number(argv[5], THREADS_MAX) : 1;
    if (probe.threads < scenario->threads_min || probe.threads > scenario->threads_max) {
        give_up(argv[1], "does not run on so many threads");
    }
    if (!adapter_fits(probe.adapter, scenario)) {
        give_up(argv[1], "asks for what the allocator cannot do");
    }
    if (scenario->rcu || scenario->stalled || scenario->talloc) {
        give_up(argv[1], "needs what only the benchmark's own driver provides");
    }
    probe_prepare(scenario, variant);
    probe_run();
    probe_tell();
    return 0;
}
