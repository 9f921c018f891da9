// SPDX-License-Identifier: MIT
// How the UEFI loader leaves the firmware, on the host: with the key of its latest memory map, again if that is stale,
// silently once the firmware's console may be gone, and never with anything missing. All else is faked.
#include "expect.h"
#include "loader.h"

#include <setjmp.h>
#include <string.h>

TestSuite(uefi_loader, .timeout = 60);

enum { NEVER = 99, TEXT_BYTES = 256 };

efi_status efi_main(efi_handle self, struct efi_system_table *system);

// What the firmware, and the loader's other parts, are to do: the so many-th call fails, from 1 on.
static struct plan {
    unsigned stale;             // first calls of exit_boot_services that find a stale key
    unsigned bad_map, long_map; // get_memory_map; record_take_map
    bool bad_image, bad_record, lacks;
} plan;

// What was done.
static unsigned maps, taken, exits;
static size_t key;
static bool entered;
static char said[TEXT_BYTES];
static struct record made;
static jmp_buf kernel;

efi_status image_place(struct efi_boot_services *boot, struct image *image) {
    (void)boot;
    image->entry = 77;
    return plan.bad_image ? give_up("no image") : EFI_SUCCESS;
}

efi_status record_make(efi_handle self, const struct efi_system_table *system, struct record **record) {
    (void)self, (void)system;
    *record = &made;
    return plan.bad_record ? give_up("no record") : EFI_SUCCESS;
}

bool record_take_map(struct record *record, const struct map *map) {
    EXPECT(record == &made && map->bytes == 48 && map->raw[0] == maps, "another map than the latest");
    return ++taken != plan.long_map;
}

const char *machine_lack(const struct record *record) {
    EXPECT(record == &made, "another record");
    return plan.lacks ? "something lacks" : NULL;
}

_Noreturn void machine_enter(const struct image *image, struct record *record) {
    EXPECT(image->entry == 77 && record == &made, "another kernel");
    entered = true;
    longjmp(kernel, 1);
}

static efi_status print(struct efi_text_output *self, const uint16_t *text) {
    size_t length = strlen(said);
    (void)self;
    EXPECT(exits == 0, "the console is used when it may be gone");
    EXPECT(text[0] < 128 && text[1] == 0 && length < TEXT_BYTES - 1, "no character that can be printed");
    said[length] = (char)text[0];
    return EFI_SUCCESS;
}

static efi_status get_map(size_t *bytes, void *map, size_t *new_key, size_t *descriptor_bytes, uint32_t *version) {
    EXPECT(*bytes == sizeof((struct map *)NULL)->raw, "room of %zu bytes", *bytes);
    if (++maps == plan.bad_map) {
        return EFI_BUFFER_TOO_SMALL;
    }
    memset(map, (int)maps, 48);
    *bytes = *descriptor_bytes = 48;
    *new_key = 1000 + maps;
    *version = 1;
    return EFI_SUCCESS;
}

static efi_status leave(efi_handle image, size_t with_key) {
    EXPECT(image == &plan && taken == maps && with_key == 1000 + maps, "the firmware is left with key %zu", with_key);
    key = with_key;
    return ++exits <= plan.stale ? EFI_LOAD_ERROR : EFI_SUCCESS;
}

// The loader's status; 1 if it has entered the kernel.
static efi_status load(void) {
    struct efi_text_output console = {.output_string = print};
    struct efi_boot_services services = {.get_memory_map = get_map, .exit_boot_services = leave};
    struct efi_system_table system = {.out = &console, .boot = &services};
    maps = taken = exits = 0;
    key = 0;
    entered = false;
    memset(said, 0, sizeof said);
    if (setjmp(kernel) != 0) {
        return 1;
    }
    return efi_main(&plan, &system);
}

Test(uefi_loader, stale_keys) {
    for (unsigned stale = 0; stale < 3; stale++) {
        plan = (struct plan){.stale = stale};
        cr_assert(load() == 1 && entered);
        EXPECT(exits == stale + 1 && key == 1001 + stale && said[0] == 0, "%u stale keys: %u exits", stale, exits);
    }
    plan = (struct plan){.stale = NEVER};
    cr_assert(load() == EFI_LOAD_ERROR && !entered && exits == 3);
}

Test(uefi_loader, maps_that_cannot_be_had) {
    for (unsigned call = 1; call <= 3; call++) {
        plan = (struct plan){.stale = NEVER, .bad_map = call};
        cr_assert(load() == EFI_LOAD_ERROR && !entered);
        EXPECT(exits == call - 1 && (strstr(said, "does not tell its memory map") != NULL) == (call == 1), "%s", said);
        plan = (struct plan){.stale = NEVER, .long_map = call};
        cr_assert(load() == EFI_LOAD_ERROR && !entered);
        EXPECT(exits == call - 1 && (strstr(said, "more pieces") != NULL) == (call == 1), "%s", said);
    }
}

Test(uefi_loader, what_is_missing) {
    plan = (struct plan){.bad_image = true};
    cr_assert(load() == EFI_LOAD_ERROR && !entered && exits == 0);
    cr_assert_str_eq(said, "uefi: no image\r\n");
    plan = (struct plan){.bad_record = true};
    cr_assert(load() == EFI_LOAD_ERROR && !entered && exits == 0);
    cr_assert_str_eq(said, "uefi: no record\r\n");
    plan = (struct plan){.lacks = true};
    cr_assert(load() == EFI_LOAD_ERROR && !entered && exits == 0);
    cr_assert_str_eq(said, "uefi: something lacks\r\n");
}
