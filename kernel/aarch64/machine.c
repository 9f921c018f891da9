// SPDX-License-Identifier: MIT
// The machine as its device tree has it: one walk over the tree; a node is judged once all its properties are known,
// which is at its first child or its end.
#include "machine.h"

#define AFFINITY_MASK UINT64_C(0xff00ffffff)
#define PSCI_CPU_ON_64 0xc4000003u
enum { DEPTH_MAX = 16, PPI_FIRST = 16, PPI_COUNT = 16 };

enum { REG, STATUS, RANGES, ADDRESS_CELLS, SIZE_CELLS, DEVICE_TYPE };
enum { COMPATIBLE = DEVICE_TYPE + 1, METHOD, CPU_ON, INTERRUPTS, REGIONS, BOOTARGS, PROPERTY_COUNT };

// In the order of these numbers.
static const char *const property_names[PROPERTY_COUNT] = {
    "reg",    "status", "ranges",     "#address-cells",         "#size-cells", "device_type", "compatible",
    "method", "cpu_on", "interrupts", "#redistributor-regions", "bootargs"};

// A node whose children may follow.
struct level {
    const char *name;
    size_t address_cells, size_cells; // of its children's reg
    bool is_elsewhere;                // its children's addresses are not those that the CPU uses
};

struct walk {
    struct machine *machine;
    struct level levels[DEPTH_MAX]; // from the root down to the current node
    size_t depth;
    bool is_judged;                          // the current node
    struct fdt_value values[PROPERTY_COUNT]; // its properties so far
};

static bool is_same(const char *a, const char *b) {
    size_t i = 0;
    while (a[i] != 0 && a[i] == b[i]) { // bound: bytes of the string
        i++;
    }
    return a[i] == b[i];
}

static const char *add_range(struct machine_ranges *to, uint64_t start, uint64_t bytes) {
    if (bytes == 0) {
        return NULL;
    }
    if (to->count == MACHINE_RANGES_MAX) {
        return "the device tree names too many address ranges";
    }
    if (bytes > UINT64_MAX - start) {
        return "the device tree names a range beyond the end of the address space";
    }
    to->at[to->count++] = (struct machine_range){start, bytes};
    return NULL;
}

// Adds the first `most` ranges of the current node's reg.
static const char *add_reg(const struct walk *self, struct machine_ranges *to, uint64_t most) {
    const struct level *parent = &self->levels[self->depth - 2];
    size_t address = parent->address_cells, cells = address + parent->size_cells;
    if (parent->is_elsewhere || address < 1 || address > 2 || cells <= address || cells > address + 2) {
        return "the device tree has a reg that cannot be read";
    }
    const struct fdt_value *reg = &self->values[REG];
    const char *problem = NULL;
    // bound: ranges in the property
    for (size_t i = 0; problem == NULL && i < most && (i + 1) * cells <= reg->size / 4; i++) {
        uint64_t start = fdt_number(*reg, i * cells, address);
        problem = add_range(to, start, fdt_number(*reg, i * cells + address, cells - address));
    }
    return problem;
}

static bool is_compatible(const struct walk *self, const char *with) {
    return fdt_has_string(self->values[COMPATIBLE], with);
}

static const char *judge_cpu(const struct walk *self, bool is_enabled) {
    struct machine *machine = self->machine;
    size_t cells = self->levels[self->depth - 2].address_cells;
    machine->cpus_upper++;
    if (!is_enabled) {
        return NULL;
    }
    if (self->values[REG].bytes == NULL || cells < 1 || cells > 2 || self->values[REG].size < cells * 4) {
        return "the device tree has a CPU without a readable reg";
    }
    if (machine->cpu_count == MACHINE_CPUS_MAX) {
        return "the device tree has more CPUs than this kernel can use";
    }
    machine->cpus[machine->cpu_count++] = fdt_number(self->values[REG], 0, cells) & AFFINITY_MASK;
    return NULL;
}

