// SPDX-License-Identifier: MIT
// Frames, a few calls of each kind on a handful: taking and giving back in every way, sharing the last references, and
// looking for frames that others move about.
#include "account.h"
#include "frame_stage.h"
#include "scenarios.h"
#include "shadow.h"
#include "snapshot.h"

#include <string.h>

// Two and two in one word of the map.
static bool four(size_t frame) {
    return frame % BITS_WORD < 2 || (frame % BITS_WORD >= 32 && frame % BITS_WORD < 34);
}

static void frame_build(void) {
    frame_stage_build(BITS_WORD, four);
}

static void run_single(unsigned cpu) {
    struct frame_hand hand = frame_stage_alloc(cpu);
    frame_stage_put_each(cpu, &hand);
    frame_stage_drain(cpu);
}

static void run_double(unsigned cpu) {
    struct frame_hand hand = frame_stage_wish(cpu, 2, 2 * FRAME_BYTES, FRAME_LIMIT_NONE);
    frame_stage_put(cpu, &hand);
}

// The same frames by their addresses.
static void run_marked(unsigned cpu) {
    uint64_t first = frame_stage_address(32);
    call_begin(cpu, "frame_mark_used", 200);
    enum frame_error error = frame_mark_used(frame_stage.pool, first, 2 * FRAME_BYTES);
    call_end(cpu);
    if (error != FRAME_OK && error != FRAME_ERR_IN_USE)
        world_fail("CPU %u: %s", cpu, frame_strerror(error));
    if (error != FRAME_OK)
        return;
    struct frame_hand hand = {first, 2};
    frame_stage_hold(cpu, hand.first, hand.count);
    frame_stage_put_each(cpu, &hand);
}

static void frame_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++) {
        if ((cpu + i) % 3 == 0)
            run_single(cpu);
        else if ((cpu + i) % 3 == 1)
            run_double(cpu);
        else
            run_marked(cpu);
    }
}

const struct scenario scenario_frame = {
    .name = "frame",
    .summary = "takes of 4 frames one, two in a row, or two by their addresses, puts them and drains",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 1,
    .build = frame_build,
    .begin = frame_stage_begin,
    .run = frame_run,
    .finish = frame_stage_finish,
    .digest = frame_stage_digest,
    .name_word = frame_stage_name,
};

// One frame of which every CPU has a reference.
static struct {
    uint64_t frame;
    bool has[CPUS_MAX];
    uint32_t used[CPUS_MAX]; // clock of the last use
    unsigned frees;
} shared;

static bool one(size_t frame) {
    return frame == 5;
}

static void share_build(void) {
    frame_stage_build(BITS_WORD, one);
    if (frame_alloc(frame_stage.pool, 0, &shared.frame) != FRAME_OK)
        world_fail("there is no frame to share");
    for (unsigned cpu = 1; cpu < world.cpus; cpu++)
        frame_get(frame_stage.pool, shared.frame);
    snapshot_keep(&shared, sizeof shared);
}

static void share_begin(void) {
    frame_stage_begin();
    memset(shared.used, 0, sizeof shared.used);
    memset(shared.has, true, world.cpus);
    shared.frees = 0;
}

// Whoever has the frame to himself sees all that others did to it.
static void expect_all_seen(unsigned cpu) {
    for (unsigned other = 0; other < world.cpus; other++) {
        if (other != cpu && shared.used[other] != 0 && !world.memory->knows(cpu, other, shared.used[other]))
            world_fail("CPU %u has the frame to itself without an order behind what CPU %u did to it", cpu, other);
    }
}

static void put_reference(unsigned cpu, bool as_run) {
    call_begin(cpu, as_run ? "frame_put_contiguous" : "frame_put", frame_stage.limits.put_steps_max + 12);
    if (as_run)
        frame_put_contiguous(frame_stage.pool, cpu, shared.frame, 1);
    else
        frame_put(frame_stage.pool, cpu, shared.frame);
    call_end(cpu);
}

