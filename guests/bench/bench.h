/* What every program here shares. It times its own work by its own clocks and prints two lines: one when it is
 * ready, one with wall seconds, CPU seconds and a checksum, which is the same on any correct machine. The compiler
 * is given the row's name as BENCH.
 *
 * `work` must depend on `n` and return what it computed. A program that has to set things up before, unmeasured,
 * defines PREPARE and a function `prepare`. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t work(unsigned n);
#ifdef PREPARE
static void prepare(unsigned n);
#endif

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

/* Says why this machine cannot run the program, in place of figures. */
static inline void missing(const char *what)
{
    printf("start %s\nbench %s missing %s\n", BENCH, BENCH, what);
    exit(0);
}

/* Ends a program that found the machine wrong. */
static inline void broken(const char *what)
{
    printf("start %s\nbench %s broken %s\n", BENCH, BENCH, what);
    exit(1);
}

static inline double seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 1;
#ifdef PREPARE
    prepare(n);
#endif
    printf("start %s\n", BENCH);
    fflush(stdout);
    /* Whoever measures has looked at its clocks when this returns, or is not there. */
    getchar();
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t sum = work(n);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("bench %s %.4f %.4f %016llx\n", BENCH, wall, cpu, (unsigned long long)sum);
    return 0;
}

#endif
