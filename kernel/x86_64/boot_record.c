// SPDX-License-Identifier: MIT
// What loader and firmware tell of this machine.
#include "acpi.h"
#include "machine.h"
#include "print.h"
#include "start_info.h"

static void boot_cpu_first(struct boot *boot, uint64_t id) {
    for (size_t i = 0; i < boot->cpu_count; i++) { // bound: cpu_count
        if (boot->hardware_ids[i] == id) {
            boot->hardware_ids[i] = boot->hardware_ids[0];
            boot->hardware_ids[0] = id;
            return;
        }
    }
    panic("the MADT does not list the CPU that boots, with local APIC id %lu", id);
}

void arch_read_boot(uintptr_t record, struct boot *boot) {
    static struct acpi_cpus cpus;
    const struct start_info *info = (const struct start_info *)record;
    if (info->magic != START_INFO_MAGIC) {
        panic("the loader left no start record, but %x", info->magic);
    }
    start_info_read(info, boot);
    boot_add_region(boot, 0, 1 << 20, FRAME_RESERVED); // what firmware likes there, and the secondaries' first page
    const char *wrong = acpi_find_cpus(info->rsdp, EARLY_MAP_END, &cpus);
    if (wrong != NULL) {
        panic("%s", wrong);
    }
    if (cpus.beyond > 0) {
        print("# %zu CPUs with local APIC ids of 255 and more are left out: only x2APIC mode could start them.\n",
              cpus.beyond);
    }
    for (size_t i = 0; i < cpus.count; i++) { // bound: ACPI_CPUS_MAX
        boot->hardware_ids[i] = cpus.ids[i];
    }
    boot->cpu_count = cpus.count;
    boot->cpus_upper = cpus.possible;
    boot_cpu_first(boot, lapic_id());
}
