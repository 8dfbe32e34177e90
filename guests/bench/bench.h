/* What every program here shares: it times its own work by the guest's clock, prints one line, and the checksum
 * in that line is the same on any correct machine. `work` must depend on `n` and return what it computed. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t work(unsigned n);

static uint32_t seed = 12345;

/* The same numbers on every machine. */
static inline uint32_t number(void)
{
    seed = seed * 1664525u + 1013904223u;
    return seed >> 8;
}

static inline uint64_t mix(uint64_t sum, uint64_t value)
{
    sum ^= value;
    sum *= 0x100000001b3u;
    return sum ^ (sum >> 29);
}

/* Turns a floating-point result into bits, so that one wrong rounding shows. */
static inline uint64_t bits(double value)
{
    uint64_t out;
    memcpy(&out, &value, sizeof out);
    return out;
}

int main(int argc, char **argv)
{
    struct timespec a, b;
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
    clock_gettime(CLOCK_MONOTONIC, &a);
    uint64_t sum = work(n);
    clock_gettime(CLOCK_MONOTONIC, &b);
    double seconds = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
    printf("bench %s %.4f %016llx\n", BENCH, seconds, (unsigned long long)sum);
    return 0;
}

#endif
