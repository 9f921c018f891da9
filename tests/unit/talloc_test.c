// SPDX-License-Identifier: MIT
// talloc: whose memory is used under which policy, where frees and reallocs go, and what is told to whom.
#include "talloc_world.h"

#include "talloc/talloc_state.h"

TestSuite(talloc, .timeout = 60);

static const struct talloc_config plain = {0};

static struct talloc_stats stats_of(const struct talloc_world *world) {
    struct talloc_stats stats;
    talloc_stats(world->talloc, &stats);
    return stats;
}

// Runs a test over every pair of heaps, and asks afterwards whether anything is missing.
static void over_all_pairs(const struct talloc_config *config, void (*test)(struct talloc_world *world)) {
    for (size_t i = 0; i < BACKENDS * BACKENDS; i++) {
        static struct talloc_world world;
        talloc_world_make(&world, backends[i / BACKENDS], backends[i % BACKENDS], config);
        test(&world);
        talloc_world_end(&world);
    }
}

Test(talloc, init_refuses_with_a_reason_and_changes_nothing) {
    static struct talloc_world world;
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
    talloc_world_make(&world, &tlsf_backend, &wfh_backend, &plain);
    const struct talloc_config good = {
        .cpus = CPUS, .backup = side_heap(&world.backup), .primary = side_heap(&world.primary)};
    struct talloc_config config = good;
    talloc *self = NULL;
    EXPECT(talloc_init(NULL, storage, sizeof storage, &self) == TALLOC_ERR_NULL, "no configuration");
    EXPECT(talloc_init(&config, NULL, sizeof storage, &self) == TALLOC_ERR_NULL, "no storage");
    EXPECT(talloc_init(&config, storage, sizeof storage, NULL) == TALLOC_ERR_NULL, "no place for the handle");
    EXPECT(talloc_init(&config, storage + 8, sizeof storage, &self) == TALLOC_ERR_MISALIGNED, "misaligned");
    EXPECT(talloc_init(&config, storage, sizeof storage - 1, &self) == TALLOC_ERR_STORAGE_TOO_SMALL, "too small");
    config.cpus = 0;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_NO_CPU, "no CPU");
    config.cpus = TALLOC_CPUS_MAX + 1;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_TOO_MANY_CPUS, "513 CPUs");
    config = good;
    config.backup.heap = NULL;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_NULL, "no backup heap");
    config = good;
    config.backup.backend = NULL;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_NULL, "no backup table");
    config = good;
    config.primary.bytes = SIZE_MAX;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_OVERFLOW, "wraps around");
    config.primary.bytes = 0;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_OVERFLOW, "empty");
    config = good;
    config.primary.start = (unsigned char *)config.backup.start + 4096;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_OVERLAP, "primary within backup");
    config.backup.start = (unsigned char *)config.primary.start + 4096;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_ERR_OVERLAP, "backup within primary");
    EXPECT(self == NULL && storage[0] == 0 && memcmp(storage, storage + 1, sizeof storage - 1) == 0, "changed");
    EXPECT(talloc_init(&good, storage, sizeof storage, &world.talloc) == TALLOC_ERR_TWICE, "twice");
    EXPECT(talloc_add_primary(world.talloc, &good.primary) == TALLOC_ERR_TWICE, "a second primary heap");
    for (int error = TALLOC_OK; error <= TALLOC_ERR_TWICE; error++)
        EXPECT(strcmp(talloc_strerror((enum talloc_error)error), talloc_strerror((enum talloc_error)99)) != 0,
               "error %d has no sentence", error);
    talloc_world_end(&world);
}

