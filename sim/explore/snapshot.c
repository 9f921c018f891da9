// SPDX-License-Identifier: MIT
// Snapshots; see snapshot.h.
#include "snapshot.h"

#include "arena.h"
#include "world.h"

#include <stdlib.h>
#include <string.h>

#define PIECES_MOST 32u

static struct {
    void *start;
    size_t bytes;
} pieces[PIECES_MOST];
static unsigned piece_count;

void snapshot_keep(void *start, size_t bytes) {
    if (piece_count == PIECES_MOST)
        abort();
    pieces[piece_count].start = start;
    pieces[piece_count++].bytes = bytes;
}

size_t snapshot_bytes_most(void) {
    size_t bytes = arena_kept_bytes() + sizeof(struct state) + world.cpus * (sizeof(struct cpu) + FIBER_STACK_BYTES);
    for (unsigned i = 0; i < piece_count; i++)
        bytes += pieces[i].bytes;
    return bytes;
}

static unsigned char *put(unsigned char *to, const void *from, size_t bytes) {
    memcpy(to, from, bytes);
    return to + bytes;
}

static const unsigned char *get(const unsigned char *from, void *to, size_t bytes) {
    memcpy(to, from, bytes);
    return from + bytes;
}

static size_t stack_used(const struct cpu *cpu) {
    return (size_t)(cpu->fiber.stack + FIBER_STACK_BYTES - (unsigned char *)cpu->fiber.sp);
}

void snapshot_save(unsigned char *to) {
    to = put(to, &world.state, sizeof world.state);
    to = put(to, world.cpu, world.cpus * sizeof world.cpu[0]);
    to = arena_copy_to(to);
    for (unsigned i = 0; i < piece_count; i++)
        to = put(to, pieces[i].start, pieces[i].bytes);
    for (unsigned i = 0; i < world.cpus; i++) {
        if (cpu_can_run(&world.cpu[i]))
            to = put(to, world.cpu[i].fiber.sp, stack_used(&world.cpu[i]));
    }
}

void snapshot_restore(const unsigned char *from) {
    from = get(from, &world.state, sizeof world.state);
    from = get(from, world.cpu, world.cpus * sizeof world.cpu[0]);
    from = arena_copy_from(from);
    for (unsigned i = 0; i < piece_count; i++)
        from = get(from, pieces[i].start, pieces[i].bytes);
    for (unsigned i = 0; i < world.cpus; i++) {
        if (cpu_can_run(&world.cpu[i]))
            from = get(from, world.cpu[i].fiber.sp, stack_used(&world.cpu[i]));
    }
}
