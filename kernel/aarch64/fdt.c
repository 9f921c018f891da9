// SPDX-License-Identifier: MIT
// The reader of flattened device trees.
#include "fdt.h"

enum { HEADER_BYTES = 40, VERSION = 17, CELL = 4 };
enum { TOKEN_NODE = 1, TOKEN_NODE_END = 2, TOKEN_PROPERTY = 3, TOKEN_NOTHING = 4, TOKEN_END = 9 };

static uint32_t read_cell(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static size_t header_word(const struct fdt *self, size_t index) {
    return read_cell(self->bytes + index * CELL);
}

const char *fdt_open(struct fdt *self, const void *bytes, size_t limit) {
    *self = (struct fdt){.bytes = bytes};
    if (limit < HEADER_BYTES) {
        return "the device tree is shorter than its header";
    }
    if (header_word(self, 0) != FDT_MAGIC) {
        return "the device tree lacks its magic number";
    }
    self->size = header_word(self, 1);
    self->structure = header_word(self, 2);
    self->strings = header_word(self, 3);
    self->reservations = header_word(self, 4);
    if (self->size < HEADER_BYTES || self->size > limit) {
        return "the device tree is cut off";
    }
    if (header_word(self, 5) < VERSION || header_word(self, 6) > VERSION) {
        return "the device tree has a version other than 17";
    }
    self->strings_end = self->strings + header_word(self, 8);
    self->structure_end = self->structure + header_word(self, 9);
    if (self->structure % CELL != 0 || self->structure_end > self->size || self->strings_end > self->size ||
        self->reservations > self->size) {
        return "the device tree's header points outside the tree";
    }
    return NULL;
}

// The string at `offset`, NULL unless it ends before `end`.
static const char *read_string(const struct fdt *self, size_t offset, size_t end, size_t *bytes) {
    for (size_t i = offset; i < end; i++) { // bound: bytes of the block
        if (self->bytes[i] == 0) {
            *bytes = i + 1 - offset;
            return (const char *)self->bytes + offset;
        }
    }
    return NULL;
}

static struct fdt_token read_node(const struct fdt *self, size_t *offset) {
    struct fdt_token token = {.kind = FDT_BROKEN};
    size_t bytes;
    token.name = read_string(self, *offset, self->structure_end, &bytes);
    if (token.name != NULL) {
        token.kind = FDT_NODE;
        *offset += (bytes + CELL - 1) / CELL * CELL;
    }
    return token;
}

static struct fdt_token read_property(const struct fdt *self, size_t *offset) {
    struct fdt_token token = {.kind = FDT_BROKEN};
    size_t left = self->structure_end - *offset, name_bytes;
    if (left < 2 * CELL || read_cell(self->bytes + *offset) > left - 2 * CELL) {
        return token;
    }
    token.value.size = read_cell(self->bytes + *offset);
    token.value.bytes = self->bytes + *offset + 2 * CELL;
    size_t name = self->strings + read_cell(self->bytes + *offset + CELL);
    token.name = read_string(self, name, self->strings_end, &name_bytes);
    if (token.name != NULL) {
        token.kind = FDT_PROPERTY;
        *offset += 2 * CELL + (token.value.size + CELL - 1) / CELL * CELL;
    }
    return token;
}

struct fdt_token fdt_next(const struct fdt *self, size_t *offset) {
    // bound: cells of the structure block
    while (*offset <= self->structure_end && self->structure_end - *offset >= CELL) {
        uint32_t kind = read_cell(self->bytes + *offset);
        *offset += CELL;
        switch (kind) {
        case TOKEN_NODE:
            return read_node(self, offset);
        case TOKEN_NODE_END:
            return (struct fdt_token){.kind = FDT_NODE_END};
        case TOKEN_PROPERTY:
            return read_property(self, offset);
        case TOKEN_END:
            return (struct fdt_token){.kind = FDT_END};
        case TOKEN_NOTHING:
            break;
        default:
            return (struct fdt_token){.kind = FDT_BROKEN};
        }
    }
    return (struct fdt_token){.kind = FDT_BROKEN};
}

bool fdt_reservation(const struct fdt *self, size_t index, uint64_t *start, uint64_t *bytes) {
    struct fdt_value list = {self->bytes + self->reservations, self->size - self->reservations};
    *start = fdt_number(list, 4 * index, 2);
    *bytes = fdt_number(list, 4 * index + 2, 2);
    return *start != 0 || *bytes != 0;
}

uint64_t fdt_number(struct fdt_value value, size_t index, size_t cells) {
    size_t last = index + cells; // never near SIZE_MAX: an index comes from a size
    if (cells < 1 || cells > 2 || value.bytes == NULL || last > value.size / CELL) {
        return 0;
    }
    uint64_t low = read_cell(value.bytes + (last - 1) * CELL);
    return cells == 1 ? low : (uint64_t)read_cell(value.bytes + index * CELL) << 32 | low;
}

bool fdt_has_string(struct fdt_value value, const char *text) {
    size_t at = 0; // how much of `text` the current string has matched; SIZE_MAX: not this string
    for (size_t i = 0; i < value.size; i++) { // bound: bytes of the value
        char c = (char)value.bytes[i];
        if (c == 0) {
            if (at != SIZE_MAX && text[at] == 0) {
                return true;
            }
            at = 0;
        } else if (at != SIZE_MAX) {
            at = text[at] == c ? at + 1 : SIZE_MAX;
        }
    }
    return false;
}
