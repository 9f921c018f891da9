// SPDX-License-Identifier: MIT
// Every misuse of frames and of the bump allocator must be reported with its kind, the address that was passed in and
// the CPU, and must leave everything as it was: after each fault every invariant holds, and at the end every frame is
// back.
#include "frame/frame_state.h"
#include "stress/support/die.h"
#include "stress/support/region.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <wfheap/bump.h>

#define MIB (UINT64_C(1) << 20)
#define FRAME ((uint64_t)FRAME_BYTES)
#define BASE (64 * MIB)
#define CPUS ((size_t)3)

static frame_pool *pool;
static struct frame_list list;

static struct {
    jmp_buf back;
    bool armed;
    enum port_fault_kind kind;
    uint64_t address;
    size_t cpu;
} caught;

void port_fault(enum port_fault_kind kind, const void *address, size_t cpu) {
    if (!caught.armed) {
        die("a fault that nobody expected: kind %d at %p on cpu %zu", (int)kind, address, cpu);
    }
    caught.armed = false;
    caught.kind = kind;
    caught.address = (uintptr_t)address;
    caught.cpu = cpu;
    longjmp(caught.back, 1);
}

static void must_hold(void) {
    struct frame_finding finding;
    if (!frame_check(pool, &finding)) {
        die("after a fault: %s: frame %#llx, want %llu, have %llu", finding.rule, (unsigned long long)finding.frame,
            (unsigned long long)finding.want, (unsigned long long)finding.have);
    }
}

struct call {
    void (*run)(const struct call *call);
    uint64_t frame;
    size_t count, cpu;
};

static bool faults(const struct call *call) {
    if (setjmp(caught.back) != 0) {
        return true;
    }
    caught.armed = true;
    call->run(call);
    caught.armed = false;
    return false;
}

// The call must fault, with just this kind and address; and, but for what cannot be undone, change nothing.
static void must_fault(struct call call, enum port_fault_kind kind, uint64_t address) {
    if (!faults(&call)) {
        die("no fault at %#llx, expected kind %d", (unsigned long long)call.frame, (int)kind);
    }
    if (caught.kind != kind || caught.address != address || caught.cpu != call.cpu) {
        die("fault %d at %#llx on cpu %zu, expected %d at %#llx on cpu %zu", (int)caught.kind,
            (unsigned long long)caught.address, caught.cpu, (int)kind, (unsigned long long)address, call.cpu);
    }
}

static void call_put(const struct call *call) {
    frame_put(pool, call->cpu, call->frame);
}

static void call_put_contiguous(const struct call *call) {
    frame_put_contiguous(pool, call->cpu, call->frame, call->count);
}

static void call_alloc(const struct call *call) {
    uint64_t frame;
    (void)frame_alloc_contiguous(pool, call->cpu, call->count, 0, &frame);
}

static void call_alloc_one(const struct call *call) {
    uint64_t frame;
    (void)frame_alloc(pool, call->cpu, &frame);
}

static void call_drain(const struct call *call) {
    while (frame_drain(pool, call->cpu)) {
    }
}

static void call_get(const struct call *call) {
    frame_get(pool, call->frame);
}

static void call_references(const struct call *call) {
    (void)frame_references(pool, call->frame);
}

static void call_is_unique(const struct call *call) {
    (void)frame_is_unique(pool, call->frame);
}

static void call_node(const struct call *call) {
    (void)frame_node(pool, call->frame);
}

static void call_insert(const struct call *call) {
    (void)frame_list_insert(&list, 0, 3 * FRAME, call->frame);
}

static void call_replace(const struct call *call) {
    uint64_t old;
    (void)frame_list_replace(&list, 0, call->frame, &old);
}

// Every call that takes a frame.
static void must_refuse(uint64_t frame, enum port_fault_kind kind) {
    must_fault((struct call){call_put, frame, 1, 2}, kind, frame);
    must_fault((struct call){call_put_contiguous, frame, 1, 1}, kind, frame);
    must_fault((struct call){call_get, frame, 1, 0}, kind, frame);
    must_fault((struct call){call_references, frame, 1, 0}, kind, frame);
    must_fault((struct call){call_is_unique, frame, 1, 0}, kind, frame);
    must_fault((struct call){call_node, frame, 1, 0}, kind, frame);
    must_fault((struct call){call_insert, frame, 1, 0}, kind, frame);
    must_fault((struct call){call_replace, frame, 1, 0}, kind, frame);
    must_hold();
}

