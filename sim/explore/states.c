// SPDX-License-Identifier: MIT
// Search by states; see states.h.
#include "states.h"

#include "arena.h"
#include "final.h"
#include "policies.h"
#include "progress.h"
#include "snapshot.h"
#include "worst.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS 8u
#define CALLS_MOST UINT16_MAX
#define LESSONS 2000u       // random schedules before the search
#define CLEARED_BYTES 1024u // deeper than calls between two steps go

// What lies between two states: a step or stop of one CPU, and then steps that were done at once.
struct edge {
    unsigned cpu;
    bool stops;
    bool was_within, ends; // a call
    const char *begins;    // a call, or NULL
    uint16_t after[CPUS];  // steps done at once, by CPU
};

// A state on the path and what is left to try in it.
struct node {
    unsigned char *snapshot;
    uint64_t hash;
    struct edge edge;       // that is being tried
    unsigned next;          // a CPU's step; from `cpus` on its stop
    uint16_t remains[CPUS]; // at most, of steps to the end of each CPU's call
};

static struct {
    struct node *nodes;
    size_t depth, room;
    uint64_t *table;   // of hashes; 0: vacant
    uint16_t *remains; // beside each, for every CPU
    size_t mask, count;
    unsigned char *aside; // a snapshot
    bool complete, is_contradicted;
} search;

static struct {
    uint16_t (*until)[CPUS]; // by word: 1 + the last call in which a CPU changes it; 0: none does
    size_t words;
} known;

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

static size_t table_find(uint64_t hash) {
    size_t at = hash & search.mask;
    while (search.table[at] != 0 && search.table[at] != hash)
        at = (at + 1) & search.mask;
    return at;
}

static void table_allocate(size_t places) {
    search.mask = places - 1;
    search.table = calloc(places, sizeof *search.table);
    search.remains = malloc(places * world.cpus * sizeof *search.remains);
    if (search.table == NULL || search.remains == NULL)
        no_memory();
}

static void table_double(void) {
    uint64_t *hashes = search.table;
    uint16_t *remains = search.remains;
    const size_t places = search.mask + 1, bytes = world.cpus * sizeof *remains;
    table_allocate(places * 2);
    for (size_t i = 0; i < places; i++) {
        if (hashes[i] == 0)
            continue;
        size_t at = table_find(hashes[i]);
        search.table[at] = hashes[i];
        memcpy(&search.remains[at * world.cpus], &remains[i * world.cpus], bytes);
    }
    free(hashes);
    free(remains);
}

// Of a state that was left.
static const uint16_t *table_remains(uint64_t hash) {
    return &search.remains[table_find(hash) * world.cpus];
}

// False: the state is known.
static bool is_new(uint64_t hash) {
    if (search.count * 2 > search.mask)
        table_double();
    size_t at = table_find(hash);
    if (search.table[at] != 0)
        return false;
    search.table[at] = hash;
    search.count++;
    return true;
}

static uint64_t state_hash(unsigned changed) {
    uint64_t hash = world_hash(changed);
    return hash + (hash == 0);
}

static uint16_t *known_until(uint32_t location) {
    if (location >= known.words) {
        size_t words = location * 2 + 64;
        known.until = grow(known.until, words, sizeof *known.until);
        memset(known.until + known.words, 0, (words - known.words) * sizeof *known.until);
        known.words = words;
    }
    return known.until[location];
}

static unsigned calls_of(unsigned cpu) {
    uint64_t calls = world.cpu[cpu].calls;
    return calls < CALLS_MOST - 1 ? (unsigned)calls : CALLS_MOST - 1;
}

static void learn(struct world *self, unsigned cpu, const struct access *access) {
    (void)self;
    uint16_t *until = &known_until(access->location)[cpu];
    if (!access->writes || *until > calls_of(cpu))
        return;
    *until = (uint16_t)(calls_of(cpu) + 1);
    search.is_contradicted = true;
}

static const struct policy policy_learning = {random_begin, random_choose, random_choose_read, learn, NULL};

// Whether nobody else changes the word any more that the CPU is about to load.
static bool is_settled(unsigned cpu) {
    const struct step *next = &world.cpu[cpu].next;
    if (next->site->kind != STEP_LOAD)
        return false;
    const uint16_t *until = known_until(arena_number(next->at));
    for (unsigned other = 0; other < world.cpus; other++) {
        if (other != cpu && cpu_can_run(&world.cpu[other]) && until[other] > calls_of(other))
            return false;
    }
    return true;
}

// One step. Frames to come find zeros below the stack, not what calls of other paths left there: it would tell states
// apart that are the same.
static void step_clean(unsigned cpu) {
    unsigned char *sp = world.cpu[cpu].fiber.sp;
    memset(sp - CLEARED_BYTES, 0, CLEARED_BYTES);
    world_step(cpu);
}

// Does what may be done at once; the CPU that did, CPU_NONE if there is none.
static unsigned settle_one(struct edge *edge) {
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        const struct cpu *it = &world.cpu[cpu];
        if (!cpu_can_run(it) || it->call == NULL || !is_settled(cpu))
            continue;
        const uint64_t calls = it->calls;
        snapshot_save(search.aside);
        step_clean(cpu);
        if (world_failed() || (it->calls == calls && !it->done)) {
            edge->after[cpu]++;
            return cpu;
        }
        snapshot_restore(search.aside);
    }
    return CPU_NONE;
}

// Answers the CPU that has changed, if it is this one alone.
static unsigned settle(struct edge *edge, unsigned changed) {
    // bound: steps of a schedule
    for (unsigned cpu; !world_failed() && (cpu = settle_one(edge)) != CPU_NONE;)
        changed = cpu == changed ? changed : CPU_NONE;
    return changed;
}

