// SPDX-License-Identifier: MIT
// Frames by all their calls at random, of fewer than are wanted: single ones and runs, aligned or below a limit, put in
// every way, taken by address, drained, kept in lists, and shared by mail.
#include "arena.h"
#include "frame_stage.h"
#include "scenarios.h"
#include "shadow.h"

#include <stdio.h>
#include <string.h>

#define PLACES 3u
#define WORDS 3u          // of the map that have frames to spare
#define WORDS_FOR_EACH 4u // of the map for each CPU, so that slots have shelves
#define SPARE_FOR_EACH 2u // frames in each word and for each CPU
#define LIST_MOST 3u      // frames in a list
#define OFFSETS 600u      // of lists: two heights

static struct {
    struct frame_hand runs[CPUS_MAX][PLACES];
    struct frame_list lists[CPUS_MAX];
    uint64_t mail[CPUS_MAX]; // by receiver: a frame whose reference goes with it
    word_t *boxes;           // 0: vacant, 1: mail is there, 2: being filled
} desk;

static bool spare(size_t frame) {
    return frame < (size_t)WORDS * BITS_WORD &&
           frame % BITS_WORD < SPARE_FOR_EACH * (world.cpus < 32 ? world.cpus : 32);
}

static void frames_build(void) {
    frame_stage_build((size_t)WORDS_FOR_EACH * world.cpus * BITS_WORD, spare);
    desk.boxes = arena_take(world.cpus * sizeof *desk.boxes, PORT_CACHE_LINE);
    arena_keep(desk.boxes, world.cpus * sizeof *desk.boxes);
}

static void frames_begin(void) {
    frame_stage_begin();
    memset(desk.runs, 0, world.cpus * sizeof desk.runs[0]);
    for (unsigned cpu = 0; cpu < world.cpus; cpu++)
        (void)frame_list_init(&desk.lists[cpu], frame_stage.pool);
}

static void take(unsigned cpu, struct frame_hand *run) {
    struct rng *rng = &world.cpu[cpu].rng;
    size_t count = 1 + rng_below(rng, 4);
    uint64_t align = rng_percent(rng, 50) ? 0 : (uint64_t)FRAME_BYTES << rng_below(rng, 3);
    uint64_t limit =
        rng_percent(rng, 80) ? FRAME_LIMIT_NONE : frame_stage_address(rng_below(rng, (size_t)WORDS * BITS_WORD));
    if (limit != FRAME_LIMIT_NONE && limit < frame_stage_address(BITS_WORD))
        limit = frame_stage_address(BITS_WORD); // less could never be had
    *run = rng_percent(rng, 60) ? frame_stage_alloc(cpu) : frame_stage_wish(cpu, count, align, limit);
}

static void mark(unsigned cpu, struct frame_hand *run) {
    struct rng *rng = &world.cpu[cpu].rng;
    size_t frame = rng_below(rng, WORDS) * BITS_WORD + rng_below(rng, SPARE_FOR_EACH);
    struct frame_hand wanted = {frame_stage_address(frame), 1 + rng_below(rng, 2)};
    call_begin(cpu, "frame_mark_used", 200);
    enum frame_error error = frame_mark_used(frame_stage.pool, wanted.first, wanted.count * FRAME_BYTES);
    call_end(cpu);
    if (error != FRAME_OK)
        return;
    frame_stage_hold(cpu, wanted.first, wanted.count);
    *run = wanted;
}

static uint64_t list_steps(void) {
    return 12 * frame_stage.limits.last_resort_steps_max;
}

// What a list holds is not in the CPU's hands.
static void list_away(unsigned cpu, struct frame_list *list) {
    uint64_t offset, frame;
    if (frame_list_first(list, &offset, &frame) != FRAME_OK)
        return;
    call_begin(cpu, "frame_list_remove", list_steps());
    if (frame_list_remove(list, cpu, offset) != FRAME_OK)
        world_fail("a frame of the list of CPU %u cannot be removed", cpu);
    call_end(cpu);
}