static void policies_decide(struct talloc_world *world) {
    side_refuse_all(&world->primary, true);
    talloc_use_primary(world->talloc, 1);
    EXPECT(talloc_alloc(world->talloc, 1, 100, 8) == NULL, "a task got of the backup heap");
    EXPECT(stats_of(world).backup_allocs == 0 && stats_of(world).primary_refusals == 1, "wrong counts");
    void *p = talloc_alloc(world->talloc, 2, 100, 8);
    EXPECT(p != NULL && talloc_is_backup_mem(world->talloc, p) && !talloc_is_primary_mem(world->talloc, p), "%p", p);
    talloc_use_primary_then_backup(world->talloc, 1); // on another CPU's behalf
    void *q = talloc_alloc(world->talloc, 1, 100, 8);
    EXPECT(q != NULL && talloc_is_backup_mem(world->talloc, q), "%p", q);
    side_refuse_all(&world->primary, false);
    void *r = talloc_alloc(world->talloc, 1, 100, 8);
    EXPECT(r != NULL && talloc_is_primary_mem(world->talloc, r) && !talloc_is_backup_mem(world->talloc, r), "%p", r);
    EXPECT(talloc_usable_size(world->talloc, 0, q) >= 100 && talloc_usable_size(world->talloc, 0, r) >= 100, "sizes");
    struct talloc_stats stats = stats_of(world);
    EXPECT(stats.backup_allocs == 2 && stats.primary_refusals == 3 && stats.backup_used_bytes >= 200 &&
               stats.backup_peak_bytes == stats.backup_used_bytes && stats.backup_bytes == world->backup.all,
           "wrong counts");
    talloc_use_primary(world->talloc, 0); // frees ask for no policy
    talloc_free(world->talloc, 0, p);
    talloc_free(world->talloc, 0, q);
    talloc_free(world->talloc, 0, r);
    talloc_free(world->talloc, 0, NULL);
    EXPECT(talloc_usable_size(world->talloc, 0, NULL) == 0, "NULL has a size");
    EXPECT(stats_of(world).backup_frees == 2 && stats_of(world).backup_used_bytes == 0, "wrong counts");
}

Test(talloc, the_policy_decides_and_frees_do_not_care) {
    over_all_pairs(&plain, policies_decide);
}

static void both_refuse(struct talloc_world *world) {
    side_refuse_all(&world->primary, true);
    side_refuse_all(&world->backup, true);
    EXPECT(talloc_alloc(world->talloc, 0, 100, 8) == NULL && talloc_zalloc(world->talloc, 0, 100, 8) == NULL,
           "whence?");
    EXPECT(stats_of(world).backup_refusals == 2 && stats_of(world).primary_refusals == 2, "wrong counts");
    EXPECT(talloc_alloc(world->talloc, 0, 0, 8) == NULL && talloc_alloc(world->talloc, 0, 8, 24) == NULL,
           "bad requests");
    EXPECT(stats_of(world).backup_refusals == 2 && stats_of(world).primary_refusals == 2, "counted as lack of memory");
    struct talloc_stats one;
    EXPECT(talloc_cpu_stats(world->talloc, 0, &one) && one.backup_refusals == 2, "not on this slot");
    EXPECT(talloc_cpu_stats(world->talloc, 1, &one) && one.backup_refusals == 0, "on another slot");
    EXPECT(!talloc_cpu_stats(world->talloc, CPUS, &one), "a slot that does not exist");
}

Test(talloc, null_is_for_lack_in_both_heaps) {
    over_all_pairs(&plain, both_refuse);
}

Test(talloc, zalloc_zeroes) {
    static struct talloc_world world;
    talloc_world_make(&world, &wfh_backend, &tlsf_backend, &plain);
    for (unsigned i = 0; i < 2; i++) {
        unsigned char *p = talloc_alloc(world.talloc, 0, 1000, 8);
        memset(p, 0xff, 1000);
        talloc_free(world.talloc, 0, p);
        p = talloc_zalloc(world.talloc, 0, 1000, 8);
        EXPECT(p != NULL && p[0] == 0 && memcmp(p, p + 1, 999) == 0, "not zeroed");
        talloc_free(world.talloc, 0, p);
        side_refuse_all(&world.primary, true);
    }
    talloc_world_end(&world);
}

Test(talloc, policies_of_512_slots_are_apart) {
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(TALLOC_CPUS_MAX)];
    static struct talloc_world world;
    side_make(&world.backup, &tlsf_backend);
    struct talloc_config config = {.cpus = TALLOC_CPUS_MAX, .backup = side_heap(&world.backup)};
    talloc *self = NULL;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_OK, "512 CPUs");
    uint64_t bits[TALLOC_CPUS_MAX / 64];
    for (size_t i = 0; i < TALLOC_CPUS_MAX; i++) {
        size_t cpu = i * 77 % TALLOC_CPUS_MAX; // each once
        EXPECT(talloc_save(self, cpu) == TALLOC_PRIMARY_THEN_BACKUP, "slot %zu was set by another's call", cpu);
        talloc_use_primary(self, cpu);
        talloc_policies(self, bits);
        size_t count = 0;
        for (size_t word = 0; word < TALLOC_CPUS_MAX / 64; word++)
            count += (size_t)__builtin_popcountll(bits[word]);
        EXPECT(count == i + 1 && (bits[cpu / 64] >> cpu % 64 & 1) != 0, "%zu bits after %zu calls", count, i + 1);
    }
    for (size_t cpu = 0; cpu < TALLOC_CPUS_MAX; cpu += 2)
        talloc_use_primary_then_backup(self, cpu);
    talloc_policies(self, bits);
    for (size_t word = 0; word < TALLOC_CPUS_MAX / 64; word++)
        EXPECT(bits[word] == UINT64_C(0xaaaaaaaaaaaaaaaa), "word %zu is %#llx", word, (unsigned long long)bits[word]);
}

