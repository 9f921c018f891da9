// SPDX-License-Identifier: MIT
// mode=schedules: seeded interleavings. On every CPU the timer interrupts again and again, 20 to 120 clock ticks after
// the latest interrupt was served; under -icount shift=0 these are instructions, and each interrupt ends the time slice
// of whichever CPU is running, wherever it is. What the CPUs do is drawn from the seed as well, so that the same seed
// gives the same run, line by line. Handlers allocate and free. Every block says who holds it.
#include "arch.h"
#include "cpus.h"
#include "kheap.h"
#include "modes.h"
#include "print.h"
#include "random.h"
#include "tap.h"
#include "tick.h"
#include "watchdog.h"

enum { SCHEDULE_REGION = 32 << 20, SCHEDULE_STEPS = 10000, SCHEDULE_BLOCKS = 24, SCHEDULE_WAIT_SECONDS = 600 };
enum { SCHEDULE_TICKS_MIN = 80, SCHEDULE_TICKS_SPREAD = 101 };

struct block {
    uint64_t *p;
    size_t size;
};

// What one CPU does.
struct player {
    _Alignas(CPU_LINE_BYTES) uint64_t random_state;
    uint64_t handler_random;
    struct block blocks[SCHEDULE_BLOCKS];
    struct block held;   // the handler's
    uint64_t digest;     // of all addresses
    uint64_t overlapped; // calls in whose middle another CPU went on
    const char *trouble;
    _Alignas(CPU_LINE_BYTES) uint64_t steps, interrupts; // so far; atomic, others look at them
    _Alignas(CPU_LINE_BYTES) uint64_t *letter;           // a block from the CPU before; atomic
};

static backend *heap;
static struct player *players;

// Every block tells in its first and last word its size and whose it is.
static uint64_t mark_of(size_t size, const void *owner) {
    return (uint64_t)size << 40 ^ (uintptr_t)owner;
}

static void mark(struct player *player, struct block *block, void *p, size_t size) {
    *block = (struct block){.p = p, .size = size};
    if (p == NULL)
        player->trouble = "NULL although there is memory";
    else
        block->p[0] = block->p[size / 8 - 1] = mark_of(size, block);
}

static void verify(struct player *player, const uint64_t *p, size_t size, const void *owner) {
    if (p != NULL && (p[0] != mark_of(size, owner) || p[size / 8 - 1] != mark_of(size, owner)))
        player->trouble = "a block changed while it was in use";
}

// Sizes of a multiple of 8: mostly small, seldom a run.
static size_t draw_size(uint64_t *state) {
    return 16 + 8 * (size_t)random_below(state, 2u << random_below(state, 13));
}

static void alloc(struct player *player, struct block *block, uint64_t *random) {
    size_t size = draw_size(random);
    mark(player, block, kheap_alloc_from(heap, size, 8), size);
}

static void give_back(struct player *player, struct block *block) {
    verify(player, block->p, block->size, block);
    uint64_t *p = block->p;
    *block = (struct block){0};
    kheap_free_to(heap, p);
}

static void handler(void) {
    struct player *player = &players[cpu_self()->index];
    __atomic_store_n(&player->interrupts, player->interrupts + 1, __ATOMIC_RELAXED); // relaxed: only shows progress
    uint32_t what = random_below(&player->handler_random, 4);
    if (what == 0 && player->held.p == NULL)
        alloc(player, &player->held, &player->handler_random);
    else if (what == 0)
        give_back(player, &player->held);
    timer_once(cpus_count() * (SCHEDULE_TICKS_MIN + random_below(&player->handler_random, SCHEDULE_TICKS_SPREAD)));
}

static void change(struct player *player, struct block *block) {
    size_t size = draw_size(&player->random_state);
    verify(player, block->p, block->size, block);
    mark(player, block, kheap_realloc_from(heap, block->p, size, 8), size);
}

// Leaves a block to the next CPU, with its size as the first word, unless the letter before is still there.
static void hand_on(struct player *player, struct block *block) {
    struct player *next = &players[(cpu_self()->index + 1) % cpus_count()];
    if (__atomic_load_n(&next->letter, __ATOMIC_RELAXED) != NULL) // relaxed: only this CPU puts letters there
        return;
    verify(player, block->p, block->size, block);
    block->p[0] = block->size;
    block->p[block->size / 8 - 1] = mark_of(block->size, next);
    __atomic_store_n(&next->letter, block->p, __ATOMIC_RELEASE); // R schedules.letter -> A schedules.letter
    *block = (struct block){0};
}

