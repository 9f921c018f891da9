// SPDX-License-Identifier: MIT
// Frame lists: radix trees in frames of their own. Contracts: wfheap/frame.h.
//
// An entry is 0, or a frame's address and, in the bits below, how many entries of it are in use: 1 to 512 for a node, 1
// for a frame of the list. So nobody reads a node to know whether it is empty, and address 0 is an entry too.
#include "frame/frame_state.h"

#define LIST_BITS 9u
#define LIST_ENTRIES ((size_t)1 << LIST_BITS)
#define LIST_HEIGHT_MAX 6u // covers 2^54 frames, more than 2^63 bytes
#define LIST_OFFSET_MAX (UINT64_C(1) << 63)

struct list_path {
    uint64_t *entry[LIST_HEIGHT_MAX + 1]; // of each height from the list's down to 0, the frame itself
};

static uint64_t list_frame(uint64_t entry) {
    return entry & ~(uint64_t)(PAGE_BYTES - 1);
}

static size_t list_used(uint64_t entry) {
    return (size_t)(entry & (PAGE_BYTES - 1));
}

static uint64_t *list_node(const struct frame_list *self, uint64_t entry) {
    return frame_reach(self->pool, list_frame(entry));
}

// Where `index` belongs in a node whose entries are of `height`.
static size_t list_slot(uint64_t index, unsigned height) {
    return index >> (LIST_BITS * height) & (LIST_ENTRIES - 1);
}

static bool list_covers(unsigned height, uint64_t index) {
    return index >> (LIST_BITS * height) == 0;
}

static bool list_is_offset(uint64_t offset) {
    return offset % PAGE_BYTES == 0 && offset < LIST_OFFSET_MAX;
}

// Follows entries down to the frame at `index`; the last entry of the path that there is, is of the height answered.
static unsigned list_walk(struct frame_list *self, uint64_t index, struct list_path *path) {
    unsigned height = self->height;
    path->entry[height] = &self->root;
    // bound: LIST_HEIGHT_MAX
    while (height > 0 && *path->entry[height] != 0) {
        uint64_t *node = list_node(self, *path->entry[height]);
        height--;
        path->entry[height] = &node[list_slot(index, height)];
    }
    return height;
}

// The entry of the frame at an offset; NULL if there is none.
static uint64_t *list_seek(const struct frame_list *self, uint64_t offset) {
    uint64_t entry = self->root, index = offset >> PAGE_SHIFT;
    uint64_t *place = NULL;
    if (!list_covers(self->height, index))
        return NULL;
    // bound: LIST_HEIGHT_MAX
    for (unsigned height = self->height; height > 0 && entry != 0; height--) {
        place = &list_node(self, entry)[list_slot(index, height - 1)];
        entry = *place;
    }
    return entry == 0 ? NULL : place;
}

// Takes `count` empty nodes, or none.
static enum frame_error list_make_nodes(struct frame_list *self, size_t cpu, uint64_t *nodes, unsigned count) {
    // bound: 2 * LIST_HEIGHT_MAX
    for (unsigned i = 0; i < count; i++) {
        enum frame_error error = frame_alloc_zeroed(self->pool, cpu, &nodes[i]);
        if (error == FRAME_OK)
            continue;
        // bound: 2 * LIST_HEIGHT_MAX
        while (i-- > 0)
            frame_put(self->pool, cpu, nodes[i]);
        return error;
    }
    return FRAME_OK;
}

// How many nodes grow above the root, so that the tree covers the index, and how high it is then.
static unsigned list_growth(const struct frame_list *self, uint64_t index, unsigned *height) {
    *height = self->height;
    // bound: LIST_HEIGHT_MAX
    while (!list_covers(*height, index))
        ++*height;
    return self->root == 0 ? 0 : *height - self->height;
}

static void list_grow(struct frame_list *self, unsigned height, const uint64_t *nodes, unsigned count) {
    // bound: LIST_HEIGHT_MAX
    for (unsigned i = 0; i < count; i++) {
        list_node(self, nodes[i])[0] = self->root;
        self->root = nodes[i] | 1;
    }
    self->height = height;
}

