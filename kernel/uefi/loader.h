// SPDX-License-Identifier: MIT
// The parts of the UEFI loader: the console (loader.c), the kernel's image (image.c), the record that the kernel gets
// (record.c), and what differs between architectures (x86_64/, aarch64/).
#ifndef KERNEL_UEFI_LOADER_H
#define KERNEL_UEFI_LOADER_H

#include "efi.h"
#include "start_info.h"

#include <stdbool.h>

#define LOADER_ADDRESS_MAX UINT64_C(0xffffffff) // the kernel's early map ends there

// Defined by the loader itself (loader.c): there is no C library.
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *at, int value, size_t bytes);

// Prints a sentence; answers the status of a loader that gives up.
efi_status give_up(const char *sentence);

// The kernel's ELF file, which this program carries, at the place that it was linked for.
struct image {
    uint64_t start, end, entry;
};
efi_status image_place(struct efi_boot_services *boot, struct image *image);

// All that the kernel finds by its record, in one piece of memory of its own kind.
enum { RECORD_RANGES_MAX = 512, RECORD_LINE_BYTES = 256 };
struct record {
    struct start_info info;
    struct start_module device_tree;
    char line[RECORD_LINE_BYTES];
    struct start_memory memory[RECORD_RANGES_MAX];
};

// A copy of the firmware's memory map.
struct map {
    _Alignas(16) unsigned char raw[65536];
    size_t bytes, key, descriptor_bytes;
};

efi_status record_make(efi_handle self, const struct efi_system_table *system, struct record **record);
bool record_take_map(struct record *record, const struct map *map);

// What differs between architectures.
extern const uint16_t machine_elf; // e_machine
// What the kernel cannot do without and the record lacks, as a sentence; null if all is there.
const char *machine_lack(const struct record *record);
// Enters the kernel. Boot services are gone.
_Noreturn void machine_enter(const struct image *image, struct record *record);

#endif
