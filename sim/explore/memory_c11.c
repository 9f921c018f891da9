// SPDX-License-Identifier: MIT
// Relaxed memory as C11 allows it. Every word has the history of its values; every CPU has a view, how far it has seen
// each of them, and a load may read anything from there on. What orders loads is messages: a store with release carries
// its CPU's view, a load with acquire takes it over; a read-modify-write reads the latest value and passes on what the
// one before carried; a seq load sees no less than the last seq store to its word, whoever made it.
//
// This is the view-based semantics of "A promising semantics" (Kang et al., POPL 2017) without promises: a store goes
// to the end of its word's history at once. So loads may be late, but stores are not early: what needs a load to be
// done after a later store of its own CPU (LB), or two stores in another order than they were made (2+2W), cannot be
// seen here.
#include "arena.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define C11_CPUS 64u
#define VIEW_MOST 8192u              // CPUs' clocks, and words used in one schedule
#define POOL_BYTES ((size_t)8 << 30) // address space

struct message {
    uint64_t value;
    const uint32_t *view; // what its writer knew
    uint32_t length;
};

struct location {
    uint32_t schedule; // in which the rest stands
    uint32_t index;    // in views
    uint32_t count, room;
    uint32_t last_seq;
    struct message *messages;
};

static struct {
    uint32_t schedule;
    uint32_t used;              // of views
    struct location *locations; // by the words' numbers
    uint32_t room;
    uint32_t view[C11_CPUS][VIEW_MOST];
    uint32_t *pool; // of the messages' views
    size_t pool_used;
} c11;

static _Noreturn void give_up(const char *why) {
    (void)fprintf(stderr, "wfsim: c11: %s.\n", why);
    exit(1);
}

static void c11_begin(struct world *self) {
    if (self->cpus > C11_CPUS)
        give_up("64 CPUs at most");
    if (c11.pool == NULL) {
        c11.pool = mmap(NULL, POOL_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (c11.pool == MAP_FAILED)
            give_up("no address space for messages");
    }
    for (unsigned cpu = 0; cpu < self->cpus; cpu++) {
        memset(c11.view[cpu], 0, c11.used * sizeof c11.view[cpu][0]);
        c11.view[cpu][cpu] = 1;
    }
    c11.used = self->cpus;
    c11.pool_used = 0;
    c11.schedule++;
}

static void add_message(struct location *location, uint64_t value, const uint32_t *view, uint32_t length) {
    if (location->count == location->room) {
        location->room = location->room * 2 + 8;
        location->messages = realloc(location->messages, location->room * sizeof *location->messages);
        if (location->messages == NULL)
            give_up("no memory for messages");
    }
    location->messages[location->count++] = (struct message){value, view, length};
}

static struct location *location_at(const struct step *step, uint32_t number) {
    if (number >= c11.room) {
        uint32_t room = number * 2 + 64;
        c11.locations = realloc(c11.locations, room * sizeof *c11.locations);
        if (c11.locations == NULL)
            give_up("no memory for words");
        memset(c11.locations + c11.room, 0, (room - c11.room) * sizeof *c11.locations);
        c11.room = room;
    }
    struct location *location = &c11.locations[number];
    if (location->schedule != c11.schedule) {
        if (c11.used == VIEW_MOST)
            give_up("the scenario uses too many words");
        location->schedule = c11.schedule;
        location->index = c11.used++;
        location->count = 0;
        location->last_seq = 0;
        add_message(location, step_word_load(step->site, step->at), NULL, 0);
    }
    return location;
}

static void view_join(uint32_t *view, const struct message *message) {
    for (uint32_t i = 0; i < message->length; i++)
        view[i] = view[i] > message->view[i] ? view[i] : message->view[i];
}

static uint32_t *pool_take(void) {
    uint32_t *view = c11.pool + c11.pool_used;
    c11.pool_used += c11.used;
    if (c11.pool_used * sizeof *view > POOL_BYTES)
        give_up("too many messages in one schedule");
    return view;
}

// What a new message carries: all that its writer knows if it releases, and what the message that it replaces in a
// read-modify-write carried.
static const uint32_t *carry(const uint32_t *me, bool releases, const struct message *replaced) {
    if (!releases && (replaced == NULL || replaced->length == 0))
        return NULL;
    uint32_t *view = pool_take();
    if (releases)
        memcpy(view, me, c11.used * sizeof *view);
    else
        memset(view, 0, c11.used * sizeof *view);
    if (replaced != NULL)
        view_join(view, replaced);
    return view;
}

static bool order_acquires(unsigned order) {
    return order == ORDER_ACQUIRE || order == ORDER_ACQ_REL || order == ORDER_SEQ;
}

static bool order_releases(unsigned order) {
    return order == ORDER_RELEASE || order == ORDER_ACQ_REL || order == ORDER_SEQ;
}

// Which message the step reads: of those that the CPU may not have overtaken yet. A compare-exchange that fails is a
// load; one that succeeds reads the latest.
static uint32_t choose_message(struct world *self, unsigned cpu, const struct step *step, struct location *location,
                               struct access *access) {
    uint32_t latest = location->count - 1, seen = c11.view[cpu][location->index];
    if (step->site->kind != STEP_LOAD && step->site->kind != STEP_CAS)
        return latest;
    if (step->site->order == ORDER_SEQ && location->last_seq > seen)
        seen = location->last_seq;
    access->choices = latest - seen + 1;
    unsigned choice = access->choices > 1 ? self->policy->choose_read(self, cpu, access->choices) : 0;
    if (step->site->kind == STEP_CAS && location->messages[latest - choice].value == step->a)
        choice = 0;
    access->choice = choice;
    return latest - choice;
}

static struct access c11_perform(struct world *self, unsigned cpu, const struct step *step) {
    uint32_t *me = c11.view[cpu];
    unsigned order = step->site->order;
    struct access access = {.location = arena_number(step->at), .choices = 1};
    struct location *location = location_at(step, access.location);
    uint32_t chosen = choose_message(self, cpu, step, location, &access);
    struct message read = location->messages[chosen];
    struct step_effect effect = step_effect_on(step, read.value);
    access.reads = step->site->kind != STEP_STORE;
    access.before = location->messages[location->count - 1].value;
    access.after = effect.writes ? effect.value : access.before;
    access.result = effect.result;
    access.writes = effect.writes;
    if (access.reads && me[location->index] < chosen)
        me[location->index] = chosen;
    if (access.reads && order_acquires(order))
        view_join(me, &read);
    if (effect.writes) {
        me[location->index] = location->count;
        const uint32_t *view = carry(me, order_releases(order), access.reads ? &read : NULL);
        if (order == ORDER_SEQ)
            location->last_seq = location->count;
        add_message(location, effect.value, view, view != NULL ? c11.used : 0);
        step_word_store(step->site, step->at, effect.value);
    }
    me[cpu]++;
    return access;
}

static uint32_t c11_clock(unsigned cpu) {
    return c11.view[cpu][cpu];
}

static bool c11_knows(unsigned cpu, unsigned other, uint32_t clock) {
    return c11.view[cpu][other] >= clock;
}

const struct memory memory_c11 = {"c11", c11_begin, c11_perform, c11_clock, c11_knows};
