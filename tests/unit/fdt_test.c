// SPDX-License-Identifier: MIT
// The kernel's reader of device trees, on the host: what it finds in a tree like QEMU's and in variants of it, and that
// a tree that is cut off, damaged or incomplete gets a sentence and is never read beyond its end: every tree lies right
// before a page that cannot be read.
#include "expect.h"
#include "machine.h"
#include "stress/support/rng.h"

#include <string.h>
#include <sys/mman.h>

TestSuite(fdt, .timeout = 120);

enum { HEADER = 40, RESERVATIONS = 48, BLOB_MAX = 1 << 17 };

// A tree being written: structure and strings grow apart and are joined by finish().
struct writer {
    uint8_t structure[BLOB_MAX], strings[512];
    size_t structure_bytes, strings_bytes;
};

// What varies between the trees of these tests; `extra` writes into the root, at its end.
struct variant {
    uint32_t address_cells, size_cells, cpu_cells, cpus, disabled_cpu, regions;
    const char *without, *method;
    bool no_cpu_on;
    void (*extra)(struct writer *self);
};
static const struct variant usual = {2, 2, 1, 4, UINT32_MAX, 1, "", "hvc", false, NULL};

static void put_cell(struct writer *self, uint64_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        self->structure[self->structure_bytes++] = (uint8_t)(value >> shift);
    }
}

static void put_bytes(struct writer *self, const void *bytes, size_t count) {
    memcpy(self->structure + self->structure_bytes, bytes, count);
    self->structure_bytes += (count + 3) / 4 * 4; // the rest is 0 already
}

static void begin(struct writer *self, const char *name) {
    put_cell(self, 1);
    put_bytes(self, name, strlen(name) + 1);
}

static void end(struct writer *self) {
    put_cell(self, 2);
}

static void property_header(struct writer *self, const char *name, size_t bytes) {
    size_t at = 0;
    while (at < self->strings_bytes && strcmp((char *)self->strings + at, name) != 0) {
        at += strlen((char *)self->strings + at) + 1;
    }
    if (at == self->strings_bytes) {
        strcpy((char *)self->strings + at, name);
        self->strings_bytes += strlen(name) + 1;
    }
    put_cell(self, 3);
    put_cell(self, bytes);
    put_cell(self, at);
}

static void text(struct writer *self, const char *name, const char *value) {
    property_header(self, name, strlen(value) + 1);
    put_bytes(self, value, strlen(value) + 1);
}

static void cell(struct writer *self, const char *name, uint32_t value) {
    property_header(self, name, 4);
    put_cell(self, value);
}

static void number(struct writer *self, uint64_t value, uint32_t cells) {
    for (uint32_t i = cells; i-- > 0;) {
        put_cell(self, i < 2 ? value >> 32 * i : 0);
    }
}

// reg with `count` pairs of numbers.
static void reg(struct writer *self, const struct variant *v, size_t count, const uint64_t *pairs) {
    property_header(self, "reg", 4 * count * (v->address_cells + v->size_cells));
    for (size_t i = 0; i < count; i++) {
        number(self, pairs[2 * i], v->address_cells);
        number(self, pairs[2 * i + 1], v->size_cells);
    }
}
#define REG(self, v, ...) reg(self, v, sizeof((uint64_t[]){__VA_ARGS__}) / 16, (uint64_t[]){__VA_ARGS__})

static void write_cpus(struct writer *self, const struct variant *v) {
    begin(self, "cpus");
    cell(self, "#address-cells", v->cpu_cells);
    cell(self, "#size-cells", 0);
    property_header(self, "unheard-of", 0);
    for (uint32_t i = 0; i < v->cpus; i++) {
        begin(self, "cpu");
        text(self, "device_type", "cpu");
        property_header(self, "reg", 4 * v->cpu_cells);
        number(self, (uint64_t)(i >> 4) << 8 | (i & 15), v->cpu_cells);
        if (i == v->disabled_cpu) {
            text(self, "status", "disabled");
        }
        end(self);
    }
    end(self);
}

