/* In the manner of Dhrystone, record and string handling as in old systems code: small functions, copies,
 * compares. */
#include "bench.h"

struct record {
    struct record *next;
    int kind, number;
    char name[32];
};

static struct record pool[16];
static char first[32] = "THE FIRST NAME OF A RECORD", second[32] = "THE FIRST NAME OF A RECOUNT";
static int total;
static char mark;

__attribute__((noinline)) static int differ(const char *a, const char *b)
{
    int i = 0;
    while (a[i] && a[i] == b[i])
        i++;
    return a[i] - b[i];
}

__attribute__((noinline)) static int choose(int kind)
{
    switch (kind) {
    case 0: return 3;
    case 1: return total > 100 ? 0 : 3;
    case 2: return 1;
    case 3: return mark == 'A' ? 2 : 0;
    default: return 4;
    }
}

__attribute__((noinline)) static void link_up(struct record *r, int i)
{
    struct record *n = r->next;
    *n = *r;
    n->next = &pool[(i + 2) & 15];
    n->kind = choose(r->kind);
    n->number = r->number + 5;
    if (differ(n->name, second) < 0)
        n->name[i & 7] ^= 1;
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (int i = 0; i < 16; i++) {
        pool[i].next = &pool[(i + 1) & 15];
        memcpy(pool[i].name, first, 32);
    }
    for (unsigned i = 0; i < 2500000 * n; i++) {
        struct record *r = &pool[i & 15];
        r->kind = (int)(i % 5);
        mark = (char)('A' + (i & 1));
        link_up(r, (int)i);
        total = (total + r->next->number) % 1000;
        sum += (uint64_t)r->next->kind + (uint64_t)total;
    }
    return mix(sum, (uint64_t)differ(pool[0].name, pool[3].name));
}