static void list_insert(unsigned cpu, struct frame_hand *run) {
    struct frame_list *list = &desk.lists[cpu];
    uint64_t offset = rng_below(&world.cpu[cpu].rng, OFFSETS) * FRAME_BYTES;
    if (run->count != 1 || list->count == LIST_MOST) {
        list_away(cpu, list);
        return;
    }
    uint64_t frame = run->first;
    frame_stage_release(cpu, frame, 1);
    call_begin(cpu, "frame_list_insert", list_steps());
    enum frame_error error = frame_list_insert(list, cpu, offset, frame);
    call_end(cpu);
    if (error == FRAME_OK)
        run->count = 0;
    else
        frame_stage_hold(cpu, frame, 1);
}

// A reference more to a frame of its own into somebody's box: the frame is nobody's alone then, until all are put.
static void mail(unsigned cpu, struct frame_hand *run) {
    unsigned to = (unsigned)rng_below(&world.cpu[cpu].rng, world.cpus);
    if (run->count != 1 || !word_cas_once_seq(&desk.boxes[to], 0, 2)) // R scenario.mail -> A scenario.mail
        return;
    uint64_t frame = run->first;
    frame_stage_release(cpu, frame, 1);
    call_begin(cpu, "frame_get", 6);
    frame_get(frame_stage.pool, frame);
    call_end(cpu);
    desk.mail[to] = frame;
    word_store_release(&desk.boxes[to], 1); // R scenario.mail -> A scenario.mail
    call_begin(cpu, "frame_put", frame_stage.limits.put_steps_max);
    frame_put(frame_stage.pool, cpu, frame);
    call_end(cpu);
    run->count = 0;
}

// Whoever is the only one may write to it.
static void read_mail(unsigned cpu) {
    if (word_load_acquire(&desk.boxes[cpu]) != 1) // A scenario.mail <- R scenario.mail
        return;
    uint64_t frame = desk.mail[cpu];
    word_store_release(&desk.boxes[cpu], 0); // R scenario.mail -> A scenario.mail
    call_begin(cpu, "frame_is_unique", 3);
    bool unique = frame_is_unique(frame_stage.pool, frame);
    call_end(cpu);
    if (unique) {
        frame_stage_hold(cpu, frame, 1);
        frame_stage_release(cpu, frame, 1);
    }
    call_begin(cpu, "frame_put", frame_stage.limits.put_steps_max);
    frame_put(frame_stage.pool, cpu, frame);
    call_end(cpu);
}

static void act(unsigned cpu) {
    struct rng *rng = &world.cpu[cpu].rng;
    struct frame_hand *run = &desk.runs[cpu][rng_below(rng, PLACES)];
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (percent < 8)
        frame_stage_drain(cpu);
    else if (percent < 16)
        list_insert(cpu, run);
    else if (percent < 26)
        mail(cpu, run);
    else if (run->count != 0 && percent < 60)
        frame_stage_put(cpu, run);
    else if (run->count != 0)
        frame_stage_put_each(cpu, run);
    else if (percent < 32)
        mark(cpu, run);
    else
        take(cpu, run);
    read_mail(cpu);
}

static void frames_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++)
        act(cpu);
    while (desk.lists[cpu].count > 0)
        list_away(cpu, &desk.lists[cpu]);
}

// Letters whose receiver has ended; the nodes and frames of a stopped CPU's list are hidden.
static void frames_finish(void) {
    unsigned alive = 0;
    while (world.cpu[alive].frozen)
        alive++;
    frame_stage.hidden_most = BITS_WORD + LIST_MOST + 12 + 2 * 4;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        if (desk.boxes[cpu].value == 1)
            frame_put(frame_stage.pool, alive, desk.mail[cpu]);
        desk.boxes[cpu].value = 0;
    }
    frame_stage_finish();
}

static void frames_name(const void *at, char *name, size_t bytes) {
    const word_t *word = at;
    if (word >= desk.boxes && word < desk.boxes + world.cpus)
        (void)snprintf(name, bytes, "box[%zu]", (size_t)(word - desk.boxes));
    else
        frame_stage_name(at, name, bytes);
}

const struct scenario scenario_frames = {
    .name = "frames",
    .summary = "takes, marks, shares, lists and puts frames and runs of up to 4 at random, of fewer than are wanted",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 40,
    .build = frames_build,
    .begin = frames_begin,
    .run = frames_run,
    .finish = frames_finish,
    .name_word = frames_name,
};
