// SPDX-License-Identifier: MIT
// AArch64: the kernel finds its devices by the device tree, and is entered with the MMU and the caches off, so that
// what it reads must have left the caches before.
#include "loader.h"

const uint16_t machine_elf = 183;

const char *machine_lack(const struct record *record) {
    return record->info.module_count == 0
               ? "the firmware has no device tree, by which the kernel finds its devices (QEMU: -M virt,acpi=off)."
               : NULL;
}

static void clean(uint64_t start, uint64_t end) {
    uint64_t types;
    __asm__("mrs %0, ctr_el0" : "=r"(types));
    uint64_t line = UINT64_C(4) << (types >> 16 & 15);
    for (uint64_t at = start & ~(line - 1); at < end; at += line) { // bound: lines between start and end
        __asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
    }
}

// No memory but its own code is touched from the moment on that the caches go off.
__attribute__((naked)) static void leave_mmu(uint64_t record, uint64_t entry) {
    __asm__("msr daifset, #15\n\t"
            "dsb sy\n\t"
            "ic iallu\n\t"
            "mov x3, #0x1005\n\t" // SCTLR: I, C and M
            "mrs x2, CurrentEL\n\t"
            "cmp x2, #8\n\t"
            "b.eq 2f\n\t"
            "mrs x2, sctlr_el1\n\t"
            "bic x2, x2, x3\n\t"
            "msr sctlr_el1, x2\n\t"
            "b 3f\n"
            "2:\n\t"
            "mrs x2, sctlr_el2\n\t"
            "bic x2, x2, x3\n\t"
            "msr sctlr_el2, x2\n"
            "3:\n\t"
            "isb\n\t"
            "ic iallu\n\t"
            "dsb sy\n\t"
            "isb\n\t"
            "br x1\n");
}

_Noreturn void machine_enter(const struct image *image, struct record *record) {
    clean(image->start, image->end);
    clean((uintptr_t)record, (uintptr_t)(record + 1));
    clean(record->device_tree.start, record->device_tree.start + record->device_tree.bytes);
    clean((uintptr_t)leave_mmu, (uintptr_t)leave_mmu + 256);
    leave_mmu((uintptr_t)record, image->entry);
    __builtin_unreachable();
}
