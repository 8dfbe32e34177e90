/* SHA-256 compression: rotates, adds and boolean functions on 32-bit words. */
#include "bench.h"

static uint32_t k[64];

static inline uint32_t ror(uint32_t x, int by) { return x >> by | x << (32 - by); }

/* Fractional bits of the cube roots of the first primes, by integer search: no table to copy. */
static void constants(void)
{
    unsigned found = 0;
    for (unsigned p = 2; found < 64; p++) {
        int prime = 1;
        for (unsigned d = 2; d * d <= p; d++)
            prime &= p % d != 0;
        if (!prime)
            continue;
        unsigned __int128 lo = 0, hi = (unsigned __int128)8 << 32;
        while (hi - lo > 1) {
            unsigned __int128 mid = (lo + hi) / 2;
            /* mid is a cube root in 32.32; compare its cube with p, keeping 64 fractional bits. */
            unsigned __int128 square = mid * mid >> 16;
            if ((square * mid >> 16) <= ((unsigned __int128)p << 64))
                lo = mid;
            else
                hi = mid;
        }
        k[found++] = (uint32_t)lo;
    }
}

static void block(uint32_t h[8], const uint32_t in[16])
{
    uint32_t w[64], s[8];
    memcpy(w, in, 64);
    for (int i = 16; i < 64; i++) {
        uint32_t a = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, h, 32);
    for (int i = 0; i < 64; i++) {
        uint32_t e1 = ror(s[4], 6) ^ ror(s[4], 11) ^ ror(s[4], 25);
        uint32_t ch = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t t1 = s[7] + e1 + ch + k[i] + w[i];
        uint32_t e0 = ror(s[0], 2) ^ ror(s[0], 13) ^ ror(s[0], 22);
        uint32_t maj = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        memmove(s + 1, s, 28);
        s[4] += t1;
        s[0] = t1 + e0 + maj;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

static uint64_t work(unsigned n)
{
    uint32_t h[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, in[16];
    constants();
    for (int i = 0; i < 16; i++)
        in[i] = number();
    for (unsigned i = 0; i < 120000 * n; i++) {
        in[i & 15] ^= h[i & 7];
        block(h, in);
    }
    return (uint64_t)h[0] << 32 | h[7];
}