static void write_devices(struct writer *self, const struct variant *v) {
    begin(self, "psci");
    static const char compatible[] = "arm,psci-9.9\0arm,psci-0.2"; // a list
    property_header(self, "compatible", sizeof compatible);
    put_bytes(self, compatible, sizeof compatible);
    text(self, "method", v->method);
    if (!v->no_cpu_on) {
        cell(self, "cpu_on", 0xc4000003);
    }
    end(self);
    begin(self, "pl011@8000000");
    text(self, "compatible", "arm,pl011");
    text(self, "status", "disabled");
    REG(self, v, 0x8000000, 0x1000);
    end(self);
    begin(self, "bus");
    property_header(self, "ranges", 12);
    put_bytes(self, "\0\0\0\1\0\0\0\2\0\0\0\3", 12);
    begin(self, "other");
    text(self, "compatible", "somebody,else");
    end(self);
    end(self);
    begin(self, "pl011@9000000");
    text(self, "compatible", "arm,pl011");
    REG(self, v, 0x9000000, 0x1000);
    end(self);
    begin(self, "intc");
    text(self, "compatible", strcmp(v->without, "intc") == 0 ? "arm,gic-v2" : "arm,gic-v3");
    cell(self, "#redistributor-regions", v->regions);
    REG(self, v, 0x8000000, 0x10000, 0x80a0000, 0xf60000, 0xf0000000, 0x200000, 0x8010000, 0x10000);
    begin(self, "its");
    end(self);
    end(self);
}

static void write_tree(struct writer *self, const struct variant *v) {
    memset(self, 0, sizeof *self);
    begin(self, "");
    cell(self, "#address-cells", v->address_cells);
    cell(self, "#size-cells", v->size_cells);
    put_cell(self, 4); // a token that says nothing
    begin(self, "memory@40000000");
    text(self, "device_type", "memory");
    REG(self, v, 0x40000000, 0x8000000, 0x80000000, 0x1000);
    end(self);
    begin(self, "reserved-memory");
    cell(self, "#address-cells", v->address_cells);
    cell(self, "#size-cells", v->size_cells);
    begin(self, "firmware");
    REG(self, v, 0x41000000, 0x2000);
    end(self);
    end(self);
    begin(self, "chosen");
    text(self, "bootargs", "mode=test seed=7");
    end(self);
    write_cpus(self, v);
    if (strcmp(v->without, "timer") != 0) {
        begin(self, "timer");
        text(self, "compatible", "arm,armv8-timer");
        property_header(self, "interrupts", 48);
        for (uint32_t i = 0; i < 4; i++) {
            put_cell(self, 1);
            put_cell(self, (const uint32_t[]){13, 14, 11, 10}[i]);
            put_cell(self, 4);
        }
        end(self);
    }
    if (strcmp(v->without, "psci") != 0) {
        write_devices(self, v);
    }
    if (v->extra != NULL) {
        v->extra(self);
    }
    end(self);
    put_cell(self, 9);
}

static uint8_t *guarded; // BLOB_MAX bytes that can be used, then one page that cannot