static uint64_t take(size_t count) {
    uint64_t first;
    if (frame_alloc_contiguous(pool, 0, count, 0, &first) != FRAME_OK) {
        die("no %zu frames", count);
    }
    return first;
}

static void test_foreign(void) {
    static const uint64_t bad[] = {0,
                                   1,
                                   BASE - FRAME,
                                   BASE - 1,
                                   BASE + 2 * MIB,              // a hole in an arena
                                   BASE + 2 * MIB + 40 * FRAME, // not reclaimed yet
                                   BASE + 5 * MIB,              // behind an arena
                                   BASE + 32 * MIB - FRAME,     // before another
                                   BASE + 34 * MIB,
                                   FRAME_NONE,
                                   FRAME_NONE - FRAME + 1};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        must_refuse(bad[i], PORT_FAULT_FOREIGN);
    }
}

static void test_misplaced(void) {
    uint64_t frame = take(1);
    for (uint64_t offset = 1; offset < FRAME; offset *= 2) {
        must_refuse(frame + offset, PORT_FAULT_MISPLACED);
    }
    must_refuse(frame + FRAME - 1, PORT_FAULT_MISPLACED);
    frame_put(pool, 0, frame);
}

static void test_free_frame(void) {
    uint64_t frame = take(1);
    frame_put(pool, 0, frame);
    for (unsigned drained = 0; drained < 2; drained++) { // while it is cached, and when it is free for everyone
        must_fault((struct call){call_put, frame, 1, 1}, PORT_FAULT_DOUBLE_FREE, frame);
        must_fault((struct call){call_put_contiguous, frame, 1, 0}, PORT_FAULT_DOUBLE_FREE, frame);
        must_fault((struct call){call_get, frame, 1, 0}, PORT_FAULT_FREE_PAGE, frame);
        must_fault((struct call){call_is_unique, frame, 1, 0}, PORT_FAULT_FREE_PAGE, frame);
        must_fault((struct call){call_insert, frame, 1, 0}, PORT_FAULT_FREE_PAGE, frame);
        must_fault((struct call){call_replace, frame, 1, 0}, PORT_FAULT_FREE_PAGE, frame);
        must_hold();
        (void)frame_drain(pool, 0);
    }
}

static void test_shared_twice(void) {
    uint64_t frame = take(1);
    frame_get(pool, frame);
    frame_put(pool, 1, frame);
    frame_put(pool, 2, frame);
    must_fault((struct call){call_put, frame, 1, 0}, PORT_FAULT_DOUBLE_FREE, frame);
    must_hold();
}

static word_t *count_of(uint64_t frame) {
    struct frame_place place = frame_find(pool, frame);
    return &place.arena->references[place.page];
}

// As if two CPUs had put the last reference at the same moment: both read that it is the last. The frame is in two
// caches.
static uint64_t put_twice_at_once(void) {
    uint64_t frame = take(1);
    frame_put(pool, 1, frame);
    word_store_relaxed(count_of(frame), 1);
    frame_put(pool, 2, frame);
    return frame;
}

static uint64_t must_take(size_t cpu) {
    uint64_t frame;
    if (frame_alloc(pool, cpu, &frame) != FRAME_OK) {
        die("no frame");
    }
    return frame;
}

// The frame must be in one place again, so that what one CPU took comes back once.
static void put_back(size_t cpu, uint64_t frame) {
    pool->caches[2].freed--; // what should not have been
    must_hold();
    frame_put(pool, cpu, frame);
}

static void test_twice_at_once(void) {
    uint64_t frame = put_twice_at_once(); // handed out by both
    if (must_take(1) != frame) {
        die("it is not in the cache");
    }
    must_fault((struct call){call_alloc_one, frame, 1, 2}, PORT_FAULT_DOUBLE_FREE, frame);
    put_back(1, frame);
    (void)frame_drain(pool, 1);

    frame = put_twice_at_once(); // handed out by one, given back by the other
    if (must_take(2) != frame) {
        die("it is not in the cache");
    }
    must_fault((struct call){call_drain, frame, 1, 1}, PORT_FAULT_DOUBLE_FREE, frame);
    put_back(2, frame);
    (void)frame_drain(pool, 2);

    frame = put_twice_at_once(); // given back by both
    (void)frame_drain(pool, 1);
    must_fault((struct call){call_drain, frame, 1, 2}, PORT_FAULT_DOUBLE_FREE, frame);
    pool->caches[2].freed--;
    must_hold();
}

