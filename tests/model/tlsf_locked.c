// SPDX-License-Identifier: MIT
// Both locked forms of TLSF under threads: each block is filled with a pattern that only its owner knows, some blocks
// are handed to whoever comes next, and in the end everything must have merged into one free block. usage: tlsf_locked
// [threads [operations-per-thread [seed]]]     (threads beyond the machine's make MCS very slow)
#include <wfheap/tlsf.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "lock/lock_mcs.h"
#include "lock/lock_spin.h"
#include "testing.h"
#include "word.h"

enum { REGION_BYTES = 2 << 20, SLOTS = 64, SHELVES = 16, THREADS_MAX = 64, SIZE_LOG2_MAX = 12 };

struct form {
    const char *name;
    void *(*alloc)(void *heap, size_t cpu, size_t size, size_t align);
    void *(*realloc)(void *heap, size_t cpu, void *p, size_t size, size_t align);
    void (*free)(void *heap, size_t cpu, void *p);
    size_t (*usable_size)(void *heap, size_t cpu, const void *p);
    void (*stats)(void *heap, size_t cpu, struct tlsf_stats *out);
    bool (*check)(void *heap, size_t cpu, struct tlsf_finding *first);
};

#define FORM(kind)                                                                                                     \
    static void *kind##_alloc(void *heap, size_t cpu, size_t size, size_t align) {                                     \
        return tlsf_##kind##_alloc(heap, cpu, size, align);                                                            \
    }                                                                                                                  \
    static void *kind##_realloc(void *heap, size_t cpu, void *p, size_t size, size_t align) {                          \
        return tlsf_##kind##_realloc(heap, cpu, p, size, align);                                                       \
    }                                                                                                                  \
    static void kind##_free(void *heap, size_t cpu, void *p) {                                                         \
        tlsf_##kind##_free(heap, cpu, p);                                                                              \
    }                                                                                                                  \
    static size_t kind##_usable_size(void *heap, size_t cpu, const void *p) {                                          \
        return tlsf_##kind##_usable_size(heap, cpu, p);                                                                \
    }                                                                                                                  \
    static void kind##_stats(void *heap, size_t cpu, struct tlsf_stats *out) {                                         \
        tlsf_##kind##_stats(heap, cpu, out);                                                                           \
    }                                                                                                                  \
    static bool kind##_check(void *heap, size_t cpu, struct tlsf_finding *first) {                                     \
        return tlsf_##kind##_check(heap, cpu, first);                                                                  \
    }                                                                                                                  \
    static const struct form form_##kind = {                                                                           \
        #kind, kind##_alloc, kind##_realloc, kind##_free, kind##_usable_size, kind##_stats, kind##_check,              \
    };
FORM(mcs)
FORM(spin)

struct stress {
    const struct form *form;
    void *heap;
    uint64_t operations, seed;
    size_t threads;
    word_t ready;          // threads that have come to the start
    word_t shelf[SHELVES]; // blocks on their way from thread to thread
};

struct worker {
    struct stress *stress;
    size_t cpu;
    uint64_t allocs, taken; // how many were allocated, and how many came from a shelf
};

// A block says in its first word how long it is; the rest depends on its address and length, so that anybody can check
// it.
static void block_fill(unsigned char *p, size_t size) {
    memcpy(p, &size, sizeof size);
    memset(p + sizeof size, (int)((uintptr_t)p >> 3 ^ size), size - sizeof size);
}

static void block_expect(const unsigned char *p, size_t kept_bytes, uintptr_t filled_at) {
    size_t size;
    memcpy(&size, p, sizeof size);
    EXPECT(size >= sizeof size && size <= (size_t)1 << SIZE_LOG2_MAX, "a block's first word changed");
    size_t end = kept_bytes < size ? kept_bytes : size;
    unsigned char want = (unsigned char)(filled_at >> 3 ^ size);
    for (size_t i = sizeof size; i < end; i++) {
        EXPECT(p[i] == want, "byte %zu of a block of %zu bytes changed", i, size);
    }
}

static void worker_drop(const struct worker *self, unsigned char *p) {
    block_expect(p, SIZE_MAX, (uintptr_t)p);
    self->stress->form->free(self->stress->heap, self->cpu, p);
}

