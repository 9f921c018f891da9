// SPDX-License-Identifier: MIT
// Flattened device trees, read as a stream of tokens: pure functions over bytes, every access bounds-checked, nothing
// copied. https://github.com/devicetree-org/devicetree-specification, chapter 5
#ifndef KERNEL_AARCH64_FDT_H
#define KERNEL_AARCH64_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDT_MAGIC 0xd00dfeedu

struct fdt {
    const uint8_t *bytes;
    size_t size;
    size_t structure, structure_end, strings, strings_end, reservations; // offsets
};

// A property's bytes, inside the tree; `bytes` is NULL for a property that is not there.
struct fdt_value {
    const uint8_t *bytes;
    size_t size;
};

// Numbered as in the tree, which has no FDT_BROKEN.
enum fdt_kind { FDT_BROKEN, FDT_NODE, FDT_NODE_END, FDT_PROPERTY, FDT_NOTHING, FDT_END = 9 };

struct fdt_token {
    enum fdt_kind kind;
    struct fdt_value name; // of a node or property: a string
    struct fdt_value value;
};

// Looks at the header of a tree of which at most `limit` bytes can be read. NULL, or a sentence of what is wrong.
const char *fdt_open(struct fdt *self, const void *bytes, size_t limit);

// The token at *offset, which starts as self->structure and moves on. Ends with FDT_END or FDT_BROKEN; never is
// FDT_NOTHING.
struct fdt_token fdt_next(const struct fdt *self, size_t *offset);

// The index-th memory reservation; false after the last one.
bool fdt_reservation(const struct fdt *self, size_t index, uint64_t *start, uint64_t *bytes);

// The number of `cells` (1 or 2) 32-bit cells that begins at cell `index`; 0 if it is not all there.
uint64_t fdt_number(struct fdt_value value, size_t index, size_t cells);

// Whether one of the value's strings is `text`.
bool fdt_has_string(struct fdt_value value, const char *text);

#endif