static const char *judge_psci(const struct walk *self) {
    struct machine *machine = self->machine;
    machine->psci_by_smc = fdt_has_string(self->values[METHOD], "smc");
    if (!machine->psci_by_smc && !fdt_has_string(self->values[METHOD], "hvc")) {
        return "the device tree's psci node has neither method, hvc nor smc";
    }
    // Since PSCI 0.2 the number is fixed, and the property optional.
    uint64_t cpu_on = fdt_number(self->values[CPU_ON], 0, 1);
    machine->psci_cpu_on = cpu_on != 0 ? (uint32_t)cpu_on : PSCI_CPU_ON_64;
    return NULL;
}

// Interrupts of the timer: secure, non-secure, virtual, hypervisor; each {1 = private, number, flags}.
static const char *judge_timer(const struct walk *self) {
    const struct fdt_value *all = &self->values[INTERRUPTS];
    uint64_t alarm = fdt_number(*all, 4, 1), number = fdt_number(*all, 7, 1);
    if (all->size < 9 * 4 || fdt_number(*all, 6, 1) != 1 || number >= PPI_COUNT || alarm >= PPI_COUNT) {
        return "the device tree's timer has no private interrupt for virtual time";
    }
    self->machine->timer_interrupt = (uint32_t)(PPI_FIRST + number);
    self->machine->alarm_interrupt = (uint32_t)(PPI_FIRST + alarm);
    return NULL;
}

static const char *judge_gic(const struct walk *self) {
    uint64_t regions = fdt_number(self->values[REGIONS], 0, 1);
    return add_reg(self, &self->machine->gic, 1 + (regions != 0 ? regions : 1));
}

// A node at depth 2 or more: it has a parent.
static const char *judge_device(const struct walk *self) {
    const struct fdt_value *status = &self->values[STATUS];
    const struct level *parent = &self->levels[self->depth - 2];
    bool is_enabled = status->bytes == NULL || fdt_has_string(*status, "okay") || fdt_has_string(*status, "ok");
    if (fdt_has_string(self->values[DEVICE_TYPE], "cpu")) {
        return judge_cpu(self, is_enabled);
    }
    if (!is_enabled) {
        return NULL;
    }
    if (fdt_has_string(self->values[DEVICE_TYPE], "memory")) {
        return add_reg(self, &self->machine->memory, UINT64_MAX);
    }
    if (self->depth == 3 && is_same(parent->name, "reserved-memory")) {
        return add_reg(self, &self->machine->reserved, UINT64_MAX);
    }
    if (is_compatible(self, "arm,psci-1.0") || is_compatible(self, "arm,psci-0.2")) {
        return judge_psci(self);
    }
    if (is_compatible(self, "arm,gic-v3") && self->machine->gic.count == 0) {
        return judge_gic(self);
    }
    if (is_compatible(self, "arm,armv8-timer")) {
        return judge_timer(self);
    }
    if (is_compatible(self, "arm,pl011") && self->machine->uart.count == 0) {
        return add_reg(self, &self->machine->uart, 1);
    }
    return NULL;
}

static const char *judge_node(struct walk *self) {
    struct level *level = &self->levels[self->depth - 1];
    const struct fdt_value *values = self->values;
    if (self->is_judged) {
        return NULL;
    }
    self->is_judged = true;
    if (values[ADDRESS_CELLS].bytes != NULL) {
        level->address_cells = fdt_number(values[ADDRESS_CELLS], 0, 1);
    }
    if (values[SIZE_CELLS].bytes != NULL) {
        level->size_cells = fdt_number(values[SIZE_CELLS], 0, 1);
    }
    level->is_elsewhere |= values[RANGES].size != 0; // what such a bus maps where is not followed
    if (self->depth == 2 && is_same(level->name, "chosen") && values[BOOTARGS].size != 0 &&
        values[BOOTARGS].bytes[values[BOOTARGS].size - 1] == 0) {
        self->machine->line = (const char *)values[BOOTARGS].bytes;
    }
    return self->depth >= 2 ? judge_device(self) : NULL;
}

