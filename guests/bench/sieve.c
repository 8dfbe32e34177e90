/* The sieve of Eratosthenes: strided byte stores. */
#include "bench.h"

enum { SIZE = 1 << 20 };
static uint8_t composite[SIZE];

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < 14 * n; round++) {
        memset(composite, 0, sizeof composite);
        for (unsigned i = 2; i * i < SIZE; i++)
            if (!composite[i])
                for (unsigned j = i * i; j < SIZE; j += i)
                    composite[j] = 1;
        for (unsigned i = 2; i < SIZE; i++)
            if (!composite[i])
                sum = sum * 31 + i;
    }
    return sum;
}
