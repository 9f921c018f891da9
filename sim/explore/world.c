// SPDX-License-Identifier: MIT
// One schedule: see world.h.
#include "world.h"

#include "account.h"
#include "arena.h"
#include "final.h"
#include "path.h"
#include "scenario.h"
#include "trace.h"
#include "worst.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world world;

static void world_leave(struct cpu *cpu) {
    fiber_switch(&cpu->fiber, &world.main);
}

static uint64_t world_take_step(const struct step *step) {
    if (world.current == CPU_NONE)
        return step_perform(step);
    struct cpu *cpu = &world.cpu[world.current];
    cpu->next = *step;
    world_leave(cpu);
    return cpu->result;
}

static void world_enter_cpu(void *argument) {
    struct cpu *cpu = argument;
    world.scenario->run((unsigned)(cpu - world.cpu));
    cpu->done = true;
    world.state.live--;
    world_leave(cpu);
    abort();
}

static void world_resume(unsigned index) {
    world.current = index;
    fiber_switch(&world.main, &world.cpu[index].fiber);
    world.current = CPU_NONE;
}

void world_init(void) {
    world.current = CPU_NONE;
    step_handler = world_take_step;
    path_init();
    world.log = malloc((world.steps_most + CPUS_MAX) * sizeof *world.log);
    bool good = world.log != NULL;
    for (unsigned i = 0; i < world.cpus; i++)
        good = good && fiber_map(&world.cpu[i].fiber);
    if (!good) {
        (void)fprintf(stderr, "wfsim: no memory for %u virtual CPUs.\n", world.cpus);
        exit(1);
    }
}

void world_begin(void) {
    arena_restore();
    world.state = (struct state){.live = world.cpus};
    world.failure[0] = '\0';
    world.memory->begin(&world);
    account_begin();
    world.scenario->begin();
    for (unsigned i = 0; i < world.cpus; i++) {
        struct cpu *cpu = &world.cpu[i];
        struct fiber fiber = cpu->fiber;
        *cpu = (struct cpu){.fiber = fiber, .rng = {world.plan.seed * 0x9e3779b97f4a7c15 + i}};
        fiber_prepare(&cpu->fiber, world_enter_cpu, cpu);
    }
    world.policy->begin(&world);
    for (unsigned i = 0; i < world.cpus && !world_failed(); i++)
        world_resume(i);
}

static uint64_t call_bound(const struct cpu *cpu) {
    return cpu->call_path >= PATH_LAST_RESORT ? cpu->call_last_bound : cpu->call_bound;
}

void world_step(unsigned index) {
    struct cpu *cpu = &world.cpu[index];
    struct access access = world.memory->perform(&world, index, &cpu->next);
    world.state.steps++;
    world.log[world.state.log_count++] = (struct decision){(uint16_t)index, (uint16_t)access.choice};
    if (world.is_traced)
        trace_step(index, &cpu->next, &access);
    if (world.policy->performed != NULL)
        world.policy->performed(&world, index, &access);
    if (access.before != access.after) {
        account_note(cpu->next.at, access.before, access.after);
        const uint64_t place = arena_offset(cpu->next.at) + 1; // numbers are given as words are met
        world.state.words += hash_mix(place, access.after) - hash_mix(place, access.before);
    }
    cpu->result = access.result;
    cpu->steps++;
    cpu->call_steps++;
    if (cpu->call_path < cpu->next.site->path)
        cpu->call_path = cpu->next.site->path;
    uint64_t bound = call_bound(cpu);
    if (cpu->call != NULL && cpu->call_steps > bound)
        world_fail("%s of CPU %u takes more than its bound of %llu steps", cpu->call, index, (unsigned long long)bound);
    else
        world_resume(index);
}

// The checks at the end run as if by one of those that ended; there may be none.
void world_finish(void) {
    for (unsigned i = 0; i < world.cpus; i++) {
        if (world.cpu[i].done) {
            world.scenario->finish();
            return;
        }
    }
}

