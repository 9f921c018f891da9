// SPDX-License-Identifier: MIT
// The policies of the slots. Each lies in a cache line of its own: a kernel sets its CPU's whenever it goes from a task
// to its own code and back, and in a bitmap 512 CPUs would do so in one line.
#include "talloc/talloc_state.h"

static void talloc_set(const talloc *self, size_t cpu, enum talloc_policy policy) {
    // relaxed: the policy publishes nothing
    word_store_relaxed(&talloc_slot_of(self, cpu, NULL)->policy, (uint64_t)policy);
}

void talloc_use_primary(talloc *self, size_t cpu) {
    talloc_set(self, cpu, TALLOC_PRIMARY_ONLY);
}

void talloc_use_primary_then_backup(talloc *self, size_t cpu) {
    talloc_set(self, cpu, TALLOC_PRIMARY_THEN_BACKUP);
}

enum talloc_policy talloc_save(const talloc *self, size_t cpu) {
    // relaxed: as above
    return (enum talloc_policy)word_load_relaxed(&talloc_slot_of(self, cpu, NULL)->policy);
}

void talloc_restore(talloc *self, size_t cpu, enum talloc_policy saved) {
    if (saved != TALLOC_PRIMARY_ONLY && saved != TALLOC_PRIMARY_THEN_BACKUP)
        port_fault(PORT_FAULT_CORRUPT, NULL, cpu);
    talloc_set(self, cpu, saved);
}

void talloc_policies(const talloc *self, uint64_t primary_only[TALLOC_CPUS_MAX / 64]) {
    __builtin_memset(primary_only, 0, TALLOC_CPUS_MAX / 8);
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        uint64_t policy = word_load_relaxed(&self->slots[cpu].policy); // relaxed: as above
        primary_only[cpu / 64] |= (uint64_t)(policy == TALLOC_PRIMARY_ONLY) << cpu % 64;
    }
}
