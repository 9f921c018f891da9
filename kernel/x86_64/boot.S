// SPDX-License-Identifier: MIT
// From a loader's hands, or from reset in the case of secondary CPUs, into C in long mode.

#define PRESENT_WRITABLE 3
#define LARGE 0x80
#define CR0_LONG 0x80010033 // paging, write protection for the kernel too, protection, x87 errors; caches on
#define CR4_LONG 0x60       // PAE, and machine checks are exceptions; else they would reset the machine
#define EFER 0xc0000080
#define EFER_LONG 0x100
#define EFER_NO_EXECUTE 0x800
#define MSR_GS_BASE 0xc0000101
#define SELECTOR_TASKS 24
#define INDEX_OF_CPU 8 // in struct cpu
#define STACK_TOP_OF_CPU 24

    .macro set register, value, by
    mov $\value, %eax
    mov %\by, %\register
    .endm

    .macro paging_on tables, efer
    set cr4, CR4_LONG, eax
    set cr3, \tables, eax
    mov $EFER, %ecx
    mov $\efer, %eax
    xor %edx, %edx
    wrmsr
    set cr0, CR0_LONG, eax
    .endm

    .section .note.Xen, "a", @note
    .balign 4
    .long 4, 4, 18 // bytes of the name, bytes of the entry's address, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long pvh_entry

// Four GiB, one to one. Loaders leave what they tell below that.
    .data
    .balign 4096
early_tables:
    .quad early_directories_of_1_gib + PRESENT_WRITABLE
    .fill 511, 8, 0
early_directories_of_1_gib:
    .irp i, 0, 1, 2, 3
    .quad early_pages + \i * 4096 + PRESENT_WRITABLE
    .endr
    .fill 508, 8, 0
early_pages:
    i = 0
    .rept 4 * 512
    .quad (i << 21) + LARGE + PRESENT_WRITABLE
    i = i + 1
    .endr

    .globl descriptors
descriptors:
    .quad 0, 0x00af9a000000ffff, 0x00cf92000000ffff // none, code, data
    .fill 255 * 2, 8, 0
descriptors_end:
descriptors_pointer:
    .word descriptors_end - descriptors - 1
    .quad descriptors

    .globl ap_cpu
    .balign 8
ap_cpu:
    .quad 0

// The first thing after the read-only pages: an overflow meets those and traps.
    .section .boot_stack, "aw", @progbits
    .balign 4096
    .skip 32768
    .globl boot_stack_top
boot_stack_top:

// PVH: 32-bit protected mode, no paging, EBX = the record.
    .text
    .code32
pvh_entry:
    cli
    cld
    lgdt descriptors_pointer
    paging_on early_tables, EFER_LONG
    ljmp $8, $pvh_long
    .code64
pvh_long:
    mov %ebx, %edi
    jmp boot_entry

// UEFI: long mode over the firmware's tables, RDI = the record.
    .globl uefi_entry
uefi_entry:
    cli
    cld
    lgdt descriptors_pointer
    set cr4, CR4_LONG, rax
    set cr3, early_tables, rax
    set cr0, CR0_LONG, rax
    mov $boot_stack_top, %esp
    push $8
    push $boot_entry
    lretq

boot_entry: // RDI = the record
    mov $boot_stack_top, %esp
    call load_segments
    mov %rdi, %rbx
    mov $bss_start, %edi
    mov $bss_end, %ecx
    sub %edi, %ecx
    xor %eax, %eax
    rep stosb
    call exceptions_init
    mov %rbx, %rdi
    xor %ebp, %ebp
    call kernel_main

// Secondary CPUs begin in real mode, at a page's start that the interrupt to start them names. All of this lies at
// ap_page too, and is executed there up to the far jump.
    .section .rodata
    .globl ap_start, ap_end
    .code16
ap_start:
    cli
    cld
    xor %ax, %ax
    mov %ax, %ds
    lgdtl ap_descriptors - ap_start + ap_page
    paging_on page_root, EFER_LONG | EFER_NO_EXECUTE
    ljmpl $8, $ap_long
ap_descriptors:
    .word descriptors_end - descriptors - 1
    .long descriptors
ap_end:

    .text
    .code64
ap_long: // first of all exceptions can be reported, even that of a stack which is not there
    lidt exceptions_pointer
    mov ap_cpu, %rdi // A boot.record <- R lapic.record
    mov INDEX_OF_CPU(%rdi), %eax
    shl $4, %eax
    add $SELECTOR_TASKS, %eax
    ltr %ax
    mov $MSR_GS_BASE, %ecx
    mov %edi, %eax
    mov %rdi, %rdx
    shr $32, %rdx
    wrmsr
    mov STACK_TOP_OF_CPU(%rdi), %rsp
    call load_segments
    xor %ebp, %ebp
    call cpu_main

load_segments: // but FS, which nobody uses, and GS, whose base counts
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    ret

    .section .note.GNU-stack, "", @progbits
