// SPDX-License-Identifier: MIT
// The table of allocators.
#include "adapter.h"

#include <string.h>

const struct adapter *const adapter_table[] = {
    &adapter_null,      &adapter_wf,
    &adapter_slab,      &adapter_tlsf,
    &adapter_tlsf_spin, &adapter_tlsf_mutex,
    &adapter_jemalloc,  &adapter_mimalloc,
    &adapter_tcmalloc,  &adapter_glibc,
    &adapter_frame,     &adapter_buddy,
    &adapter_buddy_mcs, NULL,
};

const struct adapter *adapter_find(const char *name) {
    for (const struct adapter *const *at = adapter_table; *at != NULL; at++) {
        if (strcmp((*at)->name, name) == 0) {
            return *at;
        }
    }
    return NULL;
}