// The same for runs, which lie on shelves.
static uint64_t put_run_twice_at_once(void) {
    uint64_t run = take(2);
    frame_put_contiguous(pool, 1, run, 2);
    word_store_relaxed(count_of(run), 1);
    word_store_relaxed(count_of(run + FRAME), 1);
    frame_put_contiguous(pool, 2, run, 2);
    pool->caches[2].freed -= 2; // what should not have been
    return run;
}

static void test_run_twice_at_once(void) {
    uint64_t got = FRAME_NONE;
    uint64_t run = put_run_twice_at_once(); // handed out by both
    if (frame_alloc_contiguous(pool, 1, 2, 0, &got) != FRAME_OK || got != run) {
        die("the run is not on the shelf");
    }
    must_fault((struct call){call_alloc, run, 2, 2}, PORT_FAULT_DOUBLE_FREE, run);
    must_hold();
    frame_put_contiguous(pool, 1, run, 2);
    (void)frame_drain(pool, 1);

    run = put_run_twice_at_once(); // handed out by one, given back by the other
    if (frame_alloc_contiguous(pool, 1, 2, 0, &got) != FRAME_OK || got != run) {
        die("the run is not on the shelf");
    }
    must_fault((struct call){call_drain, run, 2, 2}, PORT_FAULT_DOUBLE_FREE, run);
    must_hold();
    frame_put_contiguous(pool, 1, run, 2);

    (void)frame_drain(pool, 1);
    run = put_run_twice_at_once(); // given back by both
    (void)frame_drain(pool, 1);
    must_fault((struct call){call_drain, run, 2, 2}, PORT_FAULT_DOUBLE_FREE, run);
    must_hold();
}

// A frame in use that is free for everyone too comes up in a run: its other frames go back.
static void test_run_of_used(void) {
    static uint64_t frames[4096];
    size_t count = 0;
    uint64_t run = take(64);
    while (frame_alloc(pool, 0, &frames[count]) == FRAME_OK) {
        count++;
    }
    frame_put_contiguous(pool, 0, run, 20);
    frame_put_contiguous(pool, 0, run + 21 * FRAME, 43);
    struct frame_place used = frame_find(pool, run + 20 * FRAME);
    if (!page_give(&used.arena->map, used.page, 1)) {
        die("it was free before");
    }
    must_fault((struct call){call_alloc, run, 64, 1}, PORT_FAULT_DOUBLE_FREE, run + 20 * FRAME);
    must_hold();
    frame_put(pool, 0, run + 20 * FRAME);
    while (count-- > 0) {
        frame_put(pool, 0, frames[count]);
    }
}

// Nothing of a run is put if one of its frames cannot be.
static void test_run(void) {
    uint64_t first = take(100);
    static const size_t holes[] = {0, 1, 50, 63, 64, 99};
    for (size_t i = 0; i < sizeof holes / sizeof holes[0]; i++) {
        uint64_t frame = first + holes[i] * FRAME;
        frame_put(pool, 1, frame);
        must_fault((struct call){call_put_contiguous, first, 100, 2}, PORT_FAULT_DOUBLE_FREE, frame);
        must_hold();
        struct frame_stats stats;
        frame_stats(pool, &stats);
        if (stats.used != 100) { // 99, and the list's
            die("a refused run left %zu frames in use", stats.used);
        }
        while (frame_drain(pool, 1)) {
        }
        if (frame_mark_used(pool, frame, FRAME) != FRAME_OK) {
            die("a frame that was put is not free");
        }
    }
    // Beyond the arena's end, into a hole, and around the end of the address space.
    must_fault((struct call){call_put_contiguous, first, SIZE_MAX, 0}, PORT_FAULT_DOUBLE_FREE, first + 100 * FRAME);
    frame_put_contiguous(pool, 0, first, 100);
    if (frame_mark_used(pool, BASE + 34 * MIB - FRAME, FRAME) != FRAME_OK) {
        die("the last frame is not free");
    }
    must_fault((struct call){call_put_contiguous, BASE + 34 * MIB - FRAME, 2, 0}, PORT_FAULT_FOREIGN, BASE + 34 * MIB);
    frame_put(pool, 0, BASE + 34 * MIB - FRAME);
}

