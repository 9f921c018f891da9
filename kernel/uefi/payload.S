// SPDX-License-Identifier: MIT
// The kernel, as a file within the loader.
.section .rdata,"dr"
.balign 16
.global payload_start, payload_end
payload_start:
.incbin KERNEL_ELF
payload_end:
