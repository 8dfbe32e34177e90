/* Four threads at one mutex, and at one counter without it: futexes, LR/SC and atomic adds under contention. */
#include "bench.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static uint64_t guarded;
static _Atomic uint64_t added, swapped;
static unsigned rounds;

static void *contend(void *unused)
{
    for (unsigned i = 0; i < rounds; i++) {
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
        for (int k = 0; k < 4; k++)
            atomic_fetch_add(&added, i & 7);
        uint64_t old = atomic_load(&swapped);
        while (!atomic_compare_exchange_weak(&swapped, &old, old + 3))
            ;
    }
    return unused;
}

static uint64_t work(unsigned n)
{
    pthread_t threads[THREADS];
    rounds = 25000 * n;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], 0, contend, 0))
            broken("no threads");
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], 0);
    return mix(mix(guarded, added), swapped);
}
