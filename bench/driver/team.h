// SPDX-License-Identifier: MIT
// The threads that stand for CPUs: made, pinned, started together, told when to begin to count and when to stop.
#ifndef BENCH_DRIVER_TEAM_H
#define BENCH_DRIVER_TEAM_H

#include "adapter/adapter.h"
#include "result.h"
#include "scenario/scenario.h"
#include "timed.h"

#include <pthread.h>

enum team_phase { TEAM_WARM, TEAM_COUNT, TEAM_STOP };

// One measurement, as asked for.
struct job {
    const struct scenario *scenario;
    size_t variant;
    const struct adapter *adapter;
    size_t threads;
    double seconds;
    uint64_t ops; // calls after which the first thread to make them ends the run; 0: run for `seconds`
    uint64_t seed;
    size_t region_bytes;
    bool latency;
    const int *units;
    size_t unit_count;
    struct channel channel;
};

struct worker {
    _Alignas(128) struct bench_env env; // first: the scenario's view of it
    struct team *team;
    int unit;
    enum team_phase seen; // the phase that this worker has taken note of
    uint64_t start_ns, stop_ns;
    uint64_t ops_before, failed_before; // when counting began
    pthread_t thread;
    struct timed timed;
};

struct team {
    const struct job *job;
    void *heap;
    bool timed;
    uint64_t base_bytes; // resident before the allocator came
    size_t worker_count; // threads, and under rcu one more for the thread that frees
    struct worker *workers;
    pthread_barrier_t ready;
    _Alignas(64) int phase; // enum team_phase, written by the conductor only
};

// Everything but the threads. Exits with a sentence if memory is short.
void team_make(struct team *team, const struct job *job);

// Threads start, prepare, and wait for each other; then they warm up.
void team_start(struct team *team);
void team_enter(struct team *team, enum team_phase phase);
void team_join(struct team *team);

// What a worker notes when it sees a new phase. True while it is to go on.
bool worker_running(struct bench_env *env);

// What the allocator and the system say about memory; cpu: a slot that nobody else uses at this moment.
void team_figures(struct team *team, size_t cpu, struct bench_figures *out);

// Latencies of a range of workers since counting began.
void team_latency(const struct team *team, size_t first, size_t end, struct latency *alloc, struct latency *freeing);

#endif
