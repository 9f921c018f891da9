// SPDX-License-Identifier: MIT
// The kernel's memory at boot, on the host: from a map of any shape it gives every whole frame that is free just once,
// and no byte that the loader or anybody else calls something but free.
#include "memory.h"

#include "expect.h"
#include "print.h"
#include "start_info.h"
#include "stress/support/rng.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(memory, .timeout = 30);

enum { FRAMES = 64, ENTRIES_MAX = 10, MAPS = 400, UNIT = 1024, UNITS = FRAMES * FRAME_BYTES / UNIT };

// The linker's script makes these of the kernel's image; here it lies apart from the machine's memory.
__asm__(".bss\n.globl image_start, image_end\nimage_start: .skip 8192\nimage_end:\n.text\n");

static char *arena; // the machine's memory
static struct boot boot;
static struct start_memory map[ENTRIES_MAX];
static struct start_info info = {.magic = START_INFO_MAGIC};
static jmp_buf refused;

_Noreturn void panic(const char *format, ...) {
    (void)format;
    longjmp(refused, 1);
}

static void add(uint64_t start, uint64_t bytes, uint32_t kind) {
    map[info.memory_count++] = (struct start_memory){.start = start, .bytes = bytes, .kind = kind};
}

// False: no memory is free.
static bool begin(void) {
    info.memory = (uintptr_t)map;
    start_info_read(&info, &boot);
    if (setjmp(refused) != 0)
        return false;
    memory_init(&boot);
    return true;
}

static void *take_frame(void) {
    return setjmp(refused) == 0 ? memory_take(FRAME_BYTES, FRAME_BYTES) : NULL;
}

static bool is_free(uint64_t start, uint64_t bytes) {
    bool is_covered = false;
    for (size_t i = 0; i < info.memory_count; i++) {
        bool meets = map[i].start < start + bytes && start < map[i].start + map[i].bytes;
        if (meets && map[i].kind != START_MEMORY_RAM)
            return false;
        is_covered |= meets;
    }
    return is_covered;
}

// All of it: the map's entries begin and end at multiples of UNIT.
static bool frame_is_free(size_t frame) {
    bool all = true;
    for (size_t at = 0; at < FRAME_BYTES; at += UNIT)
        all &= is_free((uintptr_t)arena + frame * FRAME_BYTES + at, UNIT);
    return all;
}

// Takes all memory; the first frame that is given though it is not free, or not just once though it is. FRAMES: none.
static size_t wrong_frame(void) {
    static size_t given[FRAMES];
    size_t wrong = 0;
    if (begin())
        for (const char *frame; (frame = take_frame()) != NULL;)
            given[(size_t)(frame - arena) / FRAME_BYTES]++;
    while (wrong < FRAMES && given[wrong] == frame_is_free(wrong))
        wrong++;
    return wrong;
}

static void arena_init(void) {
    arena = mmap(NULL, (size_t)FRAMES * FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(arena != MAP_FAILED);
}

// One in a process of its own, for memory begins but once.
Test(memory, any_map, .init = arena_init) {
    for (uint64_t seed = 1; seed <= MAPS; seed++) {
        pid_t child = fork();
        if (child == 0) {
            struct rng rng = {seed};
            for (size_t i = 2 + rng_below(&rng, ENTRIES_MAX - 2); i > 0; i--) {
                size_t start = rng_below(&rng, UNITS), most = UNITS - start;
                uint32_t kind = rng_below(&rng, 2) == 0 ? START_MEMORY_RAM : 1 + (uint32_t)rng_below(&rng, 5);
                add((uintptr_t)arena + start * UNIT, (1 + rng_below(&rng, most)) * UNIT, kind);
            }
            _exit(wrong_frame() == FRAMES ? 0 : 1);
        }
        int status;
        EXPECT(waitpid(child, &status, 0) == child && status == 0, "a frame of map %lu is given wrongly, or lost",
               (unsigned long)seed);
    }
}

Test(memory, reserved_within_memory, .init = arena_init) {
    add((uintptr_t)arena, FRAMES * FRAME_BYTES, START_MEMORY_RAM);
    add((uintptr_t)arena + 3 * FRAME_BYTES + UNIT, UNIT, START_MEMORY_RESERVED);
    add((uintptr_t)arena + 7 * FRAME_BYTES, FRAME_BYTES, 5); // "unusable", as ACPI numbers kinds
    size_t wrong = wrong_frame();
    EXPECT(wrong == FRAMES, "frame %zu is given wrongly, or lost", wrong);
}

// Eight frames below 4 GiB are too few for the frame allocator, and what is free goes on above.
Test(memory, across_4_gib) {
    enum { BELOW = 8, TAKEN = 10 };
    static _Alignas(FRAME_STORAGE_ALIGN) char storage[1 << 16];
    char *start = (char *)FRAME_LIMIT_DMA32 - (size_t)BELOW * FRAME_BYTES;
    arena = mmap(start, (size_t)FRAMES * FRAME_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena != start)
        cr_skip("a sanitizer has its own memory there");
    add((uintptr_t)arena, FRAMES * FRAME_BYTES, START_MEMORY_RAM);
    cr_assert(begin());
    cr_assert(setjmp(refused) == 0);
    uint64_t taken = (uintptr_t)memory_take((size_t)TAKEN * FRAME_BYTES, FRAME_BYTES), frame;
    struct frame_config config = {.regions = boot.regions, .region_count = boot.region_count, .cpus = 1};
    frame_pool *pool = NULL;
    cr_assert(frame_init(&config, storage, sizeof storage, &pool) == FRAME_OK);
    memory_hand_over(pool);
    size_t rest = 0;
    for (; frame_alloc(pool, 0, &frame) == FRAME_OK; rest++)
        EXPECT(frame - taken >= (uint64_t)TAKEN * FRAME_BYTES, "boot's memory at %lx is free", (unsigned long)frame);
    EXPECT(rest == FRAMES - BELOW - TAKEN, "%zu frames are free", rest);
}

Test(memory, up_to_the_end_of_addresses, .init = arena_init) {
    add((uintptr_t)arena, FRAME_BYTES, START_MEMORY_RAM);
    add(-(uint64_t)FRAME_BYTES * 16, (uint64_t)FRAME_BYTES * 16, START_MEMORY_RAM);
    EXPECT(begin(), "no memory is free");
    EXPECT(take_frame() == arena, "the first frame is not given");
}

Test(memory, none) {
    add(1 << 20, FRAME_BYTES, START_MEMORY_ACPI);
    add(2 << 20, FRAME_BYTES - UNIT, START_MEMORY_RAM);
    EXPECT(!begin(), "memory is found where there is none");
}

Test(memory, the_cpu_that_boots_is_first) {
    static const uint64_t ids[] = {4, 2, 7, 0x203};
    for (size_t first = 0; first < 4; first++) {
        boot_set_cpus(&boot, ids, 4, ids[first]);
        EXPECT(boot.cpu_count == 4 && boot.hardware_ids[0] == ids[first], "CPU %zu boots, but is not first", first);
        for (size_t i = 1; i < 4; i++) {
            EXPECT(boot.hardware_ids[i] == ids[i == first ? 0 : i], "CPU %zu boots, CPU %zu is missing", first, i);
        }
    }
    if (setjmp(refused) == 0) {
        boot_set_cpus(&boot, ids, 4, 5);
        cr_assert_fail("a CPU boots that is not listed");
    }
}
