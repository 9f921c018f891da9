// SPDX-License-Identifier: MIT
// Building a heap for a test and taking stock of it at the end.
#include "world.h"

#include "die.h"
#include "region.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// Far above what any slot needs: a drain that goes on longer than this never ends.
#define DRAIN_CALLS_MAX 1000000u

void world_init(struct world *self, size_t region_bytes, size_t offset_pages, size_t cpus, size_t actors) {
    memset(self, 0, sizeof *self);
    self->region = region_map(region_bytes, offset_pages);
    self->region_bytes = region_bytes;
    self->cpus = cpus;
    self->actors = actors;
    self->boxes = calloc(actors, sizeof *self->boxes);
    if (self->boxes == NULL) {
        die_unusable("world: no memory for %zu mailboxes", actors);
    }
    shadow_init(&self->shadow, self->region, region_bytes);
    enum wfh_error error = wfh_init(self->region, region_bytes, cpus, &self->heap);
    if (error != WFH_OK) {
        die("world: a heap of %zu bytes for %zu cpus: %s", region_bytes, cpus, wfh_strerror(error));
    }
}

void world_destroy(struct world *self) {
    shadow_destroy(&self->shadow);
    region_unmap(self->region, self->region_bytes);
    free(self->boxes);
}

void world_drain(struct world *self, size_t cpu) {
    for (unsigned calls = 0; wfh_drain(self->heap, cpu); calls++) {
        if (calls == DRAIN_CALLS_MAX) {
            die("drain: slot %zu still has something left after %u calls", cpu, calls);
        }
    }
}

static void world_check_classes(const struct world *self, const struct wfh_stats *stats) {
    size_t span_bytes = 0, live_bytes = stats->run_bytes, cached_bytes = 0;
    struct wfh_class_stats class;
    for (size_t i = 0; wfh_class_stats(self->heap, i, &class); i++) {
        size_t blocks = class.live_blocks + class.cached_blocks + class.free_blocks;
        if (blocks != class.spans * class.blocks_per_span) {
            die("stats: class of %zu bytes has %zu blocks in %zu spans of %zu", class.block_bytes, blocks, class.spans,
                class.blocks_per_span);
        }
        span_bytes += class.spans * class.span_pages * WFH_PAGE_BYTES;
        live_bytes += class.live_blocks * class.block_bytes;
        cached_bytes += class.cached_blocks * class.block_bytes;
    }
    if (span_bytes != stats->span_bytes || live_bytes != stats->live_bytes || cached_bytes != stats->cached_bytes) {
        die("stats: classes sum up to %zu span, %zu live, %zu cached bytes; totals are %zu, %zu, %zu", span_bytes,
            live_bytes, cached_bytes, stats->span_bytes, stats->live_bytes, stats->cached_bytes);
    }
}

void world_check(struct world *self) {
    struct wfh_finding finding = {0};
    if (!wfh_check(self->heap, &finding)) {
        die("check: rule '%s' broken at %p: want %" PRIu64 ", have %" PRIu64, finding.rule, finding.address,
            finding.want, finding.have);
    }
    struct wfh_stats stats;
    wfh_stats(self->heap, &stats);
    size_t in_use = stats.span_bytes + stats.run_bytes;
    if (stats.free_bytes + in_use != stats.managed_bytes) {
        die("stats: %zu free + %zu in use of %zu managed bytes", stats.free_bytes, in_use, stats.managed_bytes);
    }
    if (stats.peak_bytes < in_use || stats.peak_bytes > stats.managed_bytes) {
        die("stats: peak %zu, but %zu of %zu bytes are in use", stats.peak_bytes, in_use, stats.managed_bytes);
    }
    world_check_classes(self, &stats);
    struct wfh_limits limits;
    wfh_limits(self->heap, &limits);
    size_t cached_bytes = 0;
    struct wfh_cpu_stats cpu_stats;
    for (size_t cpu = 0; wfh_cpu_stats(self->heap, cpu, &cpu_stats); cpu++) {
        cached_bytes += cpu_stats.cached_bytes;
        if (cpu_stats.cached_bytes > limits.hoard_bytes_per_cpu) {
            die("hoarding: slot %zu hides %zu bytes, more than %zu", cpu, cpu_stats.cached_bytes,
                limits.hoard_bytes_per_cpu);
        }
    }
    if (cached_bytes != stats.cached_bytes) {
        die("stats: slots hide %zu bytes, the total says %zu", cached_bytes, stats.cached_bytes);
    }
}

void world_reckon(struct world *self) {
    world_check(self);
    for (size_t cpu = 0; cpu < self->cpus; cpu++) {
        world_drain(self, cpu);
    }
    world_check(self);
    struct wfh_stats stats;
    wfh_stats(self->heap, &stats);
    if (stats.live_bytes != 0 || stats.cached_bytes != 0) {
        die("leak: all is freed and drained, yet %zu bytes live and %zu cached", stats.live_bytes, stats.cached_bytes);
    }
    if (stats.free_bytes != stats.managed_bytes || stats.largest_free_run_bytes != stats.managed_bytes) {
        die("leak: %zu bytes free (longest run %zu) of %zu managed", stats.free_bytes, stats.largest_free_run_bytes,
            stats.managed_bytes);
    }
}
