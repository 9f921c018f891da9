// SPDX-License-Identifier: MIT
// Making a TLSF heap, for all forms, and the sentences for what can be wrong with it.
#include "tlsf/pool.h"

// Whether [region, region + bytes) may hold a heap that begins at its front.
static enum tlsf_error region_verdict(const void *region, size_t bytes) {
    if (region == NULL) {
        return TLSF_ERR_NULL;
    }
    if ((uintptr_t)region % TLSF_REGION_ALIGN != 0) {
        return TLSF_ERR_MISALIGNED;
    }
    if (bytes > UINTPTR_MAX - (uintptr_t)region) {
        return TLSF_ERR_OVERFLOW;
    }
    return bytes > TLSF_REGION_BYTES_MAX ? TLSF_ERR_REGION_TOO_LARGE : TLSF_OK;
}

enum tlsf_error tlsf_init(void *region, size_t bytes, tlsf **heap) {
    if (heap == NULL) {
        return TLSF_ERR_NULL;
    }
    if (*heap != NULL) {
        return TLSF_ERR_TWICE;
    }
    enum tlsf_error error = region_verdict(region, bytes);
    if (error != TLSF_OK) {
        return error;
    }
    bytes &= ~(size_t)(BLOCK_GRAIN_BYTES - 1);
    size_t levels = bytes == 0 ? 0 : index_level_of(index_list_of(bytes)) + 1;
    size_t heads = levels * INDEX_LISTS;
    size_t front_bytes = sizeof(tlsf) + heads * sizeof(struct tlsf_block *);
    if (bytes < front_bytes + BLOCK_BYTES_MIN + BLOCK_HEADER_BYTES) {
        return TLSF_ERR_REGION_TOO_SMALL;
    }
    tlsf *made = region;
    *made = (tlsf){
        .region_bytes = bytes,
        .metadata_bytes = front_bytes + BLOCK_HEADER_BYTES,
        .index = {.levels = levels},
    };
    for (size_t i = 0; i < heads; i++) { // bound: 32 turns for each power of two up to bytes
        *index_head(&made->index, i) = NULL;
    }
    size_t pool_bytes = bytes - made->metadata_bytes;
    made->first = (struct tlsf_block *)((uintptr_t)region + front_bytes);
    made->sentinel = block_at(made->first, pool_bytes);
    made->last_offset = pool_bytes - BLOCK_BYTES_MIN;
    block_write(made->first, pool_bytes, BLOCK_FREE);
    block_write(made->sentinel, 0, BLOCK_PREV_FREE);
    index_put(&made->index, made->first, pool_bytes);
    *heap = made;
    return TLSF_OK;
}

enum tlsf_error tlsf_init_behind(size_t front_bytes, void *region, size_t bytes, size_t cpus, tlsf **heap) {
    enum tlsf_error error = region_verdict(region, bytes);
    if (error != TLSF_OK) {
        return error;
    }
    if (cpus == 0 || cpus > TLSF_CPUS_MAX) {
        return cpus == 0 ? TLSF_ERR_NO_CPU : TLSF_ERR_TOO_MANY_CPUS;
    }
    if (bytes < front_bytes) {
        return TLSF_ERR_REGION_TOO_SMALL;
    }
    return tlsf_init((unsigned char *)region + front_bytes, bytes - front_bytes, heap);
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
