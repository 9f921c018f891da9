// SPDX-License-Identifier: MIT
// The machine as its device tree has it: one walk over the tree, each node judged by its properties when it begins.
#include "machine.h"

#define AFFINITY_MASK UINT64_C(0xff00ffffff)
#define PSCI_CPU_ON_64 0xc4000003u
enum { DEPTH_MAX = 16, PPI_FIRST = 16, PPI_COUNT = 16 };

// A node that has not ended.
struct level {
    const char *name;
    size_t address_cells, size_cells; // of its children's reg
    bool is_elsewhere;                // its children's addresses are not those that the CPU uses
};

struct walk {
    struct machine *machine;
    const struct fdt *tree;
    struct level levels[DEPTH_MAX]; // from the root down to the current node
    size_t depth;
    size_t properties; // of the current node: where they begin
    bool had_child;    // the current node: no property may follow
};

static bool is_same(const char *a, const char *b) {
    size_t i = 0;
    while (a[i] != 0 && a[i] == b[i]) { // bound: bytes of the string
        i++;
    }
    return a[i] == b[i];
}

// A property of the current node.
static struct fdt_value property(const struct walk *self, const char *name) {
    size_t offset = self->properties;
    for (;;) { // bound: properties of the node
        struct fdt_token token = fdt_next(self->tree, &offset);
        if (token.kind != FDT_PROPERTY) {
            return (struct fdt_value){0};
        }
        if (is_same(token.name, name)) {
            return token.value;
        }
    }
}

static bool has(const struct walk *self, const char *name, const char *text) {
    return fdt_has_string(property(self, name), text);
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
    struct fdt_value reg = property(self, "reg");
    const char *problem = NULL;
    // bound: ranges in the property
    for (size_t i = 0; problem == NULL && i < most && (i + 1) * cells <= reg.size / 4; i++) {
        uint64_t start = fdt_number(reg, i * cells, address);
        problem = add_range(to, start, fdt_number(reg, i * cells + address, cells - address));
    }
    return problem;
}

static const char *judge_cpu(const struct walk *self, bool is_enabled) {
    struct machine *machine = self->machine;
    size_t cells = self->levels[self->depth - 2].address_cells;
    struct fdt_value reg = property(self, "reg");
    machine->cpus_upper += machine->cpus_upper < MACHINE_CPUS_MAX;
    if (!is_enabled) {
        return NULL;
    }
    if (cells < 1 || cells > 2 || reg.size < cells * 4) {
        return "the device tree has a CPU without a readable reg";
    }
    if (machine->cpu_count == MACHINE_CPUS_MAX) {
        return "the device tree has more CPUs than this kernel can use";
    }
    machine->cpus[machine->cpu_count++] = fdt_number(reg, 0, cells) & AFFINITY_MASK;
    return NULL;
}

static const char *judge_psci(const struct walk *self) {
    struct machine *machine = self->machine;
    machine->psci_by_smc = has(self, "method", "smc");
    if (!machine->psci_by_smc && !has(self, "method", "hvc")) {
        return "the device tree's psci node has neither method, hvc nor smc";
    }
    // Since PSCI 0.2 the number is fixed, and the property optional.
    uint64_t cpu_on = fdt_number(property(self, "cpu_on"), 0, 1);
    machine->psci_cpu_on = cpu_on != 0 ? (uint32_t)cpu_on : PSCI_CPU_ON_64;
    return NULL;
}

// Interrupts of the timer: secure, non-secure, virtual, hypervisor; each {1 = private, number, flags}.
static const char *judge_timer(const struct walk *self) {
    struct fdt_value all = property(self, "interrupts");
    uint64_t alarm = fdt_number(all, 4, 1), number = fdt_number(all, 7, 1);
    if (all.size < 9 * 4 || fdt_number(all, 6, 1) != 1 || number >= PPI_COUNT || alarm >= PPI_COUNT) {
        return "the device tree's timer has no private interrupt for virtual time";
    }
    self->machine->timer_interrupt = (uint32_t)(PPI_FIRST + number);
    self->machine->alarm_interrupt = (uint32_t)(PPI_FIRST + alarm);
    return NULL;
}

static const char *judge_gic(const struct walk *self) {
    uint64_t regions = fdt_number(property(self, "#redistributor-regions"), 0, 1);
    return add_reg(self, &self->machine->gic, 1 + (regions != 0 ? regions : 1));
}

// A node at depth 2 or more: it has a parent.
static const char *judge_device(const struct walk *self) {
    struct fdt_value status = property(self, "status");
    bool is_enabled = status.bytes == NULL || fdt_has_string(status, "okay") || fdt_has_string(status, "ok");
    if (has(self, "device_type", "cpu")) {
        return judge_cpu(self, is_enabled);
    }
    if (!is_enabled) {
        return NULL;
    }
    if (has(self, "device_type", "memory")) {
        return add_reg(self, &self->machine->memory, UINT64_MAX);
    }
    if (self->depth == 3 && is_same(self->levels[1].name, "reserved-memory")) {
        return add_reg(self, &self->machine->reserved, UINT64_MAX);
    }
    if (has(self, "compatible", "arm,psci-1.0") || has(self, "compatible", "arm,psci-0.2")) {
        return judge_psci(self);
    }
    if (has(self, "compatible", "arm,gic-v3") && self->machine->gic.count == 0) {
        return judge_gic(self);
    }
    if (has(self, "compatible", "arm,armv8-timer")) {
        return judge_timer(self);
    }
    if (has(self, "compatible", "arm,pl011") && self->machine->uart.count == 0) {
        return add_reg(self, &self->machine->uart, 1);
    }
    return NULL;
}

static void read_cells(const struct walk *self, const char *name, size_t *cells) {
    struct fdt_value value = property(self, name);
    *cells = value.bytes != NULL ? fdt_number(value, 0, 1) : *cells;
}

static const char *enter_node(struct walk *self, const char *name, size_t properties) {
    if (self->depth == DEPTH_MAX) {
        return "the device tree's nodes lie too deep in each other";
    }
    bool is_elsewhere = self->depth != 0 && self->levels[self->depth - 1].is_elsewhere;
    struct level *level = &self->levels[self->depth++];
    *level = (struct level){.name = name, .address_cells = 2, .size_cells = 1};
    self->properties = properties;
    self->had_child = false;
    read_cells(self, "#address-cells", &level->address_cells);
    read_cells(self, "#size-cells", &level->size_cells);
    level->is_elsewhere =
        is_elsewhere || property(self, "ranges").size != 0; // what such a bus maps where is not followed
    struct fdt_value line = property(self, "bootargs");
    if (self->depth == 2 && is_same(name, "chosen") && line.size != 0 && line.bytes[line.size - 1] == 0) {
        self->machine->line = (const char *)line.bytes;
    }
    return self->depth >= 2 ? judge_device(self) : NULL;
}

static const char *take_token(struct walk *self, const struct fdt_token *token, size_t behind) {
    switch (token->kind) {
    case FDT_NODE:
        return enter_node(self, token->name, behind);
    case FDT_PROPERTY:
        return self->depth != 0 && !self->had_child
                   ? NULL
                   : "the device tree has a property outside a node, or after a node's child";
    case FDT_NODE_END:
        self->had_child = true;
        return self->depth-- != 0 ? NULL : "the device tree ends a node that never began";
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
    struct walk walk = {.machine = self, .tree = &tree};
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
        problem = take_token(&walk, &token, offset);
    }
    problem = problem != NULL ? problem : find_missing(self);
    return problem != NULL ? problem : order_cpus(self, boot_cpu);
}
