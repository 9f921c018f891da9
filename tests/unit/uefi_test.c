// SPDX-License-Identifier: MIT
// What the UEFI loader makes of a firmware's word, on the host: the memory map as the kernel gets it, the command line,
// the tables, and the kernel's ELF file, which is placed only if it is whole. The firmware is faked.
#include "expect.h"
#include "loader.h"

#include <string.h>
#include <sys/mman.h>

TestSuite(uefi, .timeout = 60);

enum { PAYLOAD_BYTES = 8192, SEGMENTS_AT = 64, DATA_AT = 4096, DATA_BYTES = 100, ARENA_PAGES = 64 };
#define ARENA UINT64_C(0x10000000) // the machine's memory, as far as it can be taken
#define IMAGE (ARENA + 3 * EFI_PAGE_BYTES)

// The program's payload, as payload.S has it, amid other data.
__asm__(".data\n.balign 16\n.skip 256\n.globl payload_start, payload_end\n"
        "payload_start: .skip 8192\npayload_end: .skip 256\n.text\n");
extern unsigned char payload_start[];

const uint16_t machine_elf = 62;
static const char *said;
static size_t allocations; // that succeed
static uint64_t taken;
static struct efi_loaded_image options;
static const struct efi_guid acpi = {0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
static const struct efi_guid tree = {0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};

efi_status give_up(const char *sentence) {
    said = sentence;
    return EFI_LOAD_ERROR;
}

static efi_status allocate(enum efi_allocate how, enum efi_memory kind, size_t pages, uint64_t *address) {
    EXPECT(kind == (how == EFI_ALLOCATE_ADDRESS ? EFI_LOADER_CODE : EFI_LOADER_DATA), "memory of kind %d", kind);
    if (allocations-- == 0) {
        return EFI_LOAD_ERROR;
    }
    if (how == EFI_ALLOCATE_MAX_ADDRESS) {
        *address = taken;
    }
    taken = *address + pages * EFI_PAGE_BYTES;
    EXPECT(*address >= ARENA && taken <= ARENA + ARENA_PAGES * EFI_PAGE_BYTES, "%zu pages at %lx", pages, *address);
    return EFI_SUCCESS;
}

static efi_status handle_protocol(efi_handle handle, const struct efi_guid *protocol, void **interface) {
    (void)handle;
    EXPECT(protocol->a == 0x5b1b31a1, "another protocol than that of a loaded image");
    *interface = &options;
    return EFI_SUCCESS;
}

static struct efi_boot_services services = {.allocate_pages = allocate, .handle_protocol = handle_protocol};

// A new firmware, whose memory is dirty.
static void begin(void) {
    static void *arena;
    if (arena == NULL) {
        arena = mmap((void *)ARENA, ARENA_PAGES * EFI_PAGE_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    }
    cr_assert_eq((uintptr_t)arena, ARENA);
    memset(arena, 0xa5, ARENA_PAGES * EFI_PAGE_BYTES);
    said = NULL;
    allocations = SIZE_MAX;
    taken = ARENA;
    options = (struct efi_loaded_image){.load_options = NULL};
}

// The record's pieces of memory that come of a map of pieces, each of a page, a hole of so many pages before it.
static bool take_map(struct record *record, const uint32_t (*pieces)[2], size_t count) {
    static struct map map;
    uint64_t at = 0;
    map.descriptor_bytes = sizeof(struct efi_memory_descriptor) + 8;
    map.bytes = count * map.descriptor_bytes;
    for (size_t i = 0; i < count; i++) {
        at += pieces[i][1] * (uint64_t)EFI_PAGE_BYTES;
        struct efi_memory_descriptor piece = {.kind = pieces[i][0], .physical_start = at, .pages = 1};
        memcpy(map.raw + i * map.descriptor_bytes, &piece, sizeof piece);
        at += EFI_PAGE_BYTES;
    }
    return record_take_map(record, &map);
}

// Only what nobody will use again is memory: not what the firmware goes on using, what is broken, or the record itself.
Test(uefi, kinds_of_memory) {
    static const uint32_t kinds[] = {2, 1, 2, 1, 1, 2, 2, 1, 2, 3, 4, 2, 2, 2, 2, 2, 2, 2};
    static struct record record;
    for (uint32_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        cr_assert(take_map(&record, (uint32_t[][2]){{kind, 5}}, 1));
        cr_assert_eq(record.info.memory_count, 1);
        EXPECT(record.memory[0].kind == kinds[kind], "memory of kind %u becomes kind %u", kind, record.memory[0].kind);
        EXPECT(record.memory[0].start == 5 * EFI_PAGE_BYTES && record.memory[0].bytes == EFI_PAGE_BYTES, "a place");
    }
}

Test(uefi, neighbours_in_memory) {
    static struct record record;
    static const uint32_t pieces[][2] = {{7, 0}, {4, 0}, {2, 0}, {7, 0}, {3, 1}, {9, 0}, {9, 0}};
    static const uint64_t pages[][2] = {{0, 2}, {2, 1}, {3, 1}, {5, 1}, {6, 2}};
    cr_assert(take_map(&record, pieces, 7));
    cr_assert_eq(record.info.memory_count, 5);
    cr_assert_eq(record.info.memory, (uintptr_t)record.memory);
    for (size_t i = 0; i < 5; i++) {
        EXPECT(record.memory[i].start == pages[i][0] * EFI_PAGE_BYTES &&
                   record.memory[i].bytes == pages[i][1] * EFI_PAGE_BYTES,
               "piece %zu lies from %lx on", i, record.memory[i].start);
    }
}

Test(uefi, too_much_memory) {
    static struct record record;
    static uint32_t pieces[RECORD_RANGES_MAX + 1][2];
    for (size_t i = 0; i <= RECORD_RANGES_MAX; i++) {
        pieces[i][0] = i % 2 == 0 ? EFI_CONVENTIONAL : EFI_ACPI_NVS;
    }
    cr_assert(take_map(&record, pieces, RECORD_RANGES_MAX));
    cr_assert_not(take_map(&record, pieces, RECORD_RANGES_MAX + 1));
}

static efi_status make(struct record **record, size_t tables, struct efi_configuration_table *table) {
    struct efi_system_table system = {.boot = &services, .table_count = tables, .tables = table};
    return record_make(NULL, &system, record);
}

// The load options of so many characters, then nothing that could be read.
static efi_status take_line(struct record **record, const uint16_t *characters, size_t count) {
    begin();
    options.load_options = characters;
    options.load_options_bytes = (uint32_t)(count * 2);
    return make(record, 0, NULL);
}

Test(uefi, command_line) {
    static uint16_t longest[RECORD_LINE_BYTES];
    struct record *record;
    cr_assert_eq(take_line(&record, NULL, 0), EFI_SUCCESS);
    cr_assert_str_eq((const char *)record->info.line, "");
    cr_assert_eq(take_line(&record, (uint16_t[]){'a', '=', '1', 0, 'x'}, 5), EFI_SUCCESS);
    cr_assert_arr_eq((const char *)record->info.line, "a=1\0", 5);
    for (size_t i = 0; i < RECORD_LINE_BYTES; i++) {
        longest[i] = 'y';
    }
    cr_assert_eq(take_line(&record, longest, RECORD_LINE_BYTES - 1), EFI_SUCCESS);
    cr_assert_eq(strlen((const char *)record->info.line), RECORD_LINE_BYTES - 1);
    cr_assert_neq(take_line(&record, longest, RECORD_LINE_BYTES), EFI_SUCCESS);
    cr_assert(strstr(said, "longer") != NULL);
    cr_assert_neq(take_line(&record, (uint16_t[]){'a', 0x2192}, 2), EFI_SUCCESS);
    cr_assert(strstr(said, "ASCII") != NULL);
}

Test(uefi, tables) {
    unsigned char blob[24] = {0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 20, 5};
    struct efi_configuration_table table[] = {{{1, 2, 3, {4}}, NULL}, {acpi, &table}, {tree, blob}};
    struct record *record;
    begin();
    cr_assert_eq(make(&record, 3, table), EFI_SUCCESS);
    const struct start_module *module = (const struct start_module *)record->info.modules;
    cr_assert_eq(record->info.rsdp, (uintptr_t)&table);
    cr_assert_eq(record->info.magic, START_INFO_MAGIC);
    cr_assert(record->info.module_count == 1 && module->bytes == 20 && module->start != (uintptr_t)blob);
    cr_assert_arr_eq((const void *)module->start, blob, 20);
    begin();
    cr_assert_eq(make(&record, 1, table), EFI_SUCCESS);
    cr_assert(record->info.rsdp == 0 && record->info.module_count == 0);
    for (size_t served = 0; served < 2; served++) {
        allocations = served;
        said = NULL;
        cr_assert_neq(make(&record, 3, table), EFI_SUCCESS);
        cr_assert(said != NULL &&
                  strstr(said, served == 0 ? "no memory for the kernel's" : "no memory for the device"));
    }
}

static void put(size_t at, uint64_t value, size_t bytes) {
    memcpy(payload_start + at, &value, bytes);
}

static void put_segment(ptrdiff_t table, size_t index, uint32_t kind, uint64_t offset, uint64_t start, uint64_t file,
                        uint64_t memory) {
    uint64_t fields[] = {kind, offset, 0, start, file, memory, 0};
    memcpy(payload_start + table + (ptrdiff_t)(index * sizeof fields), fields, sizeof fields);
}

// An ELF file of two segments to load, the second of which is followed by as many zeroes, and a note.
static void put_kernel_with_table(ptrdiff_t table) {
    memset(payload_start, 0, PAYLOAD_BYTES);
    memset(payload_start + DATA_AT, 7, PAYLOAD_BYTES - DATA_AT);
    memcpy(payload_start,
           "\x7f"
           "ELF\2\1\1",
           7);
    put(18, machine_elf, 2);
    put(24, IMAGE + 8, 8);
    put(32, (uint64_t)table, 8);
    put(54, 56 | 3 << 16, 4);
    put_segment(table, 0, 1, DATA_AT, IMAGE + 8, DATA_BYTES, DATA_BYTES);
    put_segment(table, 1, 4, DATA_AT, 0, 8, 8);
    put_segment(table, 2, 1, DATA_AT, IMAGE + 2 * EFI_PAGE_BYTES, DATA_BYTES, 2 * DATA_BYTES);
}

static void put_kernel(void) {
    put_kernel_with_table(SEGMENTS_AT);
}

Test(uefi, kernel_is_placed) {
    struct image image;
    begin();
    put_kernel();
    cr_assert_eq(image_place(&services, &image), EFI_SUCCESS, "%s", said);
    cr_assert_eq(image.start, IMAGE);
    cr_assert_eq(image.end, IMAGE + 2 * EFI_PAGE_BYTES + 2 * DATA_BYTES);
    cr_assert_eq(image.entry, IMAGE + 8);
    cr_assert_eq(taken, IMAGE + 3 * EFI_PAGE_BYTES);
    for (size_t i = 0; i < 3 * EFI_PAGE_BYTES; i++) {
        bool is_data = (i >= 8 && i < 8 + DATA_BYTES) || (i >= 8192 && i < 8192 + DATA_BYTES);
        EXPECT(((const unsigned char *)IMAGE)[i] == (is_data ? 7 : 0), "byte %zu", i);
    }
    allocations = 0;
    cr_assert_neq(image_place(&services, &image), EFI_SUCCESS);
    cr_assert(strstr(said, "is taken") != NULL);
}

// What lies beside the payload is none of the file, though it may look so.
Test(uefi, kernel_is_cut_off) {
    static const ptrdiff_t tables[] = {PAYLOAD_BYTES - 3 * 56 + 8, PAYLOAD_BYTES, -3 * 56};
    struct image image;
    begin();
    put_kernel_with_table(PAYLOAD_BYTES - 3 * 56);
    cr_assert_eq(image_place(&services, &image), EFI_SUCCESS, "%s", said);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        put_kernel_with_table(tables[i]);
        EXPECT(image_place(&services, &image) != EFI_SUCCESS, "segments at %td are read", tables[i]);
    }
}

// Each of these alone makes the kernel one that is not placed.
Test(uefi, kernel_is_broken) {
    static const struct {
        const char *what;
        size_t at, bytes;
        uint64_t value;
    } faults[] = {
        {"magic", 0, 1, 0},
        {"class", 4, 1, 1},
        {"order", 5, 1, 2},
        {"machine", 18, 2, 183},
        {"entry before", 24, 8, IMAGE - 1},
        {"entry behind", 24, 8, IMAGE + 3 * EFI_PAGE_BYTES},
        {"length of a segment's entry", 54, 2, 57},
        {"number of segments", 56, 2, 17},
        {"no segment", 56, 2, 0},
        {"offset outside", SEGMENTS_AT + 8, 8, PAYLOAD_BYTES - DATA_BYTES + 1},
        {"offset far outside", SEGMENTS_AT + 8, 8, UINT64_MAX},
        {"more in the file than in memory", SEGMENTS_AT + 32, 8, DATA_BYTES + 1},
        {"memory beyond 4 GiB", SEGMENTS_AT + 40, 8, LOADER_ADDRESS_MAX - IMAGE},
        {"memory far beyond", SEGMENTS_AT + 40, 8, UINT64_MAX},
        {"a place beyond 4 GiB", SEGMENTS_AT + 24, 8, LOADER_ADDRESS_MAX},
    };
    struct image image;
    begin();
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        put_kernel();
        put(faults[i].at, faults[i].value, faults[i].bytes);
        said = NULL;
        EXPECT(image_place(&services, &image) != EFI_SUCCESS && said != NULL, "a kernel is placed with %s wrong",
               faults[i].what);
        EXPECT(taken == ARENA, "memory is taken with %s wrong", faults[i].what);
    }
}
