// SPDX-License-Identifier: MIT
// All policies.
#ifndef POLICIES_H
#define POLICIES_H

#include "world.h"

extern const struct policy policy_random;     // by the plan's seed: at random, in long or short turns, or by priorities
extern const struct policy policy_replay;     // decisions of policy_replay_load
extern const struct policy policy_exhaustive; // all that differ, each once
extern const struct policy policy_bounded;    // all with few preemptions
extern const struct policy policy_freeze;     // random; the victim stops for ever at one of its steps
extern const struct policy policy_crash;      // random; all but the victim stop at some step
extern const struct policy policy_starve;     // random; the victim gets a step when the others have had many
extern const struct policy policy_lose;       // random; before the victim takes something, somebody else does

// NULL, or a sentence.
const char *policy_replay_load(const char *text);
void policy_replay_keep(void);  // takes the decisions of the last schedule as its own
void policy_replay_print(void); // the decisions of the last schedule

// What policy_random and those built on it draw from, afresh in every schedule.
struct rng *policy_rng(void);
void random_begin(struct world *self);
unsigned random_choose(struct world *self);
unsigned random_choose_read(struct world *self, unsigned cpu, unsigned choices);

// Exhaustive search: begins anew.
void exhaustive_reset(void);
uint64_t exhaustive_cut(void); // schedules given up because they had been seen in another order
extern unsigned bounded_preemptions;

#endif
