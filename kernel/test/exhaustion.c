// SPDX-License-Identifier: MIT
// Memory to the last block: by one CPU, then by all at once, each of which frees what its neighbour took. Then every
// byte is back, and one CPU alone gets just as many blocks as from the new heap, so nothing stays typed, lost or
// hidden.
#include "arch.h"
#include "cpus.h"
#include "print.h"
#include "tap.h"
#include "tests.h"
#include "yard.h"

// Where CPUs wait for one another, and emulated ones for real ones, a call takes ever longer with more CPUs.
enum { BLOCKS_MOST = 16384, WAITING_BLOCKS_MOST = 2048, SIZE_LEAST = 128, RUN_BYTES = 40000, WORD_BYTES = 64 * 4096 };

static struct {
    struct yard yard;
    size_t size;
    void **lists;  // a CPU's blocks, each of which holds the next one's address
    size_t *taken; // a CPU's blocks, counted
} exhaustion;

static void fill(size_t cpu) {
    exhaustion.taken[cpu] = yard_fill(exhaustion.yard.heap, exhaustion.size, &exhaustion.lists[cpu]);
}

static void empty(size_t cpu) {
    yard_empty(exhaustion.yard.heap, &exhaustion.lists[cpu], SIZE_MAX);
}

static size_t taken_by_all(void) {
    size_t sum = 0;
    for (size_t i = 0; i < cpus_count(); i++) // bound: CPUs
        sum += exhaustion.taken[i];
    return sum;
}

static void contend(void *arg) {
    size_t *taken = arg, me = cpu_self()->index, neighbour = (me + 1) % cpus_count();
    for (unsigned round = 0; round < 2; round++) { // bound: 2
        fill(me);
        cpus_meet();
        if (me == 0)
            taken[round] = taken_by_all();
        empty(neighbour);
        cpus_meet();
    }
}

static void exhaust(size_t size) {
    size_t taken[2];
    exhaustion.size = size;
    yard_open(&exhaustion.yard, cpus_count());
    fill(0);
    size_t alone = exhaustion.taken[0];
    empty(0);
    yard_check(&exhaustion.yard, "emptied by one CPU");
    cpus_run(contend, taken);
    yard_check(&exhaustion.yard, "emptied by all CPUs");
    fill(0);
    // Runs of pages lie where hints led, and before each that was not led to the next place there may be a gap: one a
    // word of the page map at most, shorter than a run.
    size_t gaps = size == RUN_BYTES ? exhaustion.yard.free_bytes / WORD_BYTES + 1 : 0, in_the_end = exhaustion.taken[0];
    tap_expect(in_the_end + gaps >= alone && in_the_end <= alone + gaps,
               "%zu blocks of %zu bytes at first, %zu in the end", alone, size, in_the_end);
    empty(0);
    size_t hidden = BACKEND.hidden_bytes_max(exhaustion.yard.heap) / size;
    tap_expect(taken[1] + hidden >= taken[0] && taken[0] + hidden >= alone,
               "all CPUs got %zu blocks of %zu bytes, then %zu; one alone got %zu, and %zu may be hidden", taken[0],
               size, taken[1], alone, hidden);
    print("# %zu bytes: %zu blocks for one CPU; %zu, then %zu for all\n", size, alone, taken[0], taken[1]);
    yard_close(&exhaustion.yard, "exhaustion");
}

void test_exhaustion(void) {
    size_t cpus = cpus_count();
    exhaustion.lists = kheap_zalloc(cpus * sizeof(void *), 8);
    exhaustion.taken = kheap_zalloc(cpus * sizeof(size_t), 8);
    yard_open(&exhaustion.yard, cpus);
    size_t least = exhaustion.yard.free_bytes / (BACKEND_WAIT_FREE ? BLOCKS_MOST : WAITING_BLOCKS_MOST / cpus);
    yard_close(&exhaustion.yard, "a new heap");
    exhaust(least < SIZE_LEAST ? SIZE_LEAST : least);
    exhaust(RUN_BYTES);
    kheap_free(exhaustion.lists);
    kheap_free(exhaustion.taken);
}
