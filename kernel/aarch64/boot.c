// SPDX-License-Identifier: MIT
// What the loader and the device tree say, as struct boot.
#include "arch.h"
#include "parts.h"
#include "print.h"
#include "start_info.h"

enum { TREE_BYTES_MAX = 2 << 20 }; // as the boot protocol of Linux has it

_Static_assert((int)MACHINE_CPUS_MAX == (int)ARCH_CPUS_MAX, "every CPU of the tree can be used");

struct machine machine;

static void add_ranges(struct boot *boot, const struct machine_ranges *ranges, enum frame_kind kind) {
    for (size_t i = 0; i < ranges->count; i++) // bound: MACHINE_RANGES_MAX
        boot_add_region(boot, ranges->at[i].start, ranges->at[i].bytes, kind);
}

static void read_tree(const void *tree, size_t limit) {
    const char *problem = machine_read(&machine, tree, limit);
    if (problem != NULL)
        panic("%s", problem);
    if (machine.uart.count != 0)
        console_move(machine.uart.at[0].start);
}

void arch_read_boot(uintptr_t record, struct boot *boot) {
    const struct start_info *info = (const struct start_info *)record;
    if (record == 0)
        panic("no device tree: boot the flat image (kernel-*.bin), not the ELF file");
    if (info->magic == START_INFO_MAGIC) {
        const struct start_module *tree = (const struct start_module *)info->modules;
        if (info->module_count == 0)
            panic("the UEFI loader hands over no device tree (-M virt,acpi=off)");
        read_tree((const void *)tree->start, tree->bytes);
        start_info_read(info, boot);
    } else {
        read_tree((const void *)record, TREE_BYTES_MAX);
        boot->loader = "device tree";
        add_ranges(boot, &machine.memory, FRAME_USABLE);
        boot_set_line(boot, machine.line);
    }
    add_ranges(boot, &machine.reserved, FRAME_RESERVED);
    boot->cpus_upper = machine.cpus_upper;
    boot_set_cpus(boot, machine.cpus, machine.cpu_count, SYSTEM_READ("mpidr_el1") & MACHINE_AFFINITY);
}
