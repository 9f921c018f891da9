// SPDX-License-Identifier: MIT
// Statistics, and the invariants of talloc.
#include "talloc/talloc_state.h"

static void talloc_add_slot(const struct talloc_slot *slot, struct talloc_stats *out) {
    uint64_t counts[TALLOC_COUNTS];
    // bound: TALLOC_COUNTS
    for (unsigned i = 0; i < TALLOC_COUNTS; i++)
        counts[i] = word_load_relaxed(&slot->counts[i]); // relaxed: an estimate, exact when quiescent
    out->backup_allocs += counts[TALLOC_BACKUP_ALLOCS];
    out->backup_frees += counts[TALLOC_BACKUP_FREES];
    out->backup_refusals += counts[TALLOC_BACKUP_REFUSALS];
    out->primary_refusals += counts[TALLOC_PRIMARY_REFUSALS];
    out->moves_to_backup += counts[TALLOC_MOVES_TO_BACKUP];
    out->moves_to_primary += counts[TALLOC_MOVES_TO_PRIMARY];
    out->low_calls += counts[TALLOC_LOW_CALLS];
    size_t peak_bytes = (size_t)word_load_relaxed(&slot->peak); // relaxed: an estimate
    out->backup_peak_bytes = peak_bytes > out->backup_peak_bytes ? peak_bytes : out->backup_peak_bytes;
}

static struct talloc_stats talloc_shared_stats(const talloc *self) {
    return (struct talloc_stats){
        .backup_used_bytes = (size_t)word_load_relaxed(&self->backup_used), // relaxed: an estimate
        .backup_bytes = self->backup_bytes,
    };
}

void talloc_stats(const talloc *self, struct talloc_stats *out) {
    *out = talloc_shared_stats(self);
    // bound: cpus
    for (size_t cpu = 0; cpu < self->cpus; cpu++)
        talloc_add_slot(&self->slots[cpu], out);
}

bool talloc_cpu_stats(const talloc *self, size_t cpu, struct talloc_stats *out) {
    if (cpu >= self->cpus)
        return false;
    *out = talloc_shared_stats(self);
    talloc_add_slot(&self->slots[cpu], out);
    return true;
}

const char *talloc_check(talloc *self, size_t cpu) {
    struct talloc_stats stats;
    (void)talloc_slot_of(self, cpu, NULL);
    talloc_stats(self, &stats);
    // bound: cpus
    for (size_t i = 0; i < self->cpus; i++) {
        enum talloc_policy policy = talloc_save(self, i);
        if (policy != TALLOC_PRIMARY_ONLY && policy != TALLOC_PRIMARY_THEN_BACKUP)
            return "every slot has a policy";
    }
    if (stats.backup_frees > stats.backup_allocs)
        return "what came back to the backup heap came from it";
    if ((stats.backup_frees == stats.backup_allocs) != (stats.backup_used_bytes == 0))
        return "the backup heap has bytes in use if it has blocks in use";
    if (stats.backup_peak_bytes < stats.backup_used_bytes)
        return "the peak is no less than what is in use";
    const char *broken = self->backup.backend->check(self->backup.heap, cpu);
    if (broken == NULL && talloc_has_primary(self))
        broken = self->primary.backend->check(self->primary.heap, cpu);
    return broken;
}