static void test_bad_cpu(void) {
    static const size_t cpus[] = {CPUS, CPUS + 1, 1023, 1024, SIZE_MAX};
    uint64_t first = take(2);
    for (size_t i = 0; i < sizeof cpus / sizeof cpus[0]; i++) {
        must_fault((struct call){call_put, first, 1, cpus[i]}, PORT_FAULT_BAD_CPU, first);
        must_fault((struct call){call_put_contiguous, first, 2, cpus[i]}, PORT_FAULT_BAD_CPU, first);
        must_hold();
    }
    frame_put_contiguous(pool, 0, first, 2);
}

static void test_overflow(void) {
    uint64_t frame = take(1);
    word_store_relaxed(count_of(frame), FRAME_REFERENCES_MAX - 1);
    frame_get(pool, frame);
    must_fault((struct call){call_get, frame, 1, 0}, PORT_FAULT_OVERFLOW, frame);
    if (frame_references(pool, frame) != FRAME_REFERENCES_MAX) {
        die("a refused reference was counted");
    }
    must_hold();
    frame_put(pool, 0, frame);
    if (frame_references(pool, frame) != FRAME_REFERENCES_MAX - 1) {
        die("the count is not what it was");
    }
    word_store_relaxed(count_of(frame), 1);
    frame_put(pool, 0, frame);
}

// Somebody wrote into the bookkeeping: a frame in use is free too.
static void test_corrupt(void) {
    uint64_t first = take(64);
    struct frame_place place = frame_find(pool, first + 5 * FRAME);
    if (!page_give(&place.arena->map, place.page, 1)) {
        die("it was free before");
    }
    must_fault((struct call){call_put_contiguous, first, 64, 0}, PORT_FAULT_CORRUPT, first);
}

// A pool with room for runs of 512 frames on the slots' shelves; nothing lies behind its addresses.
static void make_large(void) {
    struct frame_region region = {BASE, 512 * MIB, FRAME_USABLE, 0};
    struct frame_config config = {.regions = &region, .region_count = 1, .cpus = CPUS, .direct_map = FRAME_UNREACHABLE};
    size_t bytes = frame_footprint(&config);
    void *storage = aligned_alloc(FRAME_STORAGE_ALIGN, bytes);
    free(pool);
    pool = NULL;
    if (storage == NULL || frame_init(&config, storage, bytes, &pool) != FRAME_OK) {
        die("no large pool");
    }
}

static void must_be_whole(uint64_t first, enum frame_block_state state) {
    if (!frame_is_block(frame_find(pool, first), 512) || frame_block_state(frame_find(pool, first)) != state) {
        die("the run at %#llx is in state %d, not %d", (unsigned long long)first,
            (int)frame_block_state(frame_find(pool, first)), (int)state);
    }
}

// A run of 512 that lies whole on a shelf is free, though nobody wrote its counts.
static void test_kept_block(void) {
    make_large();
    uint64_t first = take(512), inside = first + 300 * FRAME;
    must_be_whole(first, FRAME_BLOCK_HELD);
    frame_put_contiguous(pool, 1, first, 512);
    must_be_whole(first, FRAME_BLOCK_KEPT);
    must_fault((struct call){call_put_contiguous, first, 512, 2}, PORT_FAULT_DOUBLE_FREE, first);
    must_fault((struct call){call_put_contiguous, inside, 20, 2}, PORT_FAULT_DOUBLE_FREE, inside);
    must_fault((struct call){call_put, inside, 1, 1}, PORT_FAULT_DOUBLE_FREE, inside);
    must_fault((struct call){call_get, inside, 1, 0}, PORT_FAULT_FREE_PAGE, inside);
    must_fault((struct call){call_is_unique, inside, 1, 0}, PORT_FAULT_FREE_PAGE, inside);
    if (frame_references(pool, inside) != 0) {
        die("a kept frame has references");
    }
    must_be_whole(first, FRAME_BLOCK_KEPT);
    must_hold();
}

// As test_twice_at_once, for a run of 512 that is held whole.
static void test_block_twice_at_once(void) {
    make_large();
    for (unsigned drained = 0; drained < 3; drained++) { // handed out by both, or drained by one, or by the other
        uint64_t first = take(512);
        frame_put_contiguous(pool, 1, first, 512);
        word_store_relaxed(frame_block_at(frame_find(pool, first)), FRAME_BLOCK_HELD);
        frame_put_contiguous(pool, 2, first, 512);
        pool->caches[2].freed -= 512; // what should not have been
        size_t taker = drained == 1 ? 2 : 1, other = 3 - taker;
        uint64_t again;
        if (frame_alloc_contiguous(pool, taker, 512, 0, &again) != FRAME_OK || again != first) {
            die("the run is not on the shelf");
        }
        struct call call = {drained == 0 ? call_alloc : call_drain, first, 512, other};
        must_fault(call, PORT_FAULT_DOUBLE_FREE, first);
        must_hold();
        frame_put_contiguous(pool, 0, first, 512);
        while (frame_drain(pool, 0)) {
        }
        must_hold();
    }
}

