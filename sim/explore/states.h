// SPDX-License-Identifier: MIT
// Every reachable state of a scenario, each once: all interleavings, but paths that meet go on together. Two states are
// the same if all words are, all stacks with the registers saved there, and what the scenario keeps for each CPU (a
// hash of 64 bits stands for all of it).
//
// A load of a word that no other CPU changes any more is done at once, and is no state of its own: whatever others do
// meanwhile, it answers the same, and nobody can tell when it was done (a persistent set of one step: Godefroid, LNCS
// 1032, 1996; no cycles, for every call ends). Only where it ends a call all others are tried as well, for then checks
// follow. Which CPU changes which word up to which of its calls is learnt, at first from random schedules; what
// contradicts it makes the search begin anew.
//
// How many steps a call has taken is no part of a state. But as no state comes twice on a path, the longest way from
// each state to the end of each CPU's call is known when the state is left, and so the worst of all schedules.
#ifndef STATES_H
#define STATES_H

#include <stdbool.h>
#include <stdint.h>

// Until all were seen or `most` are known (0: no limit). With freezes_most, so many CPUs may stop for ever, at any
// step. False: a state has failed.
bool states_explore(uint64_t most, unsigned freezes_most);

bool states_complete(void);
uint64_t states_count(void);

#endif
