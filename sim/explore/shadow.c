// SPDX-License-Identifier: MIT
// Owners of the arena's memory, see shadow.h.
#include "shadow.h"

#include "arena.h"
#include "snapshot.h"
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define GRANULE_LEAST 8u

struct granule {
    uint32_t schedule; // in which the owner stands; older: nobody's
    uint16_t owner;    // CPU + 1
    uint16_t writer;   // CPU + 1 of the last to write, 0: none in this schedule
    uint32_t written;  // its clock then
};

static struct granule *granules;
static uint32_t schedule;
static size_t granule_bytes;

static void shadow_map(void) {
    const size_t bytes = ARENA_BYTES / GRANULE_LEAST * sizeof *granules;
    if (granules == NULL)
        granules = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (granules == MAP_FAILED) {
        (void)fprintf(stderr, "wfsim: no address space for the map of owners.\n");
        exit(1);
    }
}

void shadow_keep(const void *start, size_t bytes, size_t of_granule) {
    granule_bytes = of_granule;
    shadow_map();
    snapshot_keep(&granules[arena_offset(start) / granule_bytes], bytes / granule_bytes * sizeof *granules);
}

void shadow_begin(size_t bytes_of_granule) {
    shadow_map();
    granule_bytes = bytes_of_granule;
    schedule++;
}

static struct granule *shadow_at(const void *start) {
    struct granule *granule = &granules[arena_offset(start) / granule_bytes];
    if (granule->schedule != schedule)
        *granule = (struct granule){.schedule = schedule};
    return granule;
}

static void shadow_write(unsigned cpu, const void *start) {
    struct granule *granule = shadow_at(start);
    bool all_are_done = world.current == CPU_NONE; // what any of them did was before
    if (granule->writer != 0 && !all_are_done && !world.memory->knows(cpu, granule->writer - 1u, granule->written))
        world_fail("CPU %u and CPU %u use the block at page %zu + %zu without an order between them", cpu,
                   granule->writer - 1u, arena_offset(start) / 4096, arena_offset(start) % 4096);
    granule->writer = (uint16_t)(cpu + 1);
    granule->written = world.memory->clock(cpu);
}

static void shadow_change(unsigned cpu, const void *start, size_t bytes, unsigned from, unsigned to) {
    const char *at = start;
    for (size_t offset = 0; offset < bytes; offset += granule_bytes) {
        struct granule *granule = shadow_at(at + offset);
        if (granule->owner != from && granule->owner == 0)
            world_fail("CPU %u gives back what nobody holds", cpu);
        else if (granule->owner != from)
            world_fail("CPU %u %s a block that CPU %u holds", cpu, from == 0 ? "was given" : "gives back",
                       granule->owner - 1u);
        granule->owner = (uint16_t)to;
    }
    shadow_write(cpu, start);
}

void shadow_enter(unsigned cpu, const void *start, size_t bytes) {
    shadow_change(cpu, start, bytes, 0, cpu + 1);
}

void shadow_leave(unsigned cpu, const void *start, size_t bytes) {
    shadow_change(cpu, start, bytes, cpu + 1, 0);
}
