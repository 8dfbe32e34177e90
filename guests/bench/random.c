/* Reads and writes at random places of 1 GiB, independent of one another: more pages than any TLB holds. */
#define PREPARE
#include "bench.h"
#include <sys/mman.h>

enum { WORDS = 1 << 27 };
static uint64_t *memory;

static void prepare(unsigned n)
{
    (void)n;
    memory = mmap(0, WORDS * sizeof *memory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        missing("no room for 1 GiB");
    for (uint64_t i = 0; i < WORDS; i += 512)
        memory[i] = i;
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0, place = 88172645463325252u;
    for (unsigned i = 0; i < 1000000 * n; i++) {
        place ^= place << 13;
        place ^= place >> 7;
        place ^= place << 17;
        uint64_t *word = &memory[place % WORDS];
        sum += *word;
        *word = sum ^ i;
    }
    return sum;
}
