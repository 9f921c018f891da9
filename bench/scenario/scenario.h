// SPDX-License-Identifier: MIT
// What a scenario is, and the table of all of them.
#ifndef BENCH_SCENARIO_SCENARIO_H
#define BENCH_SCENARIO_SCENARIO_H

#include "env.h"

#define SCENARIO_MIB ((size_t)1 << 20)

// Whether allocators that hand out nothing but whole frames can serve a scenario, and whether others can.
enum scenario_frames { SCENARIO_FRAMES_NEVER, SCENARIO_FRAMES_TOO, SCENARIO_FRAMES_ONLY };

struct scenario {
    const char *name;
    const char *summary;
    const char *const *variants; // ends with NULL; at least one
    size_t threads_min, threads_max;
    bool counted; // does a fixed amount of work and reports it in steps; else runs until time is up
    bool mortal;  // run returns often, and is called again on a new thread for the same CPU
    bool rcu;     // wants env->rcu, whose frees run on one more CPU
    bool talloc;  // wants env->talloc, and allocators that can be its primary heap
    bool stalled; // CPU 0 is stopped again and again inside its calls
    bool sampled; // the surroundings note the high-water mark second by second
    bool latency; // latencies are measured even if nobody asked
    bool sparse;  // touches a small part of the region only: it need not be there from the beginning
    enum scenario_frames frames;
    size_t mailbox_slots; // entries of every mailbox, a power of two from 16 on; 0: none
    size_t (*region_bytes)(size_t variant);
    size_t (*scratch_bytes)(size_t variant, size_t cpus, size_t region_bytes);
    size_t shared_bytes;
    void (*prepare)(struct bench_env *env); // on every CPU in turn, before any clock runs; may be NULL
    void (*run)(struct bench_env *env);     // on every CPU at once
};

extern const struct scenario scenario_pair, scenario_burst, scenario_slots, scenario_larson, scenario_prodcons,
    scenario_rcu, scenario_phase, scenario_fill, scenario_stall, scenario_frag, scenario_drift, scenario_freesize,
    scenario_frames, scenario_oom;

// NULL-terminated, in the order in which they are listed and run.
extern const struct scenario *const scenario_table[];

// The region of scenarios that fill it: 64 MiB.
size_t scenario_region_default(size_t variant);

// The region of scenarios that measure time: 512 MiB, for hosted allocators have all the memory of the machine.
size_t scenario_region_roomy(size_t variant);

#endif
