// SPDX-License-Identifier: MIT
// The kernel's ELF file inside this program, and its way to the addresses that it was linked for.
#include "loader.h"

struct elf_header {
    uint32_t magic;
    uint8_t class, order, version, pad[9];
    uint16_t type, machine;
    uint32_t version_again;
    uint64_t entry, segments_at, sections_at;
    uint32_t flags;
    uint16_t header_bytes, segment_bytes, segment_count;
};

struct elf_segment {
    uint32_t type, flags;
    uint64_t offset, virtual_start, physical_start, file_bytes, memory_bytes, align;
};

enum { ELF_MAGIC = 0x464c457f, ELF_CLASS_64 = 2, ELF_LITTLE_ENDIAN = 1, ELF_LOAD = 1, ELF_SEGMENTS_MAX = 16 };

extern const unsigned char payload_start[], payload_end[]; // payload.S

static const struct elf_segment *segment_at(size_t index) {
    const struct elf_header *elf = (const void *)payload_start;
    return (const void *)(payload_start + elf->segments_at + index * sizeof(struct elf_segment));
}

static bool is_whole(void) {
    const struct elf_header *elf = (const void *)payload_start;
    uint64_t bytes = (uint64_t)(payload_end - payload_start);
    if (bytes < sizeof *elf || elf->magic != ELF_MAGIC || elf->class != ELF_CLASS_64 ||
        elf->order != ELF_LITTLE_ENDIAN || elf->machine != machine_elf ||
        elf->segment_bytes != sizeof(struct elf_segment) || elf->segment_count > ELF_SEGMENTS_MAX ||
        elf->segments_at > bytes - sizeof *elf ||
        bytes - elf->segments_at < elf->segment_count * sizeof *segment_at(0)) {
        return false;
    }
    for (size_t i = 0; i < elf->segment_count; i++) { // bound: ELF_SEGMENTS_MAX
        const struct elf_segment *segment = segment_at(i);
        if (segment->offset > bytes || segment->file_bytes > bytes - segment->offset ||
            segment->file_bytes > segment->memory_bytes || segment->memory_bytes > LOADER_ADDRESS_MAX ||
            segment->physical_start > LOADER_ADDRESS_MAX - segment->memory_bytes) {
            return false;
        }
    }
    return true;
}

// The pages of all segments together, from the lowest to the highest.
static struct image extent(void) {
    const struct elf_header *elf = (const void *)payload_start;
    struct image image = {.start = LOADER_ADDRESS_MAX, .entry = elf->entry};
    for (size_t i = 0; i < elf->segment_count; i++) { // bound: ELF_SEGMENTS_MAX
        const struct elf_segment *segment = segment_at(i);
        if (segment->type != ELF_LOAD || segment->memory_bytes == 0) {
            continue;
        }
        uint64_t end = segment->physical_start + segment->memory_bytes;
        image.start = segment->physical_start < image.start ? segment->physical_start : image.start;
        image.end = end > image.end ? end : image.end;
    }
    image.start &= ~(uint64_t)(EFI_PAGE_BYTES - 1);
    return image;
}

efi_status image_place(struct efi_boot_services *boot, struct image *image) {
    if (!is_whole()) {
        return give_up("the kernel inside this program is no whole ELF file for this machine.");
    }
    *image = extent();
    if (image->entry < image->start || image->entry >= image->end) {
        return give_up("the kernel's entry lies outside its image.");
    }
    // Of the loader's code, as far as the firmware is concerned: memory that the record calls RAM.
    size_t pages = (size_t)(image->end - image->start + EFI_PAGE_BYTES - 1) / EFI_PAGE_BYTES;
    if (boot->allocate_pages(EFI_ALLOCATE_ADDRESS, EFI_LOADER_CODE, pages, &image->start) != EFI_SUCCESS) {
        return give_up("the memory that the kernel was linked for is taken, or the machine has none there.");
    }
    memset((void *)(uintptr_t)image->start, 0, pages * EFI_PAGE_BYTES);
    const struct elf_header *elf = (const void *)payload_start;
    for (size_t i = 0; i < elf->segment_count; i++) { // bound: ELF_SEGMENTS_MAX
        const struct elf_segment *segment = segment_at(i);
        if (segment->type == ELF_LOAD) {
            memcpy((void *)(uintptr_t)segment->physical_start, payload_start + segment->offset,
                   (size_t)segment->file_bytes);
        }
    }
    return EFI_SUCCESS;
}
