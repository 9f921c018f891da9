// SPDX-License-Identifier: MIT
// Errors as sentences.
#include <wfheap/frame.h>

// What can go wrong while a pool is planned and made.
static const char *frame_init_error(enum frame_error error) {
    switch (error) {
    case FRAME_ERR_MISALIGNED:
        return "The storage does not begin at a multiple of 64 bytes.";
    case FRAME_ERR_STORAGE_TOO_SMALL:
        return "The storage is smaller than the plan says.";
    case FRAME_ERR_NO_MEMORY:
        return "The memory map has no usable memory that is worth an arena.";
    case FRAME_ERR_OVERFLOW:
        return "A region wraps around the end of the address space.";
    case FRAME_ERR_KIND:
        return "A region is neither usable nor reclaimable nor reserved.";
    case FRAME_ERR_NO_CPU:
        return "A pool needs at least one CPU slot.";
    case FRAME_ERR_TOO_MANY_CPUS:
        return "A pool has at most 1024 CPU slots.";
    case FRAME_ERR_TOO_MANY_NODES:
        return "A pool has at most 1024 nodes.";
    case FRAME_ERR_FALLBACK:
        return "A row of the fallback order does not name each node once.";
    case FRAME_ERR_TWICE:
        return "The handle is not NULL: it refers to a pool already.";
    default:
        return "This is no error code of the frame allocator.";
    }
}

const char *frame_strerror(enum frame_error error) {
    switch (error) {
    case FRAME_OK:
        return "All is well.";
    case FRAME_ERR_NULL:
        return "A required pointer is NULL.";
    case FRAME_ERR_OUT_OF_MEMORY:
        return "Nothing suitable is free at the moment.";
    case FRAME_ERR_TOO_LARGE:
        return "No arena has so many frames in a row below the limit.";
    case FRAME_ERR_ALIGN:
        return "The alignment is not a power of two, or larger than the pool's addresses allow.";
    case FRAME_ERR_EMPTY:
        return "Nothing was asked for.";
    case FRAME_ERR_CPU:
        return "There is no such CPU slot.";
    case FRAME_ERR_NODE:
        return "There is no such node.";
    case FRAME_ERR_UNREACHABLE:
        return "The pool has no direct map to reach frames by.";
    case FRAME_ERR_NOT_MANAGED:
        return "A frame of the range is none of the pool's.";
    case FRAME_ERR_IN_USE:
        return "A frame of the range is not free.";
    case FRAME_ERR_MISPLACED:
        return "The offset is not a multiple of 4096, or too large.";
    case FRAME_ERR_OCCUPIED:
        return "There is a frame at this offset already.";
    case FRAME_ERR_ABSENT:
        return "There is no frame at this offset, or no more.";
    default:
        return frame_init_error(error);
    }
}
