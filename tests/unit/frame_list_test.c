// SPDX-License-Identifier: MIT
// Frame lists against a sorted array: every operation at near and far offsets, and with memory for its nodes running
// out at every point.
#include "frame_world.h"
#include "stress/support/region.h"
#include "stress/support/rng.h"

enum { FRAMES = 1024, MODEL_MOST = 200 };

static struct frame_world world;
static unsigned char *memory;
static struct frame_list list;

static struct { uint64_t offset, frame; } model[MODEL_MOST]; // ascending
static size_t model_count;

static void make(void) {
    struct frame_region region = {16 * MIB, FRAMES * FRAME, FRAME_USABLE, 0};
    memory = region_map(FRAMES * FRAME, 0);
    struct frame_config config = {
        .regions = &region, .region_count = 1, .cpus = 2, .direct_map = (uintptr_t)memory - 16 * MIB};
    frame_world_init(&world, &config);
    EXPECT(frame_list_init(&list, world.pool) == FRAME_OK, "no list");
    model_count = 0;
}

static void fini(void) {
    EXPECT(list.count == 0, "the list is not empty");
    frame_world_fini(&world, 2);
    region_unmap(memory, FRAMES * FRAME);
}

TestSuite(frame_list, .init = make, .fini = fini, .timeout = 180);

static uint64_t frame_new(void) {
    uint64_t frame;
    EXPECT(frame_alloc(world.pool, 0, &frame) == FRAME_OK, "no frame");
    return frame;
}

// Where an offset is in the model, or would be.
static size_t model_find(uint64_t offset) {
    size_t at = 0;
    while (at < model_count && model[at].offset < offset) {
        at++;
    }
    return at;
}

static bool model_has(uint64_t offset) {
    size_t at = model_find(offset);
    return at < model_count && model[at].offset == offset;
}

static void expect_list_is_model(void) {
    uint64_t at = 0, frame;
    size_t i = 0;
    EXPECT(list.count == model_count, "%zu frames, not %zu", list.count, model_count);
    for (; frame_list_next(&list, at, &at, &frame) == FRAME_OK; at += FRAME, i++) {
        EXPECT(i < model_count && at == model[i].offset && frame == model[i].frame, "entry %zu at %#llx", i,
               (unsigned long long)at);
    }
    EXPECT(i == model_count, "only %zu of %zu entries", i, model_count);
    enum frame_error wanted = model_count == 0 ? FRAME_ERR_ABSENT : FRAME_OK;
    EXPECT(frame_list_first(&list, &at, &frame) == wanted && (model_count == 0 || at == model[0].offset), "first");
    EXPECT(frame_list_last(&list, &at, &frame) == wanted &&
               (model_count == 0 || (at == model[model_count - 1].offset && frame == model[model_count - 1].frame)),
           "last");
}

static void insert(uint64_t offset) {
    uint64_t frame = frame_new();
    enum frame_error error = frame_list_insert(&list, 0, offset, frame);
    if (model_has(offset)) {
        EXPECT(error == FRAME_ERR_OCCUPIED && frame_is_unique(world.pool, frame), "inserted twice");
        frame_put(world.pool, 0, frame);
        return;
    }
    EXPECT(error == FRAME_OK, "%s", frame_strerror(error));
    size_t at = model_find(offset);
    memmove(&model[at + 1], &model[at], (model_count++ - at) * sizeof model[0]);
    model[at].offset = offset;
    model[at].frame = frame;
}

static void leave(uint64_t offset, bool take) {
    uint64_t frame = FRAME_NONE;
    uint64_t references = model_has(offset) ? frame_references(world.pool, model[model_find(offset)].frame) : 0;
    enum frame_error error = take ? frame_list_take(&list, 1, offset, &frame) : frame_list_remove(&list, 1, offset);
    EXPECT(error == (model_has(offset) ? FRAME_OK : FRAME_ERR_ABSENT), "%s", frame_strerror(error));
    if (error != FRAME_OK) {
        return;
    }
    size_t at = model_find(offset);
    EXPECT(!take || frame == model[at].frame, "the wrong frame was taken");
    EXPECT(frame_references(world.pool, model[at].frame) == references - !take,
           "the reference is not where it should be");
    if (take) {
        frame_put(world.pool, 0, frame);
    }
    memmove(&model[at], &model[at + 1], (--model_count - at) * sizeof model[0]);
}

