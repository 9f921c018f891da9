// SPDX-License-Identifier: MIT
// Scenarios on all CPUs.
#include "crew.h"

#include "arch.h"
#include "cpus.h"
#include "kheap.h"
#include "print.h"
#include "tick.h"

enum {
    CREW_ALIGN = 8,
    CREW_LINE_BYTES = 64,
    CREW_PAGE_BYTES = 4096,
    CREW_REGION_MIB = 64,
    CREW_REGION_MIB_CPU = 16,
    CREW_MAIL_BATCH_MAX = 64
};
enum crew_phase { CREW_WARM, CREW_COUNT, CREW_STOP };

struct worker {
    _Alignas(CREW_LINE_BYTES) struct bench_env env; // first: the scenario's view of it
    struct crew *crew;
    volatile enum crew_phase phase;    // changed by this CPU's timer
    uint64_t calls, failed;            // of the heap, and allocs that got NULL, so far
    uint64_t start_ticks, start_calls; // when counting began
    uint64_t stop_ticks, stop_calls;   // and when it ended
    struct bench_mailbox inbox;
};

struct crew {
    const struct crew_job *job;
    backend *heap;
    struct worker *workers;
    uint64_t ticks; // the length of the window
    bool finished;  // some CPU has made its calls
};

size_t scenario_region_roomy(size_t variant) {
    (void)variant;
    return crew_region_bytes();
}

size_t crew_region_bytes(void) {
    size_t of_cpus = cpus_count() * CREW_REGION_MIB_CPU;
    return (of_cpus > CREW_REGION_MIB ? of_cpus : CREW_REGION_MIB) * SCENARIO_MIB;
}

// Once time is up, calls come back at once, lest a scenario's batch of slow ones goes on for minutes.
void *crew_alloc(void *self, size_t cpu, size_t size) {
    (void)cpu;
    struct worker *worker = self;
    if (worker->phase == CREW_STOP)
        return NULL;
    worker->calls++;
    irq_state_t before = irq_mask();
    void *p = BACKEND.alloc(worker->crew->heap, cpu_self()->index, size, CREW_ALIGN);
    irq_restore(before);
    worker->failed += p == NULL;
    return p;
}

void crew_free(void *self, size_t cpu, void *p) {
    (void)cpu;
    struct worker *worker = self;
    if (worker->phase == CREW_STOP)
        return;
    worker->calls++;
    irq_state_t before = irq_mask();
    BACKEND.free(worker->crew->heap, cpu_self()->index, p);
    irq_restore(before);
}

backend *crew_heap(void *self) {
    return ((struct worker *)self)->crew->heap;
}

void crew_begin(void) {
    __asm__ volatile("" ::: "memory");
}

void crew_end(void) {
    __asm__ volatile("" ::: "memory");
}

static struct crew *crew_at_work;

static void *zeroed(size_t bytes) {
    return kheap_zalloc(bytes, CREW_PAGE_BYTES);
}

static uint64_t nanoseconds_of(uint64_t ticks) {
    uint64_t hz = clock_hz();
    return ticks / hz * 1000000000u + ticks % hz * 1000000000u / hz;
}

static uint64_t crew_now_ns(struct bench_env *env) {
    (void)env;
    return nanoseconds_of(clock_ticks());
}

static void crew_pause(struct bench_env *env) {
    (void)env;
    cpu_relax();
}

// The timer's interrupts begin and end a CPU's own window of counting. One that comes late, because the CPU waited for
// a lock or the host did not run it, moves the window and leaves its length.
static void crew_tick(void) {
    struct worker *worker = &crew_at_work->workers[cpu_self()->index];
    if (worker->phase == CREW_WARM) {
        worker->start_ticks = clock_ticks();
        worker->start_calls = worker->calls;
        worker->phase = CREW_COUNT;
        timer_once(worker->crew->ticks);
    } else if (worker->phase == CREW_COUNT) {
        worker->stop_ticks = clock_ticks();
        worker->stop_calls = worker->calls;
        worker->phase = CREW_STOP;
    }
}

static bool crew_running(struct bench_env *env) {
    struct worker *worker = (struct worker *)env;
    struct crew *crew = worker->crew;
    if (crew->job->ops == 0)
        return worker->phase != CREW_STOP;
    if (env->ops >= crew->job->ops)
        __atomic_store_n(&crew->finished, true, __ATOMIC_RELAXED); // relaxed: carries nothing but itself
    return !__atomic_load_n(&crew->finished, __ATOMIC_RELAXED);    // relaxed: likewise
}

