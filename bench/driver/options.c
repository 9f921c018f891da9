// SPDX-License-Identifier: MIT
// The command line: every wrong argument gets a sentence that names it.
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_SECONDS_MAX 86400.0

static bool complain(const char *option, const char *value, const char *wanted) {
    (void)fprintf(stderr, "wfbench: %s %s: %s. See wfbench --help.\n", option, value, wanted);
    return false;
}

static bool parse_integer(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *out) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < min || value > max) {
        char wanted[96];
        (void)snprintf(wanted, sizeof wanted, "must be a whole number from %llu to %llu", (unsigned long long)min,
                       (unsigned long long)max);
        return complain(option, text, wanted);
    }
    *out = value;
    return true;
}

static bool parse_size(const char *option, const char *text, size_t min, size_t max, size_t *out) {
    uint64_t value = 0;
    bool good = parse_integer(option, text, min, max, &value);
    *out = good ? (size_t)value : *out;
    return good;
}

static bool parse_seconds(const char *option, const char *text, double *out) {
    char *end = NULL;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value) || value < 0.001 || value > OPTIONS_SECONDS_MAX) {
        return complain(option, text, "must be a number of seconds from 0.001 to 86400");
    }
    *out = value;
    return true;
}

// One element of a comma-separated list.
typedef bool element_parse(struct options *options, const char *option, const char *text);

// The text is cut in place: it stems from argv, which outlives the options that point into it.
static bool parse_list(struct options *options, const char *option, char *text, element_parse *element) {
    for (char *next = text; next != NULL;) {
        char *item = next;
        next = strchr(item, ',');
        if (next != NULL) {
            *next++ = '\0';
        }
        if (*item == '\0') {
            return complain(option, text, "must be a list with commas between its elements, none of them empty");
        }
        if (!element(options, option, item)) {
            return false;
        }
    }
    return true;
}

static bool has_room(const char *option, size_t count, size_t max) {
    return count < max || complain(option, "", "the list is too long");
}

static bool add_scenario(struct options *options, const char *option, const char *text) {
    for (const struct scenario *const *at = scenario_table; *at != NULL; at++) {
        if (strcmp((*at)->name, text) == 0 || strcmp(text, "all") == 0) {
            if (!has_room(option, options->scenario_count, OPTIONS_LIST_MAX)) {
                return false;
            }
            options->scenarios[options->scenario_count++] = *at;
            options->all_scenarios = strcmp(text, "all") == 0;
            if (strcmp(text, "all") != 0) {
                return true;
            }
        }
    }
    return strcmp(text, "all") == 0 || complain(option, text, "is no scenario; wfbench --list names all of them");
}

static bool add_adapter(struct options *options, const char *option, const char *text) {
    if (strcmp(text, "all") == 0) {
        options->all_adapters = true;
        for (const struct adapter *const *at = adapter_table; *at != NULL; at++) {
            if (!add_adapter(options, option, (*at)->name)) {
                return false;
            }
        }
        return true;
    }
    const struct adapter *adapter = adapter_find(text);
    if (adapter == NULL) {
        return complain(option, text, "is no allocator; wfbench --list names all of them");
    }
    if (!has_room(option, options->adapter_count, OPTIONS_LIST_MAX)) {
        return false;
    }
    options->adapters[options->adapter_count++] = adapter;
    return true;
}

static bool add_variant(struct options *options, const char *option, const char *text) {
    bool known = false;
    for (const struct scenario *const *at = scenario_table; *at != NULL; at++) {
        for (size_t i = 0; (*at)->variants[i] != NULL; i++) {
            known |= strcmp((*at)->variants[i], text) == 0;
        }
    }
    if (!known) {
        return complain(option, text, "is no variant of any scenario; wfbench --list names all of them");
    }
    if (!has_room(option, options->variant_count, OPTIONS_LIST_MAX)) {
        return false;
    }
    options->variants[options->variant_count++] = text;
    return true;
}

