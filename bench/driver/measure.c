// SPDX-License-Identifier: MIT
// One measurement: warm up, count, stop, add up.
#include "measure.h"

#include "clock.h"
#include "duo.h"
#include "memory.h"
#include "stall.h"

#include <stdio.h>
#include <sys/prctl.h>

enum { MEASURE_VERSION_REGION = 4 << 20 };

static uint64_t nanoseconds_of(double seconds) {
    return (uint64_t)(seconds * 1e9);
}

// The high-water mark second by second.
static void conduct_sampled(struct team *team) {
    uint64_t start = clock_now_ns();
    uint64_t end = start + nanoseconds_of(team->job->seconds);
    for (uint64_t now = start; now < end; now = clock_now_ns()) {
        clock_sleep_ns(end - now < 1000000000u ? end - now : 1000000000u);
        struct bench_figures figures;
        team_figures(team, team->job->threads, &figures);
        if (figures.peak_bytes != 0) {
            double second = (double)(clock_now_ns() - start) / 1e9;
            channel_text(&team->job->channel, MESSAGE_SERIES, "%.1f %zu", second, figures.peak_bytes);
        }
    }
}

static void conduct(struct team *team, uint64_t *stops) {
    const struct job *job = team->job;
    if (job->ops != 0) {
        return; // the workers end the run themselves
    }
    clock_sleep_ns(nanoseconds_of(job->seconds) / 3);
    team_enter(team, TEAM_COUNT);
    if (job->scenario->stalled) {
        *stops = stall_conduct(team, nanoseconds_of(job->seconds));
    } else if (job->scenario->sampled) {
        conduct_sampled(team);
    } else {
        clock_sleep_ns(nanoseconds_of(job->seconds));
    }
    team_enter(team, TEAM_STOP);
}

// Calls and failures of all workers from `first` on, while they counted; seconds: the mean over their own windows.
static void add_up(const struct team *team, size_t first, struct result *result) {
    size_t windows = 0;
    for (size_t i = first; i < team->worker_count; i++) {
        const struct worker *worker = &team->workers[i];
        result->ops += worker->env.ops - worker->ops_before;
        result->failed_allocs += worker->env.failed - worker->failed_before;
        if (i < team->job->threads && worker->stop_ns > worker->start_ns) {
            result->seconds += (double)(worker->stop_ns - worker->start_ns) / 1e9;
            windows++;
        }
    }
    result->seconds = windows == 0 ? 0 : result->seconds / (double)windows;
}

static void note(const struct team *team, const struct bench_figures *figures, uint64_t stops) {
    const struct channel *channel = &team->job->channel;
    uint64_t ops = 0;
    uint64_t slow = 0;
    uint64_t waited = 0;
    for (size_t i = 0; i < team->worker_count; i++) {
        ops += team->workers[i].env.ops;
        slow += i == 0 ? 0 : team->workers[i].timed.slow_calls;
        waited += i == 0 ? 0 : team->workers[i].timed.waited_calls;
    }
    if (figures->cache_known && ops != 0) {
        channel_text(channel, MESSAGE_NOTE, "%.3f %% of calls left the per-CPU cache",
                     100.0 * (double)figures->left_cache / (double)ops);
    }
    if (team->job->scenario->talloc) {
        channel_text(channel, MESSAGE_NOTE,
                     "nothing was lost; the backup heap served %llu requests. Latencies of free are recoveries: from a "
                     "task's NULL until all it owned is free",
                     (unsigned long long)duo_backup_allocs());
    }
    if (team->job->scenario->stalled) {
        channel_text(channel, MESSAGE_NOTE,
                     "%llu calls of the others took over 1 ms, %llu of them only because another program had the "
                     "processor; one thread was stopped in mid-call %llu times",
                     (unsigned long long)slow, (unsigned long long)waited, (unsigned long long)stops);
    }
}

static bool report_timed(struct team *team, uint64_t stops) {
    const struct job *job = team->job;
    struct bench_figures figures;
    team_figures(team, 0, &figures);
    struct result result = {
        .threads = job->threads,
        .region_bytes = job->adapter->in_region ? job->region_bytes : 0,
        .utilisation = -1.0,
        .peak_bytes = figures.peak_bytes,
    };
    (void)snprintf(result.scenario, sizeof result.scenario, "%s", job->scenario->name);
    (void)snprintf(result.variant, sizeof result.variant, "%s", job->scenario->variants[job->variant]);
    (void)snprintf(result.allocator, sizeof result.allocator, "%s", job->adapter->name);
    size_t first = job->scenario->stalled ? 1 : 0; // the stopped thread's own calls say nothing
    add_up(team, first, &result);
    if (team->timed || job->scenario->talloc) {
        team_latency(team, first, team->worker_count, &result.alloc, &result.free);
    }
    if (result.seconds <= 0 || result.ops == 0) {
        channel_text(&job->channel, MESSAGE_FAILURE, "no thread made a call while time was taken");
        return false;
    }
    channel_result(&job->channel, &result);
    note(team, &figures, stops);
    return true;
}

static bool intact(const struct team *team) {
    uint64_t damaged = 0;
    for (size_t i = 0; i < team->worker_count; i++) {
        damaged += team->workers[i].env.damaged;
    }
    if (damaged == 0 || team->job->adapter->shares_blocks) {
        return true;
    }
    channel_text(&team->job->channel, MESSAGE_FAILURE, "%llu blocks changed while they were in use",
                 (unsigned long long)damaged);
    return false;
}

static bool nothing_lost(const struct job *job) {
    const char *trouble = job->scenario->talloc ? duo_trouble() : NULL;
    if (trouble != NULL) {
        channel_text(&job->channel, MESSAGE_FAILURE, "%s", trouble);
    }
    return trouble == NULL;
}

bool measure(const struct job *job) {
    static struct team team;
    clock_start();
    (void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); // pages of one size for every allocator
    team_make(&team, job);
    if (job->ops != 0 || job->scenario->counted) {
        team_enter(&team, TEAM_COUNT);
    }
    team_start(&team);
    uint64_t stops = 0;
    if (!job->scenario->counted) {
        conduct(&team, &stops);
    }
    team_join(&team);
    bool good = intact(&team) && nothing_lost(job) && (job->scenario->counted || report_timed(&team, stops));
    if (good) {
        channel_text(&job->channel, MESSAGE_END, "end");
    }
    return good;
}

bool measure_version(const struct adapter *adapter, const struct channel *channel) {
    void *heap = NULL;
    void *region = adapter->in_region ? memory_pages(MEASURE_VERSION_REGION) : NULL;
    const char *trouble = adapter->open(adapter, region, MEASURE_VERSION_REGION, 1, &heap);
    if (trouble != NULL) {
        channel_text(channel, MESSAGE_FAILURE, "%s cannot be opened: %s", adapter->name, trouble);
        return false;
    }
    channel_text(channel, MESSAGE_VERSION, "%s", adapter->version(adapter));
    channel_text(channel, MESSAGE_END, "end");
    return true;
}