// Every sequence of nested saves, each of which sets one policy or the other.
static void nest(talloc *self, unsigned choices, unsigned depth) {
    enum talloc_policy before = talloc_save(self, 1);
    if (depth == 0)
        return;
    if (choices & 1)
        talloc_use_primary(self, 1);
    else
        talloc_use_primary_then_backup(self, 1);
    EXPECT(talloc_save(self, 1) == (choices & 1 ? TALLOC_PRIMARY_ONLY : TALLOC_PRIMARY_THEN_BACKUP), "not set");
    nest(self, choices >> 1, depth - 1);
    talloc_restore(self, 1, before);
    EXPECT(talloc_save(self, 1) == before, "restored something else");
}

Test(talloc, saves_nest_and_restore_exactly) {
    enum { DEPTH = 8 };
    static struct talloc_world world;
    talloc_world_make(&world, &wfh_backend, &tlsf_backend, &plain);
    for (unsigned choices = 0; choices < 1u << (DEPTH + 1); choices++) {
        talloc_restore(world.talloc, 1, choices & 1 ? TALLOC_PRIMARY_ONLY : TALLOC_PRIMARY_THEN_BACKUP);
        nest(world.talloc, choices >> 1, DEPTH);
        EXPECT(talloc_save(world.talloc, 1) == (choices & 1 ? TALLOC_PRIMARY_ONLY : TALLOC_PRIMARY_THEN_BACKUP),
               "choices %#x", choices);
    }
    // What restore brings back is what alloc goes by.
    side_refuse_all(&world.primary, true);
    enum talloc_policy allowed = TALLOC_PRIMARY_THEN_BACKUP;
    talloc_use_primary(world.talloc, 1);
    EXPECT(talloc_alloc(world.talloc, 1, 8, 8) == NULL, "primary only");
    talloc_restore(world.talloc, 1, allowed);
    void *p = talloc_alloc(world.talloc, 1, 8, 8);
    EXPECT(p != NULL, "backup allowed was not restored");
    talloc_free(world.talloc, 1, p);
    talloc_world_end(&world);
}

Test(talloc, without_a_primary_heap_the_backup_serves) {
    static struct talloc_world world;
    static _Alignas(64) unsigned char storage[TALLOC_STORAGE_BYTES(CPUS)];
    talloc_world_make(&world, &wfh_backend, &tlsf_backend, &plain);
    struct talloc_config config = {.cpus = CPUS, .backup = side_heap(&world.backup)};
    struct talloc_heap primary = side_heap(&world.primary);
    talloc *self = NULL;
    EXPECT(talloc_init(&config, storage, sizeof storage, &self) == TALLOC_OK, "without a primary heap");
    talloc_use_primary(self, 0);
    void *p = talloc_alloc(self, 0, 100, 8);
    EXPECT(p != NULL && talloc_is_backup_mem(self, p), "%p", p);
    EXPECT(!talloc_is_primary_mem(self, world.primary.region + MIB), "there is none yet");
    p = talloc_realloc(self, 0, p, 200, 8);
    EXPECT(p != NULL && talloc_is_backup_mem(self, p) && talloc_check(self, 0) == NULL, "%p", p);
    primary.heap = NULL;
    EXPECT(talloc_add_primary(self, &primary) == TALLOC_ERR_NULL, "no heap");
    EXPECT(talloc_add_primary(self, &config.backup) == TALLOC_ERR_OVERLAP, "the backup heap itself");
    EXPECT(!talloc_drain(self, 0), "nothing cached");
    primary = side_heap(&world.primary);
    EXPECT(talloc_add_primary(self, &primary) == TALLOC_OK, "the first");
    EXPECT(talloc_add_primary(self, &primary) == TALLOC_ERR_TWICE, "the second");
    void *q = talloc_alloc(self, 0, 100, 8);
    EXPECT(q != NULL && talloc_is_primary_mem(self, q), "%p", q);
    talloc_free(self, 0, p);
    talloc_free(self, 0, q);
    talloc_world_end(&world);
}

static void fill(unsigned char *p, size_t size) {
    for (size_t i = 0; i < size; i++)
        p[i] = (unsigned char)(i * 31 + size);
}

static void must_hold_first(const unsigned char *p, size_t size, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        EXPECT(p[i] == (unsigned char)(i * 31 + size), "byte %zu was changed", i);
}

