// SPDX-License-Identifier: MIT
// What the forms of TLSF share: the heap's state, and the operations that report misuse instead of calling port_fault,
// so that a locked form can release its lock first.
#ifndef TLSF_POOL_H
#define TLSF_POOL_H

#include <wfheap/tlsf.h>

#include "port/port.h"
#include "tlsf/index.h"

struct tlsf {
    struct tlsf_block *first, *sentinel; // blocks tile [first, sentinel)
    size_t last_offset;                  // from the first block to the last address where one can begin
    size_t region_bytes, metadata_bytes;
    size_t used_bytes, peak_bytes;
    uint64_t allocs, frees;
    struct tlsf_index index; // the last: the lists' heads follow
};

// 0 if nothing is wrong; a value of enum port_fault_kind otherwise.
typedef int tlsf_verdict;

// What is left of a realloc after its constant part.
struct tlsf_resize {
    tlsf_verdict verdict; // not 0: p is no block, nothing was done
    void *result;         // the block to return; NULL: no room, nothing was done
    size_t copy_bytes;    // not 0: copy as much from p to result, then free p
};

// tlsf_init for the locked forms: the heap begins behind front_bytes, which count only if `cpus` is allowed.
enum tlsf_error tlsf_init_behind(size_t front_bytes, void *region, size_t bytes, size_t cpus, tlsf **heap);

// Whether p is a live block with sane neighbours.
tlsf_verdict tlsf_block_verdict(const tlsf *heap, const void *p);
// tlsf_free without the fault; p is not NULL.
tlsf_verdict tlsf_release(tlsf *heap, void *p);
// The constant part of tlsf_realloc; p is not NULL, size is not 0.
struct tlsf_resize tlsf_resize(tlsf *heap, void *p, size_t size, size_t align);

// port_fault for a verdict that is not 0; returns for 0.
static inline void tlsf_fault_unless_ok(tlsf_verdict verdict, const void *p, size_t cpu) {
    if (verdict != 0) {
        port_fault((enum port_fault_kind)verdict, p, cpu);
    }
}

#endif