static void share_put(unsigned cpu) {
    uint64_t before = frame_stage.pool->caches[cpu].freed;
    shared.has[cpu] = false;
    put_reference(cpu, cpu % 2 == 1);
    if (frame_stage.pool->caches[cpu].freed == before)
        return;
    for (unsigned other = 0; other < world.cpus; other++) {
        if (shared.has[other])
            world_fail("CPU %u freed the frame of which CPU %u has a reference", cpu, other);
    }
    shared.frees++;
    frame_stage_drain(cpu);
}

static void share_run(unsigned cpu) {
    shared.used[cpu] = world.memory->clock(cpu);
    if (cpu % 2 == 1) {
        call_begin(cpu, "frame_get", 6);
        frame_get(frame_stage.pool, shared.frame);
        call_end(cpu);
        put_reference(cpu, false);
    }
    call_begin(cpu, "frame_is_unique", 3);
    bool unique = frame_is_unique(frame_stage.pool, shared.frame);
    call_end(cpu);
    if (unique)
        expect_all_seen(cpu);
    shared.used[cpu] = world.memory->clock(cpu);
    share_put(cpu);
    struct frame_hand hand = frame_stage_alloc(cpu);
    if (hand.count == 0)
        return;
    expect_all_seen(cpu);
    frame_stage_put(cpu, &hand);
}

static void share_finish(void) {
    if (world.state.frozen == 0 && shared.frees != 1)
        world_fail("the frame was freed %u times", shared.frees);
    if (world.state.frozen == 0)
        frame_stage_finish(); // a stopped holder keeps the frame
}

static uint64_t share_digest(unsigned cpu) {
    return hash_mix(frame_stage_digest(cpu), shared.has[cpu]);
}

const struct scenario scenario_frame_share = {
    .name = "frame-share",
    .summary = "every CPU has a reference to one frame, asks whether it is alone, puts it, and takes a frame",
    .cpus_least = 2,
    .cpus_most = CPUS_MAX,
    .ops = 1,
    .build = share_build,
    .begin = share_begin,
    .run = share_run,
    .finish = share_finish,
    .digest = share_digest,
    .name_word = frame_stage_name,
};

// CPU 0 reads the map, while each of the others moves a piece from what lies ahead to what it has looked at already: as
// many are free at any moment as at first, or one more for each CPU that is about to take one. Within one word of the
// map they take first, so that what is taken by an exchange is not what a look has shown.
static struct {
    size_t piece;                     // frames
    size_t distance;                  // of where they are moved from
    struct frame_hand far[CPUS_MAX];  // of each CPU, free at first
    struct frame_hand near[CPUS_MAX]; // likewise, in hand at first
} moves;

#define STRIDE 4u // frames between the pieces of two CPUs, so that none belong together
#define MOVERS_MOST (BITS_WORD / 2 / STRIDE - 1)

static bool takes_first(void) {
    return moves.distance < BITS_WORD;
}

static bool of_somebody(size_t frame) {
    size_t from_first = frame >= moves.distance ? frame - moves.distance : frame;
    size_t cpu = from_first / STRIDE;
    return from_first % STRIDE < moves.piece && cpu > 0 && cpu < world.cpus;
}

static void starve_build(size_t piece, size_t distance) {
    moves.piece = piece;
    moves.distance = distance;
    frame_stage_build((size_t)2 * BITS_WORD, of_somebody);
    for (unsigned cpu = 1; cpu < world.cpus; cpu++) {
        moves.near[cpu] = (struct frame_hand){frame_stage_address((size_t)STRIDE * cpu), piece};
        moves.far[cpu] = (struct frame_hand){frame_stage_address(distance + (size_t)STRIDE * cpu), piece};
        if (frame_mark_used(frame_stage.pool, moves.near[cpu].first, piece * FRAME_BYTES) != FRAME_OK)
            world_fail("a piece is not there");
    }
}

