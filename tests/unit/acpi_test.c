// SPDX-License-Identifier: MIT
// The kernel's reader of ACPI, on the host: which CPUs it finds in tables of all kinds, and that tables which are cut
// off, damaged or missing get a sentence and are never read beyond their end: they lie right before a page that cannot
// be read.
#include "acpi.h"
#include "expect.h"
#include "stress/support/rng.h"

#include <string.h>
#include <sys/mman.h>

TestSuite(acpi, .timeout = 120);

enum { PAGE = 4096, ARENA = 16 * PAGE, HEADER = 36, MADT_ENTRIES = 44, ENABLED = 1, ONLINE_CAPABLE = 2 };

static uint8_t *arena; // below 4 GiB, for the RSDT holds addresses of 32 bits
static struct acpi_cpus cpus;

static void arena_init(void) {
    arena = mmap((void *)0x20000000, ARENA + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert((uintptr_t)arena < UINT32_MAX);
    cr_assert(mprotect(arena + ARENA, PAGE, PROT_NONE) == 0);
}

static uint64_t arena_end(void) {
    return (uintptr_t)arena + ARENA;
}

struct madt {
    uint8_t bytes[PAGE * 4];
    size_t length;
};

static void madt_begin(struct madt *self) {
    memset(self, 0, sizeof *self);
    memcpy(self->bytes, "APIC", 4);
    self->length = MADT_ENTRIES;
}

static void put_lapic(struct madt *self, unsigned id, unsigned flags) {
    uint8_t entry[8] = {0, 8, 0, (uint8_t)id, (uint8_t)flags};
    memcpy(self->bytes + self->length, entry, sizeof entry);
    self->length += sizeof entry;
}

static void put_x2apic(struct madt *self, unsigned id, unsigned flags) {
    uint8_t entry[16] = {
        9, 16, 0, 0, (uint8_t)id, (uint8_t)(id >> 8), (uint8_t)(id >> 16), (uint8_t)(id >> 24), (uint8_t)flags};
    memcpy(self->bytes + self->length, entry, sizeof entry);
    self->length += sizeof entry;
}

// An entry of a kind that does not concern CPUs.
static void put_other(struct madt *self, unsigned kind, size_t bytes) {
    self->bytes[self->length] = (uint8_t)kind;
    self->bytes[self->length + 1] = (uint8_t)bytes;
    self->length += bytes;
}

// The table at the very end of what can be read.
static const char *read_cpus(const struct madt *self) {
    uint8_t *at = arena + ARENA - self->length;
    memcpy(at, self->bytes, self->length);
    return acpi_cpus_of(at, self->length, &cpus);
}

static void expect_counts(size_t count, size_t possible, size_t beyond) {
    EXPECT(cpus.count == count, "%zu CPUs, want %zu", cpus.count, count);
    EXPECT(cpus.possible == possible, "%zu possible CPUs, want %zu", cpus.possible, possible);
    EXPECT(cpus.beyond == beyond, "%zu CPUs out of reach, want %zu", cpus.beyond, beyond);
}

static void expect_sentence(const char *answer, const char *part) {
    EXPECT(answer != NULL, "all was well, want a sentence with '%s'", part);
    EXPECT(strstr(answer, part) != NULL, "'%s', want '%s' in it", answer, part);
}

Test(acpi, finds_cpus_of_both_kinds_among_other_entries, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    put_other(&madt, 1, 12);
    put_lapic(&madt, 4, ENABLED);
    put_other(&madt, 2, 10);
    put_x2apic(&madt, 7, ENABLED);
    put_other(&madt, 0x7f, 2);
    put_lapic(&madt, 0, ENABLED);
    put_other(&madt, 4, 6);
    EXPECT(read_cpus(&madt) == NULL, "refused");
    expect_counts(3, 3, 0);
    EXPECT(cpus.ids[0] == 4 && cpus.ids[1] == 7 && cpus.ids[2] == 0, "ids %lu %lu %lu", cpus.ids[0], cpus.ids[1],
           cpus.ids[2]);
}

Test(acpi, disabled_cpus_count_only_where_they_may_come, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    put_lapic(&madt, 0, ENABLED);
    put_lapic(&madt, 1, 0);
    put_lapic(&madt, 2, ONLINE_CAPABLE);
    put_lapic(&madt, 255, 0);
    put_x2apic(&madt, 3, 0);
    put_x2apic(&madt, 5, ONLINE_CAPABLE);
    put_x2apic(&madt, 6, ENABLED);
    EXPECT(read_cpus(&madt) == NULL, "refused");
    expect_counts(2, 4, 0);
    EXPECT(cpus.ids[0] == 0 && cpus.ids[1] == 6, "ids %lu %lu", cpus.ids[0], cpus.ids[1]);
}

Test(acpi, a_cpu_listed_twice_is_one, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    put_lapic(&madt, 3, ENABLED);
    put_x2apic(&madt, 3, ENABLED);
    put_lapic(&madt, 3, ENABLED);
    EXPECT(read_cpus(&madt) == NULL, "refused");
    expect_counts(1, 1, 0);
}

Test(acpi, more_cpus_than_can_be_addressed, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    for (unsigned id = 0; id < 300; id++) {
        put_x2apic(&madt, id, ENABLED);
    }
    put_lapic(&madt, 255, ENABLED); // addresses all CPUs, so is none's
    put_x2apic(&madt, UINT32_MAX, ENABLED);
    put_x2apic(&madt, 1000, ONLINE_CAPABLE);
    EXPECT(read_cpus(&madt) == NULL, "refused");
    expect_counts(255, 255, 47);
    for (unsigned id = 0; id < 255; id++) {
        EXPECT(cpus.ids[id] == id, "CPU %u has id %lu", id, cpus.ids[id]);
    }
}

Test(acpi, never_more_possible_cpus_than_there_is_room_for, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    put_lapic(&madt, 0, ENABLED);
    for (unsigned i = 0; i < 300; i++) {
        put_lapic(&madt, 1 + i % 200, ONLINE_CAPABLE);
    }
    EXPECT(read_cpus(&madt) == NULL, "refused");
    expect_counts(1, 255, 0);
}

Test(acpi, no_enabled_cpu, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    expect_sentence(read_cpus(&madt), "no CPU");
    put_lapic(&madt, 1, ONLINE_CAPABLE);
    expect_sentence(read_cpus(&madt), "no CPU");
    for (size_t bytes = 0; bytes < MADT_ENTRIES; bytes++) {
        madt.length = bytes;
        expect_sentence(read_cpus(&madt), "no CPU");
    }
}

Test(acpi, lengths_that_cannot_be, .init = arena_init) {
    struct madt madt;
    for (unsigned length = 0; length < 256; length++) {
        madt_begin(&madt);
        put_lapic(&madt, 0, ENABLED);
        put_lapic(&madt, 1, ENABLED);
        madt.bytes[MADT_ENTRIES + 8 + 1] = (uint8_t)length;
        const char *answer = read_cpus(&madt);
        if (length == 8) {
            EXPECT(answer == NULL, "%s", answer);
        } else {
            expect_sentence(answer, length < 2 || length > 8 ? "length" : "too short");
        }
    }
}

Test(acpi, cut_off_anywhere, .init = arena_init) {
    struct madt madt;
    madt_begin(&madt);
    put_lapic(&madt, 0, ENABLED);
    put_x2apic(&madt, 1, ENABLED);
    size_t whole = madt.length;
    for (size_t bytes = MADT_ENTRIES + 1; bytes < whole; bytes++) {
        madt.length = bytes;
        if (bytes == MADT_ENTRIES + 8) {
            EXPECT(read_cpus(&madt) == NULL && cpus.count == 1, "cut between two entries");
        } else {
            expect_sentence(read_cpus(&madt), "length");
        }
    }
}

// Root pointer, root table and MADT, each at an address of its own; the MADT ends where reading ends.
struct tables {
    uint8_t *root, *list, *madt;
    size_t list_bytes, madt_bytes;
};

static void put_number(uint8_t *at, uint64_t number, size_t bytes) {
    memcpy(at, &number, bytes);
}

static void set_sum(uint8_t *table, size_t bytes, size_t where) {
    uint8_t sum = 0;
    table[where] = 0;
    for (size_t i = 0; i < bytes; i++) {
        sum = (uint8_t)(sum + table[i]);
    }
    table[where] = (uint8_t)-sum;
}

static void seal(struct tables *t, bool wide) {
    put_number(t->list + 4, t->list_bytes, 4);
    put_number(t->madt + 4, t->madt_bytes, 4);
    set_sum(t->list, t->list_bytes, 9);
    set_sum(t->madt, t->madt_bytes, 9);
    set_sum(t->root, 20, 8);
    if (wide) {
        set_sum(t->root, 36, 32);
    }
}

static void tables_make(struct tables *t, bool wide) {
    struct madt madt;
    madt_begin(&madt);
    put_lapic(&madt, 0, ENABLED);
    put_lapic(&madt, 9, ENABLED);
    size_t step = wide ? 8 : 4;
    *t = (struct tables){arena + 3, arena + PAGE + 1, arena + ARENA - madt.length, HEADER + 3 * step, madt.length};
    memset(arena, 0, ARENA);
    memcpy(t->madt, madt.bytes, madt.length);
    memcpy(arena + 2 * PAGE, "FACP", 4);
    memcpy(t->list, wide ? "XSDT" : "RSDT", 4);
    put_number(t->list + HEADER, (uintptr_t)arena + 2 * PAGE, step);
    put_number(t->list + HEADER + step, 0, step); // leads nowhere
    put_number(t->list + HEADER + 2 * step, (uintptr_t)t->madt, step);
    memcpy(t->root, "RSD PTR ", 8);
    t->root[15] = wide ? 2 : 0;
    put_number(t->root + (wide ? 24 : 16), (uintptr_t)t->list, step);
    seal(t, wide);
}

static const char *find(const struct tables *t) {
    return acpi_find_cpus((uintptr_t)t->root, arena_end(), &cpus);
}

Test(acpi, finds_the_madt_by_either_root_table, .init = arena_init) {
    for (int wide = 0; wide < 2; wide++) {
        struct tables t;
        tables_make(&t, wide);
        if (!wide) { // of that revision, there is nothing behind the first 20 bytes
            put_number(t.root + 24, 1, 8);
            set_sum(t.root, 36, 32);
        }
        EXPECT(find(&t) == NULL, "refused, wide %d", wide);
        expect_counts(2, 2, 0);
        EXPECT(cpus.ids[1] == 9, "id %lu", cpus.ids[1]);
    }
}

// A root pointer of the new kind, whose XSDT is not there, or above all that can be read.
Test(acpi, takes_the_old_root_table_if_the_new_one_is_out_of_reach, .init = arena_init) {
    const uint64_t addresses[] = {0, arena_end(), 1ull << 32};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct tables t;
        tables_make(&t, false);
        t.root[15] = 2;
        put_number(t.root + 24, addresses[i], 8);
        seal(&t, true);
        EXPECT(find(&t) == NULL, "refused, with an XSDT at %lx", (unsigned long)addresses[i]);
        expect_counts(2, 2, 0);
    }
}

