// SPDX-License-Identifier: MIT
// mode=wcet: the calls whose instructions QEMU counts under -icount shift=0. Everyday mixes that go every way through
// the heap but the last one before NULL: cached and not, blocks freed by other CPUs, spans typed and taken apart.
// The plugin bench/probe/call_counter.c counts on every CPU, from crew_begin to crew_end. One CPU counts for itself
// too, by its own clock of instructions: the plugin has to find the same.
#include "arch.h"
#include "cpus.h"
#include "crew.h"
#include "options.h"
#include "print.h"
#include "watchdog.h"

enum { WCET_CALLS = 24000, WCET_CALLS_CPU_MIN = 1200, WCET_SIZES = 4096, WCET_EMPTY_INSNS = 2 };
enum {
    WCET_RETYPE_BLOCKS = 24,
    WCET_RETYPE_BYTES_MIN = 3000,
    WCET_RETYPE_BYTES_SPREAD = 20000,
    WCET_WAIT_SECONDS = 600
};

struct tally {
    const char *name;
    uint32_t overhead; // of counting
    uint32_t longest;
    uint32_t calls, sizes[WCET_SIZES]; // calls by instructions
};
static struct tally allocs = {.name = "alloc"}, frees = {.name = "free"};

typedef void *alloc_call(void *heap, size_t cpu, size_t size, size_t align);
typedef void free_call(void *heap, size_t cpu, void *p);

// Two instructions each, reached in the same way as the heap's calls: what is more than them is the price of counting.
static __attribute__((noipa)) void *empty_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    (void)heap;
    (void)cpu;
    return (void *)(size + align);
}

static __attribute__((noipa)) void empty_free(void *heap, size_t cpu, void *p) {
    (void)heap;
    (void)cpu;
    (void)p;
    __asm__ volatile("nop");
}

static void *empty_backend_alloc(void *heap, size_t cpu, size_t size, size_t align) {
    return empty_alloc(heap, cpu, size, align);
}

static void empty_backend_free(void *heap, size_t cpu, void *p) {
    empty_free(heap, cpu, p);
}

static __attribute__((noipa)) uint32_t alloc_insns(alloc_call *call, backend *heap, size_t cpu, size_t size, void **p) {
    uint32_t before = (uint32_t)instructions_now();
    *p = call(heap, cpu, size, 8);
    return (uint32_t)instructions_now() - before;
}

static __attribute__((noipa)) uint32_t free_insns(free_call *call, backend *heap, size_t cpu, void *p) {
    uint32_t before = (uint32_t)instructions_now();
    call(heap, cpu, p);
    return (uint32_t)instructions_now() - before;
}

static void tally_note(struct tally *tally, uint32_t counted) {
    uint32_t insns = counted - tally->overhead;
    tally->calls++;
    tally->sizes[insns < WCET_SIZES ? insns : WCET_SIZES - 1]++;
    tally->longest = insns > tally->longest ? insns : tally->longest;
}

static void *counted_alloc(void *self, size_t cpu, size_t size) {
    void *p;
    irq_state_t before = irq_mask();
    tally_note(&allocs, alloc_insns(BACKEND.alloc, crew_heap(self), cpu, size, &p));
    irq_restore(before);
    return p;
}

static void counted_free(void *self, size_t cpu, void *p) {
    irq_state_t before = irq_mask();
    tally_note(&frees, free_insns(BACKEND.free, crew_heap(self), cpu, p));
    irq_restore(before);
}

static void calibrate(void) {
    void *p;
    irq_state_t before = irq_mask();
    allocs.overhead = alloc_insns(empty_backend_alloc, NULL, 0, 8, &p) - WCET_EMPTY_INSNS;
    frees.overhead = free_insns(empty_backend_free, NULL, 0, NULL) - WCET_EMPTY_INSNS;
    irq_restore(before);
}

// The instructions that half of the calls did not exceed; the least of all if `share` is one call.
static uint32_t tally_at(const struct tally *tally, uint32_t calls) {
    uint32_t seen = 0;
    // bound: WCET_SIZES
    for (uint32_t size = 0; size < WCET_SIZES; size++) {
        seen += tally->sizes[size];
        if (seen >= calls)
            return size;
    }
    return tally->longest;
}

static void tally_print(const struct tally *tally) {
    print("wcet: own %s %u %u %u %u\n", tally->name, tally->calls, tally_at(tally, 1),
          tally_at(tally, (tally->calls + 1) / 2), tally->longest);
}

// Blocks of one size come, and all of them go, every fifth to the next CPU; then another size: spans are taken apart.
static void retype_run(struct bench_env *env) {
    void *blocks[WCET_RETYPE_BLOCKS];
    // bound: until some CPU has made its calls
    while (env->running(env)) {
        uint32_t size = WCET_RETYPE_BYTES_MIN + bench_random_below(env, WCET_RETYPE_BYTES_SPREAD);
        // bound: WCET_RETYPE_BLOCKS
        for (size_t i = 0; i < WCET_RETYPE_BLOCKS; i++) {
            blocks[i] = env->alloc(env->heap, env->cpu, size);
            env->failed += blocks[i] == NULL;
        }
        // bound: WCET_RETYPE_BLOCKS
        for (size_t i = 0; i < WCET_RETYPE_BLOCKS; i++) {
            if (i % 5 != 0 || !bench_mailbox_send(env->outbox, blocks[i]))
                env->free(env->heap, env->cpu, blocks[i]);
        }
        size_t count = bench_mailbox_take(env->inbox, blocks, WCET_RETYPE_BLOCKS);
        // bound: WCET_RETYPE_BLOCKS
        for (size_t i = 0; i < count; i++)
            env->free(env->heap, env->cpu, blocks[i]);
        env->ops += 2 * WCET_RETYPE_BLOCKS;
    }
}

static const char *const retype_variants[] = {"", NULL};
static const struct scenario scenario_retype = {
    .name = "retype",
    .variants = retype_variants,
    .mailbox_slots = 256,
    .run = retype_run,
};

static bool work(const struct scenario *scenario, size_t variant, bool alone) {
    uint64_t calls = WCET_CALLS / cpus_count();
    struct crew_job job = {
        .scenario = scenario,
        .variant = variant,
        .ops = calls > WCET_CALLS_CPU_MIN ? calls : WCET_CALLS_CPU_MIN,
        .alloc = alone ? counted_alloc : crew_alloc,
        .free = alone ? counted_free : crew_free,
    };
    struct crew_result result;
    watchdog_expect(scenario->name, WCET_WAIT_SECONDS);
    bool good = crew_run(&job, &result);
    const struct backend_events *events = &result.events;
    print("wcet: %s %lu calls, %lu refills, %lu evictions, %lu claims, %lu flushes, %lu spans made, %lu taken apart, "
          "%lu starved\n",
          scenario->name, result.ops, events->refills, events->evictions, events->claims, events->flushes,
          events->spans_made, events->spans_freed, events->starved);
    return good;
}

bool wcet_main(void) {
    bool alone = cpus_count() == 1;
    calibrate();
    bool good = work(&scenario_slots, 0, alone);
    good &= work(&scenario_burst, 1, alone); // oldest first
    good &= work(&scenario_burst, 2, alone); // in random order
    good &= work(&scenario_prodcons, 0, alone);
    good &= work(&scenario_retype, 0, alone);
    if (alone) {
        tally_print(&allocs);
        tally_print(&frees);
    }
    return good;
}