static unsigned char *worker_make(struct worker *self, size_t size, size_t align) {
    const struct stress *stress = self->stress;
    unsigned char *p = stress->form->alloc(stress->heap, self->cpu, size, align);
    if (p == NULL) {
        return NULL; // exhausted for the moment
    }
    EXPECT(align == 0 || (uintptr_t)p % align == 0, "%p is not aligned to %zu", (void *)p, align);
    EXPECT(stress->form->usable_size(stress->heap, self->cpu, p) >= size, "fewer bytes usable than asked for");
    block_fill(p, size);
    self->allocs++;
    return p;
}

static unsigned char *worker_resize(const struct worker *self, unsigned char *p, size_t size) {
    const struct stress *stress = self->stress;
    block_expect(p, SIZE_MAX, (uintptr_t)p);
    unsigned char *q = stress->form->realloc(stress->heap, self->cpu, p, size, 0);
    if (q == NULL) {
        return p;
    }
    block_expect(q, size, (uintptr_t)p);
    block_fill(q, size);
    return q;
}

static void *worker_run(void *argument) {
    struct worker *self = argument;
    struct stress *stress = self->stress;
    struct random random = {.state = stress->seed * 1000 + self->cpu};
    unsigned char *slot[SLOTS] = {NULL};
    word_add_seq(&stress->ready, 1);
    while (word_load_acquire(&stress->ready) != stress->threads) { // all start at once, or they would not meet
        sched_yield();
    }
    for (uint64_t i = 0; i < stress->operations; i++) {
        sched_yield(); // else waiters without a core of their own cost the others a time slice for each call
        unsigned char **mine = &slot[random_below(&random, SLOTS)];
        size_t size = sizeof(size_t) + random_log_uniform(&random, SIZE_LOG2_MAX - 1);
        size_t choice = random_below(&random, 8);
        if (*mine == NULL) {
            *mine = worker_make(self, size, choice == 0 ? (size_t)1 << random_below(&random, 9) : 0);
        } else if (choice < 2) {
            *mine = worker_resize(self, *mine, size);
        } else if (choice < 5) { // swap it with what lies on a shelf
            word_t *shelf = &stress->shelf[random_below(&random, SHELVES)];
            *mine = (unsigned char *)(uintptr_t)word_swap_seq(shelf, (uintptr_t)*mine);
            self->taken += *mine != NULL;
        } else {
            worker_drop(self, *mine);
            *mine = NULL;
        }
    }
    for (size_t s = 0; s < SLOTS; s++) {
        if (slot[s] != NULL) {
            worker_drop(self, slot[s]);
        }
    }
    return NULL;
}

static void expect_whole(const struct stress *stress, uint64_t allocs_min) {
    struct tlsf_finding first;
    EXPECT(stress->form->check(stress->heap, 0, &first), "%s: broken: %s, at %p", stress->form->name, first.rule,
           first.address);
    struct tlsf_stats stats;
    stress->form->stats(stress->heap, 0, &stats);
    EXPECT(stats.used_bytes == 0 && stats.free_blocks == 1, "%s: an empty heap has %zu free blocks, %zu bytes used",
           stress->form->name, stats.free_blocks, stats.used_bytes);
    EXPECT(stats.allocs >= allocs_min && stats.allocs == stats.frees, "%s: %llu allocs and %llu frees were counted",
           stress->form->name, (unsigned long long)stats.allocs, (unsigned long long)stats.frees);
}

