// SPDX-License-Identifier: MIT
// Every kind of misuse must be reported with its kind, the address passed in and the CPU, and must leave the heap
// whole.
#include "catch.h"
#include "heap/heap_state.h"
#include "kheap.h"
#include "tap.h"
#include "tests.h"

#include <wfheap/tlsf.h>

enum { HEAP_BYTES = 2 << 20, PAGE = 4096, CPU = 1, CPUS = 2, DRAINS = 1000 };

static wfh *wf;
static tlsf_mcs *locked;

struct attempt {
    void *p;
    size_t cpu;
};

static void wf_free(void *arg) {
    const struct attempt *it = arg;
    wfh_free(wf, it->cpu, it->p);
}

static void wf_realloc(void *arg) {
    const struct attempt *it = arg;
    (void)wfh_realloc(wf, it->cpu, it->p, 1000, 8);
}

static void wf_drain(void *arg) {
    const struct attempt *it = arg;
    for (unsigned i = 0; i < DRAINS && wfh_drain(wf, it->cpu); i++) { // bound: DRAINS
    }
}

static void locked_free(void *arg) {
    const struct attempt *it = arg;
    tlsf_mcs_free(locked, it->cpu, it->p);
}

static void locked_realloc(void *arg) {
    const struct attempt *it = arg;
    (void)tlsf_mcs_realloc(locked, it->cpu, it->p, 1000, 8);
}

static void expect_fault(enum port_fault_kind kind, void (*call)(void *arg), void *p, size_t cpu) {
    struct attempt attempt = {p, cpu};
    struct caught caught = catch_call(call, &attempt);
    const char *have = caught.end == CATCH_FAULT ? catch_fault_name(caught.kind) : "no fault";
    if (tap_expect(caught.end == CATCH_FAULT && caught.kind == kind, "%s where %s was due, at %p", have,
                   catch_fault_name(kind), p)) {
        tap_expect(caught.address == p && caught.cpu == cpu, "reported at %p on CPU %zu, not at %p on CPU %zu",
                   caught.address, caught.cpu, p, cpu);
    }
}

static void expect_wf_whole(size_t live_bytes) {
    struct wfh_finding finding;
    struct wfh_stats stats;
    wfh_stats(wf, &stats);
    tap_expect(wfh_check(wf, &finding), "misuse broke: %s", finding.rule);
    tap_expect(stats.live_bytes == live_bytes, "misuse changed the bytes in use from %zu to %zu", live_bytes,
               stats.live_bytes);
}

// Blocks of a class until a new one lies in the page of `old`.
static char *retype(const char *old, size_t bytes) {
    for (char *p; (p = wfh_alloc(wf, CPU, bytes, 8)) != NULL;) // bound: the heap
        if ((uintptr_t)p / PAGE == (uintptr_t)old / PAGE)
            return p;
    return NULL;
}

// An address that once was a block, and now lies amid one of another class, is known to the CPU that freed it then:
// that must not make it a block again.
void test_misuse_old_block(void) {
    enum { LONG = 64, ODD = 112, BURST = 24 }; // more than a magazine holds without a chunk
    char *region = kheap_alloc(HEAP_BYTES, PAGE), *blocks[BURST], *more[BURST];
    struct attempt attempt = {NULL, CPU};
    wf = NULL;
    if (!tap_expect(wfh_init(region, HEAP_BYTES, CPUS, &wf) == WFH_OK, "no heap"))
        return;
    for (size_t i = 0; i < BURST; i++) // bound: BURST
        blocks[i] = wfh_alloc(wf, CPU, LONG, 8);
    for (size_t i = 0; i < BURST; i++) // bound: BURST
        wfh_free(wf, CPU, blocks[i]);
    expect_wf_whole(0);
    const struct magazine_pool *pool = &heap_cache(wf, CPU)->pool;
    char *old = pool->slots[2]; // the second block of the first chunk
    wf_drain(&attempt);
    if (!tap_expect(old != NULL && retype(old, ODD) != NULL, "no page was used for two classes"))
        return;
    for (size_t i = 0; i < BURST; i++) // bound: BURST
        more[i] = wfh_alloc(wf, CPU, ODD, 8);
    for (size_t i = 0; i < BURST && pool->vacant & 1; i++) // bound: BURST
        wfh_free(wf, CPU, more[i]);
    tap_expect(!(pool->vacant & 1), "the chunk is not used again");
    expect_fault(PORT_FAULT_MISPLACED, wf_free, old, CPU);
    kheap_free(region);
}

// A block that the cache holds although it is free is found when the cache is drained.
static void expect_double_free(const void *p, const char *where) {
    struct attempt attempt = {NULL, CPU};
    struct wfh_finding finding;
    tap_expect(!wfh_check(wf, &finding), "a block that is cached is not compared, where %s", where);
    struct caught caught = catch_call(wf_drain, &attempt);
    tap_expect(caught.end == CATCH_FAULT && caught.kind == PORT_FAULT_DOUBLE_FREE && caught.address == p,
               "a double free is not found, where %s", where);
    wf_drain(&attempt);
}

void test_misuse_wf(void) {
    char *region = kheap_alloc(HEAP_BYTES, PAGE);
    wf = NULL;
    if (!tap_expect(wfh_init(region, HEAP_BYTES, CPUS, &wf) == WFH_OK, "no heap"))
        return;
    char *small = wfh_alloc(wf, CPU, 64, 8), *twice = wfh_alloc(wf, CPU, 64, 8), *run;
    run = wfh_realloc(wf, CPU, wfh_alloc(wf, CPU, 11 * PAGE, 8), 10 * PAGE, 8); // so the page behind it is free
    void (*const calls[])(void *arg) = {wf_free, wf_realloc};
    for (size_t i = 0; i < 2; i++) { // bound: 2
        expect_fault(PORT_FAULT_FOREIGN, calls[i], &region, CPU);
        expect_fault(PORT_FAULT_FOREIGN, calls[i], region, CPU);
        expect_fault(PORT_FAULT_FOREIGN, calls[i], region + HEAP_BYTES, CPU);
        expect_fault(PORT_FAULT_MISPLACED, calls[i], small + 8, CPU);
        expect_fault(PORT_FAULT_MISPLACED, calls[i], run + PAGE, CPU);
        expect_fault(PORT_FAULT_FREE_PAGE, calls[i], run + 10 * PAGE, CPU);
    }
    expect_fault(PORT_FAULT_BAD_CPU, wf_free, small, CPUS);
    expect_wf_whole(64 + 64 + 10 * PAGE);
    wfh_free(wf, CPU, twice);
    wfh_free(wf, CPU, twice);
    expect_double_free(twice, "the first lies in the cache");
    wfh_free(wf, CPU, twice);
    expect_double_free(twice, "the first lies in its span");
    expect_wf_whole(64 + 10 * PAGE);
    word_t *state = &wf->map.state[span_page_of(&wf->map, run)]; // somebody wrote here: the run now is a page longer
    word_store_relaxed(state, word_load_relaxed(state) + (UINT64_C(1) << SPAN_LIVE_SHIFT)); // relaxed: as above
    struct wfh_finding finding;
    tap_expect(!wfh_check(wf, &finding), "a changed run is not found");
    expect_fault(PORT_FAULT_CORRUPT, wf_free, run, CPU);
    kheap_free(region);
}

void test_misuse_tlsf(void) {
    char *region = kheap_alloc(HEAP_BYTES, PAGE);
    struct tlsf_finding finding;
    locked = NULL;
    if (!tap_expect(tlsf_mcs_init(region, HEAP_BYTES, CPUS, &locked) == TLSF_OK, "no heap"))
        return;
    char *small = tlsf_mcs_alloc(locked, CPU, 64, 8), *twice = tlsf_mcs_alloc(locked, CPU, 64, 8);
    char *last = tlsf_mcs_alloc(locked, CPU, 64, 8);
    void (*const calls[])(void *arg) = {locked_free, locked_realloc};
    tlsf_mcs_free(locked, CPU, twice);
    for (size_t i = 0; i < 2; i++) { // bound: 2
        expect_fault(PORT_FAULT_FOREIGN, calls[i], region + HEAP_BYTES, 0);
        expect_fault(PORT_FAULT_MISPLACED, calls[i], small + 8, 0);
        expect_fault(PORT_FAULT_DOUBLE_FREE, calls[i], twice, 0);
    }
    expect_fault(PORT_FAULT_BAD_CPU, locked_free, small, CPUS);
    tap_expect(tlsf_mcs_check(locked, CPU, &finding), "misuse broke: %s", finding.rule);
    __builtin_memset(last - 8, 0x55, 8); // somebody wrote below his block
    tap_expect(!tlsf_mcs_check(locked, CPU, &finding), "an overwritten header is not found");
    kheap_free(region);
}
