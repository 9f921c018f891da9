// SPDX-License-Identifier: MIT
// The reckoning at the end of a schedule of whole calls.
#include "stage.h"

#include "account.h"
#include "scenario.h"
#include "shadow.h"

#include <string.h>

static void give_all_back(unsigned cpu) {
    for (unsigned i = 0; i < PLACES; i++) {
        struct block *block = &stage.held[cpu][i];
        if (block->start == NULL)
            continue;
        stage_leave(cpu, block);
        wfh_free(stage.heap, cpu, block->start);
        block->start = NULL;
    }
}

// A block in a box belongs to nobody; the receiver may have stopped.
static void empty_box(unsigned receiver, unsigned cpu) {
    const struct block *block = &stage.mailed[receiver];
    if (stage.boxes[receiver].value != 1)
        return;
    shadow_enter(cpu, block->start, stage_watched(block->size));
    stage_leave(cpu, block);
    wfh_free(stage.heap, cpu, block->start);
    stage.boxes[receiver].value = 0;
}

static void check_rules(void) {
    struct wfh_finding finding;
    char name[64];
    if (wfh_check(stage.heap, &finding))
        return;
    world.scenario->name_word(finding.address, name, sizeof name);
    world_fail("broken rule: %s: %s: want %#llx, have %#llx", finding.rule, name, (unsigned long long)finding.want,
               (unsigned long long)finding.have);
}

static void check_hoards(void) {
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        struct wfh_cpu_stats stats;
        (void)wfh_cpu_stats(stage.heap, cpu, &stats);
        if (stats.cached_bytes > stage.limits.hoard_bytes_per_cpu)
            world_fail("the cache of CPU %u hides %zu bytes, more than %zu", cpu, stats.cached_bytes,
                       stage.limits.hoard_bytes_per_cpu);
    }
}

// Free pages, free blocks, and what of spans is no block.
static size_t reachable_bytes(void) {
    const struct span_map *map = &stage.heap->map;
    size_t bytes = account_suitable(GIFT_NO_CLASS, 0);
    for (unsigned class = 0; class < SIZE_CLASSES; class ++) {
        struct wfh_class_stats stats;
        (void)wfh_class_stats(stage.heap, class, &stats);
        size_t waste = (stats.span_pages << PAGE_SHIFT) - stats.blocks_per_span * stats.block_bytes;
        bytes += account_suitable(class, map->table.classes[class].order) -
                 account_suitable(GIFT_NO_CLASS, map->table.classes[class].order) + stats.spans * waste;
    }
    return bytes;
}

// What a stopped CPU may hide: its cache, what its program holds, and in mid-call three spans of the longest in use or
// the longest run, and the block in its box.
static size_t hidden_bytes_most(void) {
    const struct size_table *table = &stage.heap->map.table;
    size_t most = stage.mix->size_most;
    size_t span =
        most > SIZE_TABLE_MAX
            ? (size_t)64 << PAGE_SHIFT
            : size_class_span_bytes(&table->classes[size_class_of_kind(table->ticket[(most - 1) / SIZE_STEP])]);
    return stage.limits.hoard_bytes_per_cpu + 3 * span + (PLACES + 2) * (2 * most + PAGE_BYTES);
}

static void check_hidden(void) {
    size_t reachable = reachable_bytes(), most = world.state.frozen * hidden_bytes_most();
    if (reachable + most < stage.managed)
        world_fail("hidden: %zu of %zu bytes are free, with %u CPUs stopped that may hide %zu", reachable,
                   stage.managed, world.state.frozen, most);
}

void stage_finish(void) {
    unsigned cpu = 0;
    while (world.cpu[cpu].frozen)
        cpu++;
    check_hoards();
    if (world.state.frozen == 0)
        check_rules();
    for (unsigned i = 0; i < world.cpus; i++) {
        empty_box(i, cpu);
        if (!world.cpu[i].frozen)
            give_all_back(i);
    }
    for (unsigned i = 0; i < world.cpus; i++) {
        while (!world.cpu[i].frozen && wfh_drain(stage.heap, i)) {
        }
    }
    account_begin(); // as it is now
    if (world.state.frozen > 0) {
        check_hidden();
        return;
    }
    if (account_suitable(GIFT_NO_CLASS, 0) != stage.managed)
        world_fail("lost: %zu of %zu bytes are free pages at the end", account_suitable(GIFT_NO_CLASS, 0),
                   stage.managed);
    check_rules();
}