static void replace(uint64_t offset) {
    uint64_t frame = frame_new(), old;
    enum frame_error error = frame_list_replace(&list, offset, frame, &old);
    EXPECT(error == (model_has(offset) ? FRAME_OK : FRAME_ERR_ABSENT), "%s", frame_strerror(error));
    if (error == FRAME_OK) {
        EXPECT(old == model[model_find(offset)].frame, "the wrong frame was replaced");
        model[model_find(offset)].frame = frame;
        frame = old;
    }
    frame_put(world.pool, 0, frame);
}

static void look(uint64_t offset) {
    uint64_t frame, at;
    enum frame_error error = frame_list_find(&list, offset, &frame);
    EXPECT(error == (model_has(offset) ? FRAME_OK : FRAME_ERR_ABSENT), "%s", frame_strerror(error));
    EXPECT(error != FRAME_OK || frame == model[model_find(offset)].frame, "the wrong frame was found");
    size_t next = model_find(offset);
    error = frame_list_next(&list, offset, &at, &frame);
    EXPECT(error == (next < model_count ? FRAME_OK : FRAME_ERR_ABSENT), "next: %s", frame_strerror(error));
    EXPECT(error != FRAME_OK || (at == model[next].offset && frame == model[next].frame), "the wrong frame is next");
}

static void drop_all(void) {
    while (model_count > 0) {
        leave(model[model_count / 2].offset, model_count % 2 == 0);
    }
    expect_list_is_model();
}

Test(frame_list, random_operations_against_a_model) {
    struct rng rng = {7};
    for (unsigned step = 0; step < 40000; step++) {
        // Offsets of all sizes, so that the tree grows and shrinks; and near each other, so that nodes fill.
        uint64_t offset = (rng_log_uniform(&rng, UINT64_C(1) << (rng_percent(&rng, 80) ? 10 : 51)) - 1) * FRAME;
        size_t choice = rng_below(&rng, 10), few = step / 2000 % 2 == 0 ? 4 : 1;
        if (choice < few && model_count + 1 < MODEL_MOST) {
            insert(offset);
        } else if (choice < 6) {
            bool known = model_count > 0 && rng_percent(&rng, 60);
            leave(known ? model[rng_below(&rng, model_count)].offset : offset, choice == 5);
        } else if (choice == 6) {
            replace(model_count > 0 && step % 2 == 0 ? model[rng_below(&rng, model_count)].offset : offset);
        } else {
            look(model_count > 0 && step % 2 == 0 ? model[rng_below(&rng, model_count)].offset : offset);
        }
        if (step % 100 == 0) {
            expect_list_is_model();
        }
    }
    frame_world_check(&world);
    drop_all();
}

// The tree is as high as the largest offset wants, and shrinks again.
Test(frame_list, nodes_come_and_go) {
    static const struct {
        uint64_t index;
        size_t nodes;
    } cases[] = {{0, 0}, {1, 1}, {511, 1}, {512, 2}, {(1 << 18) - 1, 2}, {1 << 18, 3}, {(UINT64_C(1) << 51) - 1, 6}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        insert(cases[i].index * FRAME);
        EXPECT(frame_world_stats(&world).used == cases[i].nodes + 1, "%zu frames for offset %llu frames",
               frame_world_stats(&world).used, (unsigned long long)cases[i].index);
        leave(cases[i].index * FRAME, false);
        EXPECT(frame_world_stats(&world).used == 0, "nodes are lost");
    }
    insert(0);
    insert(FRAME << 50);
    EXPECT(frame_world_stats(&world).used == 2 + 6 + 5, "two ways down share the root only");
    leave(FRAME << 50, false);
    EXPECT(frame_world_stats(&world).used == 1, "the tree does not shrink");
    drop_all();
}