// How many nodes are missing on the way down to an index, once the tree has grown to that height, no higher than
// needed: below a node that grows, the index and what the list has go separate ways.
static unsigned list_missing(struct frame_list *self, uint64_t index, unsigned growth, unsigned height) {
    struct list_path path;
    if (self->root == 0)
        return height;
    return growth > 0 ? height - 1 : list_walk(self, index, &path);
}

enum frame_error frame_list_init(struct frame_list *self, frame_pool *pool) {
    if (self == NULL || pool == NULL)
        return FRAME_ERR_NULL;
    *self = (struct frame_list){.pool = pool};
    return pool->direct_map == FRAME_UNREACHABLE ? FRAME_ERR_UNREACHABLE : FRAME_OK;
}

static void list_must_hold(const struct frame_list *self, uint64_t frame) {
    if (frame_references(self->pool, frame) == 0)
        frame_fault(PORT_FAULT_FREE_PAGE, frame, 0);
}

enum frame_error frame_list_insert(struct frame_list *self, size_t cpu, uint64_t offset, uint64_t frame) {
    uint64_t nodes[2 * LIST_HEIGHT_MAX] = {0};
    uint64_t index = offset >> PAGE_SHIFT;
    struct list_path path;
    unsigned height;
    if (!list_is_offset(offset))
        return FRAME_ERR_MISPLACED;
    if (cpu >= self->pool->cpus)
        return FRAME_ERR_CPU;
    list_must_hold(self, frame);
    if (self->count > 0 && list_covers(self->height, index) && list_walk(self, index, &path) == 0 &&
        *path.entry[0] != 0)
        return FRAME_ERR_OCCUPIED;
    unsigned growth = list_growth(self, index, &height);
    unsigned missing = list_missing(self, index, growth, height);
    enum frame_error error = list_make_nodes(self, cpu, nodes, growth + missing);
    if (error != FRAME_OK)
        return error;
    list_grow(self, height, nodes, growth);
    unsigned reached = list_walk(self, index, &path);
    // Entries that were empty begin with a node that has none in use; the one above each has one more.
    // bound: LIST_HEIGHT_MAX
    for (unsigned next = growth; reached > 0; reached--) {
        *path.entry[reached] = nodes[next++];
        path.entry[reached - 1] = &list_node(self, *path.entry[reached])[list_slot(index, reached - 1)];
        if (reached < self->height)
            ++*path.entry[reached + 1];
    }
    *path.entry[0] = frame | 1;
    if (self->height > 0)
        ++*path.entry[1];
    self->count++;
    return FRAME_OK;
}

enum frame_error frame_list_find(const struct frame_list *self, uint64_t offset, uint64_t *frame) {
    if (!list_is_offset(offset))
        return FRAME_ERR_MISPLACED;
    if (!list_covers(self->height, offset >> PAGE_SHIFT))
        return FRAME_ERR_ABSENT;
    const uint64_t *entry = self->height == 0 ? &self->root : list_seek(self, offset);
    if (entry == NULL || *entry == 0)
        return FRAME_ERR_ABSENT;
    *frame = list_frame(*entry);
    return FRAME_OK;
}

enum frame_error frame_list_replace(struct frame_list *self, uint64_t offset, uint64_t frame, uint64_t *old) {
    enum frame_error error = frame_list_find(self, offset, old);
    if (error != FRAME_OK)
        return error;
    list_must_hold(self, frame);
    *(self->height == 0 ? &self->root : list_seek(self, offset)) = frame | 1;
    return FRAME_OK;
}

// Roots that have nothing but their first entry go.
static void list_shrink(struct frame_list *self, size_t cpu) {
    // bound: LIST_HEIGHT_MAX
    for (unsigned turn = 0; turn < LIST_HEIGHT_MAX && self->height > 0; turn++) {
        if (list_used(self->root) != 1 || list_node(self, self->root)[0] == 0)
            break;
        uint64_t node = list_frame(self->root);
        self->root = list_node(self, self->root)[0];
        self->height--;
        frame_put(self->pool, cpu, node);
    }
    if (self->root == 0)
        self->height = 0;
}

