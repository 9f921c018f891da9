// SPDX-License-Identifier: MIT
// The whole heap by its public calls, over little memory: every CPU takes, resizes, gives back, drains and hands over
// blocks at random, and watches each.
#include "account.h"
#include "arena.h"
#include "names.h"
#include "scenarios.h"
#include "shadow.h"
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCATE_STEPS 4u // of wfh_realloc, to find out what it was given

struct stage stage;

static void build(const struct mix *mix) {
    const size_t present_pages = mix->pages + mix->pages_for_each * world.cpus;
    stage.mix = mix;
    size_t bytes = WFH_REGION_BYTES_MIN + ((size_t)world.cpus << 17);
    while (wfh_footprint(bytes, world.cpus) + ((present_pages + mix->pages_later + 1) << PAGE_SHIFT) > bytes)
        bytes += (size_t)64 << PAGE_SHIFT;
    unsigned char *region = arena_take(bytes, (size_t)64 << PAGE_SHIFT);
    size_t present = wfh_footprint(bytes, world.cpus) + (present_pages << PAGE_SHIFT);
    enum wfh_error error = wfh_init_reserved(region, bytes, present, world.cpus, &stage.heap);
    if (error != WFH_OK) {
        (void)fprintf(stderr, "wfsim: %s\n", wfh_strerror(error));
        exit(1);
    }
    struct wfh_stats stats;
    wfh_stats(stage.heap, &stats);
    wfh_limits(stage.heap, &stage.limits);
    stage.managed_first = stats.managed_bytes;
    stage.later = region + stats.metadata_bytes + stats.managed_bytes;
    arena_keep(region, stats.metadata_bytes);
    stage.boxes = arena_take(world.cpus * sizeof *stage.boxes, PORT_CACHE_LINE);
    arena_keep(stage.boxes, world.cpus * sizeof *stage.boxes);
    account_watch(&stage.heap->map);
}

static void begin(void) {
    shadow_begin(GRANULE_BYTES);
    memset(stage.held, 0, world.cpus * sizeof stage.held[0]);
    memset(stage.mailed, 0, world.cpus * sizeof stage.mailed[0]);
    stage.tags = 0;
    stage.managed = stage.managed_first;
}

// The tag at both ends, or what of it fits.
static void fill(const struct block *block) {
    memcpy(block->start, &block->tag, block->size < 8 ? block->size : 8);
    if (block->size >= 16)
        memcpy(block->start + block->size - 8, &block->tag, 8);
}

// The first `size` bytes of it.
static void expect_filled(unsigned cpu, const struct block *block, size_t size) {
    bool good = memcmp(block->start, &block->tag, size < 8 ? size : 8) == 0;
    if (size >= 16 && size >= block->size)
        good = good && memcmp(block->start + block->size - 8, &block->tag, 8) == 0;
    if (!good)
        world_fail("the contents of a block of %zu bytes on CPU %u have changed", block->size, cpu);
}

// Entered and filled, unless there is none; a false NULL is looked for.
static void receive(unsigned cpu, struct block *block, unsigned char *start, size_t size, size_t least) {
    if (start == NULL && least >= stage.limits.reserve_bytes && stage.limits.reserve_bytes > 0)
        world_fail("a false NULL: CPU %u was refused %zu bytes, though %zu suitable ones were free all the time", cpu,
                   size, least);
    if (start == NULL)
        return;
    *block = (struct block){start, size, ++stage.tags};
    shadow_enter(cpu, start, stage_watched(size));
    fill(block);
}

void stage_leave(unsigned cpu, const struct block *block) {
    expect_filled(cpu, block, block->size);
    shadow_leave(cpu, block->start, stage_watched(block->size));
}

static size_t pick_size(struct rng *rng) {
    const struct mix *mix = stage.mix;
    return mix->size_least == 0 ? rng_log_uniform(rng, mix->size_most)
                                : mix->size_least + rng_below(rng, mix->size_most - mix->size_least);
}

