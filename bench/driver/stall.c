// SPDX-License-Identifier: MIT
// Stops one thread in the middle of its allocator calls, as a preempted or interrupted CPU would be: a signal handler
// sleeps there.
#include "stall.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>

enum {
    STALL_STOP_NS = 2000000,
    STALL_REST_NS_MIN = 300000, // between two stops the thread gets on
    STALL_REST_NS_RANGE = 1500000,
    STALL_LOOK_NS = 100000,
};

static struct timed *victim;
static uint64_t stops, answers;

// Outside of a call the signal does nothing: what counts is being stopped within.
static void stall_stop(int signal_number) {
    (void)signal_number;
    int saved = errno;
    if (victim->inside != 0) {
        struct timespec pause = {.tv_sec = 0, .tv_nsec = STALL_STOP_NS};
        (void)nanosleep(&pause, NULL);
        __atomic_fetch_add(&stops, 1, __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(&answers, 1, __ATOMIC_RELEASE);
    errno = saved;
}

static void stall_install(void) {
    struct sigaction action = {.sa_handler = stall_stop, .sa_flags = SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGUSR1, &action, NULL);
}

// One signal at a time: one that waits for the end of the last would stop the thread again before it got on at all.
uint64_t stall_conduct(struct team *team, uint64_t nanoseconds) {
    unsigned short state[3] = {0x330e, (unsigned short)team->job->seed, 1};
    uint64_t end = clock_now_ns() + nanoseconds;
    uint64_t sent = 0;
    victim = &team->workers[0].timed;
    stall_install();
    while (clock_now_ns() < end) {
        clock_sleep_ns(STALL_REST_NS_MIN + (uint64_t)nrand48(state) % STALL_REST_NS_RANGE);
        (void)pthread_kill(team->workers[0].thread, SIGUSR1);
        sent++;
        while (__atomic_load_n(&answers, __ATOMIC_ACQUIRE) != sent && clock_now_ns() < end) {
            clock_sleep_ns(STALL_LOOK_NS);
        }
    }
    return __atomic_load_n(&stops, __ATOMIC_RELAXED);
}
