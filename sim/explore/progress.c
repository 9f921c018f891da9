// SPDX-License-Identifier: MIT
// Progress and summary; see progress.h.
#include "progress.h"

#include "final.h"
#include "policies.h"
#include "scenario.h"
#include "states.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY 256u // schedules between two looks at the clock

static struct {
    const struct options *options;
    double began, shown;
    bool is_terminal, is_complete;
} progress;

// Of this program alone: others may use the machine too.
static double now(void) {
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

void progress_begin(const struct options *options) {
    progress.options = options;
    progress.began = progress.shown = now();
    progress.is_terminal = isatty(STDERR_FILENO) && !options->quiet;
}

static double rate(double time) {
    uint64_t done = states_count() != 0 ? states_count() : world.schedules;
    return time > progress.began ? (double)done / (time - progress.began) : 0;
}

void progress_show(bool at_once) {
    if (!progress.is_terminal || (!at_once && world.steps_total % LOOK_EVERY != 0))
        return;
    double time = now();
    if (!at_once && time < progress.shown + 0.2)
        return;
    progress.shown = time;
    (void)fprintf(stderr, "\r%" PRIu64 " schedules, %" PRIu64 " states, %.0f a second \033[K", world.schedules,
                  states_count() != 0 ? states_count() : world.steps_total, rate(time));
}

void progress_complete(void) {
    progress.is_complete = true;
}

static void print_manner(const struct options *options) {
    if (options->exhaustive)
        (void)printf("%s", progress.is_complete || states_complete() ? "every schedule" : "search, not complete");
    else
        (void)printf("%s from seed %" PRIu64, options->adversary != NULL ? options->adversary : "random",
                     options->seed);
    if (options->exhaustive && options->preemptions != OPTIONS_UNBOUNDED)
        (void)printf(" with at most %u preemptions", options->preemptions);
    if (options->exhaustive && options->adversary != NULL)
        (void)printf(" with one CPU stopped at each of its steps");
}

void progress_end(void) {
    double time = now();
    if (progress.is_terminal)
        (void)fprintf(stderr, "\r\033[K");
    (void)printf("%s, %u CPUs, %u rounds each, %s: ", world.scenario->name, world.cpus, world.ops, world.memory->name);
    print_manner(progress.options);
    if (states_count() != 0)
        (void)printf(": %" PRIu64 " states, %" PRIu64 " steps, %" PRIu64 " paths", states_count(), world.steps_total,
                     world.schedules);
    else
        (void)printf(": %" PRIu64 " schedules, %" PRIu64 " steps", world.schedules, world.steps_total);
    if (exhaustive_cut() != 0)
        (void)printf(" (%" PRIu64 " cut short)", exhaustive_cut());
    (void)printf(", %" PRIu64 " final states (sum %016" PRIx64 "), %.1f CPU s, %.0f a second\n", final_count(),
                 final_sum(), time - progress.began, rate(time));
    (void)fflush(stdout);
}
