// SPDX-License-Identifier: MIT
// Paths by place; see path.h.
#include "path.h"

#include "step.h"

#include <string.h>

// The first that fits counts. An empty file or function fits all.
static const struct {
    const char *file, *function;
    enum path path;
} places[] = {
    {"", "help_raise", PATH_HELPED}, {"", "bitset_word", PATH_LAST_RESORT},     {"", "help_turn", PATH_SERVING},
    {"", "help_next", PATH_SERVING}, {"", "span_scavenge_at", PATH_SCAVENGING}, {"core/page/", "", PATH_PAGES},
    {"core/span/", "", PATH_SPANS},
};

static enum path path_of(const struct step_site *site) {
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        bool here = strncmp(site->file, places[i].file, strlen(places[i].file)) == 0;
        if (here && (places[i].function[0] == '\0' || strcmp(site->function, places[i].function) == 0))
            return places[i].path;
    }
    return PATH_CACHED;
}

void path_init(void) {
    struct step_site *const *sites;
    size_t count = step_sites(&sites);
    for (size_t i = 0; i < count; i++)
        sites[i]->path = (uint8_t)path_of(sites[i]);
}

const char *path_name(enum path path) {
    static const char *const names[PATHS] = {"cached",  "spans",       "pages", "scavenging",
                                             "serving", "last resort", "helped"};
    return names[path];
}
