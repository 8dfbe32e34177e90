/* Copies and fills of many sizes and alignments, by the C library. */
#include "bench.h"

static uint8_t from[1 << 20], to[(1 << 20) + 64];

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < sizeof from; i++)
        from[i] = (uint8_t)number();
    for (unsigned i = 0; i < 20000 * n; i++) {
        uint32_t size = number() & 0x3fff, at = number() & 0xffff, skew = number() & 7;
        memcpy(to + skew, from + at, size + 8);
        memset(to + skew + size / 2, (int)i & 255, size / 4);
        sum = mix(sum, to[skew + size / 3] + (uint64_t)to[skew + size] * 256);
    }
    return sum;
}
