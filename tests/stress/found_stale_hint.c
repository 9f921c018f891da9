// SPDX-License-Identifier: MIT
// A hint that a span of one class has blocks of another: a CPU leaves it behind that stops between publishing its last
// block and announcing it, while the span is retired and becomes another class's. The first claim that meets it has to
// withdraw it; else every later one meets it again, and makes new spans though old ones have blocks.
#include "support/die.h"
#include "support/region.h"

#include "heap/heap_state.h"

#include <stdio.h>
#include <stdlib.h>

#define REGION_BYTES ((size_t)32 << 20)
#define BLOCKS ((size_t)64 * 600)

static size_t spans_of(const wfh *heap, unsigned class) {
    struct wfh_class_stats stats;
    (void)wfh_class_stats(heap, class, &stats);
    return stats.spans;
}

static unsigned class_of_size(const wfh *heap, size_t size) {
    return size_class_of_kind(heap->map.table.ticket[(size - 1) / SIZE_STEP]);
}

// Both sizes have spans of one page.
static void meet_stale_hint(size_t size, size_t other_size) {
    unsigned char *region = region_map(REGION_BYTES, 0);
    wfh *heap = NULL;
    if (wfh_init(region, REGION_BYTES, 1, &heap) != WFH_OK) {
        die_unusable("found-stale-hint: no heap");
    }
    void *other = wfh_alloc(heap, 0, other_size, 8); // the first span of the heap
    void **blocks = calloc(BLOCKS, sizeof *blocks);
    if (other == NULL || blocks == NULL) {
        die_unusable("found-stale-hint: no memory");
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = wfh_alloc(heap, 0, size, 8);
    }
    for (size_t i = 0; i < BLOCKS; i += 2) {
        wfh_free(heap, 0, blocks[i]);
    }
    while (wfh_drain(heap, 0)) {
    }
    unsigned class = class_of_size(heap, size);
    size_t spans = spans_of(heap, class);
    bitset_put(&heap->map.partial[class], span_page_of(&heap->map, other));
    for (size_t i = 0; i < BLOCKS / 4; i++) {
        if (wfh_alloc(heap, 0, size, 8) == NULL) {
            die("found-stale-hint: no block of %zu bytes", size);
        }
    }
    // One claim may be lost to the hint, and a second one while it is withdrawn.
    if (spans_of(heap, class) > spans + 2) {
        die("found-stale-hint: %zu spans of %zu bytes grew to %zu, though half of their blocks were free", spans, size,
            spans_of(heap, class));
    }
    struct wfh_finding finding;
    if (!wfh_check(heap, &finding)) {
        die("found-stale-hint: %s: %llu wanted, %llu found", finding.rule, (unsigned long long)finding.want,
            (unsigned long long)finding.have);
    }
    free(blocks);
    region_unmap(region, REGION_BYTES);
}

int main(void) {
    meet_stale_hint(64, 48);
    meet_stale_hint(16, 24); // spans of several words
    meet_stale_hint(48, 16);
    meet_stale_hint(128, 16);
    printf("stale hints go away when they are met\n");
    return 0;
}
