// SPDX-License-Identifier: MIT
// Search by states; see states.h.
#include "states.h"

#include "final.h"
#include "progress.h"
#include "snapshot.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A state on the path and what is left to try in it.
struct node {
    unsigned char *snapshot;
    unsigned next; // a CPU's step; from `cpus` on its stop
};

static struct {
    struct node *nodes;
    size_t depth, room;
    uint64_t *table; // of hashes; 0: vacant
    size_t mask, count;
    bool complete;
} search;

static _Noreturn void no_memory(void) {
    (void)fprintf(stderr, "wfsim: no memory for more states than %zu.\n", search.count);
    exit(1);
}

static void *grow(void *p, size_t count, size_t bytes) {
    p = realloc(p, count * bytes);
    if (p == NULL)
        no_memory();
    return p;
}

static void table_put(uint64_t hash) {
    size_t at = hash & search.mask;
    while (search.table[at] != 0)
        at = (at + 1) & search.mask;
    search.table[at] = hash;
}

static void table_double(void) {
    uint64_t *old = search.table;
    size_t count = old == NULL ? 0 : search.mask + 1;
    search.mask = old == NULL ? 65535 : search.mask * 2 + 1;
    search.table = calloc(search.mask + 1, sizeof *search.table);
    if (search.table == NULL)
        no_memory();
    for (size_t i = 0; i < count; i++) {
        if (old[i] != 0)
            table_put(old[i]);
    }
    free(old);
}

// False: the state is known.
static bool is_new(uint64_t hash) {
    hash += hash == 0;
    if (search.table == NULL || search.count * 2 > search.mask)
        table_double();
    for (size_t at = hash & search.mask; search.table[at] != 0; at = (at + 1) & search.mask) {
        if (search.table[at] == hash)
            return false;
    }
    table_put(hash);
    search.count++;
    return true;
}

static void push(void) {
    if (search.depth == search.room) {
        size_t room = search.room * 2 + 64;
        search.nodes = grow(search.nodes, room, sizeof *search.nodes);
        for (size_t i = search.room; i < room; i++)
            search.nodes[i].snapshot = grow(NULL, snapshot_bytes_most(), 1);
        search.room = room;
    }
    struct node *node = &search.nodes[search.depth++];
    node->next = 0;
    snapshot_save(node->snapshot);
}

// Does what is next to be tried in the state, and tells which CPU did; false: there is nothing left.
static bool try_next(struct node *node, unsigned freezes_most, unsigned *changed) {
    bool is_there = node->next == 0; // it has just been reached
    for (; node->next < 2 * world.cpus; node->next++) {
        unsigned cpu = node->next % world.cpus;
        bool freezes = node->next >= world.cpus;
        if (!is_there)
            snapshot_restore(node->snapshot);
        is_there = true;
        if (!cpu_can_run(&world.cpu[cpu]) || (freezes && world.state.frozen >= freezes_most))
            continue;
        node->next++;
        *changed = cpu;
        if (freezes)
            world_freeze(cpu);
        else
            world_step(cpu);
        return true;
    }
    return false;
}

bool states_explore(uint64_t most, unsigned freezes_most) {
    unsigned changed;
    world_begin();
    (void)world_hash(CPU_NONE);
    push();
    // bound: states, CPUs
    while (search.depth > 0 && (most == 0 || search.count < most)) {
        if (!try_next(&search.nodes[search.depth - 1], freezes_most, &changed)) {
            search.depth--;
            continue;
        }
        world.steps_total++;
        if (!world_failed() && world.state.live == 0) {
            if (world.state.frozen == 0)
                final_note(world_hash(CPU_NONE));
            world_finish();
            world.schedules++;
        } else if (!world_failed() && world.state.steps >= world.steps_most) {
            world_fail("the schedule takes more than %llu steps", (unsigned long long)world.steps_most);
        } else if (!world_failed() && is_new(world_hash(changed))) {
            push();
        }
        if (world_failed())
            return false;
        progress_show(false);
    }
    search.complete = search.depth == 0;
    return true;
}

bool states_complete(void) {
    return search.complete;
}

uint64_t states_count(void) {
    return search.count;
}
