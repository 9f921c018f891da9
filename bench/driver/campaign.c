// SPDX-License-Identifier: MIT
// All measurements that were asked for.
#include "campaign.h"

#include "child.h"
#include "csv.h"
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CAMPAIGN_FIXED_TIMEOUT = 120, CAMPAIGN_TIMEOUT = 60, CAMPAIGN_TIMEOUT_FACTOR = 10 };

struct campaign {
    const struct options *options;
    const struct machine *machine;
    struct csv csv;
    size_t total, done, failed;
    struct result *results; // of the scenario under way
    size_t result_count;
    char (*notes)[384];
    size_t note_count;
};

// One measurement's place in the plan.
struct turn {
    const struct scenario *scenario;
    size_t variant, threads, repeat;
    const struct adapter *adapter;
};

typedef void turn_visit(struct campaign *campaign, const struct turn *turn);

static void *grow(void *array, size_t count, size_t element_bytes) {
    void *grown = realloc(array, (count + 1) * element_bytes);
    if (grown == NULL) {
        (void)fprintf(stderr, "wfbench: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return grown;
}

// Repeats outside, allocators inside: what disturbs the machine for a while disturbs all of them.
static void visit_threads(struct campaign *campaign, struct turn *turn, turn_visit *visit) {
    const struct options *options = campaign->options;
    for (turn->repeat = 0; turn->repeat < options->repeats; turn->repeat++) {
        for (size_t i = 0; i < options->adapter_count; i++) {
            turn->adapter = options->adapters[i];
            if (adapter_fits(turn->adapter, turn->scenario)) {
                visit(campaign, turn);
            }
        }
    }
}

// Scenarios for one thread run on one, whatever was asked for; those for more leave out what is too few.
static void visit_variant(struct campaign *campaign, struct turn *turn, turn_visit *visit) {
    const struct options *options = campaign->options;
    if (turn->scenario->threads_max == 1) {
        turn->threads = 1;
        visit_threads(campaign, turn, visit);
        return;
    }
    for (size_t i = 0; i < options->thread_count; i++) {
        turn->threads = options->threads[i];
        if (turn->threads >= turn->scenario->threads_min) {
            visit_threads(campaign, turn, visit);
        }
    }
}

static void visit_scenario(struct campaign *campaign, const struct scenario *scenario, turn_visit *visit) {
    struct turn turn = {.scenario = scenario};
    for (; scenario->variants[turn.variant] != NULL; turn.variant++) {
        if (options_wants_variant(campaign->options, scenario->variants[turn.variant])) {
            visit_variant(campaign, &turn, visit);
        }
    }
}

static void count_turn(struct campaign *campaign, const struct turn *turn) {
    (void)turn;
    campaign->total++;
}

static void show_progress(const struct campaign *campaign, const struct turn *turn) {
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K[%zu/%zu] %s %s, %s, %zu threads, repeat %zu", campaign->done + 1,
                      campaign->total, turn->scenario->name, turn->scenario->variants[turn->variant],
                      turn->adapter->name, turn->threads, turn->repeat + 1);
    }
}

static void clear_progress(void) {
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K");
    }
}

static double timeout_of(const struct options *options, const struct scenario *scenario) {
    if (options->timeout_seconds > 0) {
        return options->timeout_seconds;
    }
    return scenario->counted ? CAMPAIGN_FIXED_TIMEOUT : CAMPAIGN_TIMEOUT + CAMPAIGN_TIMEOUT_FACTOR * options->seconds;
}

// The order of units as an argument: threads go round robin over it.
static void list_units(const struct campaign *campaign, char *text, size_t bytes) {
    const struct options *options = campaign->options;
    size_t count = options->unit_count != 0 ? options->unit_count : campaign->machine->units;
    const int *units = options->unit_count != 0 ? options->units : campaign->machine->order;
    size_t length = 0;
    for (size_t i = 0; i < count && i < OPTIONS_THREADS_MAX && length < bytes; i++) {
        length += (size_t)snprintf(text + length, bytes - length, "%s%d", i == 0 ? "" : ",", units[i]);
    }
}

// The arguments of a measuring process; texts that are made here lie in `room`.
struct child_arguments {
    const char *at[32];
    size_t count;
    char room[8 * 64 + 8 * OPTIONS_THREADS_MAX];
    size_t used;
};

