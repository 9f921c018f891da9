// SPDX-License-Identifier: MIT
// The watch itself under test: every byte that is flipped where the shadow claims to look, every overlap and every
// wrong owner must be complained of, and nothing else.
#include "support/die.h"
#include "support/rng.h"
#include "support/shadow.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES ((size_t)1 << 16)

static _Alignas(64) unsigned char arena[ARENA_BYTES];

static void expect_quiet(const char *complaint, const char *when) {
    if (complaint != NULL) {
        die("selftest: %s: complains '%s' though all is well", when, complaint);
    }
}

static void expect_complaint(const char *complaint, const char *when) {
    if (complaint == NULL) {
        die("selftest: %s: no complaint", when);
    }
}

// Answers how many of the block's bytes are watched.
static size_t flip_every_byte(size_t size) {
    struct block block = {arena + 64, size, 0x1234 + size, 7};
    shadow_fill(&block);
    expect_quiet(shadow_verify(&block, size), "untouched block");
    size_t watched = 0;
    for (size_t i = 0; i < size; i++) {
        block.start[i] ^= 1;
        watched += shadow_verify(&block, size) != NULL ? 1 : 0;
        if (shadow_verify(&block, i) != NULL) {
            die("selftest: byte %zu of %zu seen though only those before it were asked about", i, size);
        }
        block.start[i] ^= 1;
    }
    block.start[-1] ^= 1;
    block.start[size] ^= 1;
    expect_quiet(shadow_verify(&block, size), "bytes outside the block changed");
    block.tag++;
    expect_complaint(shadow_verify(&block, size), "pattern of another block");
    return watched;
}

static void flip_bytes(void) {
    for (size_t size = 1; size <= 512; size++) {
        if (flip_every_byte(size) != size) {
            die("selftest: a changed byte in a block of %zu bytes went unseen", size);
        }
    }
    for (size_t size = 513; size < 20000; size += 1237) {
        size_t watched = flip_every_byte(size);
        if (watched < 128 || watched < size / 256) {
            die("selftest: only %zu of %zu bytes are watched", watched, size);
        }
    }
    memset(arena, 0, sizeof arena);
    expect_quiet(shadow_verify_zero(arena, 5000), "zeroed memory");
    arena[4999] = 1;
    expect_complaint(shadow_verify_zero(arena, 5000), "last byte not zero");
}

static void overlaps(void) {
    struct shadow shadow;
    shadow_init(&shadow, arena, sizeof arena);
    struct rng rng = {1};
    for (unsigned round = 0; round < 2000; round++) {
        size_t size = 1 + rng_below(&rng, 700);
        struct block block = {arena + 8 * (1000 + rng_below(&rng, 100)), size, round, 3};
        expect_quiet(shadow_enter(&shadow, &block), "first owner");
        size_t granules = (size + 7) / 8;
        struct block inner = {block.start + 8 * (size <= 512 ? rng_below(&rng, granules) : 0), 1, round, 4};
        expect_complaint(shadow_enter(&shadow, &inner), "a block inside another");
        struct block thief = block;
        thief.owner = 5;
        shadow_destroy(&shadow);
        shadow_init(&shadow, arena, sizeof arena);
        expect_quiet(shadow_enter(&shadow, &block), "first owner again");
        expect_complaint(shadow_leave(&shadow, &thief), "freed by somebody who does not own it");
        shadow_destroy(&shadow);
        shadow_init(&shadow, arena, sizeof arena);
        expect_quiet(shadow_enter(&shadow, &block), "enter");
        expect_quiet(shadow_leave(&shadow, &block), "leave");
        expect_complaint(shadow_leave(&shadow, &block), "left twice");
    }
    struct block outside = {arena + ARENA_BYTES - 8, 9, 1, 3};
    expect_complaint(shadow_enter(&shadow, &outside), "beyond the end");
    struct block crooked = {arena + 4, 8, 1, 3};
    expect_complaint(shadow_enter(&shadow, &crooked), "misaligned");
    shadow_destroy(&shadow);
}

int main(void) {
    flip_bytes();
    overlaps();
    puts("the shadow sees what it says it sees");
    return 0;
}
