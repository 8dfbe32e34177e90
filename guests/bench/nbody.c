/* Planets pulling at one another: division and square root in double precision. */
#include "bench.h"
#include <math.h>

enum { BODIES = 5 };
static double p[BODIES][3], v[BODIES][3], m[BODIES];

static void step(double dt)
{
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            double d[3], square = 0.01;
            for (int k = 0; k < 3; k++) {
                d[k] = p[i][k] - p[j][k];
                square += d[k] * d[k];
            }
            double pull = dt / (square * sqrt(square));
            for (int k = 0; k < 3; k++) {
                v[i][k] -= d[k] * m[j] * pull;
                v[j][k] += d[k] * m[i] * pull;
            }
        }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            p[i][k] += dt * v[i][k];
}

static uint64_t work(unsigned n)
{
    for (int i = 0; i < BODIES; i++) {
        m[i] = 1.0 / (1 + i * i);
        for (int k = 0; k < 3; k++) {
            p[i][k] = (double)(number() & 4095) / 409.6;
            v[i][k] = (double)(number() & 4095) / 40960.0;
        }
    }
    for (unsigned i = 0; i < 120000 * n; i++)
        step(0.001);
    uint64_t sum = 0;
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            sum = mix(sum, bits(p[i][k]));
    return sum;
}
