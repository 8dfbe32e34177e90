/* Escape times: short chains of double-precision arithmetic and compares. */
#include "bench.h"

static uint64_t work(unsigned n)
{
    enum { SIDE = 160, LIMIT = 200 };
    uint64_t sum = 0;
    for (unsigned round = 0; round < 2 * n; round++)
        for (int row = 0; row < SIDE; row++)
            for (int column = 0; column < SIDE; column++) {
                double cx = 3.0 * column / SIDE - 2.0, cy = 2.4 * row / SIDE - 1.2 + round / 1e4;
                double x = 0, y = 0, xx = 0, yy = 0;
                int i = 0;
                for (; i < LIMIT && xx + yy <= 4.0; i++) {
                    y = 2 * x * y + cy;
                    x = xx - yy + cx;
                    xx = x * x;
                    yy = y * y;
                }
                sum = mix(sum, (uint64_t)i);
            }
    return sum;
}
