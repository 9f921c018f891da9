// SPDX-License-Identifier: MIT
// What loader and firmware tell of this machine.
#include "acpi.h"
#include "machine.h"
#include "print.h"
#include "start_info.h"

void arch_read_boot(uintptr_t record, struct boot *boot) {
    static struct acpi_cpus cpus;
    const struct start_info *info = (const struct start_info *)record;
    if (info->magic != START_INFO_MAGIC)
        panic("the loader left no start record, but %x", info->magic);
    start_info_read(info, boot);
    boot_add_region(boot, 0, 1 << 20, FRAME_RESERVED); // what firmware likes there, and the secondaries' first page
    const char *wrong = acpi_find_cpus(info->rsdp, EARLY_MAP_END, &cpus);
    if (wrong != NULL)
        panic("%s", wrong);
    if (cpus.beyond > 0) {
        print("# %zu CPUs with local APIC ids of 255 and more are left out: only x2APIC mode could start them.\n",
              cpus.beyond);
    }
    boot->cpus_upper = cpus.possible;
    boot_set_cpus(boot, cpus.ids, cpus.count, lapic_id());
}