static bool add_threads(struct options *options, const char *option, const char *text) {
    if (!has_room(option, options->thread_count, OPTIONS_LIST_MAX)) {
        return false;
    }
    return parse_size(option, text, 1, OPTIONS_THREADS_MAX, &options->threads[options->thread_count++]);
}

static bool add_unit(struct options *options, const char *option, const char *text) {
    uint64_t unit = 0;
    if (!has_room(option, options->unit_count, OPTIONS_THREADS_MAX) || !parse_integer(option, text, 0, 1023, &unit)) {
        return false;
    }
    options->units[options->unit_count++] = (int)unit;
    return true;
}

static bool parse_base(struct options *options, const char *option, const char *text) {
    options->base = adapter_find(text);
    return options->base != NULL || complain(option, text, "is no allocator; wfbench --list names all of them");
}

static bool parse_pipe(struct options *options, const char *option, const char *text) {
    uint64_t descriptor = 0;
    bool good = parse_integer(option, text, 3, 1023, &descriptor);
    options->pipe = (int)descriptor;
    return good;
}

// Options without a value.
static bool *find_flag(struct options *options, const char *option) {
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"--latency", &options->latency}, {"--list", &options->list},       {"--help", &options->help},
        {"--direct", &options->direct},   {"--version", &options->version},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(flags[i].name, option) == 0) {
            return flags[i].flag;
        }
    }
    return NULL;
}

static bool parse_list_option(struct options *options, const char *option, char *value, bool *known) {
    const struct {
        const char *name;
        element_parse *element;
    } lists[] = {
        {"--scenario", add_scenario}, {"--allocators", add_adapter}, {"--variant", add_variant},
        {"--threads", add_threads},   {"--cpus", add_unit},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(lists[i].name, option) == 0) {
            *known = true;
            return parse_list(options, option, value, lists[i].element);
        }
    }
    *known = false;
    return true;
}

static bool parse_number_option(struct options *options, const char *option, const char *value, bool *known) {
    *known = true;
    if (strcmp(option, "--seconds") == 0) {
        return parse_seconds(option, value, &options->seconds);
    }
    if (strcmp(option, "--timeout") == 0) {
        return parse_seconds(option, value, &options->timeout_seconds);
    }
    if (strcmp(option, "--repeats") == 0) {
        return parse_size(option, value, 1, 1000, &options->repeats);
    }
    if (strcmp(option, "--ops") == 0) {
        return parse_integer(option, value, 1, (uint64_t)1 << 40, &options->ops);
    }
    if (strcmp(option, "--seed") == 0) {
        return parse_integer(option, value, 0, UINT64_MAX, &options->seed);
    }
    if (strcmp(option, "--region-mib") == 0) {
        return parse_size(option, value, 1, (size_t)1 << 20, &options->region_mib);
    }
    *known = false;
    return false;
}

static bool parse_value(struct options *options, const char *option, char *value) {
    bool known = false;
    bool good = parse_list_option(options, option, value, &known);
    if (!known) {
        good = parse_number_option(options, option, value, &known);
    }
    if (known) {
        return good;
    }
    if (strcmp(option, "--base") == 0) {
        return parse_base(options, option, value);
    }
    if (strcmp(option, "--pipe") == 0) {
        return parse_pipe(options, option, value);
    }
    if (strcmp(option, "--csv") == 0) {
        options->csv = value;
        return true;
    }
    return complain(option, "", "is no option");
}

bool options_wants_variant(const struct options *options, const char *variant) {
    for (size_t i = 0; i < options->variant_count; i++) {
        if (strcmp(options->variants[i], variant) == 0) {
            return true;
        }
    }
    return options->variant_count == 0;
}

static bool scenario_served(const struct options *options, const struct scenario *scenario) {
    bool served = false;
    for (size_t i = 0; i < options->adapter_count; i++) {
        served |= adapter_fits(options->adapters[i], scenario);
    }
    return served;
}

static bool adapter_asked(const struct options *options, const struct adapter *adapter) {
    bool asked = false;
    for (size_t i = 0; i < options->scenario_count; i++) {
        asked |= adapter_fits(adapter, options->scenarios[i]);
    }
    return asked;
}