Test(acpi, says_what_is_missing_or_damaged, .init = arena_init) {
    struct tables t;
    tables_make(&t, true);
    expect_sentence(acpi_find_cpus(0, arena_end(), &cpus), "no ACPI root pointer");
    expect_sentence(acpi_find_cpus(arena_end() - 19, arena_end(), &cpus), "no ACPI root pointer");
    t.root[0] ^= 1;
    expect_sentence(find(&t), "root pointer is damaged");
    tables_make(&t, true);
    t.root[9] ^= 1; // the sum of the first 20 bytes
    set_sum(t.root, 36, 32);
    expect_sentence(find(&t), "root pointer is damaged");
    tables_make(&t, true);
    t.root[33] ^= 1; // the sum of all
    expect_sentence(find(&t), "root pointer is damaged");
    memcpy(arena + ARENA - 35, t.root, 35); // cut off
    expect_sentence(acpi_find_cpus(arena_end() - 35, arena_end(), &cpus), "root pointer is damaged");
    tables_make(&t, true);
    t.list[20] ^= 1;
    expect_sentence(find(&t), "root table is damaged");
    tables_make(&t, true);
    t.madt[20] ^= 1;
    expect_sentence(find(&t), "MADT is damaged");
    tables_make(&t, true);
    t.madt[0] = 'B';
    seal(&t, true);
    expect_sentence(find(&t), "no MADT");
}