static bump *boot;

static void call_bump_free(const struct call *call) {
    bump_free(boot, call->frame, 16);
}

static void test_bump_foreign(void) {
    static _Alignas(64) unsigned char storage[BUMP_STORAGE_BYTES(2)];
    struct bump_range regions[] = {{MIB, 4096}, {2 * MIB, 4096}};
    uint64_t low, high;
    if (bump_init(regions, 2, 1, storage, sizeof storage, &boot) != BUMP_OK ||
        bump_alloc(boot, 100, 0, &low) != BUMP_OK || bump_alloc_top(boot, 100, 0, &high) != BUMP_OK) {
        die("no bump allocator");
    }
    const uint64_t bad[] = {0, MIB - 1, low + 112, MIB + 4096, 2 * MIB, high - 1, 2 * MIB + 4096, UINT64_MAX};
    const size_t bad_count = sizeof bad / sizeof bad[0];
    for (size_t i = 0; i < 2 * bad_count; i++) { // before it is closed, and after
        if (i == bad_count && bump_close(boot) != BUMP_OK) {
            die("not closed");
        }
        must_fault((struct call){call_bump_free, bad[i % bad_count], 0, 0}, PORT_FAULT_FOREIGN, bad[i % bad_count]);
    }
    struct bump_stats stats;
    bump_stats(boot, &stats);
    if (stats.frees != 0 || stats.freed_bytes != 0) {
        die("a refused free was counted");
    }
    bump_free(boot, low, 100);
    bump_free(boot, high, 100);
}

static const struct {
    const char *name;
    void (*run)(void);
    bool sound; // the pool is still good afterwards
} tests[] = {
    {"foreign", test_foreign, true},
    {"misplaced", test_misplaced, true},
    {"free-frame", test_free_frame, true},
    {"shared-twice", test_shared_twice, true},
    {"run", test_run, true},
    {"bad-cpu", test_bad_cpu, true},
    {"overflow", test_overflow, true},
    {"twice-at-once", test_twice_at_once, true},
    {"run-twice-at-once", test_run_twice_at_once, true},
    {"run-of-used", test_run_of_used, true},
    {"kept-block", test_kept_block, false},
    {"block-twice-at-once", test_block_twice_at_once, false},
    {"corrupt", test_corrupt, false},
    {"bump-foreign", test_bump_foreign, true},
};

static void make(unsigned char *memory) {
    struct frame_region regions[] = {{BASE, 5 * MIB, FRAME_USABLE, 0},
                                     {BASE + 2 * MIB, 40 * FRAME, FRAME_RESERVED, 0},
                                     {BASE + 2 * MIB + 40 * FRAME, 8 * FRAME, FRAME_RECLAIMABLE, 0},
                                     {BASE + 32 * MIB, 2 * MIB, FRAME_USABLE, 0}};
    struct frame_config config = {
        .regions = regions, .region_count = 4, .cpus = CPUS, .direct_map = (uintptr_t)memory - BASE};
    size_t bytes = frame_footprint(&config);
    void *storage = aligned_alloc(FRAME_STORAGE_ALIGN, bytes);
    uint64_t frame;
    if (storage == NULL || frame_init(&config, storage, bytes, &pool) != FRAME_OK ||
        frame_list_init(&list, pool) != FRAME_OK || frame_alloc(pool, 0, &frame) != FRAME_OK ||
        frame_list_insert(&list, 0, 0, frame) != FRAME_OK) {
        die("no pool");
    }
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < sizeof tests / sizeof tests[0]; i++) {
        if (strcmp(argv[1], tests[i].name) != 0) {
            continue;
        }
        unsigned char *memory = region_map(34 * MIB, 0);
        make(memory);
        tests[i].run();
        if (tests[i].sound) {
            struct frame_stats stats;
            must_hold();
            frame_stats(pool, &stats);
            if (stats.used != 1 || list.count != 1) {
                die("%zu frames are in use, not the list's alone", stats.used);
            }
        }
        region_unmap(memory, 34 * MIB);
        free(pool);
        return 0;
    }
    die_unusable("%s: name one test, such as %s", argv[0], tests[0].name);
}
