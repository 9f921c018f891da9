// SPDX-License-Identifier: MIT
// Schedule after schedule, until one fails or the budget is spent.
#include "explore.h"

#include "arena.h"
#include "policies.h"
#include "progress.h"
#include "report.h"
#include "scenarios.h"
#include "states.h"
#include "worst.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RIVAL_FACTOR 6u // rounds of the others while one is a victim

static const struct {
    const char *name;
    const struct policy *policy;
} adversaries[] = {
    {"random", &policy_random}, {"freeze", &policy_freeze}, {"crash", &policy_crash},
    {"starve", &policy_starve}, {"lose", &policy_lose},
};

static const struct policy *policy_of(const char *name) {
    for (size_t i = 0; i < sizeof adversaries / sizeof adversaries[0]; i++) {
        if (strcmp(adversaries[i].name, name) == 0)
            return adversaries[i].policy;
    }
    options_refuse("there is no adversary '%s'.", name);
}

static void choose_memory(const char *name) {
    if (strcmp(name, "sc") != 0 && strcmp(name, "c11") != 0)
        options_refuse("memory is sc or c11, not '%s'.", name);
    world.memory = strcmp(name, "sc") == 0 ? &memory_sc : &memory_c11;
}

static void choose_policy(const struct options *options) {
    bool bounded = options->preemptions != OPTIONS_UNBOUNDED;
    bool freezes = options->adversary != NULL && strcmp(options->adversary, "freeze") == 0;
    world.plan = (struct plan){.seed = options->seed, .victim = CPU_NONE};
    if (options->exhaustive) {
        if (options->adversary != NULL && !freezes)
            options_refuse("an exhaustive search knows no adversary but freeze.");
        if (!bounded && world.cpus > 8)
            options_refuse("an exhaustive search takes 8 CPUs at most.");
        bounded_preemptions = options->preemptions;
        world.policy = bounded ? &policy_bounded : &policy_exhaustive;
    } else {
        world.policy = policy_of(options->adversary != NULL ? options->adversary : "random");
    }
    if (options->adversary != NULL && strcmp(options->adversary, "random") != 0)
        world.plan.victim = options->victim < world.cpus ? (unsigned)options->victim : 0;
}

static void build(const struct options *options) {
    const struct scenario *scenario = scenario_find(options->scenario);
    if (scenario == NULL)
        options_refuse("there is no scenario '%s'; `wfsim scenarios` lists them.", options->scenario);
    world.scenario = scenario;
    world.cpus = options->cpus != 0 ? options->cpus : scenario->cpus_least;
    if (world.cpus < scenario->cpus_least || world.cpus > scenario->cpus_most)
        options_refuse("scenario %s wants %u to %u CPUs.", scenario->name, scenario->cpus_least, scenario->cpus_most);
    world.ops = options->ops != 0 ? options->ops : scenario->ops;
    world.rival_ops = options->rival_ops != 0 ? options->rival_ops
                      : options->exhaustive   ? world.ops
                                              : world.ops * RIVAL_FACTOR;
    world.steps_most = options->steps;
    arena_init();
    world_init();
    scenario->build();
    arena_save();
}

// The search with one CPU stopped at one step after the other: the next stop, false after the last.
static bool freeze_further(bool victim_stopped) {
    exhaustive_reset();
    world.plan.at++;
    if (victim_stopped)
        return true;
    world.plan.at = 0;
    return ++world.plan.victim < world.cpus;
}

static bool explore_all(const struct options *options) {
    bool victim_stopped = false;
    while (options->schedules == 0 || world.schedules < options->schedules) {
        world_run();
        if (world_failed())
            return false;
        progress_show(false);
        if (world.plan.victim != CPU_NONE)
            victim_stopped |= world.cpu[world.plan.victim].frozen;
        if (world.policy->next(&world))
            continue;
        if (world.plan.victim == CPU_NONE || !freeze_further(victim_stopped)) {
            progress_complete();
            break;
        }
        victim_stopped = false;
    }
    return true;
}

// By states; schedules are then paths that ended.
static bool search_states(const struct options *options) {
    world.policy = &policy_random; // not asked
    world.plan.victim = CPU_NONE;
    return states_explore(options->schedules, options->adversary != NULL ? 1 : 0);
}

static void crashed(int number) {
    (void)number;
    if (!world_failed())
        (void)snprintf(world.failure, sizeof world.failure, "the program used memory that is not there");
    (void)printf("\n");
    report_failure();
    _Exit(1);
}

// On a stack of its own: the CPU's may be what is used up.
static void catch_crashes(void) {
    static unsigned char stack[65536];
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK | (int)SA_RESETHAND};
    (void)sigaltstack(&own, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGABRT, &action, NULL);
    (void)sigaction(SIGFPE, &action, NULL);
}

static void weaken(const struct options *options) {
    for (unsigned i = 0; i < options->weakened_count; i++) {
        const char *complaint = step_weaken(options->weakened[i]);
        if (complaint != NULL)
            options_refuse("--weaken %s: %s.", options->weakened[i], complaint);
    }
}

// SCENARIO:CPUS:MEMORY:choices:LIST or SCENARIO:CPUS:MEMORY:ADVERSARY:SEED:VICTIM:AT, taken apart into the options.
static void read_replay(struct options *options, struct plan *plan, const char **choices) {
    static char scenario[32], memory[8], how[16];
    unsigned cpus, victim;
    int at = 0;
    unsigned long long seed, step;
    if (sscanf(options->replay, "%31[^:]:%u:%7[^:]:%15[^:]:%n", scenario, &cpus, memory, how, &at) != 4 || at == 0)
        options_refuse("a line to replay looks like span:3:sc:choices:0*5.1 or span:3:sc:random:7:none:0.");
    options->scenario = scenario;
    options->cpus = cpus;
    options->memory = memory;
    *choices = NULL;
    *plan = (struct plan){.seed = options->seed, .victim = CPU_NONE};
    if (strcmp(how, "choices") == 0) {
        *choices = options->replay + at;
        return;
    }
    options->adversary = how;
    if (sscanf(options->replay + at, "%llu:%u:%llu", &seed, &victim, &step) != 3)
        options_refuse("behind the adversary come seed, victim and step, three numbers.");
    *plan = (struct plan){seed, victim, step};
}

static int replay(struct options *options) {
    struct plan plan;
    const char *choices;
    read_replay(options, &plan, &choices);
    choose_memory(options->memory);
    build(options);
    if (choices != NULL) {
        const char *complaint = policy_replay_load(choices);
        if (complaint != NULL)
            options_refuse("%s.", complaint);
        world.policy = &policy_replay;
    } else {
        world.policy = policy_of(options->adversary);
        if (plan.victim != CPU_NONE && plan.victim >= world.cpus)
            options_refuse("there is no CPU %u.", plan.victim);
    }
    world.plan = plan;
    world.is_traced = !options->quiet;
    world_run();
    if (world_failed())
        (void)printf("VIOLATION: %s\n", world.failure);
    else
        (void)printf("no violation in %" PRIu64 " steps\n", world.state.steps);
    return world_failed() ? 1 : 0;
}

int explore(struct options *options) {
    catch_crashes();
    weaken(options);
    report_init(options);
    if (options->replay != NULL)
        return replay(options);
    if (options->scenario == NULL)
        options_refuse("--scenario is missing.");
    choose_memory(options->memory);
    build(options);
    choose_policy(options);
    progress_begin(options);
    bool keeps = world.scenario->digest != NULL; // all of its state in what is kept for states
    if (options->exhaustive && !options->dpor && !keeps && options->preemptions == OPTIONS_UNBOUNDED)
        options_refuse("scenario %s wants --dpor or --preemptions to be searched.", world.scenario->name);
    bool by_states = options->exhaustive && !options->dpor && options->preemptions == OPTIONS_UNBOUNDED &&
                     world.memory == &memory_sc;
    bool good = by_states ? search_states(options) : explore_all(options);
    progress_end();
    if (!good) {
        report_failure();
        return 1;
    }
    worst_print();
    return 0;
}