static void starve_begin(void) {
    frame_stage_begin();
    for (unsigned cpu = 1; cpu < world.cpus; cpu++)
        frame_stage_hold(cpu, moves.near[cpu].first, moves.near[cpu].count);
}

// As the last of frame_alloc_wish.
static void run_hungry(unsigned cpu) {
    const size_t bytes = moves.piece * FRAME_BYTES;
    const struct frame_search search = {moves.piece, moves.piece, FRAME_LIMIT_NONE};
    call_begin(cpu, "frame_starve", frame_stage.limits.last_resort_steps_max);
    account_want(cpu, GIFT_NO_CLASS, bits_log2_up(moves.piece));
    struct frame_place place = frame_starve(frame_stage.pool, cpu, 0, &search);
    size_t least = account_least(cpu) / bytes;
    if (place.arena != NULL)
        frame_hold(frame_stage.pool, cpu, place, search.count);
    call_end(cpu);
    if (place.arena == NULL && least > 0 && least > world.cpus - 2)
        world_fail("a false OUT_OF_MEMORY: CPU %u found nothing, though %zu pieces were free all the time", cpu, least);
    if (place.arena != NULL)
        frame_stage_hold(cpu, frame_address(place.arena, place.page), search.count);
}

static void put_near(unsigned cpu) {
    struct frame_hand near = moves.near[cpu];
    for (size_t i = 0; i < near.count; i++) {
        struct frame_hand frame = {near.first + i * FRAME_BYTES, 1};
        frame_stage_put(cpu, &frame);
    }
}

static void take_far(unsigned cpu) {
    struct frame_hand far = moves.far[cpu];
    call_begin(cpu, "frame_mark_used", 200);
    enum frame_error error = frame_mark_used(frame_stage.pool, far.first, far.count * FRAME_BYTES);
    call_end(cpu);
    if (error == FRAME_OK)
        frame_stage_hold(cpu, far.first, far.count);
}

static void run_mover(unsigned cpu) {
    if (takes_first())
        take_far(cpu);
    put_near(cpu);
    if (!takes_first())
        take_far(cpu);
}

static void starve_run(unsigned cpu) {
    if (cpu == 0)
        run_hungry(cpu);
    else
        run_mover(cpu);
}

static void starve_one_build(void) {
    starve_build(1, BITS_WORD);
}

const struct scenario scenario_frame_starve = {
    .name = "frame-starve",
    .summary = "CPU 0 looks for a frame; the others move what is free to where it has looked already",
    .cpus_least = 2,
    .cpus_most = MOVERS_MOST,
    .ops = 1,
    .build = starve_one_build,
    .begin = starve_begin,
    .run = starve_run,
    .finish = frame_stage_finish,
    .digest = frame_stage_digest,
    .name_word = frame_stage_name,
};

static void starve_two_build(void) {
    starve_build(2, BITS_WORD);
}

const struct scenario scenario_frame_starve_run = {
    .name = "frame-starve-run",
    .summary = "the same with runs of two frames, which the others put one by one",
    .cpus_least = 2,
    .cpus_most = MOVERS_MOST,
    .ops = 1,
    .build = starve_two_build,
    .begin = starve_begin,
    .run = starve_run,
    .finish = frame_stage_finish,
    .digest = frame_stage_digest,
    .name_word = frame_stage_name,
};

static void starve_word_build(void) {
    starve_build(1, BITS_WORD / 2);
}

const struct scenario scenario_frame_starve_word = {
    .name = "frame-starve-word",
    .summary = "CPU 0 looks for a frame; the others take one of a word, and put another of the same word",
    .cpus_least = 2,
    .cpus_most = MOVERS_MOST,
    .ops = 1,
    .build = starve_word_build,
    .begin = starve_begin,
    .run = starve_run,
    .finish = frame_stage_finish,
    .digest = frame_stage_digest,
    .name_word = frame_stage_name,
};