static void worker_make(struct crew *crew, size_t cpu) {
    const struct crew_job *job = crew->job;
    const struct scenario *scenario = job->scenario;
    struct worker *worker = &crew->workers[cpu];
    worker->crew = crew;
    worker->env = (struct bench_env){
        .alloc = job->alloc,
        .free = job->free,
        .heap = worker,
        .cpu = cpu,
        .cpus = cpus_count(),
        .random_state = 2 * 0x9e3779b97f4a7c15u + cpu * 0xbf58476d1ce4e5b9u,
        .variant = job->variant,
        .region_bytes = crew_region_bytes(),
        .region_bounds = true,
        .running = crew_running,
        .pause = crew_pause,
        .now_ns = crew_now_ns,
        .inbox = &worker->inbox,
        .outbox = &crew->workers[(cpu + 1) % cpus_count()].inbox,
    };
    if (scenario->scratch_bytes != NULL)
        worker->env.scratch = zeroed(scenario->scratch_bytes(job->variant, cpus_count(), crew_region_bytes()));
    if (scenario->mailbox_slots != 0) {
        size_t batch = scenario->mailbox_slots / 16;
        worker->inbox.entries = zeroed(scenario->mailbox_slots * sizeof(void *));
        worker->inbox.mask = scenario->mailbox_slots - 1;
        worker->inbox.batch_mask = (batch < CREW_MAIL_BATCH_MAX ? batch : CREW_MAIL_BATCH_MAX) - 1;
    }
    if (scenario->prepare != NULL)
        scenario->prepare(&worker->env);
}

static void worker_run(void *arg) {
    struct crew *crew = arg;
    struct worker *worker = &crew->workers[cpu_self()->index];
    if (crew->job->ops == 0) {
        tick_set(0, crew_tick);
        timer_once(crew->ticks / 3);
    }
    crew->job->scenario->run(&worker->env);
    tick_reset();
}

static uint64_t add_up(const struct crew *crew, struct crew_result *result) {
    uint64_t damaged = 0;
    // bound: CPUs
    for (size_t i = 0; i < cpus_count(); i++) {
        const struct worker *worker = &crew->workers[i];
        bool timed = crew->job->ops == 0;
        result->ops += timed ? worker->stop_calls - worker->start_calls : worker->env.ops;
        result->nanoseconds += nanoseconds_of(worker->stop_ticks - worker->start_ticks) / cpus_count();
        result->failed += worker->failed;
        damaged += worker->env.damaged;
        backend_events_add(crew->heap, i, &result->events);
    }
    return damaged;
}

// What is wrong with the heap; NULL: nothing. Caches go back first, for their check takes the square of what they hold.
static const char *check(const struct crew *crew) {
    // bound: CPUs
    for (size_t i = 0; i < cpus_count(); i++) {
        while (BACKEND.drain(crew->heap, i)) { // bound: what a cache holds
        }
    }
    return BACKEND.check(crew->heap, cpu_self()->index);
}

static void crew_dismiss(struct crew *crew, void *region) {
    // bound: CPUs
    for (size_t i = 0; i < cpus_count(); i++) {
        kheap_free(crew->workers[i].env.scratch);
        kheap_free(crew->workers[i].inbox.entries);
    }
    kheap_free(crew->workers);
    kheap_free(region);
}

bool crew_run(const struct crew_job *job, struct crew_result *result) {
    struct crew crew = {.job = job, .workers = zeroed(cpus_count() * sizeof *crew.workers)};
    void *region = kheap_alloc(crew_region_bytes(), CREW_PAGE_BYTES);
    const char *trouble = backend_init(region, crew_region_bytes(), cpus_count(), &crew.heap);
    if (trouble != NULL)
        panic("no heap for the benchmark: %s", trouble);
    // bound: CPUs
    for (size_t i = 0; i < cpus_count(); i++)
        worker_make(&crew, i);
    crew.ticks = job->nanoseconds / 1000 * (clock_hz() / 1000) / 1000;
    crew_at_work = &crew;
    crew_begin();
    cpus_run(worker_run, &crew);
    crew_end();
    *result = (struct crew_result){0};
    uint64_t damaged = add_up(&crew, result);
    const char *broken = check(&crew);
    crew_dismiss(&crew, region);
    if (damaged != 0)
        print("%s: %lu blocks changed while they were in use\n", job->scenario->name, (unsigned long)damaged);
    if (broken != NULL)
        print("%s: the heap is broken afterwards: %s\n", job->scenario->name, broken);
    return damaged == 0 && broken == NULL;
}