static void make_guarded(void) {
    guarded = mmap(NULL, BLOB_MAX + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(guarded != MAP_FAILED && mprotect(guarded + BLOB_MAX, 4096, PROT_NONE) == 0,
              "a page that cannot be read");
}

static void set_cell(uint8_t *bytes, size_t index, uint64_t value) {
    for (int i = 0; i < 4; i++) {
        bytes[4 * index + (size_t)i] = (uint8_t)(value >> (24 - 8 * i));
    }
}

// Joins the parts at the guarded end: header, reservations, structure, strings.
static uint8_t *finish(const struct writer *self, size_t *size) {
    size_t structure = HEADER + RESERVATIONS, strings = structure + self->structure_bytes;
    *size = strings + self->strings_bytes;
    uint8_t *blob = guarded + BLOB_MAX - *size;
    const uint64_t header[] = {
        FDT_MAGIC, *size, structure, strings, HEADER, 17, 16, 0, self->strings_bytes, self->structure_bytes};
    const uint64_t reservations[] = {0, 0x42000000, 0, 0x3000, 1, 0x43000000, 0, 0x4000, 0, 0, 0, 0};
    for (size_t i = 0; i < 10; i++) {
        set_cell(blob, i, header[i]);
    }
    for (size_t i = 0; i < 12; i++) {
        set_cell(blob, 10 + i, reservations[i]);
    }
    memcpy(blob + structure, self->structure, self->structure_bytes);
    memcpy(blob + strings, self->strings, self->strings_bytes);
    return blob;
}

static struct writer writer;
static struct machine machine;

static const char *read_variant(const struct variant *v) {
    size_t size;
    make_guarded();
    write_tree(&writer, v);
    uint8_t *blob = finish(&writer, &size);
    return machine_read(&machine, blob, size);
}

static bool is_range(const struct machine_ranges *ranges, size_t index, uint64_t start, uint64_t bytes) {
    return index < ranges->count && ranges->at[index].start == start && ranges->at[index].bytes == bytes;
}

static void expect_problem(const char *problem, const char *word) {
    cr_assert(problem != NULL && strstr(problem, word) != NULL, "want '%s', got '%s'", word,
              problem != NULL ? problem : "no problem");
}

static void expect_machine(const struct variant *v) {
    const char *problem = read_variant(v);
    cr_assert(problem == NULL, "%s", problem);
    cr_assert(machine.memory.count == 2 && is_range(&machine.memory, 0, 0x40000000, 0x8000000));
    cr_assert(is_range(&machine.memory, 1, 0x80000000, 0x1000));
    cr_assert(machine.reserved.count == 3, "two reservations, one node: %zu", machine.reserved.count);
    cr_assert(is_range(&machine.reserved, 0, 0x42000000, 0x3000) &&
              is_range(&machine.reserved, 1, 0x143000000, 0x4000));
    cr_assert(is_range(&machine.reserved, 2, 0x41000000, 0x2000));
    cr_assert(is_range(&machine.gic, 0, 0x8000000, 0x10000) && is_range(&machine.gic, 1, 0x80a0000, 0xf60000));
    cr_assert(machine.uart.count == 1 && is_range(&machine.uart, 0, 0x9000000, 0x1000), "not the disabled one");
    cr_assert(machine.cpu_count == 4 && machine.cpus_upper == 4 && machine.cpus[3] == 3);
    cr_assert(machine.timer_interrupt == 27 && machine.psci_cpu_on == 0xc4000003 && !machine.psci_by_smc);
    cr_assert_str_eq(machine.line, "mode=test seed=7");
}

Test(fdt, usual) {
    expect_machine(&usual);
    cr_assert(machine.gic.count == 2, "one region of redistributors");
}

Test(fdt, cells) {
    struct variant v = usual;
    for (v.address_cells = 1; v.address_cells <= 2; v.address_cells++) {
        for (v.size_cells = 1; v.size_cells <= 2; v.size_cells++) {
            for (v.cpu_cells = 1; v.cpu_cells <= 2; v.cpu_cells++) {
                expect_machine(&v);
            }
        }
    }
}

Test(fdt, cells_that_cannot_be) {
    const uint32_t bad[] = {0, 3, 0x40000000};
    for (size_t i = 0; i < 2; i++) {
        struct variant v = usual;
        v.address_cells = bad[i];
        expect_problem(read_variant(&v), "reg that cannot be read");
        v = usual;
        v.size_cells = bad[i];
        expect_problem(read_variant(&v), "reg that cannot be read");
        v = usual;
        v.cpu_cells = bad[i];
        expect_problem(read_variant(&v), "CPU without a readable reg");
    }
}

Test(fdt, redistributor_regions) {
    struct variant v = usual;
    v.regions = 2;
    expect_machine(&v);
    cr_assert(machine.gic.count == 3 && is_range(&machine.gic, 2, 0xf0000000, 0x200000));
}

Test(fdt, psci_methods) {
    struct variant v = usual;
    v.method = "smc";
    v.no_cpu_on = true;
    cr_assert(read_variant(&v) == NULL && machine.psci_by_smc && machine.psci_cpu_on == 0xc4000003);
    v.method = "neither";
    expect_problem(read_variant(&v), "neither method");
}

Test(fdt, cpus) {
    struct variant v = usual;
    v.cpus = 40;
    v.disabled_cpu = 5;
    cr_assert(read_variant(&v) == NULL);
    cr_assert(machine.cpu_count == 39 && machine.cpus_upper == 40, "one is disabled");
    cr_assert(machine.cpus[0] == 0 && machine.cpus[34] == 0x203 && machine.cpus[5] == 6);
    v.cpus = MACHINE_CPUS_MAX;
    v.disabled_cpu = UINT32_MAX;
    cr_assert(read_variant(&v) == NULL && machine.cpu_count == MACHINE_CPUS_MAX);
    v.cpus++;
    expect_problem(read_variant(&v), "more CPUs");
    v.disabled_cpu = 5;
    cr_assert(read_variant(&v) == NULL && machine.cpu_count == MACHINE_CPUS_MAX);
    cr_assert(machine.cpus_upper == MACHINE_CPUS_MAX, "%zu CPUs may come, of which no more can be used",
              machine.cpus_upper);
}

Test(fdt, what_is_missing) {
    struct variant v = usual;
    v.cpus = 0;
    expect_problem(read_variant(&v), "names no CPU");
    const struct {
        const char *without, *word;
    } cases[] = {{"psci", "no psci"}, {"intc", "no GICv3"}, {"timer", "no generic timer"}};
    for (size_t i = 0; i < 3; i++) {
        v = usual;
        v.without = cases[i].without;
        expect_problem(read_variant(&v), cases[i].word);
    }
}

static void extra_deep(struct writer *self) {
    for (int i = 0; i < 20; i++) {
        begin(self, "deep");
    }
}

static void extra_late_property(struct writer *self) {
    text(self, "model", "a property after a child");
}

static void extra_open_node(struct writer *self) {
    begin(self, "without an end");
}

static void extra_second_end(struct writer *self) {
    end(self);
}

// In the root, where addresses have two cells.
static void extra_short_cpu(struct writer *self) {
    begin(self, "cpu");
    text(self, "device_type", "cpu");
    property_header(self, "reg", 4);
    put_cell(self, 7);
    end(self);
}

static void extra_short_timer(struct writer *self) {
    begin(self, "timer");
    text(self, "compatible", "arm,armv8-timer");
    property_header(self, "interrupts", 28);
    put_bytes(self, "\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", 28);
    end(self);
}

static void extra_memory_wraps(struct writer *self) {
    begin(self, "memory");
    text(self, "device_type", "memory");
    REG(self, &usual, 0xfffffffffffff000, 0x2000);
    end(self);
}

static void extra_much_memory(struct writer *self) {
    begin(self, "memory");
    text(self, "device_type", "memory");
    property_header(self, "reg", 16 * (MACHINE_RANGES_MAX + 1));
    for (uint32_t i = 0; i <= MACHINE_RANGES_MAX; i++) {
        number(self, (uint64_t)i << 32, 2);
        number(self, 4096, 2);
    }
    end(self);
}

static void begin_bus(struct writer *self, size_t ranges) {
    begin(self, "bus");
    cell(self, "#address-cells", 2);
    cell(self, "#size-cells", 2);
    property_header(self, "ranges", 4 * ranges);
    for (size_t i = 0; i < ranges; i++) {
        put_cell(self, 1);
    }
}

static void write_gic(struct writer *self) {
    begin(self, "intc");
    text(self, "compatible", "arm,gic-v3");
    REG(self, &usual, 1, 2, 3, 4);
    end(self);
}

static void extra_gic_elsewhere(struct writer *self) {
    begin_bus(self, 1);
    write_gic(self);
    end(self);
}

// Below a bus that maps everything as it is.
static void extra_gic_far_elsewhere(struct writer *self) {
    begin_bus(self, 1);
    begin_bus(self, 0);
    write_gic(self);
    end(self);
    end(self);
}

// Two cells of address and one of size are meant where a bus does not say.
static void extra_memory_of_usual_cells(struct writer *self) {
    begin(self, "bus");
    begin(self, "memory");
    text(self, "device_type", "memory");
    property_header(self, "reg", 12);
    number(self, 0x500000000, 2);
    number(self, 0x6000, 1);
    end(self);
    end(self);
}

Test(fdt, usual_cells) {
    struct variant v = usual;
    v.extra = extra_memory_of_usual_cells;
    cr_assert(read_variant(&v) == NULL);
    cr_assert(machine.memory.count == 3 && is_range(&machine.memory, 2, 0x500000000, 0x6000));
}

static void extra_line_without_end(struct writer *self) {
    begin(self, "chosen");
    property_header(self, "bootargs", 4);
    put_bytes(self, "abcd", 4);
    end(self);
}

Test(fdt, what_is_wrong) {
    const struct {
        void (*extra)(struct writer *self);
        const char *word, *without;
    } cases[] = {
        {extra_deep, "too deep", ""},
        {extra_late_property, "outside a node, or after", ""},
        {extra_open_node, "ends inside a node", ""},
        {extra_second_end, "never began", ""},
        {extra_short_cpu, "CPU without a readable reg", ""},
        {extra_short_timer, "no private interrupt", "timer"},
        {extra_memory_wraps, "beyond the end of the address space", ""},
        {extra_much_memory, "too many address ranges", ""},
        {extra_gic_elsewhere, "reg that cannot be read", "intc"},
        {extra_gic_far_elsewhere, "reg that cannot be read", "intc"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct variant v = usual;
        v.extra = cases[i].extra;
        v.without = cases[i].without;
        expect_problem(read_variant(&v), cases[i].word);
    }
    struct variant v = usual;
    v.extra = extra_line_without_end;
    cr_assert(read_variant(&v) == NULL);
    cr_assert_str_eq(machine.line, "mode=test seed=7", "a line that does not end is none");
}

Test(fdt, numbers_and_strings) {
    const struct fdt_value value = {(const uint8_t *)"\0\0\0\1\0\0\0\2\0\0", 10}, none = {NULL, 0};
    cr_assert(fdt_number(value, 0, 2) == 0x100000002 && fdt_number(value, 1, 1) == 2);
    cr_assert(fdt_number(value, 2, 1) == 0 && fdt_number(value, 1, 2) == 0 && fdt_number(none, 0, 1) == 0);
    const struct fdt_value list = {(const uint8_t *)"one\0three\0cut", 13};
    cr_assert(fdt_has_string(list, "one") && fdt_has_string(list, "three"));
    cr_assert(!fdt_has_string(list, "hree") && !fdt_has_string(list, "thr") && !fdt_has_string(list, "on") &&
              !fdt_has_string(list, "cut"));
    cr_assert(!fdt_has_string(list, "threes") && !fdt_has_string(none, "one"));
}

Test(fdt, header) {
    size_t size;
    make_guarded();
    write_tree(&writer, &usual);
    uint8_t *blob = finish(&writer, &size);
    expect_problem(machine_read(&machine, blob, HEADER - 1), "shorter than its header");
    const struct {
        size_t index;
        uint64_t value;
        const char *word;
    } cases[] = {{0, 0xedfe0dd0, "magic"},
                 {1, size + 1, "cut off"},
                 {1, HEADER - 1, "cut off"},
                 {5, 16, "version"},
                 {6, 18, "version"},
                 {2, size, "outside"},
                 {2, HEADER + RESERVATIONS + 2, "outside"},
                 {3, size, "outside"},
                 {4, size + 1, "outside"},
                 {8, size, "outside"},
                 {9, 0xffffffff, "outside"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        blob = finish(&writer, &size);
        set_cell(blob, cases[i].index, cases[i].value);
        expect_problem(machine_read(&machine, blob, size), cases[i].word);
    }
}

// The first `length` bytes of the tree, at the guarded end.
static const char *read_cut(size_t length, bool fits_header) {
    size_t size;
    uint8_t *whole = finish(&writer, &size), *cut = guarded + BLOB_MAX - length;
    memmove(cut, whole, length);
    if (fits_header && length >= HEADER) {
        set_cell(cut, 1, length); // as if this were all
    }
    return machine_read(&machine, cut, length);
}

Test(fdt, cut_off_at_every_length) {
    size_t size;
    make_guarded();
    write_tree(&writer, &usual);
    (void)finish(&writer, &size);
    for (size_t length = 0; length < size; length++) {
        EXPECT(read_cut(length, false) != NULL, "%zu of %zu bytes are taken for a tree", length, size);
        EXPECT(read_cut(length, true) != NULL, "%zu of %zu bytes are taken for a tree of that size", length, size);
    }
    cr_assert(read_cut(size, true) == NULL, "and all of it is one");
}

// The structure block alone ends early; strings lie before it, so that it is what meets the guarded end.
Test(fdt, structure_cut_off_at_every_length) {
    make_guarded();
    write_tree(&writer, &usual);
    for (size_t length = 0; length < writer.structure_bytes; length++) {
        size_t strings = HEADER + RESERVATIONS, structure = (strings + writer.strings_bytes + 3) / 4 * 4, size;
        uint8_t header[HEADER + RESERVATIONS];
        memcpy(header, finish(&writer, &size), sizeof header);
        uint8_t *blob = guarded + BLOB_MAX - structure - length;
        memcpy(blob, header, sizeof header);
        memcpy(blob + strings, writer.strings, writer.strings_bytes);
        memcpy(blob + structure, writer.structure, length);
        set_cell(blob, 1, structure + length);
        set_cell(blob, 2, structure);
        set_cell(blob, 3, strings);
        set_cell(blob, 9, length);
        const char *problem = machine_read(&machine, blob, structure + length);
        EXPECT(problem != NULL, "%zu of %zu bytes of structure are taken for all", length, writer.structure_bytes);
    }
}

// Nothing is expected of a damaged tree but that reading it ends, inside it.
Test(fdt, every_cell_damaged) {
    static const uint64_t values[] = {0, 1, 2, 3, 4, 9, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};
    size_t size;
    make_guarded();
    write_tree(&writer, &usual);
    (void)finish(&writer, &size);
    for (size_t i = 0; i < size / 4; i++) {
        for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
            uint8_t *blob = finish(&writer, &size);
            set_cell(blob, i, values[j]);
            (void)machine_read(&machine, blob, size);
        }
    }
}

Test(fdt, bytes_damaged_at_random) {
    struct rng rng = {1};
    size_t size;
    make_guarded();
    write_tree(&writer, &usual);
    for (int round = 0; round < 20000; round++) {
        uint8_t *blob = finish(&writer, &size);
        for (int i = 0; i < 3; i++) {
            blob[rng_below(&rng, size)] = (uint8_t)rng_below(&rng, 256);
        }
        (void)machine_read(&machine, blob, size);
    }
}
