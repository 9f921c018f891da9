// SPDX-License-Identifier: MIT
// The threads that stand for CPUs.
#include "team.h"

#include "clock.h"
#include "duo.h"
#include "machine.h"
#include "memory.h"
#include "rcu.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEAM_SLOW_NS = 1000000, TEAM_MAIL_BATCH_MAX = 64 };

static void worker_begin(struct worker *worker) {
    worker->start_ns = clock_now_ns();
    worker->ops_before = worker->env.ops;
    worker->failed_before = worker->env.failed;
    if (worker->team->timed || worker->team->job->scenario->talloc) {
        timed_clear(&worker->timed);
    }
    worker->seen = TEAM_COUNT;
}

// True while the worker is to go on. One that missed the whole time, waiting for a lock or for its turn on the
// processor, begins late and counts one batch: its slowness must not go unseen.
static bool worker_note_phase(struct worker *worker, enum team_phase phase) {
    if (worker->seen == TEAM_WARM) {
        worker_begin(worker);
        return true;
    }
    worker->stop_ns = clock_now_ns();
    worker->seen = phase;
    return false;
}

bool worker_running(struct bench_env *env) {
    struct worker *worker = (struct worker *)env;
    uint64_t limit = worker->team->job->ops;
    if (limit != 0 && env->ops >= limit) {
        team_enter(worker->team, TEAM_STOP);
    }
    enum team_phase phase = (enum team_phase)__atomic_load_n(&worker->team->phase, __ATOMIC_ACQUIRE);
    timed_look(&worker->timed);
    if (phase != worker->seen) {
        return worker_note_phase(worker, phase);
    }
    return phase != TEAM_STOP;
}

static void worker_pause(struct bench_env *env) {
    (void)env;
    (void)sched_yield();
}

static uint64_t worker_now(struct bench_env *env) {
    (void)env;
    return clock_now_ns();
}

static void worker_drain(struct bench_env *env) {
    struct worker *worker = (struct worker *)env;
    worker->team->job->adapter->drain(worker->team->heap, env->cpu);
}

static void worker_figures(struct bench_env *env, struct bench_figures *out) {
    team_figures(((struct worker *)env)->team, env->cpu, out);
}

static void worker_series(struct bench_env *env, double x, uint64_t bytes) {
    const struct job *job = ((struct worker *)env)->team->job;
    channel_text(&job->channel, MESSAGE_SERIES, "%g %llu", x, (unsigned long long)bytes);
}

// Where single calls are not timed, recoveries stand in for frees.
static void worker_recovered(struct bench_env *env, uint64_t nanoseconds) {
    struct worker *worker = (struct worker *)env;
    histogram_add(&worker->timed.free, (uint64_t)((double)nanoseconds / clock_ns_per_tick()));
}

static void worker_report(struct bench_env *env, const struct bench_step *step) {
    struct worker *worker = (struct worker *)env;
    struct team *team = worker->team;
    struct bench_figures figures;
    team_figures(team, env->cpu, &figures);
    struct result result = {
        .threads = team->job->threads,
        .ops = step->ops,
        .seconds = (double)step->nanoseconds / 1e9,
        .requested_bytes = step->requested_bytes,
        .utilisation = step->utilisation,
        .region_bytes = team->job->adapter->in_region ? env->region_bytes : 0,
        .peak_bytes = figures.peak_bytes,
        .failed_allocs = env->failed,
    };
    (void)snprintf(result.scenario, sizeof result.scenario, "%s", team->job->scenario->name);
    (void)snprintf(result.variant, sizeof result.variant, "%s", step->label);
    (void)snprintf(result.allocator, sizeof result.allocator, "%s", team->job->adapter->name);
    if (team->timed) {
        team_latency(team, env->cpu, env->cpu + 1, &result.alloc, &result.free);
        timed_clear(&worker->timed);
    }
    channel_result(&team->job->channel, &result);
    env->failed = 0;
}

