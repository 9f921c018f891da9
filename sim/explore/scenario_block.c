// SPDX-License-Identifier: MIT
// Runs of 512 frames that are taken, kept on shelves and put whole, or come apart: two of them, of which CPUs also take
// single frames, in a pool that is large enough for shelves.
#include "arena.h"
#include "frame_stage.h"
#include "scenarios.h"

#include <stdio.h>

#define BLOCKS 2u
#define FRAMES_FOR_EACH ((size_t)25 << 10) // of the pool for each CPU: a slot may keep a block then
#define SINGLES 2u

static struct {
    word_t *boxes;                    // by receiver; 0: vacant, 1: a part of a block is there, 2: being filled
    struct frame_hand mail[CPUS_MAX]; // likewise
} desk;

static bool spare(size_t frame) {
    return frame < BLOCKS * FRAME_BLOCK_FRAMES;
}

static void build(void) {
    frame_stage_build(FRAMES_FOR_EACH * world.cpus, spare);
    frame_stage.hidden_most = BLOCKS * FRAME_BLOCK_FRAMES;
    desk.boxes = arena_take(world.cpus * sizeof *desk.boxes, PORT_CACHE_LINE);
    arena_keep(desk.boxes, world.cpus * sizeof *desk.boxes);
}

// Another reference to a frame in the middle, so that the block is no longer one.
static void single_out(unsigned cpu, const struct frame_hand *block) {
    uint64_t frame = block->first + 77 * FRAME_BYTES;
    call_begin(cpu, "frame_get", 6);
    frame_get(frame_stage.pool, frame);
    call_end(cpu);
    if (frame_is_unique(frame_stage.pool, frame) || frame_references(frame_stage.pool, frame) != 2)
        world_fail("a frame of a block has two references on CPU %u, and does not know", cpu);
    call_begin(cpu, "frame_put", frame_stage.limits.put_steps_max);
    frame_put(frame_stage.pool, cpu, frame);
    call_end(cpu);
}

// The second half of a block goes to another CPU, which puts it at the same time as this one puts the first.
static void mail_half(unsigned cpu, struct frame_hand *block) {
    unsigned to = (cpu + 1) % world.cpus;
    if (!word_cas_once_seq(&desk.boxes[to], 0, 2)) // R scenario.mail -> A scenario.mail
        return;
    block->count /= 2;
    desk.mail[to] = (struct frame_hand){block->first + block->count * FRAME_BYTES, block->count};
    frame_stage_part(cpu, block->first, block->count);
    word_store_release(&desk.boxes[to], 1); // R scenario.mail -> A scenario.mail
}

static void read_mail(unsigned cpu) {
    if (word_load_acquire(&desk.boxes[cpu]) != 1) // A scenario.mail <- R scenario.mail
        return;
    struct frame_hand half = desk.mail[cpu];
    word_store_release(&desk.boxes[cpu], 0); // R scenario.mail -> A scenario.mail
    frame_stage_hold(cpu, half.first, half.count);
    frame_stage_put(cpu, &half);
}

static void use_block(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    struct frame_hand block = frame_stage_wish(cpu, FRAME_BLOCK_FRAMES, 0, FRAME_LIMIT_NONE);
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (block.count == 0)
        return;
    if (percent < 20)
        single_out(cpu, &block);
    else if (percent < 45)
        mail_half(cpu, &block);
    else if (percent >= 70) {
        size_t before = 1 + rng_below(rng, 3); // frames that go one by one, and then the rest
        struct frame_hand front = {block.first, before};
        frame_stage_put_each(cpu, &front);
        block = (struct frame_hand){block.first + before * FRAME_BYTES, block.count - before};
    }
    frame_stage_put(cpu, &block);
}

static void run(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    struct frame_hand singles[SINGLES] = {{0, 0}, {0, 0}};
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        struct frame_hand *single = &singles[rng_below(rng, SINGLES)];
        unsigned percent = (unsigned)rng_below(rng, 100);
        if (percent < 45)
            use_block(cpu);
        else if (percent < 60)
            frame_stage_drain(cpu);
        else if (single->count == 0)
            *single = frame_stage_alloc(cpu);
        else
            frame_stage_put_each(cpu, single);
        read_mail(cpu);
    }
}

// Letters whose receiver has ended.
static void finish(void) {
    unsigned alive = 0;
    while (world.cpu[alive].frozen)
        alive++;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        if (desk.boxes[cpu].value == 1)
            frame_put_contiguous(frame_stage.pool, alive, desk.mail[cpu].first, desk.mail[cpu].count);
        desk.boxes[cpu].value = 0;
    }
    frame_stage_finish();
}

static void name_word(const void *at, char *name, size_t bytes) {
    const word_t *word = at;
    if (word >= desk.boxes && word < desk.boxes + world.cpus)
        (void)snprintf(name, bytes, "box[%zu]", (size_t)(word - desk.boxes));
    else
        frame_stage_name(at, name, bytes);
}

const struct scenario scenario_frame_block = {
    .name = "frame-block",
    .summary = "takes and puts runs of 512 frames whole or in pieces, and single frames of them, and drains",
    .cpus_least = 1,
    .cpus_most = 8,
    .ops = 8,
    .build = build,
    .begin = frame_stage_begin,
    .run = run,
    .finish = finish,
    .name_word = name_word,
};
