// SPDX-License-Identifier: MIT
// The form without a lock, and the sentences.
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

const char *tlsf_strerror(enum tlsf_error error) {
    switch (error) {
    case TLSF_OK:
        return "no error";
    case TLSF_ERR_NULL:
        return "the region or the place for the heap's handle is NULL";
    case TLSF_ERR_MISALIGNED:
        return "the region does not begin at a multiple of 64 bytes";
    case TLSF_ERR_OVERFLOW:
        return "the region wraps around the end of the address space";
    case TLSF_ERR_REGION_TOO_SMALL:
        return "the region cannot hold the metadata and one block";
    case TLSF_ERR_REGION_TOO_LARGE:
        return "the region is larger than 1 TiB";
    case TLSF_ERR_NO_CPU:
        return "the heap needs at least one CPU slot";
    case TLSF_ERR_TOO_MANY_CPUS:
        return "the heap has at most 1024 CPU slots";
    case TLSF_ERR_TWICE:
        return "the handle refers to a heap already";
    }
    return "unknown error";
}
