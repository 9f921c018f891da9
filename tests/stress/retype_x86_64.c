// SPDX-License-Identifier: MIT
// The worst moment for every step: a call that is about to claim blocks of a class, or to give some back, is stopped
// right before or right after its k-th atomic instruction; meanwhile another CPU frees every other block of that class,
// so that its spans go back to pages, and takes the pages for blocks of another size. Then the call goes on with what
// it had read before. For every k, until the call ends sooner: nobody may be given what another holds, and all pages
// must come back.
#include "support/args.h"
#include "support/die.h"
#include "support/trap_x86_64.h"
#include "support/world.h"

#include <stdio.h>

#define BLOCKS_MAX 2048u
#define LOCK_PREFIX 0xf0u
#define REX_W 0x48u
#define XCHG_MEMORY 0x87u // exchanging with memory is atomic without the prefix
#define STOPS_MIN 4u      // claiming and giving back take at least two atomic steps, each with a before and an after
#define TAKEN 600u
#define TASK 0u
#define RIVAL 1u

struct pair {
    size_t size;  // of the stopped call
    size_t other; // of what the rival takes instead
};

static struct {
    struct world world;
    struct pair pair;
    void *held[BLOCKS_MAX]; // by the rival, of the first size
    size_t held_count;
    struct block taken[BLOCKS_MAX]; // by the rival, of the other size
    size_t taken_count;
    size_t stops_left;
    bool was_before; // the instruction just passed was atomic
    volatile bool stopped;
} stage;

static void stage_must(const char *complaint, const struct block *block) {
    if (complaint != NULL) {
        die("retype of %zu to %zu: %s: block %p of %zu bytes, owner %u", stage.pair.size, stage.pair.other, complaint,
            (void *)block->start, block->size, (unsigned)block->owner);
    }
}

static void block_enter(struct block *block, void *start, size_t size, uint16_t owner) {
    *block = (struct block){.start = start, .size = size, .tag = (uintptr_t)start, .owner = owner};
    stage_must(shadow_enter(&stage.world.shadow, block), block);
    shadow_fill(block);
}

static void block_free(struct block *block, size_t cpu) {
    stage_must(shadow_verify(block, block->size), block);
    stage_must(shadow_leave(&stage.world.shadow, block), block);
    wfh_free(stage.world.heap, cpu, block->start);
}

// Spans of the first size, each half full, whose blocks are all the rival's or anybody's.
static void rival_prepare(size_t blocks_per_span) {
    size_t count = blocks_per_span * 5 / 2 < BLOCKS_MAX ? blocks_per_span * 5 / 2 : BLOCKS_MAX;
    for (stage.held_count = 0; stage.held_count < count; stage.held_count++) {
        stage.held[stage.held_count] = wfh_alloc(stage.world.heap, RIVAL, stage.pair.size, 8);
    }
    for (size_t i = 1; i < count; i += 2) {
        wfh_free(stage.world.heap, RIVAL, stage.held[i]);
        stage.held[i] = NULL;
    }
    world_drain(&stage.world, RIVAL);
}

static void rival_turn_over(void) {
    wfh *heap = stage.world.heap;
    for (size_t i = 0; i < stage.held_count; i++) {
        wfh_free(heap, RIVAL, stage.held[i]);
    }
    stage.held_count = 0;
    world_drain(&stage.world, RIVAL);
    for (stage.taken_count = 0; stage.taken_count < TAKEN; stage.taken_count++) {
        void *start = wfh_alloc(heap, RIVAL, stage.pair.other, 8);
        if (start == NULL) {
            break;
        }
        block_enter(&stage.taken[stage.taken_count], start, stage.pair.other, 2);
    }
    // Every other one is given back, so that there are free blocks of the other size to be mistaken in every span.
    size_t kept = 0;
    for (size_t i = 0; i < stage.taken_count; i++) {
        if (i % 2 == 0) {
            block_free(&stage.taken[i], RIVAL);
        } else {
            stage.taken[kept++] = stage.taken[i];
        }
    }
    stage.taken_count = kept;
    world_drain(&stage.world, RIVAL);
}

