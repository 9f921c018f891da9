// SPDX-License-Identifier: MIT
// ACPI's way to the CPUs: root pointer, root table (XSDT, or RSDT of old), MADT, and its entries.
// https://uefi.org/specs/ACPI/6.5/05_ACPI_Software_Programming_Model.html
#include "acpi.h"

#include <stdbool.h>

enum { ROOT_BYTES = 20, ROOT_BYTES_2 = 36, ROOT_REVISION = 15, ROOT_RSDT = 16, ROOT_XSDT = 24 };
enum { TABLE_HEADER = 36, NAME_BYTES = 4, TABLE_LENGTH = 4, MADT_ENTRIES = 44 };
enum { ENTRY_LAPIC = 0, ENTRY_LAPIC_BYTES = 8, ENTRY_X2APIC = 9, ENTRY_X2APIC_BYTES = 16 };
enum { FLAG_ENABLED = 1, FLAG_ONLINE_CAPABLE = 2 };

// Little-endian, as this architecture is, and aligned to nothing.
static uint64_t number_at(const uint8_t *at, size_t bytes) {
    uint64_t number = 0;
    __builtin_memcpy(&number, at, bytes);
    return number;
}

static bool is_name(const uint8_t *at, const char *name) {
    return __builtin_memcmp(at, name, NAME_BYTES) == 0;
}

static bool sums_to_zero(const uint8_t *at, size_t bytes) {
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes; i++) // bound: bytes
        sum = (uint8_t)(sum + at[i]);
    return sum == 0;
}

static const uint8_t *bytes_at(uint64_t address, size_t bytes, uint64_t end) {
    return address != 0 && address < end && end - address >= bytes ? (const uint8_t *)(uintptr_t)address : NULL;
}

// NULL unless a whole table with a right checksum lies there.
static const uint8_t *table_at(uint64_t address, uint64_t end, size_t *bytes) {
    const uint8_t *table = bytes_at(address, TABLE_HEADER, end);
    if (table == NULL)
        return NULL;
    *bytes = number_at(table + TABLE_LENGTH, 4);
    bool fits = *bytes >= TABLE_HEADER && bytes_at(address, *bytes, end) != NULL;
    return fits && sums_to_zero(table, *bytes) ? table : NULL;
}

// A CPU that is listed twice, say by both kinds of entries, is one CPU.
static bool is_known(const struct acpi_cpus *cpus, uint64_t id) {
    for (size_t i = 0; i < cpus->count; i++) // bound: ACPI_CPUS_MAX
        if (cpus->ids[i] == id)
            return true;
    return false;
}

static void add_cpu(struct acpi_cpus *cpus, uint64_t id, uint64_t flags) {
    bool within = id < ACPI_CPUS_MAX, enabled = (flags & FLAG_ENABLED) != 0;
    if ((flags & (FLAG_ENABLED | FLAG_ONLINE_CAPABLE)) == 0 || (within && is_known(cpus, id)))
        return;
    cpus->possible += cpus->possible < ACPI_CPUS_MAX && within;
    cpus->beyond += enabled && !within;
    if (enabled && within) // distinct ids below ACPI_CPUS_MAX: there is room
        cpus->ids[cpus->count++] = id;
}

const char *acpi_cpus_of(const uint8_t *madt, size_t bytes, struct acpi_cpus *cpus) {
    *cpus = (struct acpi_cpus){0};
    for (size_t at = MADT_ENTRIES, step; at < bytes; at += step) { // bound: bytes, as every step is at least 2
        step = at + 1 < bytes ? madt[at + 1] : 0;
        if (step < 2 || step > bytes - at)
            return "the MADT has an entry whose length cannot be";
        const uint8_t *entry = madt + at;
        if (entry[0] == ENTRY_LAPIC && step >= ENTRY_LAPIC_BYTES)
            add_cpu(cpus, entry[3], number_at(entry + 4, 4));
        else if (entry[0] == ENTRY_X2APIC && step >= ENTRY_X2APIC_BYTES)
            add_cpu(cpus, number_at(entry + 4, 4), number_at(entry + 8, 4));
        else if (entry[0] == ENTRY_LAPIC || entry[0] == ENTRY_X2APIC)
            return "the MADT has a CPU whose entry is too short";
    }
    return cpus->count > 0 ? NULL : "the MADT lists no CPU that is enabled";
}

const char *acpi_find_cpus(uint64_t root, uint64_t end, struct acpi_cpus *cpus) {
    const uint8_t *pointer = bytes_at(root, ROOT_BYTES, end);
    if (pointer == NULL)
        return "the loader gave no ACPI root pointer within reach, so the CPUs cannot be found";
    bool wide = pointer[ROOT_REVISION] >= 2;
    size_t root_bytes = wide ? ROOT_BYTES_2 : ROOT_BYTES;
    if (__builtin_memcmp(pointer, "RSD PTR ", 8) != 0 || !sums_to_zero(pointer, ROOT_BYTES) ||
        bytes_at(root, root_bytes, end) == NULL || !sums_to_zero(pointer, root_bytes))
        return "ACPI's root pointer is damaged";
    wide = wide && bytes_at(number_at(pointer + ROOT_XSDT, 8), TABLE_HEADER, end) != NULL; // it may lie above all reach
    size_t step = wide ? 8 : 4, bytes;
    const uint8_t *list = table_at(number_at(pointer + (wide ? ROOT_XSDT : ROOT_RSDT), step), end, &bytes);
    if (list == NULL || !is_name(list, wide ? "XSDT" : "RSDT"))
        return "ACPI's root table is damaged";
    for (size_t at = TABLE_HEADER; bytes - at >= step; at += step) { // bound: the table's length
        uint64_t address = number_at(list + at, step);
        const uint8_t *header = bytes_at(address, TABLE_HEADER, end);
        if (header != NULL && is_name(header, "APIC")) {
            const uint8_t *madt = table_at(address, end, &bytes);
            return madt != NULL ? acpi_cpus_of(madt, bytes, cpus) : "ACPI's MADT is damaged";
        }
    }
    return "ACPI has no MADT, so the CPUs cannot be found";
}