Test(acpi, tables_longer_than_what_can_be_read, .init = arena_init) {
    struct tables t;
    const size_t lengths[] = {0, 1, HEADER - 1, 61, PAGE, 1 << 20, (1 << 20) + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        tables_make(&t, true);
        put_number(t.madt + 4, lengths[i], 4);
        expect_sentence(find(&t), "MADT is damaged");
    }
    for (size_t bytes = 0; bytes < HEADER; bytes++) {
        tables_make(&t, true);
        put_number(t.list + HEADER + 16, arena_end() - bytes, 8);
        seal(&t, true);
        expect_sentence(find(&t), "no MADT");
    }
}

// Whatever stands there: an answer, and no byte beyond the end is read.
Test(acpi, random_damage_does_no_harm, .init = arena_init) {
    struct rng rng = {5};
    for (int round = 0; round < 200000; round++) {
        struct madt madt;
        madt_begin(&madt);
        size_t bytes = MADT_ENTRIES + rng_below(&rng, 100);
        for (madt.length = MADT_ENTRIES; madt.length < bytes; madt.length++) {
            madt.bytes[madt.length] = (uint8_t)rng_below(&rng, rng_percent(&rng, 50) ? 17 : 256);
        }
        const char *answer = read_cpus(&madt);
        EXPECT(cpus.count <= cpus.possible && cpus.possible <= ACPI_CPUS_MAX, "round %d", round);
        EXPECT((answer == NULL) <= (cpus.count > 0), "round %d: all well without a CPU", round);
    }
}
