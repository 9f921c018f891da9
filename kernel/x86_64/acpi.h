// SPDX-License-Identifier: MIT
// The CPUs as ACPI tells them. Reads bytes at addresses and does nothing else; allocates nothing; trusts no length.
#ifndef KERNEL_X86_64_ACPI_H
#define KERNEL_X86_64_ACPI_H

#include <stddef.h>
#include <stdint.h>

enum { ACPI_CPUS_MAX = 255 };

struct acpi_cpus {
    size_t possible;             // enabled or able to come online later, at most ACPI_CPUS_MAX
    size_t count;                // enabled and within reach
    size_t beyond;               // enabled, but with an id of 255 or more, which only x2APIC mode addresses
    uint64_t ids[ACPI_CPUS_MAX]; // of those within reach
};

// Both answer NULL if all is well, or a sentence. acpi_cpus_of reads the MADT alone; acpi_find_cpus looks it up from
// the root pointer at address `root`, and reads no byte at or above `end`.
const char *acpi_cpus_of(const uint8_t *madt, size_t bytes, struct acpi_cpus *cpus);
const char *acpi_find_cpus(uint64_t root, uint64_t end, struct acpi_cpus *cpus);

#endif