// What would serve a request, for the account.
static void want(unsigned cpu, size_t size) {
    const struct size_table *table = &stage.heap->map.table;
    unsigned class = size <= SIZE_TABLE_MAX ? size_class_of_kind(table->ticket[(size - 1) / SIZE_STEP]) : GIFT_NO_CLASS;
    unsigned order = class != GIFT_NO_CLASS ? table->classes[class].order : bits_log2_up((size + 4095) >> PAGE_SHIFT);
    account_want(cpu, class, order < PAGE_ORDERS ? order : PAGE_ORDERS - 1);
}

static size_t end_alloc(unsigned cpu) {
    size_t least = account_least(cpu);
    call_end(cpu);
    return least;
}

static void take(unsigned cpu, struct block *block, size_t size) {
    call_begin_last(cpu, "wfh_alloc", stage.limits.alloc_steps_max, stage.limits.last_resort_steps_max);
    want(cpu, size);
    unsigned char *start = wfh_alloc(stage.heap, cpu, size, 8);
    size_t least = end_alloc(cpu);
    receive(cpu, block, start, size, least);
}

static void give(unsigned cpu, struct block *block) {
    stage_leave(cpu, block);
    call_begin(cpu, "wfh_free", stage.limits.free_steps_max);
    wfh_free(stage.heap, cpu, block->start);
    call_end(cpu);
    block->start = NULL;
}

static void resize(unsigned cpu, struct block *block, size_t size) {
    struct block old = *block;
    stage_leave(cpu, block);
    const size_t besides = LOCATE_STEPS + stage.limits.free_steps_max;
    call_begin_last(cpu, "wfh_realloc", stage.limits.alloc_steps_max + besides,
                    stage.limits.last_resort_steps_max + besides);
    want(cpu, size);
    unsigned char *start = wfh_realloc(stage.heap, cpu, old.start, size, 8);
    size_t least = end_alloc(cpu);
    if (start == NULL) {
        shadow_enter(cpu, old.start, stage_watched(old.size));
        return;
    }
    old.start = start;
    expect_filled(cpu, &old, size < old.size ? size : old.size); // before it is filled anew
    receive(cpu, block, start, size, least);
}

// Into somebody's box, if that is vacant.
static void mail(unsigned cpu, struct block *block) {
    unsigned to = (unsigned)rng_below(&world.cpu[cpu].rng, world.cpus);
    stage_leave(cpu, block);
    if (word_cas_once_seq(&stage.boxes[to], 0, 2)) { // taken; R scenario.mail -> A scenario.mail
        stage.mailed[to] = *block;
        block->start = NULL;
        word_store_release(&stage.boxes[to], 1); // R scenario.mail -> A scenario.mail
    } else {
        shadow_enter(cpu, block->start, stage_watched(block->size));
    }
}

static void read_mail(unsigned cpu) {
    if (word_load_acquire(&stage.boxes[cpu]) != 1) // A scenario.mail <- R scenario.mail
        return;
    struct block block = stage.mailed[cpu];
    word_store_release(&stage.boxes[cpu], 0); // R scenario.mail -> A scenario.mail
    shadow_enter(cpu, block.start, stage_watched(block.size));
    give(cpu, &block);
}

static void drain(unsigned cpu) {
    call_begin(cpu, "wfh_drain", stage.limits.drain_steps_max);
    (void)wfh_drain(stage.heap, cpu);
    call_end(cpu);
}

static void admit(void) {
    size_t bytes = (size_t)4 << PAGE_SHIFT;
    if (stage.managed + bytes > stage.managed_first + ((size_t)stage.mix->pages_later << PAGE_SHIFT))
        return;
    unsigned char *start = stage.later + (stage.managed - stage.managed_first);
    stage.managed += bytes;
    enum wfh_error error = wfh_add_memory(stage.heap, start, bytes);
    if (error != WFH_OK)
        world_fail("wfh_add_memory: %s", wfh_strerror(error));
}