static const char *enter_node(struct walk *self, const char *name) {
    const char *problem = self->depth != 0 ? judge_node(self) : NULL;
    if (problem != NULL) {
        return problem;
    }
    if (self->depth == DEPTH_MAX) {
        return "the device tree's nodes lie too deep in each other";
    }
    struct level *level = &self->levels[self->depth];
    bool is_elsewhere = self->depth != 0 && self->levels[self->depth - 1].is_elsewhere;
    *level = (struct level){.name = name, .address_cells = 2, .size_cells = 1, .is_elsewhere = is_elsewhere};
    self->depth++;
    self->is_judged = false;
    for (size_t i = 0; i < PROPERTY_COUNT; i++) { // bound: PROPERTY_COUNT
        self->values[i] = (struct fdt_value){0};
    }
    return NULL;
}

static void note_property(struct walk *self, const struct fdt_token *token) {
    for (size_t i = 0; i < PROPERTY_COUNT; i++) { // bound: PROPERTY_COUNT
        if (is_same(token->name, property_names[i])) {
            self->values[i] = token->value;
        }
    }
}

static const char *take_token(struct walk *self, const struct fdt_token *token) {
    const char *problem;
    switch (token->kind) {
    case FDT_NODE:
        return enter_node(self, token->name);
    case FDT_PROPERTY:
        if (self->depth == 0 || self->is_judged) {
            return "the device tree has a property outside a node, or after a node's child";
        }
        note_property(self, token);
        return NULL;
    case FDT_NODE_END:
        if (self->depth == 0) {
            return "the device tree ends a node that never began";
        }
        problem = judge_node(self);
        self->depth--;
        return problem;
    case FDT_END:
        return self->depth == 0 ? NULL : "the device tree ends inside a node";
    case FDT_BROKEN:
    default:
        return "the device tree is broken";
    }
}

static const char *find_missing(const struct machine *self) {
    return self->cpu_count == 0     ? "the device tree names no CPU"
           : !self->psci_cpu_on     ? "the device tree has no psci node: CPUs cannot be started"
           : self->gic.count < 2    ? "the device tree has no GICv3 with redistributors (-M virt,gic-version=3)"
           : !self->timer_interrupt ? "the device tree has no generic timer"
                                    : NULL;
}

// Puts the boot CPU first.
static const char *order_cpus(struct machine *self, uint64_t boot_cpu) {
    for (size_t i = 0; i < self->cpu_count; i++) { // bound: CPUs
        if (self->cpus[i] == (boot_cpu & AFFINITY_MASK)) {
            self->cpus[i] = self->cpus[0];
            self->cpus[0] = boot_cpu & AFFINITY_MASK;
            return NULL;
        }
    }
    return "the device tree does not name the CPU that boots";
}

static const char *reserve(struct machine *self, const struct fdt *tree) {
    const char *problem = NULL;
    uint64_t start, bytes;
    // bound: ranges that fit, and bytes of the tree
    for (size_t i = 0; problem == NULL && fdt_reservation(tree, i, &start, &bytes); i++) {
        problem = add_range(&self->reserved, start, bytes);
    }
    return problem;
}

const char *machine_read(struct machine *self, const void *bytes, size_t limit, uint64_t boot_cpu) {
    struct fdt tree;
    struct walk walk = {.machine = self};
    *self = (struct machine){.line = ""};
    const char *problem = fdt_open(&tree, bytes, limit);
    if (problem != NULL) {
        return problem;
    }
    problem = reserve(self, &tree);
    struct fdt_token token = {.kind = FDT_NODE};
    size_t offset = tree.structure;
    while (problem == NULL && token.kind != FDT_END) { // bound: tokens of the tree
        token = fdt_next(&tree, &offset);
        problem = take_token(&walk, &token);
    }
    problem = problem != NULL ? problem : find_missing(self);
    return problem != NULL ? problem : order_cpus(self, boot_cpu);
}
