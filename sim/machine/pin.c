// SPDX-License-Identifier: MIT
// Pinning by hwloc; see pin.h.
#include "pin.h"

#include "stress/support/die.h"

#include <hwloc.h>
#include <stdlib.h>

struct pin {
    hwloc_topology_t topology;
    size_t units;
};

struct pin *pin_make(void) {
    struct pin *self = calloc(1, sizeof *self);
    if (self == NULL || hwloc_topology_init(&self->topology) != 0 || hwloc_topology_load(self->topology) != 0)
        die_unusable("machine: hwloc cannot read the topology of this machine");
    int units = hwloc_get_nbobjs_by_type(self->topology, HWLOC_OBJ_PU);
    if (units < 1)
        die_unusable("machine: hwloc finds no processing unit");
    self->units = (size_t)units;
    return self;
}

void pin_destroy(struct pin *self) {
    hwloc_topology_destroy(self->topology);
    free(self);
}

size_t pin_units(const struct pin *self) {
    return self->units;
}

void pin_thread(const struct pin *self, size_t index) {
    hwloc_obj_t unit = hwloc_get_obj_by_type(self->topology, HWLOC_OBJ_PU, (unsigned)(index % self->units));
    if (hwloc_set_cpubind(self->topology, unit->cpuset, HWLOC_CPUBIND_THREAD) != 0)
        die_unusable("machine: a thread cannot be bound to unit %u", unit->os_index);
}
