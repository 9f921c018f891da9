// SPDX-License-Identifier: MIT
// What a device tree says of the machine, as far as this kernel cares. A pure function over the tree's bytes.
#ifndef KERNEL_AARCH64_MACHINE_H
#define KERNEL_AARCH64_MACHINE_H

#include "fdt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MACHINE_CPUS_MAX = 512, MACHINE_RANGES_MAX = 64 };
#define MACHINE_AFFINITY UINT64_C(0xff00ffffff) // of MPIDR

struct machine_range {
    uint64_t start, bytes;
};

struct machine_ranges {
    struct machine_range at[MACHINE_RANGES_MAX];
    size_t count;
};

struct machine {
    struct machine_ranges memory;
    struct machine_ranges reserved;  // not the tree itself, which nobody needs once it is read
    struct machine_ranges gic;       // the distributor, then every region of redistributors
    struct machine_ranges uart;      // the PL011, the first if there are several
    uint64_t cpus[MACHINE_CPUS_MAX]; // MPIDR affinities of those that are enabled
    size_t cpu_count, cpus_upper;    // cpus_upper counts the disabled ones too, to MACHINE_CPUS_MAX
    const char *line;                // the command line, still in the tree; "" if there is none
    uint32_t psci_cpu_on;            // function number; 0 until the psci node was seen
    bool psci_by_smc;                // else hvc
    uint32_t timer_interrupt;        // of the virtual timer
    uint32_t alarm_interrupt;        // of the physical one
};

// Reads a tree of which at most `limit` bytes can be read. NULL, or a sentence of what is wrong or missing; then *self
// is not to be used.
const char *machine_read(struct machine *self, const void *tree, size_t limit);

#endif
