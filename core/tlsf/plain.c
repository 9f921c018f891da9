// SPDX-License-Identifier: MIT
// The form without a lock.
#include "tlsf/pool.h"

void *tlsf_realloc(tlsf *heap, void *p, size_t size, size_t align) {
    if (p == NULL) {
        return tlsf_alloc(heap, size, align);
    }
    if (size == 0) {
        tlsf_free(heap, p);
        return NULL;
    }
    struct tlsf_resize resize = tlsf_resize(heap, p, size, align);
    tlsf_fault_unless_ok(resize.verdict, p, 0);
    if (resize.copy_bytes != 0) {
        __builtin_memcpy(resize.result, p, resize.copy_bytes);
        tlsf_free(heap, p);
    }
    return resize.result;
}

void tlsf_free(tlsf *heap, void *p) {
    if (p != NULL) {
        tlsf_fault_unless_ok(tlsf_release(heap, p), p, 0);
    }
}

size_t tlsf_usable_size(const tlsf *heap, const void *p) {
    if (p == NULL) {
        return 0;
    }
    tlsf_fault_unless_ok(tlsf_block_verdict(heap, p), p, 0);
    return block_payload_bytes(block_of(p));
}
