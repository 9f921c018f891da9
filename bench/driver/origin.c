// SPDX-License-Identifier: MIT
// Where figures come from.
#include "origin.h"

#include <string.h>
#include <time.h>

// The commit that the sources are at, and whether they differ from it.
static void find_commit(struct origin *origin) {
    (void)snprintf(origin->commit, sizeof origin->commit, "unknown");
    FILE *git = popen("git -C '" WFBENCH_SOURCE_DIR "' describe --always --dirty --abbrev=12 2>/dev/null", "r");
    if (git != NULL) {
        char line[sizeof origin->commit];
        if (fgets(line, sizeof line, git) != NULL) {
            line[strcspn(line, "\n")] = '\0';
            memcpy(origin->commit, line, sizeof line);
        }
        (void)pclose(git);
    }
}

void origin_look(struct origin *origin) {
    time_t now = time(NULL);
    struct tm broken_down;
    find_commit(origin);
    if (gmtime_r(&now, &broken_down) != NULL) {
        (void)strftime(origin->date, sizeof origin->date, "%Y-%m-%d %H:%M UTC", &broken_down);
    }
}

void origin_print(const struct origin *origin, FILE *file, const char *prefix) {
    const struct {
        const char *name, *value;
    } lines[] = {
        {"commit", origin->commit},
        {"command", origin->command},
        {"machine", origin->machine->description},
        {"kernel", origin->machine->kernel},
        {"versions", origin->versions},
        {"date", origin->date},
        {"conditions",
         "one process a measurement, 4 KiB pages for all, wf, slab and tlsf asked for an alignment of 8; an "
         "operation is one call of alloc or free; null is the driver's own cost"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        (void)fprintf(file, "%s%s: %s\n", prefix, lines[i].name, lines[i].value);
    }
}
