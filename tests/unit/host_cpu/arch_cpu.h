// SPDX-License-Identifier: MIT
// The one CPU of a host's program, for those parts of kernel/common that can be tried there: it has no interrupts, and
// never waits. kernel/common/arch.h says what each function is for.
#ifndef UNIT_HOST_CPU_ARCH_CPU_H
#define UNIT_HOST_CPU_ARCH_CPU_H

#include "cpu.h"

#include <stdint.h>
#include <stdlib.h>

#define ARCH_NAME "host"
enum { ARCH_CPUS_MAX = 4 };

typedef int irq_state_t;

static inline irq_state_t irq_mask(void) {
    return 0;
}

static inline void irq_restore(irq_state_t was) {
    (void)was;
}

static inline void irq_wait(void) {
    abort();
}

static inline struct cpu *cpu_self(void) {
    static struct cpu self;
    return &self;
}

static inline void cpu_relax(void) {}

#endif
