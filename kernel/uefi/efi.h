// SPDX-License-Identifier: MIT
// As much of the UEFI specification 2.10 as the loader uses; the names are the specification's, in this house's
// spelling.
#ifndef KERNEL_UEFI_EFI_H
#define KERNEL_UEFI_EFI_H

#include <stddef.h>
#include <stdint.h>

typedef uintptr_t efi_status;
typedef void *efi_handle;

#define EFI_SUCCESS ((efi_status)0)
#define EFI_LOAD_ERROR ((efi_status)1 | ((efi_status)1 << 63))
#define EFI_BUFFER_TOO_SMALL ((efi_status)5 | ((efi_status)1 << 63))
enum { EFI_PAGE_BYTES = 4096 };
enum efi_allocate { EFI_ALLOCATE_MAX_ADDRESS = 1, EFI_ALLOCATE_ADDRESS = 2 };

enum efi_memory {
    EFI_LOADER_CODE = 1,
    EFI_LOADER_DATA = 2,
    EFI_BOOT_SERVICES_CODE = 3,
    EFI_BOOT_SERVICES_DATA = 4,
    EFI_CONVENTIONAL = 7,
    EFI_ACPI_RECLAIM = 9,
    EFI_ACPI_NVS = 10,
};

struct efi_guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
};

struct efi_memory_descriptor { // the firmware's may be longer: step by the size that it tells
    uint32_t kind, pad;
    uint64_t physical_start, virtual_start, pages, attributes;
};

struct efi_header {
    uint64_t signature;
    uint32_t revision, bytes, crc, reserved;
};

struct efi_text_output {
    void *reset;
    efi_status (*output_string)(struct efi_text_output *self, const uint16_t *text);
};

struct efi_boot_services {
    struct efi_header header;
    void *task_priority[2];
    efi_status (*allocate_pages)(enum efi_allocate how, enum efi_memory kind, size_t pages, uint64_t *address);
    void *free_pages;
    efi_status (*get_memory_map)(size_t *bytes, void *map, size_t *key, size_t *descriptor_bytes, uint32_t *version);
    void *pools_events_and_interfaces[11];
    efi_status (*handle_protocol)(efi_handle handle, const struct efi_guid *protocol, void **interface);
    void *protocols_and_images[9];
    efi_status (*exit_boot_services)(efi_handle image, size_t key);
};

struct efi_configuration_table {
    struct efi_guid vendor;
    void *table;
};

struct efi_system_table {
    struct efi_header header;
    uint16_t *vendor;
    uint32_t vendor_revision;
    void *console_in[3];
    struct efi_text_output *out;
    void *standard_error[2];
    void *runtime;
    struct efi_boot_services *boot;
    size_t table_count;
    struct efi_configuration_table *tables;
};

struct efi_loaded_image {
    uint32_t revision;
    void *origin[5];
    uint32_t load_options_bytes;
    const uint16_t *load_options;
};

#endif
