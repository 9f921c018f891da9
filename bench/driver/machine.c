// SPDX-License-Identifier: MIT
// The machine as hwloc sees it.
#include "machine.h"

#include <hwloc.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/utsname.h>

// The n-th unit of every core, in hwloc's logical order, which goes through packages and NUMA nodes one by one.
static bool order_siblings(struct machine *machine, hwloc_topology_t topology, unsigned n) {
    bool found = false;
    int cores = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE);
    for (int i = 0; i < cores && machine->units < MACHINE_UNITS_MAX; i++) {
        hwloc_obj_t core = hwloc_get_obj_by_type(topology, HWLOC_OBJ_CORE, (unsigned)i);
        hwloc_obj_t unit = hwloc_get_obj_inside_cpuset_by_type(topology, core->cpuset, HWLOC_OBJ_PU, n);
        if (unit != NULL) {
            machine->order[machine->units++] = (int)unit->os_index;
            found = true;
        }
    }
    return found;
}

// Some virtual machines show units without cores.
static void order_units(struct machine *machine, hwloc_topology_t topology) {
    int units = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);
    for (int i = 0; i < units && machine->units < MACHINE_UNITS_MAX; i++) {
        machine->order[machine->units++] = (int)hwloc_get_obj_by_type(topology, HWLOC_OBJ_PU, (unsigned)i)->os_index;
    }
}

static void describe(struct machine *machine, hwloc_topology_t topology) {
    hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
    const char *model = package == NULL ? NULL : hwloc_obj_get_info_by_name(package, "CPUModel");
    int written =
        snprintf(machine->description, sizeof machine->description,
                 "%s, %d packages, %d cores, %zu units, %d NUMA nodes, threads on units",
                 model == NULL ? "unknown processor" : model, hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PACKAGE),
                 hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE), machine->units,
                 hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE));
    for (size_t i = 0; i < machine->units && written > 0 && (size_t)written < sizeof machine->description; i++) {
        hwloc_obj_t unit = hwloc_get_pu_obj_by_os_index(topology, (unsigned)machine->order[i]);
        int node = hwloc_bitmap_first(unit->nodeset);
        written += snprintf(machine->description + written, sizeof machine->description - (size_t)written,
                            " %d(node %d)", machine->order[i], node);
    }
}

const char *machine_look(struct machine *machine) {
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology) != 0) {
        return "hwloc cannot be initialised";
    }
    if (hwloc_topology_load(topology) != 0) {
        hwloc_topology_destroy(topology);
        return "hwloc cannot read the machine's topology";
    }
    machine->units = 0;
    for (unsigned n = 0; order_siblings(machine, topology, n); n++) {
    }
    if (machine->units == 0) {
        order_units(machine, topology);
    }
    describe(machine, topology);
    hwloc_topology_destroy(topology);
    struct utsname names;
    if (uname(&names) == 0) {
        (void)snprintf(machine->kernel, sizeof machine->kernel, "%s %s %s", names.sysname, names.release,
                       names.machine);
    }
    return machine->units == 0 ? "hwloc finds no processing unit" : NULL;
}

void machine_pin(int unit) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)unit, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        perror("wfbench: a thread could not be pinned, its figures are unreliable");
    }
}
