// SPDX-License-Identifier: MIT
// Read-copy-update for scenarios, by liburcu.
#include "rcu.h"

#include "memory.h"

#include <sched.h>
#include <urcu/urcu-memb.h>

// Retired objects that may wait: a writer that runs ahead of the freeing thread waits, for all allocators alike. The
// thread rests for 10 ms between two floods, so a small number would measure its rest and nothing else.
enum { RCU_PENDING_MAX = 65536, RCU_STAND_INS = 4 * RCU_PENDING_MAX };

static struct bench_env *freer;
static size_t pending;

// Where blocks are shared, liburcu's head cannot live in them: stand-ins take turns. They are reclaimed in the order
// in which they were retired, long before their next turn.
static struct rcu_head *stand_ins;
static size_t stand_in_next;

_Static_assert(sizeof(struct rcu_head) <= BENCH_RCU_HEAD_BYTES, "liburcu's head must fit");

static void read_begin(struct bench_env *env) {
    (void)env;
    urcu_memb_read_lock();
}

static void read_end(struct bench_env *env) {
    (void)env;
    urcu_memb_read_unlock();
}

static void reclaim(struct rcu_head *head) {
    (void)freer->running(freer);
    freer->free(freer->heap, freer->cpu, head);
    freer->ops++;
    __atomic_fetch_sub(&pending, 1, __ATOMIC_RELAXED);
}

static void retire(struct bench_env *env, void *p) {
    while (__atomic_load_n(&pending, __ATOMIC_RELAXED) >= RCU_PENDING_MAX && env->running(env)) {
        env->pause(env);
    }
    __atomic_fetch_add(&pending, 1, __ATOMIC_RELAXED);
    if (stand_ins != NULL) {
        p = &stand_ins[__atomic_fetch_add(&stand_in_next, 1, __ATOMIC_RELAXED) % RCU_STAND_INS];
    }
    urcu_memb_call_rcu(p, reclaim);
}

const struct bench_rcu rcu_host = {.read_begin = read_begin, .read_end = read_end, .retire = retire};

void rcu_start(struct bench_env *env, bool blocks_shared) {
    freer = env;
    stand_ins = blocks_shared ? memory_pages(RCU_STAND_INS * sizeof(struct rcu_head)) : NULL;
}

void rcu_enter(void) {
    urcu_memb_register_thread();
}

void rcu_leave(void) {
    urcu_memb_unregister_thread();
}

void rcu_finish(void) {
    urcu_memb_barrier();
}
