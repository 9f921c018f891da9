// SPDX-License-Identifier: MIT
// Decisions as text: CPU*STEPS, separated by dots; CPU:N for a step that reads what was there N stores ago; CPU! for
// one that stops for ever. After the last decision the CPUs run to their ends one by one.
#include "policies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct {
    struct decision *decisions;
    size_t count, at, room;
    unsigned read;
} replay;

static void replay_add(unsigned cpu, unsigned read, unsigned long steps) {
    for (unsigned long i = 0; i < steps; i++) {
        if (replay.count == replay.room) {
            replay.room = replay.room * 2 + 256;
            replay.decisions = realloc(replay.decisions, replay.room * sizeof *replay.decisions);
            if (replay.decisions == NULL)
                abort();
        }
        replay.decisions[replay.count++] = (struct decision){(uint16_t)cpu, (uint16_t)read};
    }
}

const char *policy_replay_load(const char *text) {
    replay.count = 0;
    while (*text != '\0') {
        char *end;
        unsigned long cpu = strtoul(text, &end, 10), steps = 1, read = 0;
        if (end == text || cpu >= CPUS_MAX)
            return "a list of choices looks like 0*12.1.0:2";
        if (*end == '*')
            steps = strtoul(end + 1, &end, 10);
        else if (*end == ':')
            read = strtoul(end + 1, &end, 10);
        else if (*end == '!')
            read = READ_FREEZE, end++;
        if ((*end != '.' && *end != '\0') || steps > 100000000)
            return "a list of choices looks like 0*12.1.0:2";
        replay_add((unsigned)cpu, (unsigned)read, steps);
        text = *end == '.' ? end + 1 : end;
    }
    return NULL;
}

void policy_replay_keep(void) {
    replay.count = 0;
    for (uint64_t i = 0; i < world.state.log_count; i++)
        replay_add(world.log[i].cpu, world.log[i].read, 1);
}

void policy_replay_print(void) {
    for (uint64_t i = 0, same; i < world.state.log_count; i += same) {
        const struct decision *it = &world.log[i];
        same = 1;
        while (it->read == 0 && i + same < world.state.log_count && it[same].cpu == it->cpu && it[same].read == 0)
            same++;
        (void)printf(i > 0 ? ".%u" : "%u", it->cpu);
        if (it->read == READ_FREEZE)
            (void)printf("!");
        else if (it->read != 0)
            (void)printf(":%u", it->read);
        else if (same > 1)
            (void)printf("*%" PRIu64, same);
    }
}

static void replay_begin(struct world *self) {
    (void)self;
    replay.at = 0;
}

static unsigned replay_choose(struct world *self) {
    while (replay.at < replay.count) {
        struct decision it = replay.decisions[replay.at++];
        replay.read = it.read;
        if (it.read == READ_FREEZE && it.cpu < self->cpus)
            world_freeze(it.cpu);
        else if (it.cpu < self->cpus && cpu_can_run(&self->cpu[it.cpu]))
            return it.cpu;
    }
    replay.read = 0;
    for (unsigned i = 0; i < self->cpus; i++) {
        if (cpu_can_run(&self->cpu[i]))
            return i;
    }
    return CPU_NONE;
}

static unsigned replay_choose_read(struct world *self, unsigned cpu, unsigned choices) {
    (void)self;
    (void)cpu;
    return replay.read < choices ? replay.read : 0;
}

static bool replay_next(struct world *self) {
    (void)self;
    return false;
}

const struct policy policy_replay = {replay_begin, replay_choose, replay_choose_read, NULL, replay_next};