static void add_argument(struct child_arguments *arguments, const char *option, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_argument(struct child_arguments *arguments, const char *option, const char *format, ...) {
    va_list values;
    char *value = arguments->room + arguments->used;
    va_start(values, format);
    arguments->used += (size_t)vsnprintf(value, sizeof arguments->room - arguments->used, format, values) + 1;
    va_end(values);
    arguments->at[arguments->count++] = option;
    arguments->at[arguments->count++] = value;
}

static void measure_elsewhere(struct campaign *campaign, const struct turn *turn, struct harvest *harvest) {
    const struct options *options = campaign->options;
    static char units[6 * OPTIONS_THREADS_MAX];
    struct child_arguments arguments = {.at = {"wfbench", "--direct"}, .count = 2};
    list_units(campaign, units, sizeof units);
    add_argument(&arguments, "--scenario", "%s", turn->scenario->name);
    add_argument(&arguments, "--variant", "%s", turn->scenario->variants[turn->variant]);
    add_argument(&arguments, "--allocators", "%s", turn->adapter->name);
    add_argument(&arguments, "--threads", "%zu", turn->threads);
    add_argument(&arguments, "--seconds", "%.6f", options->seconds);
    add_argument(&arguments, "--seed", "%llu", (unsigned long long)(options->seed + turn->repeat));
    add_argument(&arguments, "--cpus", "%s", units);
    if (options->ops != 0) {
        add_argument(&arguments, "--ops", "%llu", (unsigned long long)options->ops);
    }
    if (options->region_mib != 0) {
        add_argument(&arguments, "--region-mib", "%zu", options->region_mib);
    }
    if (options->latency) {
        arguments.at[arguments.count++] = "--latency";
    }
    child_run(arguments.at, timeout_of(options, turn->scenario), harvest);
}

// A remark goes to the CSV; the terminal shows those of the last repeat, and every failure.
static void keep_note(struct campaign *campaign, const struct turn *turn, bool show, const char *text) {
    char note[sizeof *campaign->notes];
    bool several = turn->scenario->variants[1] != NULL;
    (void)snprintf(note, sizeof note, "%s %s threads=%zu repeat=%zu%s%s: %s", turn->scenario->name, turn->adapter->name,
                   turn->threads, turn->repeat, several ? " variant=" : "",
                   several ? turn->scenario->variants[turn->variant] : "", text);
    csv_comment(&campaign->csv, note);
    if (show) {
        campaign->notes = grow(campaign->notes, campaign->note_count, sizeof *campaign->notes);
        memcpy(campaign->notes[campaign->note_count++], note, sizeof note);
    }
}

static void keep_result(struct campaign *campaign, const struct result *result) {
    campaign->results = grow(campaign->results, campaign->result_count, sizeof *campaign->results);
    campaign->results[campaign->result_count++] = *result;
    csv_row(&campaign->csv, result);
}

static void keep_failure(struct campaign *campaign, const struct turn *turn, const char *reason) {
    struct result result = {.threads = turn->threads, .repeat = turn->repeat, .failed = true};
    (void)snprintf(result.scenario, sizeof result.scenario, "%s", turn->scenario->name);
    (void)snprintf(result.variant, sizeof result.variant, "%s", turn->scenario->variants[turn->variant]);
    (void)snprintf(result.allocator, sizeof result.allocator, "%s", turn->adapter->name);
    char text[288];
    (void)snprintf(text, sizeof text, "FAILED: %s", reason);
    keep_note(campaign, turn, true, text);
    keep_result(campaign, &result);
    campaign->failed++;
    clear_progress();
    (void)fprintf(stderr, "wfbench: %s\n", campaign->notes[campaign->note_count - 1]);
}

static void keep_series(struct campaign *campaign, const struct turn *turn, const struct harvest *harvest) {
    char text[384];
    for (size_t i = 0; i < harvest->series_count; i++) {
        (void)snprintf(text, sizeof text, "series %s %s %s %zu %zu %s", turn->scenario->name,
                       turn->scenario->variants[turn->variant], turn->adapter->name, turn->threads, turn->repeat,
                       harvest->series[i]);
        csv_comment(&campaign->csv, text);
    }
}

static void measure_turn(struct campaign *campaign, const struct turn *turn) {
    struct harvest harvest;
    show_progress(campaign, turn);
    measure_elsewhere(campaign, turn, &harvest);
    if (harvest.failure[0] != '\0') {
        keep_failure(campaign, turn, harvest.failure);
    } else {
        for (size_t i = 0; i < harvest.result_count; i++) {
            harvest.results[i].repeat = turn->repeat;
            keep_result(campaign, &harvest.results[i]);
        }
        for (size_t i = 0; i < harvest.note_count; i++) {
            keep_note(campaign, turn, turn->repeat + 1 == campaign->options->repeats, harvest.notes[i]);
        }
        keep_series(campaign, turn, &harvest);
    }
    harvest_release(&harvest);
    campaign->done++;
    csv_flush(&campaign->csv);
}

// Versions come from the allocators themselves; one that cannot be loaded is found out here.
static bool find_versions(const struct options *options, struct origin *origin) {
    char *text = origin->versions;
    size_t bytes = sizeof origin->versions;
    size_t length = (size_t)snprintf(text, bytes, "compiler %s", WFBENCH_COMPILER);
    bool good = true;
    for (size_t i = 0; i < options->adapter_count && length < bytes; i++) {
        const char *arguments[] = {"wfbench", "--version", "--allocators", options->adapters[i]->name, NULL};
        struct harvest harvest;
        child_run(arguments, CAMPAIGN_TIMEOUT, &harvest);
        if (harvest.failure[0] != '\0') {
            (void)fprintf(stderr, "wfbench: %s\n", harvest.failure);
            good = false;
        }
        length +=
            (size_t)snprintf(text + length, bytes - length, "; %s %s", options->adapters[i]->name, harvest.version);
        harvest_release(&harvest);
    }
    return good;
}

static const char *base_name(const struct options *options, const struct scenario *scenario) {
    if (options->base != NULL) {
        return options->base->name;
    }
    return scenario->frames == SCENARIO_FRAMES_ONLY ? "buddy" : adapter_jemalloc.name;
}

static void run_scenario(struct campaign *campaign, const struct scenario *scenario) {
    campaign->result_count = 0;
    campaign->note_count = 0;
    visit_scenario(campaign, scenario, measure_turn);
    clear_progress();
    if (campaign->result_count != 0) {
        table_print(campaign->results, campaign->result_count, base_name(campaign->options, scenario),
                    scenario->counted);
    }
    for (size_t i = 0; i < campaign->note_count; i++) {
        printf("%s%s\n", i == 0 ? "\n" : "", campaign->notes[i]);
    }
    (void)fflush(stdout);
}

// The driver's own cost belongs to every table.
static void add_null(struct options *options) {
    for (size_t i = 0; i < options->adapter_count; i++) {
        if (options->adapters[i] == &adapter_null) {
            return;
        }
    }
    if (options->adapter_count < OPTIONS_LIST_MAX) {
        options->adapters[options->adapter_count++] = &adapter_null;
    }
}

bool campaign_run(struct options *options, const struct machine *machine, const char *command) {
    static struct origin origin;
    add_null(options);
    struct campaign campaign = {.options = options, .machine = machine};
    for (size_t i = 0; i < options->scenario_count; i++) {
        visit_scenario(&campaign, options->scenarios[i], count_turn);
    }
    if (campaign.total == 0) {
        (void)fprintf(stderr, "wfbench: nothing to do: no variant named by --variant, or --threads too few for the "
                              "scenario. See wfbench --list.\n");
        return false;
    }
    origin.machine = machine;
    origin.command = command;
    origin_look(&origin);
    if (!find_versions(options, &origin) || !csv_open(&campaign.csv, options->csv, &origin)) {
        return false;
    }
    origin_print(&origin, stdout, "");
    for (size_t i = 0; i < options->scenario_count; i++) {
        run_scenario(&campaign, options->scenarios[i]);
    }
    if (campaign.failed != 0) {
        (void)fprintf(stderr, "wfbench: %zu of %zu measurements failed\n", campaign.failed, campaign.total);
    }
    free(campaign.results);
    free(campaign.notes);
    return csv_close(&campaign.csv) && campaign.failed == 0;
}
