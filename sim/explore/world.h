// SPDX-License-Identifier: MIT
// Virtual CPUs that run a scenario, one step of one CPU at a time, as a policy says. A CPU always stands right before
// its next step; what it does between two steps is its own and happens at once.
#ifndef WORLD_H
#define WORLD_H

#include "fiber.h"
#include "step.h"
#include "stress/support/rng.h"

#define CPUS_MAX 512u
#define CPU_NONE 0xffffu

struct world;

struct cpu {
    struct fiber fiber;
    struct step next; // unless it is done
    uint64_t result;
    bool done;
    bool frozen;      // never runs again in this schedule
    const char *call; // that it is in, or NULL
    uint64_t call_steps, call_bound;
    uint64_t call_last_bound; // the same if it comes to the last resort
    uint8_t call_path;        // the deepest so far
    uint64_t steps;           // of this schedule
    uint64_t calls;           // ended
    uint64_t hash;            // of what it knows, as of the last world_hash
    struct rng rng;           // what the scenario's program decides by
};

// What a step did.
struct access {
    uint32_t location; // its word's number
    uint64_t before, after, result;
    bool reads, writes; // writes: something has changed, or others may learn something by it
    unsigned choices;   // messages that it could have read, 1 of memory that is sequentially consistent
    unsigned choice;    // 0: the latest
    unsigned forced;    // messages that only the order of seq steps kept it from reading
};

// How memory behaves.
struct memory {
    const char *name;
    void (*begin)(struct world *world);
    struct access (*perform)(struct world *world, unsigned cpu, const struct step *step);
    uint32_t (*clock)(unsigned cpu);                             // grows with every step of the CPU
    bool (*knows)(unsigned cpu, unsigned other, uint32_t clock); // whether what the other did then happens before now
};
extern const struct memory memory_sc, memory_c11;

// Who runs next.
struct policy {
    void (*begin)(struct world *world);                                                // before every schedule
    unsigned (*choose)(struct world *world);                                           // CPU_NONE: the end
    unsigned (*choose_read)(struct world *world, unsigned cpu, unsigned choices);      // which message
    void (*performed)(struct world *world, unsigned cpu, const struct access *access); // NULL: never mind
    bool (*next)(struct world *world);                                                 // is there another schedule?
};

#define READ_FREEZE 0xffffu // no read: the CPU stops for ever

struct decision {
    uint16_t cpu;
    uint16_t read;
};

struct scenario;

// Which schedule, besides the policy's own choices.
struct plan {
    uint64_t seed;
    unsigned victim; // CPU_NONE: none
    uint64_t at;     // the victim's step at which something happens to it
};

// What changes with every step, beside CPUs and memory.
struct state {
    unsigned live, frozen; // CPUs that can run; CPUs that stopped
    uint64_t steps;
    uint64_t log_count;
    uint64_t words; // a hash of all words that have changed
};

struct world {
    const struct scenario *scenario;
    const struct memory *memory;
    const struct policy *policy;
    unsigned cpus;
    unsigned current;   // CPU_NONE: the program itself
    unsigned ops;       // calls or rounds of each CPU
    unsigned rival_ops; // of CPUs other than the plan's victim, if it has one
    struct plan plan;
    struct state state;
    uint64_t steps_most;
    bool is_traced;
    struct decision *log; // of this schedule, for every step and every CPU that stops
    struct fiber main;
    char failure[256]; // empty: all is well
    uint64_t schedules, steps_total;
    struct cpu cpu[CPUS_MAX];
};

extern struct world world;

void world_init(void); // stacks, and the steps' handler
void world_run(void);  // one schedule, with its checks

// The parts of it.
void world_begin(void);
void world_step(unsigned cpu);
void world_finish(void);
// A hash of the state, if since the last one only this CPU has done anything; CPU_NONE: several have.
uint64_t world_hash(unsigned changed);

static inline uint64_t hash_mix(uint64_t hash, uint64_t value) {
    hash = hash * UINT64_C(0x9e3779b97f4a7c15) + value + UINT64_C(0x165667b19e3779f9);
    hash = (hash ^ hash >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ hash >> 32;
}
uint64_t hash_bytes(uint64_t hash, const void *start, size_t bytes);

static inline bool cpu_can_run(const struct cpu *cpu) {
    return !cpu->done && !cpu->frozen;
}
void world_freeze(unsigned cpu);

static inline unsigned world_ops(unsigned cpu) {
    return world.plan.victim == CPU_NONE || world.plan.victim == cpu ? world.ops : world.rival_ops;
}

// Something is wrong. Within a CPU's program it does not return.
void world_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline bool world_failed(void) {
    return world.failure[0] != '\0';
}

// Around calls whose steps are bounded; some have a larger bound if they come to the last resort.
void call_begin(unsigned cpu, const char *name, uint64_t bound);
void call_begin_last(unsigned cpu, const char *name, uint64_t bound, uint64_t last_bound);
void call_end(unsigned cpu);

#endif
