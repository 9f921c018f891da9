// SPDX-License-Identifier: MIT
// The UEFI loader: places the kernel that it carries, tells it what the firmware knows, leaves the firmware, enters it.
#include "loader.h"

static struct efi_text_output *out;

void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) { // bound: bytes
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *at, int value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) { // bound: bytes
        ((volatile char *)at)[i] = (char)value;
    }
    return at;
}

static void say(const char *text) {
    for (; *text != '\0'; text++) { // bound: the text's length
        out->output_string(out, (uint16_t[]){(unsigned char)*text, 0});
    }
}

efi_status give_up(const char *sentence) {
    say("uefi: ");
    say(sentence);
    say("\r\n");
    return EFI_LOAD_ERROR;
}

static efi_status take_map(struct efi_boot_services *boot, struct map *map) {
    uint32_t version;
    map->bytes = sizeof map->raw;
    return boot->get_memory_map(&map->bytes, map->raw, &map->key, &map->descriptor_bytes, &version);
}

// The map's key is stale if the firmware allocated between the two calls; after a first refusal it allocates no more,
// and its console is gone.
static efi_status leave_firmware(efi_handle self, struct efi_boot_services *boot, struct record *record) {
    static struct map map;
    efi_status status = EFI_LOAD_ERROR;
    for (int tries = 0; tries < 3 && status != EFI_SUCCESS; tries++) { // bound: 3
        if (take_map(boot, &map) != EFI_SUCCESS) {
            return tries > 0 ? EFI_LOAD_ERROR
                             : give_up("the firmware does not tell its memory map, or it is too long.");
        }
        if (!record_take_map(record, &map)) {
            return tries > 0 ? EFI_LOAD_ERROR
                             : give_up("the memory map has more pieces than the kernel's record holds.");
        }
        status = boot->exit_boot_services(self, map.key);
    }
    return status;
}

efi_status efi_main(efi_handle self, struct efi_system_table *system) {
    struct image image;
    struct record *record;
    out = system->out;
    efi_status status = image_place(system->boot, &image);
    if (status == EFI_SUCCESS) {
        status = record_make(self, system, &record);
    }
    if (status == EFI_SUCCESS && machine_lack(record) != NULL) {
        status = give_up(machine_lack(record));
    }
    if (status == EFI_SUCCESS) {
        status = leave_firmware(self, system->boot, record);
    }
    if (status == EFI_SUCCESS) {
        machine_enter(&image, record);
    }
    return status;
}
