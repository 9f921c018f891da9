// SPDX-License-Identifier: MIT
// Every reachable state of a scenario, each once: all interleavings, but paths that meet go on together. Two states are
// the same if all words are, all stacks with the registers saved there, and what the scenario keeps for each CPU (a
// hash of 64 bits stands for all of it). How many steps a call has taken is no part of a state: worst steps are told by
// the searches that go by schedules.
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
