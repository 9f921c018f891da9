// SPDX-License-Identifier: MIT
// Final states; see final.h.
#include "final.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    uint64_t *table; // open addressing; 0: vacant
    size_t mask, count;
    uint64_t sum;
} final;

static void put(uint64_t hash) {
    size_t at = hash & final.mask;
    while (final.table[at] != 0 && final.table[at] != hash)
        at = (at + 1) & final.mask;
    if (final.table[at] == hash)
        return;
    final.table[at] = hash;
    final.count++;
    final.sum += hash;
}

void final_note(uint64_t hash) {
    if (final.table == NULL || final.count * 2 > final.mask) {
        uint64_t *old = final.table;
        size_t places = old == NULL ? 0 : final.mask + 1;
        final.mask = old == NULL ? 4095 : final.mask * 2 + 1;
        final.count = final.sum = 0;
        final.table = calloc(final.mask + 1, sizeof *final.table);
        if (final.table == NULL) {
            (void)fprintf(stderr, "wfsim: no memory for final states.\n");
            exit(1);
        }
        for (size_t i = 0; i < places; i++) {
            if (old[i] != 0)
                put(old[i]);
        }
        free(old);
    }
    put(hash + (hash == 0));
}

void final_reset(void) {
    if (final.table != NULL)
        memset(final.table, 0, (final.mask + 1) * sizeof *final.table);
    final.count = 0;
    final.sum = 0;
}

uint64_t final_count(void) {
    return final.count;
}

uint64_t final_sum(void) {
    return final.sum;
}
