// SPDX-License-Identifier: MIT
// The CSV file. A field that is not known, or not measured, is empty.
#include "csv.h"

#include "csv_columns.h"

#include <errno.h>
#include <string.h>

static void field_latency(FILE *file, const struct latency *latency) {
    if (latency->known) {
        (void)fprintf(file, ",%.1f,%.1f,%.1f,%.1f,%.1f", latency->p50_ns, latency->p99_ns, latency->p999_ns,
                      latency->p9999_ns, latency->max_ns);
    } else {
        (void)fprintf(file, ",,,,,");
    }
}

static void field_bytes(FILE *file, uint64_t bytes) {
    if (bytes != 0) {
        (void)fprintf(file, ",%llu", (unsigned long long)bytes);
    } else {
        (void)fprintf(file, ",");
    }
}

static void write_row(FILE *file, const struct result *result) {
    (void)fprintf(file, "%s,%s,%s,%zu,%zu", result->scenario, result->variant, result->allocator, result->threads,
                  result->repeat);
    if (result->failed) {
        (void)fprintf(file, ",,,,,,,,,,,,,,,,,,\n");
        return;
    }
    (void)fprintf(file, ",%llu,%.6f,%.4f", (unsigned long long)result->ops, result->seconds, result_mops(result));
    field_latency(file, &result->alloc);
    field_latency(file, &result->free);
    field_bytes(file, result->region_bytes);
    field_bytes(file, result->requested_bytes);
    if (result->utilisation >= 0) {
        (void)fprintf(file, ",%.5f", result->utilisation);
    } else {
        (void)fprintf(file, ",");
    }
    field_bytes(file, result->peak_bytes);
    (void)fprintf(file, ",%llu\n", (unsigned long long)result->failed_allocs);
}

bool csv_open(struct csv *csv, const char *name, const struct origin *origin) {
    *csv = (struct csv){.name = name};
    if (name == NULL) {
        return true;
    }
    csv->file = fopen(name, "w");
    if (csv->file == NULL) {
        (void)fprintf(stderr, "wfbench: --csv %s cannot be written: %s\n", name, strerror(errno));
        return false;
    }
    origin_print(origin, csv->file, "# ");
    (void)fprintf(csv->file, "%s\n", CSV_COLUMNS);
    return true;
}

void csv_row(struct csv *csv, const struct result *result) {
    if (csv->file != NULL) {
        write_row(csv->file, result);
    }
}

void csv_comment(struct csv *csv, const char *text) {
    if (csv->file != NULL) {
        (void)fprintf(csv->file, "# %s\n", text);
    }
}

void csv_flush(struct csv *csv) {
    if (csv->file != NULL) {
        (void)fflush(csv->file);
    }
}

bool csv_close(struct csv *csv) {
    if (csv->file == NULL) {
        return true;
    }
    bool bad = ferror(csv->file) != 0;
    bad |= fclose(csv->file) != 0;
    csv->file = NULL;
    if (bad) {
        (void)fprintf(stderr, "wfbench: --csv %s could not be written to its end\n", csv->name);
    }
    return !bad;
}