static void receive(struct player *player) {
    // A schedules.letter <- R schedules.letter
    uint64_t *p = __atomic_exchange_n(&player->letter, NULL, __ATOMIC_ACQUIRE);
    if (p == NULL)
        return;
    if (p[p[0] / 8 - 1] != mark_of(p[0], player))
        player->trouble = "a block changed on its way to another CPU";
    kheap_free_to(heap, p);
}

// How far the other CPUs are.
static uint64_t others(const struct player *self) {
    uint64_t moves = 0;
    // bound: CPUs
    for (struct player *other = players; other < players + cpus_count(); other++) {
        if (other != self) {
            moves += __atomic_load_n(&other->steps, __ATOMIC_RELAXED);      // relaxed: only shows progress
            moves += __atomic_load_n(&other->interrupts, __ATOMIC_RELAXED); // relaxed: likewise
        }
    }
    return moves;
}

static void player_step(struct player *player) {
    struct block *block = &player->blocks[random_below(&player->random_state, SCHEDULE_BLOCKS)];
    uint64_t before = others(player);
    uint32_t what = random_below(&player->random_state, 8);
    if (block->p == NULL)
        alloc(player, block, &player->random_state);
    else if (what == 0)
        change(player, block);
    else if (what <= 2)
        hand_on(player, block);
    else
        give_back(player, block);
    receive(player);
    player->overlapped += others(player) != before;
    player->digest = (player->digest ^ (uintptr_t)block->p) * 0x9e3779b97f4a7c15u;
    __atomic_store_n(&player->steps, player->steps + 1, __ATOMIC_RELAXED); // relaxed: only shows progress
}

static void play(void *arg) {
    (void)arg;
    struct player *player = &players[cpu_self()->index];
    cpus_meet();
    tick_set(0, handler);
    timer_once(SCHEDULE_TICKS_MIN);
    // bound: SCHEDULE_STEPS
    for (unsigned i = 0; i < SCHEDULE_STEPS && player->trouble == NULL; i++)
        player_step(player);
    tick_reset();
    cpus_meet();
    receive(player);
    // bound: SCHEDULE_BLOCKS
    for (size_t i = 0; i < SCHEDULE_BLOCKS; i++)
        give_back(player, &player->blocks[i]);
    give_back(player, &player->held);
    // bound: what a cache holds
    while (kheap_drain(heap)) {
    }
}

static void schedule(void) {
    size_t largest[2], all[2];
    void *region = kheap_alloc(SCHEDULE_REGION, 4096);
    players = kheap_zalloc(cpus_count() * sizeof *players, CPU_LINE_BYTES);
    const char *trouble = backend_init(region, SCHEDULE_REGION, cpus_count(), &heap);
    if (trouble != NULL)
        panic("no heap for the schedules: %s", trouble);
    backend_free_bytes(heap, 0, &largest[0], &all[0]);
    // bound: CPUs
    for (size_t i = 0; i < cpus_count(); i++)
        players[i].random_state = players[i].handler_random = options.seed * 1000 + i;
    cpus_run(play, NULL);
    // bound: CPUs
    for (size_t i = 0; i < cpus_count(); i++) {
        const struct player *player = &players[i];
        print("# CPU %zu: %lu steps, %lu interrupts, %lu steps with another CPU in their middle, digest %016lx\n", i,
              player->steps, player->interrupts, player->overlapped, player->digest);
        tap_expect(player->trouble == NULL, "CPU %zu: %s", i, player->trouble);
        tap_expect(cpus_count() == 1 || player->overlapped != 0,
                   "CPU %zu was never interrupted by another within a step", i);
    }
    const char *broken = backend_check(heap, 0);
    backend_free_bytes(heap, 0, &largest[1], &all[1]);
    tap_expect(broken == NULL, "the heap is broken: %s", broken);
    tap_expect(largest[0] == largest[1] && all[0] == all[1], "of %zu free bytes %zu are left", all[0], all[1]);
}

bool schedules_main(void) {
    tap_begin();
    watchdog_expect("schedules", SCHEDULE_WAIT_SECONDS);
    tap_test("a schedule drawn from a seed", schedule);
    return tap_end();
}
