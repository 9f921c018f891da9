// SPDX-License-Identifier: MIT
// `wfsim scale`: throughput and latency of heaps on up to 512 CPUs, from a model of what cache lines cost.
#include "step.h"
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_MOST 32u
#define PLACES_MOST 100u

struct options {
    const struct scenario *scenario;
    size_t cpus[LIST_MOST], cpus_count;
    const struct heap_kind *heaps[LIST_MOST];
    size_t heaps_count;
    const char *csv;
    uint64_t places;      // to be shown: where words were waited for
    size_t region_mib;    // 0: as large as the scenario wants it
    uint64_t seed, calls; // calls 0: as many as it takes
    struct cost cost;
};

static _Noreturn void usage(const char *complaint, const char *what) {
    fprintf(stderr, "wfsim scale: %s%s\n", complaint, what);
    fputs("usage: wfsim scale --scenario pair|burst|slots|prodcons|frames --cpus N[,N...]\n"
          "                   [--allocators wf,tlsf,tlsf-spin,slab (of frames: frame,buddy,buddy-mcs)] [--csv FILE]\n"
          "                   [--cost NAME=NUMBER[,...]] [--seed N] [--calls N]\n"
          "                   [--region-mib N] [--places N]\n",
          stderr);
    exit(2);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most, char **end) {
    errno = 0;
    unsigned long long value = strtoull(text, end, 10);
    if (*text < '0' || *text > '9' || errno != 0 || value < least || value > most)
        usage("this number is not what it may be: ", option);
    return value;
}

static void read_cpus(struct options *self, const char *text) {
    self->cpus_count = 0;
    // bound: LIST_MOST
    for (char *end = NULL; self->cpus_count < LIST_MOST; text = end + 1) {
        self->cpus[self->cpus_count++] = number("--cpus", text, 1, LINE_CPUS_MAX, &end);
        if (*end == '\0')
            return;
        if (*end != ',')
            break;
    }
    usage("--cpus wants numbers from 1 to 512 with commas between: ", text);
}

static void read_heaps(struct options *self, const char *text) {
    self->heaps_count = 0;
    // bound: the text
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        size_t i = 0;
        // bound: kinds
        while (heap_kinds[i] != NULL &&
               (strlen(heap_kinds[i]->name) != length || memcmp(heap_kinds[i]->name, text, length) != 0))
            i++;
        if (heap_kinds[i] == NULL || self->heaps_count == LIST_MOST)
            usage("no such allocator: ", text);
        self->heaps[self->heaps_count++] = heap_kinds[i];
        text += length + (text[length] == ',');
    }
}

// Those that need nothing but the heap, mailboxes and time.
static const struct scenario *scenario_named(const char *name) {
    static const struct scenario *const known[] = {&scenario_pair, &scenario_burst, &scenario_slots, &scenario_prodcons,
                                                   &scenario_frames};
    // bound: 5
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i]->name, name) == 0)
            return known[i];
    }
    usage("no such scenario: ", name);
}

static void read_option(struct options *self, const char *option, const char *value) {
    char *end = NULL;
    const char *complaint = NULL;
    if (strcmp(option, "--scenario") == 0)
        self->scenario = scenario_named(value);
    else if (strcmp(option, "--cpus") == 0)
        read_cpus(self, value);
    else if (strcmp(option, "--allocators") == 0)
        read_heaps(self, value);
    else if (strcmp(option, "--csv") == 0)
        self->csv = value;
    else if (strcmp(option, "--seed") == 0)
        self->seed = number(option, value, 0, UINT32_MAX, &end);
    else if (strcmp(option, "--calls") == 0)
        self->calls = number(option, value, 100, UINT32_MAX, &end);
    else if (strcmp(option, "--region-mib") == 0)
        self->region_mib = number(option, value, 1, 1 << 20, &end);
    else if (strcmp(option, "--places") == 0)
        self->places = number(option, value, 1, PLACES_MOST, &end);
    else if (strcmp(option, "--cost") == 0)
        complaint = cost_change(&self->cost, value);
    else
        usage("unknown option ", option);
    if (complaint != NULL)
        usage(complaint, "");
}

static struct options read_options(int argc, char **argv) {
    struct options self = {.cost = cost_defaults, .seed = 1};
    // bound: argc
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            usage("nothing follows ", argv[i]);
        read_option(&self, argv[i], argv[i + 1]);
    }
    if (self.scenario == NULL || self.cpus_count == 0)
        usage("--scenario and --cpus are needed", "");
    bool frames = self.scenario->frames == SCENARIO_FRAMES_ONLY;
    if (self.heaps_count == 0)
        read_heaps(&self, frames ? "frame,buddy,buddy-mcs" : "wf,tlsf,tlsf-spin,slab");
    // bound: LIST_MOST
    for (size_t i = 0; i < self.heaps_count; i++) {
        if (self.heaps[i]->frames != frames)
            usage("the scenario asks for what this allocator does not hand out: ", self.heaps[i]->name);
    }
    return self;
}

