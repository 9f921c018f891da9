// SPDX-License-Identifier: MIT
// What the kernel learns from the firmware: its tables, the command line, the memory map.
#include "loader.h"

static const struct efi_guid loaded_image = {0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
static const struct efi_guid acpi_2 = {0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
static const struct efi_guid device_tree = {
    0xb1b621d5, 0xf19c, 0x41a5, {0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0}};

static bool is_same(const struct efi_guid *a, const struct efi_guid *b) {
    const uint64_t *left = (const void *)a, *right = (const void *)b;
    return left[0] == right[0] && left[1] == right[1];
}

static void *table_of(const struct efi_system_table *system, const struct efi_guid *vendor) {
    for (size_t i = 0; i < system->table_count; i++) { // bound: table_count
        if (is_same(&system->tables[i].vendor, vendor)) {
            return system->tables[i].table;
        }
    }
    return NULL;
}

// Memory that the kernel will find reserved, so that it can read there for as long as it likes.
static void *take_pages(struct efi_boot_services *boot, size_t bytes) {
    uint64_t address = LOADER_ADDRESS_MAX;
    size_t pages = (bytes + EFI_PAGE_BYTES - 1) / EFI_PAGE_BYTES;
    if (boot->allocate_pages(EFI_ALLOCATE_MAX_ADDRESS, EFI_LOADER_DATA, pages, &address) != EFI_SUCCESS) {
        return NULL;
    }
    return memset((void *)(uintptr_t)address, 0, pages * EFI_PAGE_BYTES);
}

static efi_status take_line(efi_handle self, struct efi_boot_services *boot, struct record *record) {
    struct efi_loaded_image *image;
    if (boot->handle_protocol(self, &loaded_image, (void **)&image) != EFI_SUCCESS) {
        return give_up("the firmware does not tell the load options.");
    }
    size_t units = image->load_options == NULL ? 0 : image->load_options_bytes / 2;
    for (size_t i = 0; i < units && image->load_options[i] != 0; i++) { // bound: units
        if (image->load_options[i] > '~') {
            return give_up("the load options hold a character that is not ASCII.");
        }
        if (i + 1 == RECORD_LINE_BYTES) {
            return give_up("the load options are longer than the kernel's command line may be.");
        }
        record->line[i] = (char)image->load_options[i];
    }
    record->info.line = (uintptr_t)record->line;
    return EFI_SUCCESS;
}

static efi_status take_device_tree(const struct efi_system_table *system, struct record *record) {
    const unsigned char *tree = table_of(system, &device_tree);
    if (tree == NULL) {
        return EFI_SUCCESS;
    }
    size_t bytes = (size_t)tree[4] << 24 | (size_t)tree[5] << 16 | (size_t)tree[6] << 8 | tree[7]; // as its header says
    void *copy = take_pages(system->boot, bytes);
    if (copy == NULL) {
        return give_up("no memory for the device tree.");
    }
    memcpy(copy, tree, bytes);
    record->device_tree = (struct start_module){.start = (uintptr_t)copy, .bytes = bytes};
    record->info.modules = (uintptr_t)&record->device_tree;
    record->info.module_count = 1;
    return EFI_SUCCESS;
}

efi_status record_make(efi_handle self, const struct efi_system_table *system, struct record **made) {
    struct record *record = take_pages(system->boot, sizeof *record);
    if (record == NULL) {
        return give_up("no memory for the kernel's record.");
    }
    *made = record;
    record->info.magic = START_INFO_MAGIC;
    record->info.version = 1;
    record->info.loader = START_BY_UEFI;
    record->info.rsdp = (uintptr_t)table_of(system, &acpi_2);
    efi_status status = take_line(self, system->boot, record);
    return status == EFI_SUCCESS ? take_device_tree(system, record) : status;
}

static uint32_t kind_of(uint32_t kind) {
    switch (kind) {
    case EFI_LOADER_CODE: // this program, and the kernel's image
    case EFI_BOOT_SERVICES_CODE:
    case EFI_BOOT_SERVICES_DATA:
    case EFI_CONVENTIONAL:
        return START_MEMORY_RAM;
    case EFI_ACPI_RECLAIM:
        return START_MEMORY_ACPI;
    case EFI_ACPI_NVS:
        return START_MEMORY_ACPI_NVS;
    default:
        return START_MEMORY_RESERVED;
    }
}

// Neighbours of the same kind become one piece: the firmware's map has a hundred.
bool record_take_map(struct record *record, const struct map *map) {
    size_t count = 0;
    // bound: the map's length
    for (size_t at = 0; at + map->descriptor_bytes <= map->bytes; at += map->descriptor_bytes) {
        const struct efi_memory_descriptor *piece = (const void *)(map->raw + at);
        struct start_memory *last = count > 0 ? &record->memory[count - 1] : NULL;
        uint32_t kind = kind_of(piece->kind);
        if (last != NULL && last->kind == kind && last->start + last->bytes == piece->physical_start) {
            last->bytes += piece->pages * EFI_PAGE_BYTES;
        } else if (count == RECORD_RANGES_MAX) {
            return false;
        } else {
            record->memory[count++] =
                (struct start_memory){piece->physical_start, piece->pages * EFI_PAGE_BYTES, kind, 0};
        }
    }
    record->info.memory = (uintptr_t)record->memory;
    record->info.memory_count = (uint32_t)count;
    return true;
}