static void stage_handle(int signal_number, siginfo_t *info, void *context) {
    (void)signal_number;
    (void)info;
    const unsigned char *next = trap_next_instruction(context);
    bool before = next[0] == LOCK_PREFIX || (next[0] == REX_W && next[1] == XCHG_MEMORY);
    bool after = stage.was_before;
    stage.was_before = before;
    if ((before || after) && --stage.stops_left == 0) {
        trap_flag_clear_in(context);
        stage.stopped = true;
        rival_turn_over();
    }
}

// The call under test: an alloc that finds nothing in its cache.
static void task_alloc(struct block *block) {
    trap_flag_set();
    void *start = wfh_alloc(stage.world.heap, TASK, stage.pair.size, 8);
    trap_flag_clear();
    if (start != NULL) {
        block_enter(block, start, stage.pair.size, 1);
    }
}

// The call under test: a drain of a few blocks, among them some of the rival's.
static void task_drain(void) {
    for (size_t i = 0; i < 6 && i < stage.held_count; i += 2) {
        wfh_free(stage.world.heap, TASK, stage.held[i]);
        stage.held[i] = NULL;
    }
    bool more = true;
    while (more) {
        if (!stage.stopped) {
            trap_flag_set();
        }
        more = wfh_drain(stage.world.heap, TASK);
        trap_flag_clear();
    }
}

// Nobody holds anything: all managed pages must be to be had as one run. A stopped call may have kept an empty span
// from going back to pages at once; whoever is short of pages finds it.
static void stage_expect_whole(void) {
    struct wfh_stats stats;
    world_drain(&stage.world, TASK);
    world_drain(&stage.world, RIVAL);
    wfh_stats(stage.world.heap, &stats);
    void *whole = wfh_alloc(stage.world.heap, RIVAL, stats.managed_bytes, 8);
    if (whole == NULL) {
        die("retype of %zu to %zu: all is free, yet the whole of %zu bytes is not to be had; %zu bytes lie in spans",
            stage.pair.size, stage.pair.other, stats.managed_bytes, stats.span_bytes);
    }
    wfh_free(stage.world.heap, RIVAL, whole);
}

// One stop at the given atomic step; false if the call ended before.
static bool stage_play(size_t stops, size_t blocks_per_span, bool drain) {
    struct block block = {.start = NULL};
    rival_prepare(blocks_per_span);
    stage.stops_left = stops;
    stage.stopped = false;
    stage.was_before = false;
    if (drain) {
        task_drain();
    } else {
        task_alloc(&block);
    }
    bool stopped = stage.stopped;
    if (!stopped) {
        rival_turn_over();
    }
    world_check(&stage.world);
    if (block.start != NULL) {
        block_free(&block, TASK);
    }
    while (stage.taken_count > 0) {
        block_free(&stage.taken[--stage.taken_count], RIVAL);
    }
    stage_expect_whole();
    world_reckon(&stage.world);
    return stopped;
}

static size_t span_blocks(size_t size) {
    struct wfh_class_stats class;
    for (size_t i = 0; wfh_class_stats(stage.world.heap, i, &class); i++) {
        if (class.block_bytes >= size) {
            return class.blocks_per_span;
        }
    }
    die("retype: %zu bytes are in no size class", size);
}

int main(int argc, char **argv) {
    struct arg args[] = {{"stride", 1, 1, 1000}};
    args_parse(args, ARGS_COUNT(args), argc, argv);
    size_t stride = args_get(args, ARGS_COUNT(args), "stride");
    static const struct pair pairs[] = {{64, 48}, {256, 64}, {64, 256}, {1000, 40000}};
    trap_catch(stage_handle);
    for (size_t i = 0; i < 2 * (sizeof pairs / sizeof pairs[0]); i++) {
        bool drain = i % 2 == 1;
        stage.pair = pairs[i / 2];
        world_init(&stage.world, (size_t)1 << 20, 5, 2, 1);
        size_t blocks_per_span = span_blocks(stage.pair.size), stops = 1;
        while (stage_play(stops, blocks_per_span, drain)) {
            stops += stride;
        }
        if (stops < STOPS_MIN) {
            die("retype: the call ended after %zu atomic steps: this is not the path that was meant", stops);
        }
        printf("%s of %zu bytes, pages turned to %zu: stopped at steps up to %zu\n", drain ? "drain" : "alloc",
               stage.pair.size, stage.pair.other, stops);
        world_destroy(&stage.world);
    }
    return 0;
}
