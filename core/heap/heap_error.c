// SPDX-License-Identifier: MIT
// Errors of initialisation as sentences.
#include <wfheap/heap.h>

const char *wfh_strerror(enum wfh_error error) {
    switch (error) {
    case WFH_OK:
        return "The heap is ready.";
    case WFH_ERR_NULL:
        return "A required pointer is NULL.";
    case WFH_ERR_MISALIGNED:
        return "The region does not begin on a page of 4096 bytes.";
    case WFH_ERR_OVERFLOW:
        return "The region wraps around the end of the address space.";
    case WFH_ERR_REGION_TOO_SMALL:
        return "The region is smaller than 1 MiB.";
    case WFH_ERR_REGION_TOO_LARGE:
        return "The region is larger than 1 TiB.";
    case WFH_ERR_NO_ROOM_METADATA:
        return "The heap's metadata does not fit into the memory that is present.";
    case WFH_ERR_NO_ROOM_SPAN:
        return "The heap's metadata leaves no page for blocks.";
    case WFH_ERR_NO_CPU:
        return "A heap needs at least one CPU slot.";
    case WFH_ERR_TOO_MANY_CPUS:
        return "A heap has at most 1024 CPU slots.";
    case WFH_ERR_TWICE:
        return "The handle is not NULL: it refers to a heap already.";
    case WFH_ERR_OUTSIDE:
        return "The memory lies outside the heap's range, or inside its metadata.";
    case WFH_ERR_OVERLAP:
        return "Some of the memory was admitted before.";
    }
    return "This is no error code of the heap.";
}