static void stress_run(const struct form *form, void *heap, size_t threads, uint64_t operations, uint64_t seed) {
    struct stress stress = {.form = form, .heap = heap, .operations = operations, .seed = seed, .threads = threads};
    struct worker worker[THREADS_MAX];
    pthread_t thread[THREADS_MAX];
    uint64_t allocs = 0, taken = 0;
    for (size_t t = 0; t < threads; t++) {
        worker[t] = (struct worker){.stress = &stress, .cpu = t};
        EXPECT(pthread_create(&thread[t], NULL, worker_run, &worker[t]) == 0, "cannot start thread %zu", t);
    }
    for (size_t t = 0; t < threads; t++) {
        pthread_join(thread[t], NULL);
        allocs += worker[t].allocs;
        taken += worker[t].taken;
    }
    for (size_t s = 0; s < SHELVES; s++) {
        unsigned char *p = (unsigned char *)(uintptr_t)word_swap_seq(&stress.shelf[s], 0);
        if (p != NULL) {
            worker_drop(&worker[0], p);
        }
    }
    expect_whole(&stress, allocs);
    EXPECT(operations < 1000 || (allocs != 0 && taken != 0), "%s: no block was made or handed on", form->name);
    printf("%s: %zu threads, %llu allocs, %llu blocks handed on\n", form->name, threads, (unsigned long long)allocs,
           (unsigned long long)taken);
}

// A waiter of each lock, started while the lock is held: it must not get in before the release, and must after it.
struct door {
    struct lock_mcs mcs;
    struct lock_mcs_node node[2];
    struct lock_spin spin;
    word_t inside, coming; // how many waiters passed, and how many are about to try
};

static void *enter_mcs(void *argument) {
    struct door *door = argument;
    lock_mcs_acquire(&door->mcs, &door->node[1]);
    word_add_seq(&door->inside, 1);
    lock_mcs_release(&door->mcs, &door->node[1]);
    return NULL;
}

static void *enter_spin(void *argument) {
    struct door *door = argument;
    word_add_seq(&door->coming, 1);
    lock_spin_acquire(&door->spin);
    word_add_seq(&door->inside, 1);
    lock_spin_release(&door->spin);
    return NULL;
}

// Gives the waiter every chance to get in too early.
static void linger(const struct door *door, const char *lock) {
    for (int i = 0; i < 2000; i++) {
        sched_yield();
        EXPECT(word_load_acquire(&door->inside) == 0, "two threads hold the %s lock", lock);
    }
}

static void test_exclusion(void) {
    struct door door;
    memset(&door, 0, sizeof door);
    pthread_t thread;
    lock_mcs_acquire(&door.mcs, &door.node[0]);
    EXPECT(pthread_create(&thread, NULL, enter_mcs, &door) == 0, "cannot start a thread");
    while (word_load_acquire(&door.mcs.tail) != (uintptr_t)&door.node[1]) { // until it stands in the queue
        sched_yield();
        EXPECT(word_load_acquire(&door.inside) == 0, "two threads hold the MCS lock");
    }
    linger(&door, "MCS");
    lock_mcs_release(&door.mcs, &door.node[0]);
    pthread_join(thread, NULL);
    EXPECT(word_load_acquire(&door.inside) == 1 && word_load_acquire(&door.mcs.tail) == 0, "the MCS lock is not free");

    door.inside = (word_t){0};
    lock_spin_acquire(&door.spin);
    EXPECT(pthread_create(&thread, NULL, enter_spin, &door) == 0, "cannot start a thread");
    while (word_load_acquire(&door.coming) == 0) {
        sched_yield();
    }
    linger(&door, "spin");
    lock_spin_release(&door.spin);
    pthread_join(thread, NULL);
    EXPECT(word_load_acquire(&door.inside) == 1 && word_load_acquire(&door.spin.held) == 0,
           "the spin lock is not free");
}

int main(int argc, char **argv) {
    size_t threads = argument(argc, argv, 1, 2);
    uint64_t operations = argument(argc, argv, 2, 20000), seed = argument(argc, argv, 3, 1);
    EXPECT(threads >= 1 && threads <= THREADS_MAX, "the number of threads is 1 to %d, not %zu", THREADS_MAX, threads);
    test_exclusion();
    void *region = region_new(REGION_BYTES);
    tlsf_spin *spin = NULL;
    EXPECT(tlsf_spin_init(region, REGION_BYTES, threads, &spin) == TLSF_OK, "init of the spinning form failed");
    stress_run(&form_spin, spin, threads, operations, seed);
    tlsf_mcs *mcs = NULL;
    EXPECT(tlsf_mcs_init(region, REGION_BYTES, threads, &mcs) == TLSF_OK, "init of the queued form failed");
    stress_run(&form_mcs, mcs, threads, operations, seed);
    free(region);
    return 0;
}
