// SPDX-License-Identifier: MIT
// Sequentially consistent memory: a step happens to memory as it is.
#include "arena.h"
#include "world.h"

static void sc_begin(struct world *self) {
    (void)self;
}

static struct access sc_perform(struct world *self, unsigned cpu, const struct step *step) {
    (void)self;
    (void)cpu;
    uint64_t before = step_word_load(step->site, step->at);
    struct step_effect effect = step_effect_on(step, before);
    if (effect.writes)
        step_word_store(step->site, step->at, effect.value);
    return (struct access){
        .location = arena_number(step->at),
        .before = before,
        .after = effect.value,
        .result = effect.result,
        .reads = step->site->kind != STEP_STORE,
        .writes = effect.writes && effect.value != before, // what was there already, nobody can tell from a look
        .choices = 1,
    };
}

static uint32_t sc_clock(unsigned cpu) {
    (void)cpu;
    return 0;
}

// Nothing is looked for here: every step is ordered with every other.
static bool sc_knows(unsigned cpu, unsigned other, uint32_t clock) {
    (void)cpu;
    (void)other;
    (void)clock;
    return true;
}

const struct memory memory_sc = {"sc", sc_begin, sc_perform, sc_clock, sc_knows};