static void push(uint64_t hash) {
    if (search.depth == search.room) {
        size_t room = search.room * 2 + 64;
        search.nodes = grow(search.nodes, room, sizeof *search.nodes);
        for (size_t i = search.room; i < room; i++)
            search.nodes[i].snapshot = grow(NULL, snapshot_bytes_most(), 1);
        search.room = room;
    }
    struct node *node = &search.nodes[search.depth++];
    *node = (struct node){.snapshot = node->snapshot, .hash = hash};
    snapshot_save(node->snapshot);
}

// What is known behind the edge is known before it.
static void look_back(struct node *node, const uint16_t *remains) {
    const struct edge *edge = &node->edge;
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        unsigned most = edge->after[cpu] + remains[cpu];
        if (cpu == edge->cpu && edge->begins != NULL)
            worst_certain(edge->begins, most);
        if (cpu == edge->cpu)
            most = edge->stops || !edge->was_within ? 0 : edge->ends ? 1 : most + 1;
        if (node->remains[cpu] < most)
            node->remains[cpu] = (uint16_t)most;
    }
}

static void pop(void) {
    const struct node *node = &search.nodes[--search.depth];
    memcpy(&search.remains[table_find(node->hash) * world.cpus], node->remains, world.cpus * sizeof node->remains[0]);
    if (search.depth > 0)
        look_back(&search.nodes[search.depth - 1], node->remains);
}

static void try(struct edge *edge) {
    const struct cpu *cpu = &world.cpu[edge->cpu];
    const uint64_t calls = cpu->calls;
    edge->was_within = cpu->call != NULL;
    if (edge->stops)
        world_freeze(edge->cpu);
    else
        step_clean(edge->cpu);
    edge->ends = cpu->calls != calls;
    edge->begins = edge->ends || !edge->was_within ? cpu->call : NULL;
}

// Does what is next to be tried in the state, and tells which CPU did; false: there is nothing left.
static bool try_next(struct node *node, unsigned freezes_most) {
    bool is_there = node->next == 0; // it has just been reached
    for (; node->next < 2 * world.cpus; node->next++) {
        unsigned cpu = node->next % world.cpus;
        bool stops = node->next >= world.cpus;
        if (!is_there)
            snapshot_restore(node->snapshot);
        is_there = true;
        if (!cpu_can_run(&world.cpu[cpu]) || (stops && world.state.frozen >= freezes_most))
            continue;
        node->next++;
        node->edge = (struct edge){.cpu = cpu, .stops = stops};
        try(&node->edge);
        return true;
    }
    return false;
}

// A state in which all have ended.
static void finish(struct node *node) {
    static const uint16_t nothing[CPUS];
    if (world.state.frozen == 0)
        final_note(world_hash(CPU_NONE));
    world_finish();
    world.schedules++;
    look_back(node, nothing);
}

// The state that an edge has led to.
static void arrive(struct node *node) {
    unsigned changed = settle(&node->edge, node->edge.cpu);
    world.steps_total++;
    if (world_failed())
        return;
    if (world.state.live == 0) {
        finish(node);
    } else if (world.state.steps >= world.steps_most) {
        world_fail("the schedule takes more than %llu steps", (unsigned long long)world.steps_most);
    } else {
        uint64_t hash = state_hash(changed);
        if (is_new(hash))
            push(hash);
        else
            look_back(node, table_remains(hash));
    }
}

// Answers the hash of the state that all begin in.
static uint64_t begin(struct edge *first) {
    search.is_contradicted = false;
    search.count = search.depth = 0;
    world.schedules = world.steps_total = 0;
    memset(search.table, 0, (search.mask + 1) * sizeof *search.table);
    final_reset();
    world_begin();
    (void)settle(first, CPU_NONE);
    uint64_t hash = state_hash(CPU_NONE);
    (void)is_new(hash);
    push(hash);
    return hash;
}

// The calls that CPUs are in when the search begins.
static void look_back_first(const struct edge *first, uint64_t hash) {
    world_begin();
    for (unsigned cpu = 0; cpu < world.cpus; cpu++) {
        if (world.cpu[cpu].call != NULL)
            worst_certain(world.cpu[cpu].call, first->after[cpu] + table_remains(hash)[cpu]);
    }
}

static void explore_from_start(uint64_t most, unsigned freezes_most) {
    struct edge first = {0};
    uint64_t hash = begin(&first);
    // bound: states, CPUs
    while (search.depth > 0 && (most == 0 || search.count < most) && !world_failed() && !search.is_contradicted) {
        struct node *node = &search.nodes[search.depth - 1];
        if (try_next(node, freezes_most))
            arrive(node);
        else
            pop();
        progress_show(false);
    }
    if (search.depth == 0 && !world_failed())
        look_back_first(&first, hash);
}

bool states_explore(uint64_t most, unsigned freezes_most) {
    const struct plan plan = world.plan;
    world.policy = &policy_learning;
    table_allocate(65536);
    search.aside = grow(NULL, snapshot_bytes_most(), 1);
    for (unsigned i = 0; i < LESSONS && !world_failed(); i++, world.plan.seed++)
        world_run();
    world.plan = plan;
    // bound: words, CPUs and calls of each
    do
        explore_from_start(most, freezes_most);
    while (search.is_contradicted && !world_failed());
    search.complete = search.depth == 0 && !world_failed();
    return !world_failed();
}

bool states_complete(void) {
    return search.complete;
}

uint64_t states_count(void) {
    return search.count;
}
