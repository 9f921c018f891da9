// SPDX-License-Identifier: MIT
// Free memory at boot; see memory.h.
#include "memory.h"

#include "print.h"

enum { RANGES_MAX = 4 * BOOT_RANGES_MAX, PAGE = 4096, LOW_BYTES = 1 << 20 };

static struct memory_range ranges[RANGES_MAX]; // ascending, none touches the next
static size_t count;

static uint64_t end_of(struct memory_range range) {
    return range.start + range.bytes;
}

static void insert(size_t at, struct memory_range range) {
    if (count == RANGES_MAX)
        panic("free memory falls into more than %d pieces", RANGES_MAX);
    for (size_t i = count++; i > at; i--) // bound: RANGES_MAX
        ranges[i] = ranges[i - 1];
    ranges[at] = range;
}

static void drop(size_t at) {
    count--;
    for (size_t i = at; i < count; i++) // bound: RANGES_MAX
        ranges[i] = ranges[i + 1];
}

// Adds memory in its place, as one piece with what it touches.
static void add(struct memory_range range) {
    size_t at = 0;
    while (at < count && end_of(ranges[at]) < range.start) // bound: RANGES_MAX
        at++;
    while (at < count && ranges[at].start <= end_of(range)) { // bound: RANGES_MAX
        uint64_t start = ranges[at].start < range.start ? ranges[at].start : range.start;
        uint64_t end = end_of(ranges[at]) > end_of(range) ? end_of(ranges[at]) : end_of(range);
        range = (struct memory_range){start, end - start};
        drop(at);
    }
    insert(at, range);
}

// Takes out whatever of [start, end) is there.
static void cut(uint64_t start, uint64_t end) {
    for (size_t i = 0; i < count; i++) { // bound: RANGES_MAX
        struct memory_range old = ranges[i];
        if (end <= old.start || end_of(old) <= start)
            continue;
        drop(i);
        if (end_of(old) > end)
            insert(i, (struct memory_range){end, end_of(old) - end});
        if (old.start < start)
            insert(i, (struct memory_range){old.start, start - old.start});
    }
}

static void keep_whole_pages(void) {
    for (size_t i = count; i-- > 0;) { // bound: RANGES_MAX
        uint64_t start = (ranges[i].start + PAGE - 1) & ~(uint64_t)(PAGE - 1);
        uint64_t end = end_of(ranges[i]) & ~(uint64_t)(PAGE - 1);
        if (start < end)
            ranges[i] = (struct memory_range){start, end - start};
        else
            drop(i);
    }
}

void memory_init(const struct boot *boot) {
    for (size_t i = 0; i < boot->range_count; i++) // bound: BOOT_RANGES_MAX
        add(boot->ranges[i]);
    cut(0, LOW_BYTES);
    cut((uintptr_t)image_start, (uintptr_t)image_end);
    for (size_t i = 0; i < boot->kept_count; i++) // bound: BOOT_RANGES_MAX
        cut(boot->kept[i].start, end_of(boot->kept[i]));
    keep_whole_pages();
    if (count == 0)
        panic("the machine reports no memory that is free");
}

struct memory_range memory_take(size_t bytes) {
    size_t whole = (bytes + PAGE - 1) & ~(size_t)(PAGE - 1), from = 0;
    for (size_t i = 1; i < count; i++) // bound: RANGES_MAX
        from = ranges[i].bytes > ranges[from].bytes ? i : from;
    if (ranges[from].bytes <= whole)
        panic("no free piece of %zu KiB of memory: give the machine more", whole >> 10);
    ranges[from].bytes -= whole;
    return (struct memory_range){end_of(ranges[from]), whole};
}

size_t memory_ranges(const struct memory_range **all) {
    *all = ranges;
    return count;
}