static void moves_both_ways(struct talloc_world *world) {
    unsigned char *p = talloc_realloc(world->talloc, 0, NULL, 1000, 8);
    EXPECT(talloc_is_primary_mem(world->talloc, p), "%p", (void *)p);
    fill(p, 1000);
    side_refuse_all(&world->primary, true);
    talloc_use_primary(world->talloc, 0);
    EXPECT(talloc_realloc(world->talloc, 0, p, 5000, 8) == NULL, "grew without memory");
    must_hold_first(p, 1000, 1000);
    talloc_use_primary_then_backup(world->talloc, 0);
    EXPECT(talloc_realloc(world->talloc, 0, p, 5000, 24) == NULL, "bad alignment");
    unsigned char *q = talloc_realloc(world->talloc, 0, p, 5000, 64);
    EXPECT(q != NULL && talloc_is_backup_mem(world->talloc, q) && (uintptr_t)q % 64 == 0, "%p", (void *)q);
    must_hold_first(q, 1000, 1000);
    fill(q, 5000);
    talloc_use_primary(world->talloc, 0);
    EXPECT(talloc_realloc(world->talloc, 0, q, 9000, 8) == NULL, "a task grew in the backup heap");
    q = talloc_realloc(world->talloc, 0, q, 4000, 8); // less may stay
    EXPECT(q != NULL && talloc_is_backup_mem(world->talloc, q), "%p", (void *)q);
    talloc_use_primary_then_backup(world->talloc, 0);
    q = talloc_realloc(world->talloc, 0, q, 30000, 8); // the kernel may, if the primary heap has no room
    EXPECT(q != NULL && talloc_is_backup_mem(world->talloc, q), "%p", (void *)q);
    must_hold_first(q, 5000, 4000);
    side_refuse_all(&world->primary, false);
    q = talloc_realloc(world->talloc, 0, q, 5000, 8);
    for (size_t align = 0; align <= 8; align++)
        EXPECT(talloc_realloc(world->talloc, 0, q, 5000 - align, align) == q, "what is enough at %zu moved", align);
    p = talloc_realloc(world->talloc, 0, q, 60000, 8);
    EXPECT(p != NULL && talloc_is_primary_mem(world->talloc, p), "%p", (void *)p);
    must_hold_first(p, 5000, 4000);
    struct talloc_stats stats = stats_of(world);
    EXPECT(stats.moves_to_backup == 1 && stats.moves_to_primary == 1 && stats.backup_used_bytes == 0 &&
               stats.backup_allocs == 1 && stats.backup_frees == 1,
           "wrong counts");
    EXPECT(talloc_realloc(world->talloc, 0, p, 0, 8) == NULL, "a free answers NULL");
}

Test(talloc, realloc_moves_between_the_heaps) {
    over_all_pairs(&plain, moves_both_ways);
}

// The callback of the tests: notes what it is told, and does what the test wants.
static struct {
    struct talloc_world *world;
    struct talloc_low last;
    size_t calls;
    bool answer, eases, allocates;
} listener;

static bool listen(void *context, const struct talloc_low *low) {
    EXPECT(context == &listener, "a foreign context");
    listener.last = *low;
    listener.calls++;
    if (listener.eases)
        side_refuse_all(&listener.world->primary, false);
    if (listener.allocates) {
        void *p = talloc_alloc(listener.world->talloc, low->cpu, 5000, 8);
        EXPECT(p != NULL && talloc_is_backup_mem(listener.world->talloc, p), "the callback may allocate");
        talloc_free(listener.world->talloc, low->cpu, p);
    }
    return listener.answer;
}

static const struct talloc_config listening = {.low = listen, .low_context = &listener, .low_bytes = MIB};

static void is_told_of_refusals(struct talloc_world *world) {
    memset(&listener, 0, sizeof listener);
    listener.world = world;
    side_refuse_all(&world->primary, true);
    talloc_use_primary(world->talloc, 1);
    uint64_t requests = world->primary.failing.requests;
    EXPECT(talloc_alloc(world->talloc, 1, 777, 64) == NULL, "whence?");
    EXPECT(listener.calls == 1 && listener.last.cause == TALLOC_LOW_PRIMARY && listener.last.cpu == 1 &&
               listener.last.size == 777 && listener.last.align == 64 &&
               listener.last.backup_bytes == world->backup.all && world->primary.failing.requests == requests + 1,
           "not told, or asked again for nothing");
    listener.answer = true;
    EXPECT(talloc_alloc(world->talloc, 1, 777, 64) == NULL, "whence?");
    EXPECT(listener.calls == 2 && world->primary.failing.requests == requests + 3, "not asked once more");
    listener.eases = true;
    void *p = talloc_alloc(world->talloc, 1, 777, 64);
    EXPECT(p != NULL && talloc_is_primary_mem(world->talloc, p) && listener.calls == 3, "%p", p);
    side_refuse_all(&world->primary, true);
    p = talloc_realloc(world->talloc, 1, p, 7777, 64);
    EXPECT(p != NULL && talloc_is_primary_mem(world->talloc, p) && listener.calls == 4, "%p", p);
    EXPECT(talloc_alloc(world->talloc, 1, 0, 8) == NULL && talloc_alloc(world->talloc, 1, 8, 24) == NULL &&
               listener.calls == 4,
           "told of bad requests");
    EXPECT(stats_of(world).low_calls == 4, "wrong count");
    talloc_free(world->talloc, 1, p);
}

