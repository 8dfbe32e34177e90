/* Matrix product in double precision: fused multiply-adds over strided loads. */
#include "bench.h"

enum { SIDE = 128 };
static double a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];

static uint64_t work(unsigned n)
{
    for (int i = 0; i < SIDE * SIDE; i++) {
        a[i / SIDE][i % SIDE] = (double)(number() & 1023) / 512.0;
        b[i / SIDE][i % SIDE] = (double)(number() & 1023) / 768.0;
    }
    for (unsigned round = 0; round < 8 * n; round++) {
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++) {
                double sum = 0;
                for (int k = 0; k < SIDE; k++)
                    sum += a[i][k] * b[k][j];
                c[i][j] = sum;
            }
        for (int i = 0; i < SIDE; i++)
            a[i][round % SIDE] = c[i][i] / 128.0;
    }
    uint64_t sum = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        sum = mix(sum, bits(c[i / SIDE][i % SIDE]));
    return sum;
}
