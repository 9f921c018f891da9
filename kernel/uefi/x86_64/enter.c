// SPDX-License-Identifier: MIT
// x86-64: the kernel finds its CPUs by ACPI, and is entered in long mode over the firmware's identity map.
#include "loader.h"

const uint16_t machine_elf = 62;

const char *machine_lack(const struct record *record) {
    return record->info.rsdp == 0 ? "the firmware has no ACPI 2.0 tables, by which the kernel finds its CPUs." : NULL;
}

_Noreturn void machine_enter(const struct image *image, struct record *record) {
    __asm__ volatile("cli\n\tcld\n\tjmp *%0" ::"r"(image->entry), "D"(record) : "memory");
    __builtin_unreachable();
}
