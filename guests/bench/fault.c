/* Page faults: map 4 MiB, touch every page, read some, give it all back. */
#include "bench.h"
#include <sys/mman.h>

enum { SIZE = 4 << 20, PAGE = 4096 };

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < 10 * n; round++) {
        uint8_t *memory = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            broken("mmap failed");
        madvise(memory, SIZE, MADV_NOHUGEPAGE);
        for (unsigned i = 0; i < SIZE; i += PAGE)
            memory[i] = (uint8_t)(i / PAGE + round);
        for (unsigned i = 0; i < SIZE; i += PAGE * 7)
            sum = mix(sum, memory[i] + memory[i + 1]);
        munmap(memory, SIZE);
    }
    return sum;
}