static void write_head(FILE *file, const struct options *self) {
    fprintf(file, "# costs: %s\n", cost_text(&self->cost));
    fputs(
        "scenario,variant,allocator,cpus,calls,cycles,mops_per_s,alloc_p50_ns,alloc_p99_ns,alloc_p999_ns,alloc_max_ns,"
        "free_p50_ns,free_p99_ns,free_p999_ns,free_max_ns,call_accesses,near,far,shared,locked,failed,damaged\n",
        file);
}

static void write_latencies(FILE *file, const struct options *self, const struct histogram *latencies) {
    static const double shares[] = {0.5, 0.99, 0.999};
    // bound: 3
    for (size_t i = 0; i < 3; i++)
        fprintf(file, ",%.0f", (double)histogram_quantile(latencies, shares[i]) / self->cost.ghz);
    fprintf(file, ",%.0f", (double)latencies->max / self->cost.ghz);
}

// Figures behind the latencies are for each call.
static void write_row(FILE *file, const struct options *self, const struct trial *trial,
                      const struct trial_result *result) {
    double calls = (double)result->calls;
    fprintf(file, "%s,%s,%s,%zu,%llu,%.0f,%.3f", trial->scenario->name, trial->scenario->variants[trial->variant],
            trial->heap->name, trial->cpus, (unsigned long long)result->calls, result->cycles,
            calls / result->cycles * self->cost.ghz * 1000);
    write_latencies(file, self, &result->alloc);
    write_latencies(file, self, &result->free);
    fprintf(file, ",%.3f,%.3f,%.3f,%.3f,%.3f,%llu,%llu\n", (double)result->call_accesses / calls,
            (double)result->at.lines.near / calls, (double)result->at.lines.far / calls,
            (double)result->at.lines.shared / calls, (double)result->at.locked / calls,
            (unsigned long long)result->failed, (unsigned long long)result->damaged);
    fflush(file);
}

// As comments, behind the row.
static void write_places(FILE *file, const struct options *self, const struct trial_result *result) {
    static struct engine_place places[PLACES_MOST];
    size_t count = self->places == 0 ? 0 : engine_places(places, self->places);
    // bound: PLACES_MOST
    for (size_t i = 0; i < count; i++)
        fprintf(file, "# waited %.1f cycles a measured call in %.4f steps: %s:%u %s %s\n",
                (double)places[i].waited / TICKS_PER_CYCLE / (double)result->calls,
                (double)places[i].steps / (double)result->calls, places[i].site->file, places[i].site->line,
                places[i].site->function, places[i].site->name);
}

static bool run_all(const struct options *self, FILE *file) {
    static struct trial_result result;
    bool good = true;
    // bound: variants
    for (size_t variant = 0; self->scenario->variants[variant] != NULL; variant++) {
        // bound: LIST_MOST times LIST_MOST
        for (size_t i = 0; i < self->cpus_count * self->heaps_count; i++) {
            struct trial trial = {
                .scenario = self->scenario,
                .variant = variant,
                .heap = self->heaps[i % self->heaps_count],
                .cpus = self->cpus[i / self->heaps_count],
                .seed = self->seed,
                .cost = self->cost,
            };
            trial.region_bytes = self->region_mib != 0 ? self->region_mib << 20 : trial.scenario->region_bytes(variant);
            trial.calls = self->calls != 0 ? self->calls : trial.heap->calls(trial.cpus);
            if (isatty(STDERR_FILENO))
                fprintf(stderr, "\r%s %s: %s on %zu CPUs    ", trial.scenario->name, trial.scenario->variants[variant],
                        trial.heap->name, trial.cpus);
            trial_run(&trial, &result);
            write_row(file, self, &trial, &result);
            write_places(file, self, &result);
            good = good && result.failed == 0 && result.damaged == 0;
        }
    }
    return good;
}

int main(int argc, char **argv) {
    struct options options = read_options(argc, argv);
    FILE *file = options.csv == NULL ? stdout : fopen(options.csv, "w");
    if (file == NULL)
        usage("this file cannot be written: ", options.csv);
    write_head(file, &options);
    bool good = run_all(&options, file);
    if (file != stdout && fclose(file) != 0)
        usage("this file could not be written: ", options.csv);
    if (!good)
        fputs("wfsim scale: allocations failed or blocks were damaged\n", stderr);
    return good ? 0 : 1;
}
