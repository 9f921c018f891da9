// SPDX-License-Identifier: MIT
// The machine as its device tree has it: one walk over the tree, each node judged by its properties when it begins.
#include "machine.h"

#define PSCI_CPU_ON_64 0xc4000003u
enum { DEPTH_MAX = 16, PPI_FIRST = 16, PPI_COUNT = 16 };

struct walk {
    struct machine *machine;
    struct fdt tree;
    size_t offset; // behind the latest token
};

// A node that has not ended.
struct node {
    const struct node *parent; // the root's is the tree itself, which has none
    const struct fdt *tree;
    struct fdt_value name;
    size_t depth, properties;         // where its properties begin
    size_t address_cells, size_cells; // of its children's reg
    bool is_elsewhere;                // its children's addresses are not those that the CPU uses
};

static struct fdt_value property(const struct node *self, const char *name) {
    size_t offset = self->properties;
    for (;;) { // bound: properties of the node
        struct fdt_token token = fdt_next(self->tree, &offset);
        if (token.kind != FDT_PROPERTY)
            return (struct fdt_value){NULL, 0};
        if (fdt_has_string(token.name, name))
            return token.value;
    }
}

static bool has(const struct node *self, const char *name, const char *text) {
    return fdt_has_string(property(self, name), text);
}

// A property of one cell.
static uint64_t number_or(const struct node *self, const char *name, uint64_t otherwise) {
    struct fdt_value value = property(self, name);
    return value.bytes != NULL ? fdt_number(value, 0, 1) : otherwise;
}

static const char *add_range(struct machine_ranges *to, uint64_t start, uint64_t bytes) {
    if (bytes == 0)
        return NULL;
    if (to->count == MACHINE_RANGES_MAX)
        return "the device tree names too many address ranges";
    if (bytes > UINT64_MAX - start)
        return "the device tree names a range beyond the end of the address space";
    to->at[to->count++] = (struct machine_range){start, bytes};
    return NULL;
}

// Adds the first `most` ranges of the node's reg.
static const char *add_reg(const struct node *self, struct machine_ranges *to, uint64_t most) {
    size_t address = self->parent->address_cells, cells = address + self->parent->size_cells;
    if (self->parent->is_elsewhere || address < 1 || address > 2 || cells <= address || cells > address + 2)
        return "the device tree has a reg that cannot be read";
    struct fdt_value reg = property(self, "reg");
    const char *problem = NULL;
    // bound: ranges in the property
    for (size_t i = 0; problem == NULL && i < most && (i + 1) * cells <= reg.size / 4; i++) {
        uint64_t start = fdt_number(reg, i * cells, address);
        problem = add_range(to, start, fdt_number(reg, i * cells + address, cells - address));
    }
    return problem;
}

static const char *judge_cpu(const struct node *self, struct machine *machine, bool is_enabled) {
    size_t cells = self->parent->address_cells;
    struct fdt_value reg = property(self, "reg");
    machine->cpus_upper += machine->cpus_upper < MACHINE_CPUS_MAX;
    if (!is_enabled)
        return NULL;
    if (cells < 1 || cells > 2 || reg.size < cells * 4)
        return "the device tree has a CPU without a readable reg";
    if (machine->cpu_count == MACHINE_CPUS_MAX)
        return "the device tree has more CPUs than this kernel can use";
    machine->cpus[machine->cpu_count++] = fdt_number(reg, 0, cells) & MACHINE_AFFINITY;
    return NULL;
}

// Since PSCI 0.2 the number is fixed, and the property optional.
static const char *judge_psci(const struct node *self, struct machine *machine) {
    machine->psci_cpu_on = (uint32_t)number_or(self, "cpu_on", PSCI_CPU_ON_64);
    machine->psci_by_smc = has(self, "method", "smc");
    return machine->psci_by_smc || has(self, "method", "hvc")
               ? NULL
               : "the device tree's psci node has neither method, hvc nor smc";
}

// Interrupts of the timer: secure, non-secure, virtual, hypervisor; each {1 = private, number, flags}.
static const char *judge_timer(const struct node *self, struct machine *machine) {
    struct fdt_value all = property(self, "interrupts");
    uint64_t alarm = fdt_number(all, 4, 1), number = fdt_number(all, 7, 1);
    if (all.size < 9 * 4 || fdt_number(all, 6, 1) != 1 || number >= PPI_COUNT || alarm >= PPI_COUNT)
        return "the device tree's timer has no private interrupt for virtual time";
    machine->timer_interrupt = (uint32_t)(PPI_FIRST + number);
    machine->alarm_interrupt = (uint32_t)(PPI_FIRST + alarm);
    return NULL;
}