static void act(unsigned cpu) {
    const struct mix *mix = stage.mix;
    struct rng *rng = &world.cpu[cpu].rng;
    struct block *block = &stage.held[cpu][rng_below(rng, PLACES)];
    unsigned percent = (unsigned)rng_below(rng, 100);
    if (cpu == 0 && mix->pages_later != 0 && rng_percent(rng, 25))
        admit();
    else if (percent < mix->drain)
        drain(cpu);
    else if (block->start == NULL)
        take(cpu, block, pick_size(rng));
    else if (percent < mix->drain + mix->mail)
        mail(cpu, block);
    else if (percent < mix->drain + mix->mail + mix->resize)
        resize(cpu, block, pick_size(rng));
    else if (percent >= mix->drain + mix->mail + mix->resize + mix->take)
        give(cpu, block);
    if (mix->mail != 0)
        read_mail(cpu);
}

static void heap_run(unsigned cpu) {
    for (unsigned i = 0; i < world_ops(cpu); i++)
        act(cpu);
    for (unsigned i = 0; i < PLACES && cpu % 2 == 0; i++) {
        if (stage.held[cpu][i].start != NULL)
            give(cpu, &stage.held[cpu][i]);
    }
}

static void name_word(const void *at, char *name, size_t bytes) {
    const word_t *word = at;
    if (word >= stage.boxes && word < stage.boxes + world.cpus)
        (void)snprintf(name, bytes, "box[%zu]", (size_t)(word - stage.boxes));
    else
        names_of_heap(stage.heap, at, name, bytes);
}

static void heap_build(void) {
    static const struct mix mix = {
        .take = 20, .resize = 5, .drain = 5, .mail = 10, .size_most = 2048, .pages = 12, .pages_for_each = 6};
    build(&mix);
}

const struct scenario scenario_heap = {
    .name = "heap",
    .summary =
        "takes, resizes, gives back, hands over blocks of 1 to 2048 bytes and drains, with less memory than wanted",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 40,
    .build = heap_build,
    .begin = begin,
    .run = heap_run,
    .finish = stage_finish,
    .name_word = name_word,
};

static void realloc_build(void) {
    static const struct mix mix = {
        .take = 10, .resize = 50, .mail = 5, .size_most = 120000, .pages = 40, .pages_for_each = 30};
    build(&mix);
}

const struct scenario scenario_realloc = {
    .name = "realloc",
    .summary = "takes and resizes blocks and runs of 1 to 120000 bytes",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 30,
    .build = realloc_build,
    .begin = begin,
    .run = heap_run,
    .finish = stage_finish,
    .name_word = name_word,
};

static void drain_build(void) {
    static const struct mix mix = {.take = 10, .drain = 40, .size_most = 512, .pages = 6, .pages_for_each = 3};
    build(&mix);
}

const struct scenario scenario_drain = {
    .name = "drain",
    .summary = "takes and gives back blocks of 1 to 512 bytes and drains its cache in between",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 40,
    .build = drain_build,
    .begin = begin,
    .run = heap_run,
    .finish = stage_finish,
    .name_word = name_word,
};

static void rush_build(void) {
    static const struct mix mix = {
        .take = 10, .mail = 10, .size_least = 5000, .size_most = 8000, .pages = 64, .pages_for_each = 24};
    build(&mix);
}

const struct scenario scenario_rush = {
    .name = "rush",
    .summary = "takes and gives back blocks of 5000 to 8000 bytes, which no cache keeps for long, with memory for all",
    .cpus_least = 1,
    .cpus_most = CPUS_MAX,
    .ops = 40,
    .build = rush_build,
    .begin = begin,
    .run = heap_run,
    .finish = stage_finish,
    .name_word = name_word,
};

static void addmemory_build(void) {
    static const struct mix mix = {.take = 30, .size_most = 9000, .pages = 4, .pages_later = 40};
    build(&mix);
}

const struct scenario scenario_addmemory = {
    .name = "addmemory",
    .summary = "takes blocks of 1 to 9000 bytes of a heap without any, while CPU 0 admits memory",
    .cpus_least = 1,
    .cpus_most = 64,
    .ops = 40,
    .build = addmemory_build,
    .begin = begin,
    .run = heap_run,
    .finish = stage_finish,
    .name_word = name_word,
};
