/* Quicksort and heapsort of integers: unpredictable branches, swaps. */
#include "bench.h"

enum { COUNT = 100000 };
static int32_t data[COUNT], copy[COUNT];

static void quick(int32_t *a, long lo, long hi)
{
    while (lo < hi) {
        int32_t pivot = a[(lo + hi) / 2];
        long i = lo, j = hi;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) {
                int32_t t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        quick(a, lo, j);
        lo = i;
    }
}

static void sift(int32_t *a, long root, long count)
{
    for (long child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && a[child] < a[child + 1]) child++;
        if (a[root] >= a[child]) return;
        int32_t t = a[root];
        a[root] = a[child];
        a[child] = t;
    }
}

static void heap(int32_t *a, long count)
{
    for (long i = count / 2; i-- > 0;)
        sift(a, i, count);
    while (count-- > 1) {
        int32_t t = a[0];
        a[0] = a[count];
        a[count] = t;
        sift(a, 0, count);
    }
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < 6 * n; round++) {
        for (int i = 0; i < COUNT; i++)
            data[i] = (int32_t)(number() << 7 ^ number());
        memcpy(copy, data, sizeof data);
        quick(data, 0, COUNT - 1);
        heap(copy, COUNT);
        if (memcmp(copy, data, sizeof data))
            return 0;
        for (int i = 0; i < COUNT; i += 97)
            sum = mix(sum, (uint32_t)data[i]);
    }
    return sum;
}
