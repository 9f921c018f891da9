// SPDX-License-Identifier: MIT
// Ends time slices. The plugin interface has nothing for it, but QEMU exports its own cpu_exit, which a vCPU heeds at
// the next block's beginning.
#define _GNU_SOURCE
#include "slices.h"

#include <dlfcn.h>
#include <stddef.h>

#include "scenario/lcg.h"

enum { SLICE_INSNS_MIN = 20, SLICE_INSNS_SPREAD = 101 };

static void *(*cpu_of_index)(int index);
static void (*cpu_end_slice)(void *cpu);
static uint64_t random_state;
static unsigned running;
static uint64_t switches;
static int64_t insns_left;

static int64_t slice_draw(void) {
    return SLICE_INSNS_MIN + (int64_t)((lcg_next(&random_state) >> 33) % SLICE_INSNS_SPREAD);
}

bool slices_begin(uint64_t seed) {
    *(void **)&cpu_of_index = dlsym(RTLD_DEFAULT, "qemu_get_cpu");
    *(void **)&cpu_end_slice = dlsym(RTLD_DEFAULT, "cpu_exit");
    random_state = seed;
    insns_left = slice_draw();
    return cpu_of_index != NULL && cpu_end_slice != NULL;
}

void slices_executed(unsigned vcpu, uint32_t insns) {
    if (vcpu != running) {
        running = vcpu;
        switches++;
        insns_left = slice_draw();
    }
    insns_left -= insns;
    if (insns_left <= 0) {
        cpu_end_slice(cpu_of_index((int)vcpu));
        insns_left = slice_draw();
    }
}

uint64_t slices_switches(void) {
    return switches;
}
