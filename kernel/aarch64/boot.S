// SPDX-License-Identifier: MIT
// Entry of the boot CPU (from QEMU's -kernel or from kernel/uefi) and of the others (from PSCI), at EL2 or EL1, down to C
// at EL1 with MMU and caches on. Until they are, memory is read as instructions only: no access can be misaligned, no
// exclusive can fail.

#define SCTLR_OFF 0x30d00800 // the bits that must be one
#define SCTLR_ON 0x30d0180d  // and the instruction cache, the check of SP's alignment, the data cache, the MMU
#define SCTLR_EL2 0x30c50830 // the bits that must be one: all off
#define MAIR 0x04ff          // attribute 0: Normal, write-back; 1: Device-nGnRE
#define TCR 0x200803519      // 39 bits of address, 40 physical; walks cached, inner shareable; 4 KiB pages; no TTBR1
#define SPSR_EL1H 0x3c5      // EL1 with its own SP, everything masked
#define CPU_STACK_TOP 24     // in struct cpu

    .macro write register, value // up to 48 bits
    movz    x1, #(\value) & 0xffff
    movk    x1, #((\value) >> 16) & 0xffff, lsl #16
    movk    x1, #((\value) >> 32) & 0xffff, lsl #32
    msr     \register, x1
    .endm

    // The CPU of the record in x1, its stack, the vectors, and SP_EL0 = 0: no exception is being reported.
    .macro become
    msr     tpidr_el1, x1
    ldr     x1, [x1, #CPU_STACK_TOP]
    mov     sp, x1
    msr     sp_el0, xzr
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    isb
    msr     daifclr, #5 // SError is reported when it comes; FIQ is the alarm
    mov     x0, x19
    mov     x29, xzr
    .endm

// https://docs.kernel.org/arch/arm64/booting.html
    .section .head, "ax"
    b       boot_entry
    .long   0
    .quad   0x200000 // offset from the start of RAM
    .quad   image_bytes
    .quad   2 // little endian, 4 KiB pages
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .text
// x0: what the loader left, for kernel_main.
boot_entry:
    mov     x19, x0
    bl      enter_el1
    adrp    x0, early_table
    bl      mmu_load
    adrp    x0, bss_start
    adrp    x1, image_end
1:  stp     xzr, xzr, [x0], #16 // bound: bytes of .bss
    cmp     x0, x1
    b.lo    1b
    adrp    x1, boot_cpu
    add     x1, x1, :lo12:boot_cpu
    become
    bl      kernel_main

// x0: the CPU's record. Walks of the tables are cached, so that nobody has to clean them to memory.
    .globl  secondary_entry
secondary_entry:
    mov     x19, x0
    bl      enter_el1
    adrp    x0, page_root
    bl      mmu_load
    mov     x1, x19
    become
    bl      cpu_main

// Returns at EL1 with interrupts masked.
enter_el1:
    msr     daifset, #15
    mrs     x1, currentel
    tbnz    x1, #3, 1f // EL2
    ret
1:  write   sctlr_el2, SCTLR_EL2
    write   hcr_el2, 1 << 31 // EL1 is AArch64; nothing of it is trapped or translated
    isb
    write   sctlr_el1, SCTLR_OFF
    mrs     x1, midr_el1 // what EL1 reads there is the hypervisor's to say
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    write   cnthctl_el2, 3 // timers and counters are EL1's
    msr     cntvoff_el2, xzr
    write   cptr_el2, 0x33ff // no traps of floating point
    msr     hstr_el2, xzr
    mrs     x1, id_aa64dfr0_el1
    sbfx    x1, x1, #8, #4 // 0: no PMU; -1: one of the vendor's own making
    cmp     x1, #0
    b.le    2f
    mrs     x1, pmcr_el0 // all event counters are EL1's
    ubfx    x1, x1, #11, #5
    msr     mdcr_el2, x1
2:  mrs     x1, id_aa64pfr0_el1
    ubfx    x1, x1, #24, #4
    cbz     x1, 3f
    write   s3_4_c12_c9_5, 0xf // ICC_SRE_EL2: the interrupt controller by system registers, for EL1 too
3:  write   spsr_el2, SPSR_EL1H
    msr     elr_el2, x30
    eret

// void mmu_load(const uint64_t *table): turns the MMU and the caches on over a table, off in between, since a mapping
// must not change its size while it is in use. Calls no one and touches no memory.
    .globl  mmu_load
mmu_load:
    dsb     sy
    write   sctlr_el1, SCTLR_OFF
    isb
    write   mair_el1, MAIR
    write   tcr_el1, TCR
    msr     ttbr0_el1, x0
    tlbi    vmalle1
    ic      iallu
    dsb     nsh
    isb
    write   sctlr_el1, SCTLR_ON
    isb
    ret

    .macro  call_by name, instruction
    .globl  \name
\name:
    \instruction
    ret
    .endm
    call_by call_by_hvc, "hvc #0"
    call_by call_by_smc, "smc #0"
    call_by semihosting, "hlt #0xf000"

// Until arch_load_pages: devices in the first GiB, memory from there to 4 GiB, where loaders leave things.
    .section .rodata
    .balign 4096
early_table:
    .quad   0x0060000000000405, 0x40000701, 0x80000701, 0xc0000701
    .fill   508, 8, 0

// The first thing after the read-only pages: an overflow meets those and traps.
    .section .boot_stack, "aw", @progbits
    .balign 4096
    .skip   16384
    .globl  boot_stack_top
boot_stack_top:
