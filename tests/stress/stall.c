// SPDX-License-Identifier: MIT
// A thread is parked by a signal somewhere inside a heap call, and stays there until the others have finished a number
// of operations each. A heap in which anybody waits for anybody hangs here, and the test runner's time limit ends it.
#include "support/actor.h"
#include "support/args.h"
#include "support/crew.h"
#include "support/die.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define OTHERS_MAX 16u
#define VICTIM 0u

struct stall {
    struct world world;
    struct actor actors[OTHERS_MAX + 1];
    _Atomic size_t steps[OTHERS_MAX + 1];
    size_t others, parks, steps_per_park;
    pthread_t victim;
    _Atomic size_t handled; // signals taken, parked or not
    atomic_bool parked, release, done;
};

// A handler gets no argument of its own.
static struct stall stage;

// Not to take the processor away from those who have to get on.
static void stall_wait(void) {
    struct timespec moment = {.tv_nsec = 20000};
    nanosleep(&moment, NULL);
}

static void stall_handle(int signal_number) {
    (void)signal_number;
    if (stage.actors[VICTIM].watch.in_call) {
        atomic_store_explicit(&stage.parked, true, memory_order_release);
        while (!atomic_load_explicit(&stage.release, memory_order_acquire)) {
            stall_wait();
        }
        atomic_store_explicit(&stage.release, false, memory_order_relaxed);
        atomic_store_explicit(&stage.parked, false, memory_order_release);
    }
    atomic_fetch_add_explicit(&stage.handled, 1, memory_order_release);
}

static void stall_work(struct crew_member *member) {
    struct actor *actor = &stage.actors[member->index];
    if (member->index == VICTIM) {
        stage.victim = pthread_self();
    }
    crew_meet(member->crew);
    for (size_t step = 1; !atomic_load_explicit(&stage.done, memory_order_acquire); step++) {
        actor_step(actor);
        if (step % 20000 == 0) {
            actor_feast(actor);
        }
        atomic_store_explicit(&stage.steps[member->index], step, memory_order_relaxed);
    }
    crew_meet(member->crew);
    actor_release(actor);
}

static void stall_await_progress(void) {
    for (size_t i = 1; i <= stage.others; i++) {
        size_t goal = atomic_load_explicit(&stage.steps[i], memory_order_relaxed) + stage.steps_per_park;
        while (atomic_load_explicit(&stage.steps[i], memory_order_relaxed) < goal) {
            stall_wait();
        }
    }
}

// One signal; true if it parked the victim, who is let go again once the others got on.
static bool stall_once(void) {
    size_t before = atomic_load_explicit(&stage.handled, memory_order_acquire);
    if (pthread_kill(stage.victim, SIGUSR1) != 0) {
        die_unusable("stall: pthread_kill failed");
    }
    while (atomic_load_explicit(&stage.handled, memory_order_acquire) == before) {
        if (atomic_load_explicit(&stage.parked, memory_order_acquire)) {
            stall_await_progress();
            atomic_store_explicit(&stage.release, true, memory_order_release);
            while (atomic_load_explicit(&stage.handled, memory_order_acquire) == before) {
                stall_wait();
            }
            return true;
        }
        stall_wait();
    }
    return false;
}

// The last member conducts; it uses no slot.
static void stall_member(struct crew_member *member) {
    if (member->index <= stage.others) {
        stall_work(member);
        return;
    }
    crew_meet(member->crew);
    for (size_t parks = 0; parks < stage.parks;) {
        parks += stall_once() ? 1 : 0;
    }
    atomic_store_explicit(&stage.done, true, memory_order_release);
    crew_meet(member->crew);
}

int main(int argc, char **argv) {
    struct arg args[] = {{"others", 2, 1, OTHERS_MAX},
                         {"parks", 300, 1, 1000000},
                         {"steps", 1000, 1, 1000000},
                         {"region_kib", 2048, 1024, 1 << 24},
                         {"seed", 1, 0, UINT64_MAX}};
    size_t count = ARGS_COUNT(args);
    args_parse(args, count, argc, argv);
    stage.others = args_get(args, count, "others");
    stage.parks = args_get(args, count, "parks");
    stage.steps_per_park = args_get(args, count, "steps");
    size_t actors = stage.others + 1;
    world_init(&stage.world, args_get(args, count, "region_kib") << 10, 2, actors, actors);
    struct appetite appetite = {128, 1 << 15, 1024};
    for (size_t i = 0; i < actors; i++) {
        actor_init(&stage.actors[i], &stage.world, i, i, appetite, args_get(args, count, "seed"));
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = stall_handle;
    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    struct crew crew;
    crew_start(&crew, actors + 1, stall_member, NULL);
    crew_join(&crew);
    world_reckon(&stage.world);
    size_t signals = atomic_load_explicit(&stage.handled, memory_order_relaxed);
    printf("parked %zu times inside a call (%zu signals); %zu others made %zu steps each time\n", stage.parks, signals,
           stage.others, stage.steps_per_park);
    for (size_t i = 0; i < actors; i++) {
        actor_destroy(&stage.actors[i]);
    }
    world_destroy(&stage.world);
    return 0;
}