enum frame_error frame_list_take(struct frame_list *self, size_t cpu, uint64_t offset, uint64_t *frame) {
    struct list_path path;
    if (cpu >= self->pool->cpus)
        return FRAME_ERR_CPU;
    enum frame_error error = frame_list_find(self, offset, frame);
    if (error != FRAME_OK)
        return error;
    (void)list_walk(self, offset >> PAGE_SHIFT, &path);
    *path.entry[0] = 0;
    // bound: LIST_HEIGHT_MAX
    for (unsigned height = 1; height <= LIST_HEIGHT_MAX && height <= self->height; height++) {
        --*path.entry[height];
        if (list_used(*path.entry[height]) != 0)
            break;
        frame_put(self->pool, cpu, list_frame(*path.entry[height]));
        *path.entry[height] = 0;
    }
    self->count--;
    list_shrink(self, cpu);
    return FRAME_OK;
}

enum frame_error frame_list_remove(struct frame_list *self, size_t cpu, uint64_t offset) {
    uint64_t frame;
    enum frame_error error = frame_list_take(self, cpu, offset, &frame);
    if (error == FRAME_OK)
        frame_put(self->pool, cpu, frame);
    return error;
}

// The node of `height` on the way to an index; there is one.
static const uint64_t *list_node_of(const struct frame_list *self, uint64_t index, unsigned height) {
    uint64_t entry = self->root;
    // bound: LIST_HEIGHT_MAX
    for (unsigned at = self->height; at > height; at--)
        entry = list_node(self, entry)[list_slot(index, at - 1)];
    return list_node(self, entry);
}

enum frame_error frame_list_next(const struct frame_list *self, uint64_t from, uint64_t *offset, uint64_t *frame) {
    uint64_t index = (from >> PAGE_SHIFT) + (from % PAGE_BYTES != 0);
    unsigned height = self->height;
    if (self->count == 0 || !list_covers(height, index))
        return FRAME_ERR_ABSENT;
    // bound: 3 * LIST_HEIGHT_MAX: down towards the index, up to where something follows, and down to that
    while (height > 0) {
        const uint64_t *node = list_node_of(self, index, height);
        size_t slot = list_slot(index, height - 1);
        // bound: LIST_ENTRIES
        while (slot < LIST_ENTRIES && node[slot] == 0)
            slot++;
        if (slot == LIST_ENTRIES) {
            index = ((index >> (LIST_BITS * height)) + 1) << (LIST_BITS * height);
            if (!list_covers(self->height, index))
                return FRAME_ERR_ABSENT;
            // The node in which what follows is an entry further on: not one of which it is the first.
            // bound: LIST_HEIGHT_MAX
            do {
                height++;
            } while (list_slot(index, height - 1) == 0);
        } else {
            if (slot != list_slot(index, height - 1))
                index = ((index >> (LIST_BITS * height)) << LIST_BITS | slot) << (LIST_BITS * (height - 1));
            height--;
        }
    }
    *offset = index << PAGE_SHIFT;
    return frame_list_find(self, *offset, frame);
}

enum frame_error frame_list_first(const struct frame_list *self, uint64_t *offset, uint64_t *frame) {
    return frame_list_next(self, 0, offset, frame);
}

enum frame_error frame_list_last(const struct frame_list *self, uint64_t *offset, uint64_t *frame) {
    uint64_t index = 0, entry = self->root;
    if (self->count == 0)
        return FRAME_ERR_ABSENT;
    // bound: LIST_HEIGHT_MAX
    for (unsigned height = self->height; height > 0; height--) {
        const uint64_t *node = list_node(self, entry);
        size_t slot = LIST_ENTRIES - 1;
        // bound: LIST_ENTRIES, for no node is empty
        while (slot > 0 && node[slot] == 0)
            slot--;
        entry = node[slot];
        index = index << LIST_BITS | slot;
    }
    *offset = index << PAGE_SHIFT;
    *frame = list_frame(entry);
    return FRAME_OK;
}

bool frame_list_clear(struct frame_list *self, size_t cpu, size_t most) {
    uint64_t offset, frame;
    // bound: most
    for (size_t i = 0; i < most && frame_list_first(self, &offset, &frame) == FRAME_OK; i++) {
        if (frame_list_remove(self, cpu, offset) != FRAME_OK)
            break;
    }
    return self->count > 0 && cpu < self->pool->cpus;
}
