// SPDX-License-Identifier: MIT
// The heap that the kernel was built for, under one set of names: -DWFH_BACKEND=wf or -DWFH_BACKEND=tlsf.
// Contracts: wfheap/heap.h, wfheap/tlsf.h.
#ifndef KERNEL_COMMON_BACKEND_H
#define KERNEL_COMMON_BACKEND_H

#define BACKEND_wf 1
#define BACKEND_tlsf 2
#define BACKEND_ 0
#define BACKEND_PASTE(name) BACKEND_##name
#define BACKEND_NUMBER(name) BACKEND_PASTE(name)
#define BACKEND_QUOTE(name) #name
#define BACKEND_TEXT(name) BACKEND_QUOTE(name)

#if !defined(WFH_BACKEND)
#error "No heap is chosen: build the kernel with -DWFH_BACKEND=wf or -DWFH_BACKEND=tlsf."
#elif BACKEND_NUMBER(WFH_BACKEND) == BACKEND_wf
#include "backend_wf.h"
#elif BACKEND_NUMBER(WFH_BACKEND) == BACKEND_tlsf
#include "backend_tlsf.h"
#else
#error "WFH_BACKEND names no heap of this kernel: it may be wf or tlsf."
#endif

_Static_assert(__builtin_strcmp(BACKEND_TEXT(WFH_BACKEND), BACKEND_NAME) == 0,
               "WFH_BACKEND names more than one heap: it may be wf or tlsf.");

#endif
