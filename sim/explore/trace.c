// SPDX-License-Identifier: MIT
// Traces on standard output, written at once: a schedule that ends in a crash has been told up to there.
#include "trace.h"

#include "scenario.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static void trace_margin(unsigned cpu, const char *call) {
    (void)printf("%6" PRIu64 "  cpu %-3u %-18s ", world.state.steps, cpu, call);
}

void trace_step(unsigned cpu, const struct step *step, const struct access *access) {
    char word[64];
    world.scenario->name_word(step->at, word, sizeof word);
    const struct step_site *site = step->site;
    trace_margin(cpu, world.cpu[cpu].call != NULL ? world.cpu[cpu].call : "-");
    (void)printf("%-8s %-7s %-28s ", site->name, step_order_name(site->order), word);
    if (access->before == access->after)
        (void)printf("%#" PRIx64, access->before);
    else
        (void)printf("%#" PRIx64 " -> %#" PRIx64, access->before, access->after);
    if (access->choice != 0)
        (void)printf(" reads %#" PRIx64 ", %u stores ago", access->result, access->choice);
    else if (site->kind == STEP_CAS)
        (void)printf(access->result ? " done" : " lost");
    (void)printf("   %s:%u %s\n", site->file, site->line, site->function);
    (void)fflush(stdout);
}

void trace_call(unsigned cpu, const char *call, bool begins) {
    trace_margin(cpu, call);
    if (begins)
        (void)printf("begins\n");
    else
        (void)printf("ends after %" PRIu64 " steps\n", world.cpu[cpu].call_steps);
}

void trace_note(unsigned cpu, const char *format, ...) {
    va_list arguments;
    if (!world.is_traced)
        return;
    trace_margin(cpu, "");
    va_start(arguments, format);
    (void)vprintf(format, arguments);
    va_end(arguments);
    (void)printf("\n");
}
