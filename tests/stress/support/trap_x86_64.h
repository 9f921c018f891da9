// SPDX-License-Identifier: MIT
// The trap flag: while it is set, the processor raises SIGTRAP after every instruction.
#ifndef STRESS_TRAP_X86_64_H
#define STRESS_TRAP_X86_64_H

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#define TRAP_FLAG 0x100

// The compiler may keep values in the 128 bytes below the stack pointer: step over them before pushing.
static inline void trap_flag_set(void) {
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

static inline void trap_flag_clear(void) {
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tleaq 128(%%rsp), %%rsp" ::
                         : "memory", "cc");
}

// Who is called at each trap.
static inline void trap_catch(void (*handle)(int signal_number, siginfo_t *info, void *context)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTRAP, &action, NULL);
}

// From a handler: what the interrupted code does next.
static inline const unsigned char *trap_next_instruction(const void *context) {
    return (const unsigned char *)(uintptr_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
}

// From a handler: the interrupted code goes on without any more traps.
static inline void trap_flag_clear_in(void *context) {
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
}

#endif
