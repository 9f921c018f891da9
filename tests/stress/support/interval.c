// SPDX-License-Identifier: MIT
// The system's interval timer.
#include "interval.h"

#include "die.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>

#define INTERVAL_MICROSECONDS 100

static void interval_set(long microseconds) {
    struct itimerval timer = {.it_interval = {.tv_usec = microseconds}, .it_value = {.tv_usec = microseconds}};
    if (setitimer(ITIMER_REAL, &timer, NULL) != 0) {
        die_unusable("the system refused a timer");
    }
}

void interval_start(void (*handle)(int signal_number)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle;
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    interval_set(INTERVAL_MICROSECONDS);
}

void interval_stop(void) {
    interval_set(0);
    signal(SIGALRM, SIG_IGN);
}
