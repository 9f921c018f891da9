// SPDX-License-Identifier: MIT
// The allocators of frames that the benchmark compares, each against a map of who owns which frame: no frame in two
// hands, nothing lost, a full region refuses, and a second free is a fault.
#include "adapter/adapter.h"
#include "port/port.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 4096, FRAMES = 8192, RUNS = 64, TURNS = 200000, CPUS = 3, LEAST_PERCENT = 99 };

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            (void)fprintf(stderr, "%s:%d: %s: does not hold: %s\n", __FILE__, __LINE__, adapter->name, #condition);    \
            exit(EXIT_FAILURE);                                                                                        \
        }                                                                                                              \
    } while (0)

static jmp_buf faulted;

_Noreturn void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    (void)address, (void)cpu;
    longjmp(faulted, (int)kind);
}

static unsigned char *region;
static bool owned[FRAMES];

// Marks the frames of a run as owned, or as free again; they must have been the other before.
static void claim(const struct adapter *adapter, const unsigned char *run, size_t frames, bool as_owned) {
    size_t first = (size_t)(run - region) / FRAME;
    EXPECT(run >= region && (size_t)(run - region) % FRAME == 0 && first + frames <= FRAMES);
    for (size_t i = first; i < first + frames; i++) {
        EXPECT(owned[i] != as_owned);
        owned[i] = as_owned;
    }
}

static struct bench_figures figures_of(const struct adapter *adapter, void *heap) {
    struct bench_figures figures = {0};
    for (size_t cpu = 0; cpu < CPUS; cpu++) {
        adapter->drain(heap, cpu);
    }
    adapter->figures(heap, 0, &figures);
    return figures;
}

static void test_walk(const struct adapter *adapter, void *heap) {
    static const size_t counts[] = {1, 1, 1, 3, 8, 8, 100, 512};
    struct bench_env env = {.random_state = 11};
    struct run {
        unsigned char *first;
        size_t frames;
    } runs[RUNS] = {{NULL, 0}};
    struct bench_figures before = figures_of(adapter, heap);
    for (size_t turn = 0; turn < TURNS; turn++) {
        struct run *run = &runs[bench_random_below(&env, RUNS)];
        size_t cpu = bench_random_below(&env, CPUS);
        if (run->first != NULL) {
            claim(adapter, run->first, run->frames, false);
            adapter->free(heap, cpu, run->first);
            run->first = NULL;
        } else {
            run->frames = counts[bench_random_below(&env, sizeof counts / sizeof counts[0])];
            run->first = adapter->alloc(heap, cpu, run->frames * FRAME - bench_random_below(&env, FRAME));
            if (run->first != NULL) {
                claim(adapter, run->first, run->frames, true);
            }
        }
    }
    for (size_t i = 0; i < RUNS; i++) {
        adapter->free(heap, 0, runs[i].first);
    }
    memset(owned, 0, sizeof owned);
    struct bench_figures after = figures_of(adapter, heap);
    EXPECT(after.free_bytes == before.free_bytes && after.used_bytes == before.used_bytes);
    EXPECT(after.largest_free_bytes == before.largest_free_bytes);
}

static void test_full(const struct adapter *adapter, void *heap) {
    static unsigned char *all[FRAMES];
    size_t count = 0;
    while (count < FRAMES) {
        all[count] = adapter->alloc(heap, count % CPUS, FRAME);
        if (all[count] != NULL) {
            claim(adapter, all[count++], 1, true);
        } else if (figures_of(adapter, heap).free_bytes == 0) { // else other slots' caches had the last ones
            break;
        }
    }
    EXPECT(count * 100 >= (size_t)FRAMES * LEAST_PERCENT);
    EXPECT(adapter->alloc(heap, 0, FRAME) == NULL);
    for (size_t i = 0; i < count; i++) {
        adapter->free(heap, (i + 1) % CPUS, all[i]);
    }
    EXPECT(figures_of(adapter, heap).free_bytes == count * FRAME);
    memset(owned, 0, sizeof owned);
}

static void test_double_free(const struct adapter *adapter, void *heap) {
    void *frame = adapter->alloc(heap, 0, FRAME);
    int kind = setjmp(faulted);
    if (kind == 0) {
        adapter->free(heap, 0, frame);
        adapter->free(heap, 1, frame);
    }
    EXPECT(kind == PORT_FAULT_DOUBLE_FREE);
}

static void test_refusals(const struct adapter *adapter, void *heap) {
    void *other = NULL;
    EXPECT(adapter->alloc(heap, 0, 0) == NULL);
    EXPECT(adapter->alloc(heap, 0, (size_t)FRAMES * FRAME) == NULL);
    EXPECT(adapter->open(adapter, region, FRAME, 1, &other) != NULL);
}

int main(void) {
    static const struct adapter *const adapters[] = {&adapter_frame, &adapter_buddy, &adapter_buddy_mcs};
    region = aligned_alloc(FRAME, (size_t)FRAMES * FRAME);
    for (size_t i = 0; i < sizeof adapters / sizeof adapters[0] && region != NULL; i++) {
        const struct adapter *adapter = adapters[i];
        void *heap = NULL;
        EXPECT(adapter->open(adapter, region, (size_t)FRAMES * FRAME, CPUS, &heap) == NULL);
        test_walk(adapter, heap);
        test_full(adapter, heap);
        test_refusals(adapter, heap);
        test_double_free(adapter, heap);
    }
    puts("frame, buddy and buddy-mcs hand out every frame once and lose none");
    return region == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
