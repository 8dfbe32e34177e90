/* Spectral norm of an infinite matrix: integer to double conversion and division. */
#include "bench.h"
#include <math.h>

enum { SIDE = 100 };
static double u[SIDE], v[SIDE], t[SIDE];

static double entry(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void times(const double *in, double *out, int transposed)
{
    for (int i = 0; i < SIDE; i++) {
        out[i] = 0;
        for (int j = 0; j < SIDE; j++)
            out[i] += (transposed ? entry(j, i) : entry(i, j)) * in[j];
    }
}

static uint64_t work(unsigned n)
{
    double uv = 0, vv = 0;
    for (int i = 0; i < SIDE; i++)
        u[i] = 1;
    for (unsigned round = 0; round < 100 * n; round++) {
        times(u, t, 0);
        times(t, v, 1);
        times(v, t, 0);
        times(t, u, 1);
        double most = u[0];
        for (int i = 0; i < SIDE; i++)
            u[i] /= most;
    }
    for (int i = 0; i < SIDE; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return bits(sqrt(uv / vv));
}
