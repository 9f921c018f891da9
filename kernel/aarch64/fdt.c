// SPDX-License-Identifier: MIT
// The reader of flattened device trees.
#include "fdt.h"

enum { HEADER_BYTES = 40, VERSION = 17, CELL = 4 };

static uint32_t read_cell(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static size_t header_word(const struct fdt *self, size_t index) {
    return read_cell(self->bytes + index * CELL);
}

const char *fdt_open(struct fdt *self, const void *bytes, size_t limit) {
    *self = (struct fdt){.bytes = bytes};
    if (limit < HEADER_BYTES)
        return "the device tree is shorter than its header";
    if (header_word(self, 0) != FDT_MAGIC)
        return "the device tree lacks its magic number";
    self->size = header_word(self, 1);
    self->structure = header_word(self, 2);
    self->strings = header_word(self, 3);
    self->reservations = header_word(self, 4);
    if (self->size < HEADER_BYTES || self->size > limit)
        return "the device tree is cut off";
    if (header_word(self, 5) < VERSION || header_word(self, 6) > VERSION)
        return "the device tree has a version other than 17";
    self->strings_end = self->strings + header_word(self, 8);
    self->structure_end = self->structure + header_word(self, 9);
    if (self->structure % CELL != 0 || self->structure_end > self->size || self->strings_end > self->size ||
        self->reservations > self->size)
        return "the device tree's header points outside the tree";
    return NULL;
}

// The string at `offset` with its end; nothing unless it ends before `end`.
static struct fdt_value read_string(const struct fdt *self, size_t offset, size_t end) {
    for (size_t i = offset; i < end; i++) // bound: bytes of the block
        if (self->bytes[i] == 0)
            return (struct fdt_value){self->bytes + offset, i + 1 - offset};
    return (struct fdt_value){NULL, 0};
}

// The cell at *offset, which moves on; 0 at the end of the structure block.
static uint32_t take_cell(const struct fdt *self, size_t *offset) {
    if (*offset > self->structure_end || self->structure_end - *offset < CELL)
        return 0;
    *offset += CELL;
    return read_cell(self->bytes + *offset - CELL);
}

static size_t round_up(size_t bytes) {
    return (bytes + CELL - 1) / CELL * CELL;
}

struct fdt_token fdt_next(const struct fdt *self, size_t *offset) {
    struct fdt_token token = {.kind = FDT_NOTHING};
    bool is_whole = true;
    while (token.kind == FDT_NOTHING) // bound: cells of the structure block
        token.kind = take_cell(self, offset);
    if (token.kind == FDT_NODE) {
        token.name = read_string(self, *offset, self->structure_end);
        is_whole = token.name.size != 0;
        *offset += round_up(token.name.size);
    } else if (token.kind == FDT_PROPERTY) {
        token.value.size = take_cell(self, offset);
        token.name = read_string(self, self->strings + take_cell(self, offset), self->strings_end);
        token.value.bytes = self->bytes + *offset;
        is_whole = token.name.size != 0 && token.value.size <= self->structure_end - *offset;
        *offset += round_up(token.value.size);
    } else {
        is_whole = token.kind == FDT_NODE_END || token.kind == FDT_END;
    }
    return is_whole ? token : (struct fdt_token){.kind = FDT_BROKEN};
}

bool fdt_reservation(const struct fdt *self, size_t index, uint64_t *start, uint64_t *bytes) {
    struct fdt_value list = {self->bytes + self->reservations, self->size - self->reservations};
    *start = fdt_number(list, 4 * index, 2);
    *bytes = fdt_number(list, 4 * index + 2, 2);
    return *start != 0 || *bytes != 0;
}

uint64_t fdt_number(struct fdt_value value, size_t index, size_t cells) {
    size_t last = index + cells; // never near SIZE_MAX: an index comes from a size
    if (cells < 1 || cells > 2 || value.bytes == NULL || last > value.size / CELL)
        return 0;
    uint64_t low = read_cell(value.bytes + (last - 1) * CELL);
    return cells == 1 ? low : (uint64_t)read_cell(value.bytes + index * CELL) << 32 | low;
}

bool fdt_has_string(struct fdt_value value, const char *text) {
    size_t bytes = 1;
    while (text[bytes - 1] != 0) // bound: the text
        bytes++;
    for (size_t i = 0; i + bytes <= value.size; i++) // bound: bytes of the value
        if ((i == 0 || value.bytes[i - 1] == 0) && __builtin_memcmp(value.bytes + i, text, bytes) == 0)
            return true;
    return false;
}
