// SPDX-License-Identifier: MIT
// What is rare in a magazine's life: going from piece to piece. See magazine.h.
#include "cache/magazine.h"

#include "bits/bits.h"

// The NULL below a piece.
static void **magazine_floor(const struct magazine *self, const struct magazine_pool *pool, unsigned piece) {
    return piece == MAGAZINE_OWN ? (void **)self->slots : pool->slots + (size_t)piece * (MAGAZINE_CHUNK_SLOTS + 1);
}

static unsigned magazine_room(const struct magazine *self, unsigned piece) {
    return piece == MAGAZINE_OWN ? self->own_slots : MAGAZINE_CHUNK_SLOTS;
}

static void magazine_use(struct magazine *self, const struct magazine_pool *pool, unsigned piece) {
    self->piece = (uint8_t)piece;
    self->top = magazine_floor(self, pool, piece);
    self->limit = magazine_limit(self->top + magazine_room(self, piece));
}

void magazine_init(void *cache, const struct size_class *class, uint8_t index, size_t bytes_most) {
    struct magazine *self = magazine_at(cache, class->ticket);
    size_t affordable = bytes_most / class->block_bytes;
    if (affordable == 0 && class->block_bytes <= 4 * bytes_most)
        affordable = 1; // a block that is freed and taken again need not go through the stash
    self->own_slots = (uint8_t)(affordable < MAGAZINE_OWN_SLOTS ? affordable : MAGAZINE_OWN_SLOTS);
    self->reciprocal = class->reciprocal;
    self->accept = class->accept;
    self->span_mask = (uint32_t)(size_class_span_bytes(class) - 1);
    self->class = index;
    self->chunk_bytes = MAGAZINE_CHUNK_SLOTS * class->block_bytes;
    magazine_use(self, NULL, MAGAZINE_OWN);
}

void magazine_pool_init(struct magazine_pool *self, void **slots, uint32_t chunks, uint64_t bytes_most) {
    self->vacant = bits_low(chunks);
    self->chunks = chunks;
    self->bytes_most = bytes_most;
    self->slots = slots;
    // bound: MAGAZINE_CHUNKS
    for (unsigned chunk = 0; chunk < MAGAZINE_CHUNKS; chunk++)
        self->owner[chunk] = MAGAZINE_NOBODY;
}

bool magazine_descend(struct magazine_pool *pool, struct magazine *self) {
    unsigned chunk = self->piece;
    if (chunk == MAGAZINE_OWN)
        return false;
    pool->vacant |= bits_one(chunk);
    pool->bytes -= self->chunk_bytes;
    self->chunks--;
    magazine_use(self, pool, pool->below[chunk]);
    self->top += magazine_room(self, self->piece);
    return true;
}

bool magazine_ascend(struct magazine_pool *pool, struct magazine *self) {
    if (pool->vacant == 0 || pool->bytes + self->chunk_bytes > pool->bytes_most)
        return false;
    unsigned chunk = bits_lowest(pool->vacant);
    pool->vacant &= pool->vacant - 1;
    pool->bytes += self->chunk_bytes;
    pool->below[chunk] = self->piece;
    self->chunks++;
    magazine_use(self, pool, chunk);
    if (pool->owner[chunk] != self->class) {
        // What another class left there must not pass for a block of this one.
        // bound: MAGAZINE_CHUNK_SLOTS
        for (unsigned i = 1; i <= MAGAZINE_CHUNK_SLOTS; i++)
            self->top[i] = NULL;
        pool->owner[chunk] = self->class;
    }
    return true;
}

void *magazine_pop(struct magazine_pool *pool, struct magazine *self) {
    void *p = *self->top;
    if (p == NULL) {
        if (!magazine_descend(pool, self))
            return NULL;
        p = *self->top;
        if (p == NULL)
            return NULL;
    }
    self->top--;
    return p;
}

uint8_t magazine_pool_victim(struct magazine_pool *self) {
    // bound: MAGAZINE_CHUNKS
    for (unsigned i = 0; i < self->chunks; i++) {
        self->hand = self->hand + 1 < self->chunks ? self->hand + 1 : 0;
        if (!(self->vacant >> self->hand & 1))
            return self->owner[self->hand];
    }
    return MAGAZINE_NOBODY;
}

size_t magazine_count(const struct magazine *self, const struct magazine_pool *pool) {
    void **top = *(void **const volatile *)&self->top;
    uint8_t chunks = *(const volatile uint8_t *)&self->chunks;
    uint8_t piece = *(const volatile uint8_t *)&self->piece;
    bool own = piece >= MAGAZINE_CHUNKS;
    size_t room = magazine_room(self, own ? MAGAZINE_OWN : piece);
    size_t held = ((uintptr_t)top - (uintptr_t)magazine_floor(self, pool, own ? MAGAZINE_OWN : piece)) / sizeof(void *);
    // What was read while the owner changed pieces does not fit together.
    held = held < room ? held : room;
    return own || chunks == 0 ? held : self->own_slots + (chunks - 1u) * MAGAZINE_CHUNK_SLOTS + held;
}

void *magazine_peek(const struct magazine *self, const struct magazine_pool *pool, size_t i) {
    void **top = self->top;
    uint8_t piece = self->piece;
    // bound: MAGAZINE_CHUNKS pieces
    while (piece != MAGAZINE_OWN) {
        size_t held = (size_t)(top - magazine_floor(self, pool, piece));
        if (i < held)
            break;
        i -= held;
        piece = pool->below[piece];
        top = magazine_floor(self, pool, piece) + magazine_room(self, piece);
    }
    return *(top - i);
}
