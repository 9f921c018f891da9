// SPDX-License-Identifier: MIT
// What is rare in a magazine's life: going from piece to piece. See magazine.h.
#include "cache/magazine.h"

#include "bits/bits.h"

// Offset of the NULL below the own slots.
static uint32_t magazine_own_floor(size_t ticket) {
    return (uint32_t)(ticket + offsetof(struct magazine, slots));
}

static uint32_t magazine_chunk_floor(const struct magazine_pool *pool, unsigned chunk) {
    return pool->offset + chunk * (MAGAZINE_CHUNK_SLOTS + 1) * MAGAZINE_SLOT;
}

static void magazine_use_own(struct magazine *self, size_t ticket, uint32_t held) {
    self->piece = MAGAZINE_OWN;
    self->top = magazine_own_floor(ticket) + held * MAGAZINE_SLOT;
    self->limit = magazine_own_floor(ticket) + self->own_slots * MAGAZINE_SLOT;
}

static void magazine_use_chunk(struct magazine *self, const struct magazine_pool *pool, unsigned chunk, uint32_t held) {
    self->piece = (uint8_t)chunk;
    self->top = magazine_chunk_floor(pool, chunk) + held * MAGAZINE_SLOT;
    self->limit = magazine_chunk_floor(pool, chunk) + MAGAZINE_CHUNK_SLOTS * MAGAZINE_SLOT;
}

void magazine_init(void *cache, const struct size_class *class, uint8_t index, size_t bytes_most) {
    struct magazine *self = magazine_at(cache, class->ticket);
    size_t affordable = bytes_most / class->block_bytes;
    if (affordable == 0 && class->block_bytes <= 4 * bytes_most)
        affordable = 1; // a block that is freed and taken again need not go through the stash
    self->own_slots = (uint16_t)(affordable < MAGAZINE_OWN_SLOTS ? affordable : MAGAZINE_OWN_SLOTS);
    self->reciprocal = class->reciprocal;
    self->accept = class->accept;
    self->span_mask = (uint32_t)(size_class_span_bytes(class) - 1);
    self->class = index;
    self->chunk_bytes = MAGAZINE_CHUNK_SLOTS * class->block_bytes;
    magazine_use_own(self, class->ticket, 0);
}

void magazine_pool_init(struct magazine_pool *self, uint32_t offset, uint32_t chunks, uint64_t bytes_most) {
    self->vacant = bits_low(chunks);
    self->chunks = chunks;
    self->bytes_most = bytes_most;
    self->offset = offset;
    // bound: MAGAZINE_CHUNKS
    for (unsigned chunk = 0; chunk < MAGAZINE_CHUNKS; chunk++)
        self->owner[chunk] = MAGAZINE_NOBODY;
}

bool magazine_descend(void *cache, struct magazine_pool *pool, struct magazine *self) {
    unsigned chunk = self->piece;
    if (chunk == MAGAZINE_OWN)
        return false;
    pool->vacant |= bits_one(chunk);
    pool->bytes -= self->chunk_bytes;
    self->chunks--;
    if (pool->below[chunk] == MAGAZINE_OWN)
        magazine_use_own(self, (size_t)((char *)self - (char *)cache), self->own_slots);
    else
        magazine_use_chunk(self, pool, pool->below[chunk], MAGAZINE_CHUNK_SLOTS);
    return true;
}

bool magazine_ascend(void *cache, struct magazine_pool *pool, struct magazine *self) {
    if (pool->vacant == 0 || pool->bytes + self->chunk_bytes > pool->bytes_most)
        return false;
    unsigned chunk = bits_lowest(pool->vacant);
    pool->vacant &= pool->vacant - 1;
    pool->bytes += self->chunk_bytes;
    pool->below[chunk] = self->piece;
    self->chunks++;
    magazine_use_chunk(self, pool, chunk, 0);
    if (pool->owner[chunk] != self->class) {
        // What another class left there must not pass for a block of this one.
        void **slot = magazine_slot(cache, self->top);
        // bound: MAGAZINE_CHUNK_SLOTS
        for (unsigned i = 1; i <= MAGAZINE_CHUNK_SLOTS; i++)
            slot[i] = NULL;
        pool->owner[chunk] = self->class;
    }
    return true;
}

void *magazine_pop(void *cache, struct magazine_pool *pool, struct magazine *self) {
    void *p = *magazine_slot(cache, self->top);
    if (p == NULL) {
        if (!magazine_descend(cache, pool, self))
            return NULL;
        p = *magazine_slot(cache, self->top);
        if (p == NULL)
            return NULL;
    }
    self->top -= MAGAZINE_SLOT;
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

size_t magazine_count(const struct magazine *self, uint16_t ticket, const struct magazine_pool *pool) {
    uint32_t top = *(const volatile uint32_t *)&self->top;
    uint16_t chunks = *(const volatile uint16_t *)&self->chunks;
    uint8_t piece = *(const volatile uint8_t *)&self->piece;
    bool own = piece >= MAGAZINE_CHUNKS;
    uint32_t room = own ? self->own_slots : MAGAZINE_CHUNK_SLOTS;
    uint32_t held = (top - (own ? magazine_own_floor(ticket) : magazine_chunk_floor(pool, piece))) / MAGAZINE_SLOT;
    // What was read while the owner changed pieces does not fit together.
    held = held < room ? held : room;
    return own || chunks == 0 ? held : self->own_slots + (chunks - 1u) * MAGAZINE_CHUNK_SLOTS + held;
}

void *magazine_peek(const void *cache, const struct magazine_pool *pool, const struct magazine *self, uint16_t ticket,
                    size_t i) {
    uint32_t top = self->top;
    uint8_t piece = self->piece;
    // bound: MAGAZINE_CHUNKS pieces
    while (piece != MAGAZINE_OWN) {
        uint32_t floor = magazine_chunk_floor(pool, piece);
        if (i < (top - floor) / MAGAZINE_SLOT)
            break;
        i -= (top - floor) / MAGAZINE_SLOT;
        piece = pool->below[piece];
        top = piece == MAGAZINE_OWN ? magazine_own_floor(ticket) + self->own_slots * MAGAZINE_SLOT
                                    : magazine_chunk_floor(pool, piece) + MAGAZINE_CHUNK_SLOTS * MAGAZINE_SLOT;
    }
    return *(void *const *)(const void *)((const char *)cache + top - i * MAGAZINE_SLOT);
}
