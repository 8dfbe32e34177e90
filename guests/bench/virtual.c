/* Calls through tables of function pointers, as objects make them. */
#include "bench.h"

struct shape;
struct kind { int64_t (*area)(const struct shape *); void (*grow)(struct shape *, int64_t); };
struct shape { const struct kind *kind; int64_t a, b; };

static int64_t square_area(const struct shape *s) { return s->a * s->a; }
static int64_t oblong_area(const struct shape *s) { return s->a * s->b; }
static int64_t wedge_area(const struct shape *s) { return s->a * s->b / 2; }
static int64_t frame_area(const struct shape *s) { return s->a * s->a - s->b; }
static void grow_a(struct shape *s, int64_t by) { s->a = (s->a + by) & 1023; }
static void grow_b(struct shape *s, int64_t by) { s->b = (s->b ^ by) & 1023; }

static const struct kind kinds[] = {
    { square_area, grow_a }, { oblong_area, grow_b }, { wedge_area, grow_a }, { frame_area, grow_b },
};

static uint64_t work(unsigned n)
{
    static struct shape shapes[257];
    int64_t sum = 0;
    for (int i = 0; i < 257; i++)
        shapes[i] = (struct shape) { &kinds[number() & 3], number() & 1023, number() & 1023 };
    for (unsigned round = 0; round < 40000 * n; round++)
        for (int i = 0; i < 257; i++) {
            struct shape *s = &shapes[i];
            sum += s->kind->area(s);
            s->kind->grow(s, sum & 15);
        }
    return (uint64_t)sum;
}
