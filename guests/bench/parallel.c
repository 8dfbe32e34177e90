/* The same work spread over all harts: integer and floating point on private memory, shared read-only tables. */
#include "bench.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { CHUNKS = 64, SIZE = 1 << 14 };
static uint32_t table[SIZE];
static uint64_t results[CHUNKS];
static _Atomic unsigned next;
static unsigned rounds;

static uint64_t chunk(unsigned index)
{
    uint32_t local[1024] = { 0 };
    uint64_t sum = index;
    double x = 0.5 + index / 1000.0;
    for (unsigned i = 0; i < 8000 * rounds; i++) {
        uint32_t value = table[(sum ^ i) % SIZE];
        local[value % 1024] += i;
        sum = mix(sum, value + local[i % 1024]);
        x = 3.7 * x * (1 - x);
    }
    return mix(sum, bits(x));
}

static void *worker(void *unused)
{
    for (unsigned index; (index = atomic_fetch_add(&next, 1)) < CHUNKS;)
        results[index] = chunk(index);
    return unused;
}

static uint64_t work(unsigned n)
{
    pthread_t threads[64];
    uint64_t sum = 0;
    long harts = sysconf(_SC_NPROCESSORS_ONLN);
    rounds = n;
    for (int i = 0; i < SIZE; i++)
        table[i] = number();
    for (long i = 0; i < harts; i++)
        if (pthread_create(&threads[i], 0, worker, 0))
            broken("no threads");
    for (long i = 0; i < harts; i++)
        pthread_join(threads[i], 0);
    for (int i = 0; i < CHUNKS; i++)
        sum = mix(sum, results[i]);
    return sum;
}