Test(talloc, the_callback_learns_of_refusals_and_may_help) {
    over_all_pairs(&listening, is_told_of_refusals);
}

static void may_allocate(struct talloc_world *world) {
    memset(&listener, 0, sizeof listener);
    listener.world = world;
    listener.allocates = true;
    side_refuse_all(&world->primary, true);
    void *p = talloc_alloc(world->talloc, 0, 100, 8); // the callback's own request is refused by the primary heap, too
    EXPECT(p != NULL && listener.calls == 1, "%zu calls", listener.calls);
    talloc_free(world->talloc, 0, p);
}

Test(talloc, the_callback_is_not_called_from_itself) {
    over_all_pairs(&listening, may_allocate);
}

static void is_told_once_of_the_mark(struct talloc_world *world) {
    enum { MOST = 80, SIZE = 30000 };
    void *blocks[MOST];
    size_t count = 0, marked = 0;
    memset(&listener, 0, sizeof listener);
    side_refuse_all(&world->primary, true);
    for (unsigned turn = 1; turn <= 3; turn++) {
        for (; count < MOST && (blocks[count] = talloc_alloc(world->talloc, 0, SIZE, 8)) != NULL; count++) {
            bool below = world->backup.all - stats_of(world).backup_used_bytes < MIB;
            marked += listener.last.cause == TALLOC_LOW_BACKUP;
            EXPECT(below || listener.last.cause == TALLOC_LOW_PRIMARY, "told too early");
            EXPECT(!below || marked == turn, "below the mark, and told %zu times", marked);
            listener.last.cause = TALLOC_LOW_PRIMARY;
        }
        EXPECT(marked == turn && count < MOST, "the mark was crossed %u times, told %zu times", turn, marked);
        while (count > 2)
            talloc_free(world->talloc, 1, blocks[--count]);
    }
    while (count > 0)
        talloc_free(world->talloc, 1, blocks[--count]);
}

Test(talloc, the_callback_learns_once_of_each_crossing_of_the_mark) {
    over_all_pairs(&listening, is_told_once_of_the_mark);
}

Test(talloc, check_finds_what_is_broken) {
    static struct talloc_world world;
    talloc_world_make(&world, &wfh_backend, &tlsf_backend, &plain);
    struct talloc *inside = world.talloc;
    EXPECT(talloc_check(world.talloc, 0) == NULL, "broken at first");
    inside->slots[2].policy.value = 7;
    EXPECT(talloc_check(world.talloc, 0) != NULL, "a policy that is none");
    inside->slots[2].policy.value = TALLOC_PRIMARY_ONLY;
    inside->slots[1].counts[TALLOC_BACKUP_FREES].value = 1;
    EXPECT(talloc_check(world.talloc, 0) != NULL, "freed, and never allocated");
    inside->slots[1].counts[TALLOC_BACKUP_FREES].value = 0;
    inside->backup_used.value = 8;
    EXPECT(talloc_check(world.talloc, 0) != NULL, "bytes without blocks");
    inside->slots[1].counts[TALLOC_BACKUP_ALLOCS].value = 1;
    EXPECT(talloc_check(world.talloc, 0) != NULL, "more than the peak");
    inside->slots[0].peak.value = 8;
    EXPECT(talloc_check(world.talloc, 0) == NULL, "a block of 8 bytes");
    inside->slots[1].counts[TALLOC_BACKUP_ALLOCS].value = 0;
    inside->backup_used.value = 0;
    world.backup.failing.broken = "the backup heap";
    EXPECT(strcmp(talloc_check(world.talloc, 0), "the backup heap") == 0, "the backup heap is not asked");
    world.backup.failing.broken = NULL;
    world.primary.failing.broken = "the primary heap";
    EXPECT(strcmp(talloc_check(world.talloc, 0), "the primary heap") == 0, "the primary heap is not asked");
}
