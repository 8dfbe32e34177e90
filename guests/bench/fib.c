/* Naive Fibonacci: nothing but calls and returns. */
#include "bench.h"

__attribute__((noinline)) static uint64_t fib(unsigned n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum = mix(sum, fib(33 + (sum & 0)));
    return sum;
}