// A node that has a parent.
static const char *judge(const struct node *self, struct machine *machine) {
    struct fdt_value status = property(self, "status"), line = property(self, "bootargs");
    bool is_enabled = status.bytes == NULL || fdt_has_string(status, "okay") || fdt_has_string(status, "ok");
    if (has(self, "device_type", "cpu"))
        return judge_cpu(self, machine, is_enabled);
    if (!is_enabled)
        return NULL;
    if (self->depth == 2 && fdt_has_string(self->name, "chosen") && line.size != 0 && line.bytes[line.size - 1] == 0)
        machine->line = (const char *)line.bytes;
    if (has(self, "device_type", "memory"))
        return add_reg(self, &machine->memory, UINT64_MAX);
    if (self->depth == 3 && fdt_has_string(self->parent->name, "reserved-memory"))
        return add_reg(self, &machine->reserved, UINT64_MAX);
    if (has(self, "compatible", "arm,psci-1.0") || has(self, "compatible", "arm,psci-0.2"))
        return judge_psci(self, machine);
    if (has(self, "compatible", "arm,gic-v3") && machine->gic.count == 0)
        return add_reg(self, &machine->gic, 1 + number_or(self, "#redistributor-regions", 1));
    if (has(self, "compatible", "arm,armv8-timer"))
        return judge_timer(self, machine);
    if (has(self, "compatible", "arm,pl011") && machine->uart.count == 0)
        return add_reg(self, &machine->uart, 1);
    return NULL;
}

// Reads on to the node's end; calls itself for its children. Without a parent it is the tree, and the root its child.
static const char *read_node(struct walk *self, const struct node *parent, struct fdt_value name) {
    static const char *const problems[] = {
        [FDT_BROKEN] = "the device tree is broken",
        [FDT_PROPERTY] = "the device tree has a property outside a node, or after a node's child",
        [FDT_NODE_END] = "the device tree ends a node that never began",
        [FDT_END] = "the device tree ends inside a node",
    };
    struct node node = {.parent = parent, .tree = &self->tree, .name = name, .properties = self->offset};
    struct fdt_token token = fdt_next(&self->tree, &self->offset);
    const char *problem = NULL;
    if (parent != NULL) {
        node.depth = parent->depth + 1;
        node.address_cells = number_or(&node, "#address-cells", 2);
        node.size_cells = number_or(&node, "#size-cells", 1);
        // What such a bus maps where is not followed.
        node.is_elsewhere = parent->is_elsewhere || property(&node, "ranges").size != 0;
        problem = node.depth > DEPTH_MAX ? "the device tree's nodes lie too deep in each other"
                  : node.depth > 1       ? judge(&node, self->machine)
                                         : NULL;
        while (token.kind == FDT_PROPERTY) // bound: properties of the node
            token = fdt_next(&self->tree, &self->offset);
    }
    while (problem == NULL && token.kind == FDT_NODE) { // bound: children of the node
        problem = read_node(self, &node, token.name);
        token = fdt_next(&self->tree, &self->offset);
    }
    enum fdt_kind end = parent != NULL ? FDT_NODE_END : FDT_END;
    return problem != NULL || token.kind == end ? problem : problems[token.kind];
}

static const char *find_missing(const struct machine *self) {
    return self->cpu_count == 0     ? "the device tree names no CPU"
           : !self->psci_cpu_on     ? "the device tree has no psci node: CPUs cannot be started"
           : self->gic.count < 2    ? "the device tree has no GICv3 with redistributors (-M virt,gic-version=3)"
           : !self->timer_interrupt ? "the device tree has no generic timer"
                                    : NULL;
}

const char *machine_read(struct machine *self, const void *bytes, size_t limit) {
    struct walk walk = {.machine = self};
    *self = (struct machine){.line = ""};
    const char *problem = fdt_open(&walk.tree, bytes, limit);
    uint64_t start, size;
    // bound: ranges that fit, and bytes of the tree
    for (size_t i = 0; problem == NULL && fdt_reservation(&walk.tree, i, &start, &size); i++)
        problem = add_range(&self->reserved, start, size);
    walk.offset = walk.tree.structure;
    problem = problem != NULL ? problem : read_node(&walk, NULL, (struct fdt_value){NULL, 0});
    return problem != NULL ? problem : find_missing(self);
}