static struct bench_mailbox *mailbox_make(size_t slots) {
    struct bench_mailbox *box = memory_pages(sizeof *box);
    box->entries = memory_pages(slots * sizeof(void *));
    box->mask = slots - 1;
    box->batch_mask = (slots / 16 < TEAM_MAIL_BATCH_MAX ? slots / 16 : TEAM_MAIL_BATCH_MAX) - 1;
    return box;
}

static void worker_make(struct team *team, size_t cpu) {
    const struct job *job = team->job;
    struct worker *worker = &team->workers[cpu];
    worker->team = team;
    worker->unit = job->units[cpu % job->unit_count];
    worker->env = (struct bench_env){
        .alloc = job->adapter->alloc,
        .free = job->adapter->free,
        .heap = team->heap,
        .cpu = cpu,
        .cpus = job->threads,
        .random_state = (job->seed + 1) * 0x9e3779b97f4a7c15u + cpu * 0xbf58476d1ce4e5b9u,
        .variant = job->variant,
        .region_bytes = job->region_bytes,
        .region_bounds = job->adapter->in_region,
        .running = worker_running,
        .pause = worker_pause,
        .now_ns = worker_now,
        .drain = worker_drain,
        .figures = worker_figures,
        .report = worker_report,
        .series = worker_series,
        .recovered = worker_recovered,
        .talloc = job->scenario->talloc ? &duo_talloc : NULL,
        .rcu = job->scenario->rcu ? &rcu_host : NULL,
    };
    if (team->timed) {
        worker->timed.adapter = job->adapter;
        worker->timed.heap = team->heap;
        worker->timed.ns_per_tick = clock_ns_per_tick();
        worker->timed.slow_ticks = (uint64_t)(TEAM_SLOW_NS / worker->timed.ns_per_tick);
        worker->env.alloc = timed_alloc;
        worker->env.free = timed_free;
        worker->env.heap = &worker->timed;
    }
}

static void team_connect(struct team *team) {
    size_t threads = team->job->threads;
    const struct scenario *scenario = team->job->scenario;
    for (size_t i = 0; scenario->mailbox_slots != 0 && i < threads; i++) {
        team->workers[i].env.inbox = mailbox_make(scenario->mailbox_slots);
    }
    for (size_t i = 0; i < threads; i++) {
        team->workers[i].env.outbox = team->workers[(i + 1) % threads].env.inbox;
    }
}

void team_make(struct team *team, const struct job *job) {
    size_t extra = job->scenario->rcu || job->scenario->sampled ? 1 : 0;
    bool timed = (job->latency || job->scenario->latency) && !job->scenario->talloc;
    *team = (struct team){.job = job, .timed = timed};
    team->worker_count = job->threads + (job->scenario->rcu ? 1 : 0);
    team->workers = memory_pages(team->worker_count * sizeof *team->workers);
    void *region = NULL;
    if (job->adapter->in_region) {
        region = (job->scenario->sparse ? memory_sparse : memory_pages)(job->region_bytes);
    }
    const char *trouble =
        job->adapter->open(job->adapter, region, job->region_bytes, job->threads + extra, &team->heap);
    if (trouble != NULL) {
        channel_text(&job->channel, MESSAGE_FAILURE, "%s cannot be opened: %s", job->adapter->name, trouble);
        exit(EXIT_FAILURE);
    }
    void *shared = memory_pages(job->scenario->shared_bytes);
    for (size_t i = 0; i < team->worker_count; i++) {
        worker_make(team, i);
        team->workers[i].env.shared = shared;
    }
    team_connect(team);
    if (job->scenario->rcu) {
        rcu_start(&team->workers[job->threads].env, job->adapter->shares_blocks);
    }
}

static void *worker_live(void *argument) {
    struct worker *worker = argument;
    worker->team->job->scenario->run(&worker->env);
    return NULL;
}