// Scenarios and allocators that do not fit each other are left out, but not silently what was named for nothing.
static bool check_fit(const struct options *options) {
    for (size_t i = 0; !options->all_scenarios && i < options->scenario_count; i++) {
        if (!scenario_served(options, options->scenarios[i])) {
            return complain("--scenario", options->scenarios[i]->name, "fits none of the allocators");
        }
    }
    for (size_t i = 0; !options->all_adapters && i < options->adapter_count; i++) {
        if (!adapter_asked(options, options->adapters[i])) {
            return complain("--allocators", options->adapters[i]->name, "fits none of the scenarios");
        }
    }
    return true;
}

static bool check_direct(const struct options *options) {
    if (!options->direct) {
        return true;
    }
    size_t variants = 0;
    for (size_t i = 0; options->scenario_count == 1 && options->scenarios[0]->variants[i] != NULL; i++) {
        variants += options_wants_variant(options, options->scenarios[0]->variants[i]);
    }
    bool one = variants == 1 && options->adapter_count == 1 && options->thread_count == 1;
    return one || complain("--direct", "", "needs one scenario, one variant, one allocator and one number of threads");
}

static bool check_whole(struct options *options) {
    if (options->help || options->list) {
        return true;
    }
    if (options->version) {
        return options->adapter_count == 1 || complain("--version", "", "needs one allocator");
    }
    if (options->scenario_count == 0) {
        return complain("--scenario", "", "is missing: name one or more, or `all`");
    }
    if (options->adapter_count == 0) {
        char all[] = "all";
        (void)add_adapter(options, "--allocators", all);
    }
    if (options->thread_count == 0) {
        options->threads[options->thread_count++] = 1;
    }
    return check_fit(options) && check_direct(options);
}

bool options_parse(struct options *options, int argc, char **argv) {
    *options = (struct options){.seconds = 0.5, .repeats = 3, .seed = 1, .pipe = -1};
    for (int i = 1; i < argc; i++) {
        bool *flag = find_flag(options, argv[i]);
        if (flag != NULL) {
            *flag = true;
        } else if (strncmp(argv[i], "--", 2) != 0) {
            return complain("argument", argv[i], "is no option");
        } else if (i + 1 == argc) {
            return complain(argv[i], "", "is no option, or lacks its value");
        } else if (!parse_value(options, argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    return check_whole(options);
}

void options_usage(void) {
    printf("wfbench compares allocators: one process for each measurement, allocators taking turns.\n\n"
           "  wfbench --list\n"
           "  wfbench --scenario S[,S]|all [--variant V[,V]] [--allocators A[,A]|all] [--threads N[,N]]\n"
           "          [--seconds X] [--repeats R] [--csv FILE] [--latency] [--base A] [--seed N]\n\n"
           "  --scenario S[,S]    what to do; --list explains\n"
           "  --variant V[,V]     only these variants of it\n"
           "  --allocators A[,A]  who does it (all)\n"
           "  --threads N[,N]     on how many threads, one CPU slot each, pinned (1)\n"
           "  --seconds X         measured time, after a warm-up of a third of it (0.5)\n"
           "  --ops N             stop once a thread has made N calls instead, without warm-up\n"
           "  --repeats R         how often; median, least and most are told (3)\n"
           "  --csv FILE          every single result\n"
           "  --latency           time every call; slower, so not for throughput\n"
           "  --base A            whose median is 1.00 in the ratios (jemalloc; of frames: buddy)\n"
           "  --seed N            of the random numbers (1)\n"
           "  --region-mib N      the region of all that live in one (by scenario)\n"
           "  --cpus N[,N]        pin threads to these units in turn (cores before SMT siblings, from hwloc)\n"
           "  --timeout X         give up a measurement after X seconds (60 + ten times --seconds)\n"
           "  --direct            one measurement in this very process, for profilers and debuggers\n");
}