// All that a CPU knows lies on its stack, registers included, and in what the scenario keeps for it.
static uint64_t cpu_hash(unsigned index) {
    const struct cpu *cpu = &world.cpu[index];
    uint64_t hash = world.scenario->digest != NULL ? world.scenario->digest(index) : 0;
    hash = hash_mix(hash, cpu->rng.state);
    if (cpu->done)
        return hash;
    const unsigned char *sp = cpu->fiber.sp, *end = cpu->fiber.stack + FIBER_STACK_BYTES;
    return hash_bytes(hash_mix(hash, cpu->frozen), sp, (size_t)(end - sp));
}

uint64_t world_hash(unsigned changed) {
    uint64_t hash = hash_mix(world.state.words, account_digest());
    for (unsigned i = 0; i < world.cpus; i++) {
        if (i == changed || changed == CPU_NONE)
            world.cpu[i].hash = cpu_hash(i);
        hash = hash_mix(hash, world.cpu[i].hash);
    }
    return hash;
}

// Four strands at a time: each mix waits for the one before.
uint64_t hash_bytes(uint64_t hash, const void *start, size_t bytes) {
    const unsigned char *at = start;
    uint64_t strands[4] = {hash, 1, 2, 3}, words[4];
    for (; bytes >= sizeof words; bytes -= sizeof words, at += sizeof words) {
        memcpy(words, at, sizeof words);
        for (unsigned i = 0; i < 4; i++)
            strands[i] = hash_mix(strands[i], words[i]);
    }
    for (; bytes >= sizeof words[0]; bytes -= sizeof words[0], at += sizeof words[0]) {
        memcpy(words, at, sizeof words[0]);
        strands[0] = hash_mix(strands[0], words[0]);
    }
    return hash_mix(hash_mix(strands[0], strands[1]), hash_mix(strands[2], strands[3]));
}

void world_run(void) {
    world_begin();
    // bound: steps_most
    while (world.state.live > 0 && !world_failed()) {
        if (world.state.steps == world.steps_most) {
            world_fail("the schedule takes more than %llu steps", (unsigned long long)world.steps_most);
            break;
        }
        unsigned index = world.policy->choose(&world);
        if (index == CPU_NONE)
            break;
        world_step(index);
    }
    world.schedules++;
    world.steps_total += world.state.steps;
    if (world.state.live == 0 && !world_failed()) {
        if (world.state.frozen == 0)
            final_note(world_hash(CPU_NONE));
        world_finish();
    }
}

void world_freeze(unsigned index) {
    if (!cpu_can_run(&world.cpu[index]))
        return;
    world.cpu[index].frozen = true;
    world.state.live--;
    world.state.frozen++;
    world.log[world.state.log_count++] = (struct decision){(uint16_t)index, READ_FREEZE};
    if (world.is_traced)
        trace_note(index, "stops for ever");
}

void world_fail(const char *format, ...) {
    if (!world_failed()) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(world.failure, sizeof world.failure, format, arguments);
        va_end(arguments);
    }
    if (world.current != CPU_NONE)
        world_leave(&world.cpu[world.current]);
}

void call_begin(unsigned index, const char *name, uint64_t bound) {
    call_begin_last(index, name, bound, bound);
}

void call_begin_last(unsigned index, const char *name, uint64_t bound, uint64_t last_bound) {
    struct cpu *cpu = &world.cpu[index];
    cpu->call = name;
    cpu->call_steps = 0;
    cpu->call_bound = bound;
    cpu->call_last_bound = last_bound;
    cpu->call_path = PATH_CACHED;
    if (world.is_traced)
        trace_call(index, name, true);
}

void call_end(unsigned index) {
    struct cpu *cpu = &world.cpu[index];
    worst_note(cpu->call, cpu->call_path, cpu->call_steps, call_bound(cpu));
    if (world.is_traced)
        trace_call(index, cpu->call, false);
    cpu->call = NULL;
    cpu->calls++;
}
