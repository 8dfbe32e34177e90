/* One pointer after another through 32 MiB in random order: nothing but load latency. */
#define PREPARE
#include "bench.h"

enum { COUNT = 1 << 19 };
static struct cell { struct cell *next; uint64_t pad[7]; } cells[COUNT];

/* Sattolo's shuffle: one cycle through all cells. */
static void prepare(unsigned n)
{
    static uint32_t order[COUNT];
    (void)n;
    for (uint32_t i = 0; i < COUNT; i++)
        order[i] = i;
    for (uint32_t i = COUNT - 1; i > 0; i--) {
        uint32_t j = number() % i, t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (uint32_t i = 0; i < COUNT; i++)
        cells[order[i]].next = &cells[order[(i + 1) % COUNT]];
}

static uint64_t work(unsigned n)
{
    const struct cell *at = cells;
    for (unsigned i = 0; i < 1000000 * n; i++)
        at = at->next;
    return (uint64_t)(at - cells);
}