// Only so many frames are free: an insertion that wants one more changes nothing, whatever it had already.
Test(frame_list, out_of_memory_at_every_node) {
    static uint64_t others[FRAMES];
    for (size_t spare = 0; spare <= 12; spare++) {
        insert(0);
        uint64_t frame = frame_new();
        size_t count = 0;
        frame_world_drain(&world, 2);
        while (frame_alloc(world.pool, 0, &others[count]) == FRAME_OK) {
            count++;
        }
        for (size_t i = 0; i < spare; i++) {
            frame_put(world.pool, 0, others[--count]);
        }
        enum frame_error error = frame_list_insert(&list, 0, FRAME << 50, frame);
        EXPECT(error == (spare < 11 ? FRAME_ERR_OUT_OF_MEMORY : FRAME_OK), "%zu spare frames: %s", spare,
               frame_strerror(error));
        if (error != FRAME_OK) {
            expect_list_is_model();
            EXPECT(frame_is_unique(world.pool, frame), "the reference is gone");
            EXPECT(frame_world_stats(&world).used == FRAMES - spare, "nodes are lost");
            frame_put(world.pool, 0, frame);
        } else {
            EXPECT(frame_list_remove(&list, 0, FRAME << 50) == FRAME_OK, "not there");
        }
        while (count > 0) {
            frame_put(world.pool, 0, others[--count]);
        }
        drop_all();
    }
}

Test(frame_list, one_frame_in_two_lists) {
    struct frame_list copy;
    uint64_t at, frame;
    EXPECT(frame_list_init(&copy, world.pool) == FRAME_OK, "no list");
    for (uint64_t i = 0; i < 100; i++) {
        insert(i * 3 * FRAME);
    }
    for (at = 0; frame_list_next(&list, at, &at, &frame) == FRAME_OK; at += FRAME) {
        frame_get(world.pool, frame);
        EXPECT(frame_list_insert(&copy, 0, at, frame) == FRAME_OK, "not copied");
    }
    drop_all();
    EXPECT(frame_list_find(&copy, 99 * 3 * FRAME, &frame) == FRAME_OK && frame_is_unique(world.pool, frame), "copy");
    unsigned calls = 1;
    while (frame_list_clear(&copy, 0, 10)) {
        calls++;
    }
    EXPECT(calls == 10 && copy.count == 0, "%u calls", calls);
}

Test(frame_list, refusals) {
    struct frame_list other;
    uint64_t frame = frame_new(), at;
    EXPECT(frame_list_init(NULL, world.pool) == FRAME_ERR_NULL && frame_list_init(&other, NULL) == FRAME_ERR_NULL, "");
    EXPECT(frame_list_insert(&list, 0, 7, frame) == FRAME_ERR_MISPLACED, "inside a frame");
    EXPECT(frame_list_insert(&list, 0, UINT64_C(1) << 63, frame) == FRAME_ERR_MISPLACED, "too far");
    EXPECT(frame_list_insert(&list, 2, 0, frame) == FRAME_ERR_CPU, "no such slot");
    EXPECT(frame_list_insert(&list, 0, 0, frame) == FRAME_OK, "not inserted");
    EXPECT(frame_list_take(&list, 2, 0, &at) == FRAME_ERR_CPU && frame_list_remove(&list, 2, 0) == FRAME_ERR_CPU, "");
    EXPECT(!frame_list_clear(&list, 2, 10) && list.count == 1, "who calls again while it says true never ends");
    EXPECT(frame_list_take(&list, 0, 7, &at) == FRAME_ERR_MISPLACED && frame_list_remove(&list, 0, 9) != FRAME_OK, "");
    EXPECT(frame_list_find(&list, 100, &at) == FRAME_ERR_MISPLACED, "inside a frame");
    EXPECT(frame_list_next(&list, UINT64_MAX, &at, &frame) == FRAME_ERR_ABSENT, "behind the end");
    EXPECT(frame_list_next(&list, 1, &at, &frame) == FRAME_ERR_ABSENT, "behind the only one");
    EXPECT(frame_list_remove(&list, 0, 0) == FRAME_OK, "not removed");
}
