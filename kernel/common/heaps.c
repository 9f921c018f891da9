// SPDX-License-Identifier: MIT
// The kernel's two heaps over the machine's memory; see heaps.h.
#include "heaps.h"

#include "kheap.h"
#include "memory.h"
#include "print.h"

// What the backup heap needs for each CPU (a record, a stack, a cache with its bookkeeping), and some for use.
enum { BACKUP_BYTES = 2 << 20, BACKUP_BYTES_CPU = 80 << 10 };

void heaps_make_backup(const struct boot *boot) {
    struct memory_range range = memory_take(BACKUP_BYTES + boot->cpus_upper * BACKUP_BYTES_CPU);
    backend *heap = NULL;
    const char *refusal = backend_init((void *)range.start, range.bytes, boot->cpus_upper, &heap);
    if (refusal != NULL)
        panic("no backup heap of %lu KiB for %zu CPUs: %s", range.bytes >> 10, boot->cpus_upper, refusal);
    kheap_use(heap, NULL);
    print("backup     %s heap of %lu KiB for up to %zu CPUs\n", BACKEND_NAME, range.bytes >> 10, boot->cpus_upper);
}

// Where the heap begins: the lowest range of at least half the length of the longest.
static size_t choose_base(const struct memory_range *ranges, size_t count) {
    size_t longest = 0, base = 0;
    for (size_t i = 1; i < count; i++) // bound: the ranges
        longest = ranges[i].bytes > ranges[longest].bytes ? i : longest;
    while (ranges[base].bytes < ranges[longest].bytes / 2) // bound: the ranges
        base++;
    return base;
}

// How far it may reach: holes cost bookkeeping, hence no more of them than memory.
static uint64_t choose_bytes(const struct memory_range *ranges, size_t count) {
    uint64_t free_bytes = 0, bytes = 0;
    for (size_t i = 0; i < count; i++) { // bound: the ranges
        free_bytes += ranges[i].bytes;
        uint64_t reach = ranges[i].start + ranges[i].bytes - ranges[0].start;
        bytes = reach <= 2 * free_bytes ? reach : bytes;
    }
    return bytes;
}

void heaps_make_primary(const struct boot *boot) {
    if (boot->cpu_count > boot->cpus_upper)
        panic("%zu CPUs are counted where at most %zu were expected", boot->cpu_count, boot->cpus_upper);
    const struct memory_range *ranges;
    size_t count = memory_ranges(&ranges), base = choose_base(ranges, count);
    uint64_t start = ranges[base].start, served = ranges[base].bytes, left = 0;
    uint64_t bytes = choose_bytes(ranges + base, count - base);
    backend *heap = NULL;
    const char *refusal = backend_init_reserved((void *)start, bytes, served, boot->cpu_count, &heap);
    if (refusal != NULL)
        panic("no primary heap of %lu KiB for %zu CPUs: %s", served >> 10, boot->cpu_count, refusal);
    for (size_t i = 0; i < count; i++) { // bound: the ranges
        bool added = i > base && backend_add(heap, (void *)ranges[i].start, ranges[i].bytes);
        served += added ? ranges[i].bytes : 0;
        left += added || i == base ? 0 : ranges[i].bytes;
    }
    kheap_use(kheap_backup(), heap);
    print("primary    %s heap of %lu KiB for %zu CPUs; %lu KiB of memory are left out\n", BACKEND_NAME, served >> 10,
          boot->cpu_count, left >> 10);
}