// Scenarios whose threads die: one life after the other, each a thread of its own on the same unit.
static void worker_live_on(struct worker *worker) {
    while (worker_running(&worker->env)) {
        pthread_t life;
        if (pthread_create(&life, NULL, worker_live, worker) != 0 || pthread_join(life, NULL) != 0) {
            (void)fprintf(stderr, "wfbench: the system refuses a thread\n");
            exit(EXIT_FAILURE);
        }
    }
}

static void *worker_main(void *argument) {
    struct worker *worker = argument;
    struct team *team = worker->team;
    const struct scenario *scenario = team->job->scenario;
    machine_pin(worker->unit);
    if (scenario->scratch_bytes != NULL) {
        worker->env.scratch =
            memory_pages(scenario->scratch_bytes(team->job->variant, worker->env.cpus, worker->env.region_bytes));
    }
    if (scenario->stalled) {
        timed_watch(&worker->timed);
    }
    if (scenario->prepare != NULL) {
        scenario->prepare(&worker->env);
    }
    if (scenario->rcu) {
        rcu_enter();
    }
    pthread_barrier_wait(&team->ready); // prepared
    pthread_barrier_wait(&team->ready); // go
    if (scenario->mortal) {
        worker_live_on(worker);
    } else {
        scenario->run(&worker->env);
    }
    if (scenario->rcu) {
        rcu_leave();
    }
    return NULL;
}

void team_start(struct team *team) {
    size_t threads = team->job->threads;
    pthread_barrier_init(&team->ready, NULL, (unsigned)threads + 1);
    for (size_t i = 0; i < threads; i++) {
        if (pthread_create(&team->workers[i].thread, NULL, worker_main, &team->workers[i]) != 0) {
            (void)fprintf(stderr, "wfbench: the system refuses thread %zu of %zu\n", i + 1, threads);
            exit(EXIT_FAILURE);
        }
    }
    pthread_barrier_wait(&team->ready);
    memory_reset_peak();
    team->base_bytes = memory_resident();
    pthread_barrier_wait(&team->ready);
}

void team_enter(struct team *team, enum team_phase phase) {
    __atomic_store_n(&team->phase, (int)phase, __ATOMIC_RELEASE);
}

void team_join(struct team *team) {
    for (size_t i = 0; i < team->job->threads; i++) {
        (void)pthread_join(team->workers[i].thread, NULL);
    }
    if (team->job->scenario->rcu) {
        rcu_finish();
    }
}

void team_figures(struct team *team, size_t cpu, struct bench_figures *out) {
    memset(out, 0, sizeof *out);
    const struct adapter *adapter = team->job->adapter;
    if (adapter->figures != NULL) {
        adapter->figures(team->heap, cpu, out);
    } else if (!adapter->shares_blocks) {
        uint64_t peak = memory_resident_peak();
        out->peak_bytes = peak > team->base_bytes ? peak - team->base_bytes : 0;
    }
}

static void latency_read(struct latency *out, const struct histogram *histogram, double ns_per_tick) {
    out->known = histogram_count(histogram) != 0;
    out->p50_ns = (double)histogram_quantile(histogram, 0.5) * ns_per_tick;
    out->p99_ns = (double)histogram_quantile(histogram, 0.99) * ns_per_tick;
    out->p999_ns = (double)histogram_quantile(histogram, 0.999) * ns_per_tick;
    out->p9999_ns = (double)histogram_quantile(histogram, 0.9999) * ns_per_tick;
    out->max_ns = (double)histogram->max * ns_per_tick;
}

void team_latency(const struct team *team, size_t first, size_t end, struct latency *alloc, struct latency *freeing) {
    static struct histogram allocs;
    static struct histogram frees;
    histogram_clear(&allocs);
    histogram_clear(&frees);
    for (size_t i = first; i < end; i++) {
        histogram_merge(&allocs, &team->workers[i].timed.alloc);
        histogram_merge(&frees, &team->workers[i].timed.free);
    }
    double ns_per_tick = clock_ns_per_tick();
    latency_read(alloc, &allocs, ns_per_tick);
    latency_read(freeing, &frees, ns_per_tick);
}
