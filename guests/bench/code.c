/* Much code: THOUSANDS thousand small functions called by turns through a table, so that all of it stays in use.
 * The number of calls is the same for any THOUSANDS. */
#include "bench.h"

typedef uint64_t function(uint64_t);

#define ONE(n) \
    static uint64_t f##n(uint64_t x) \
    { \
        x += n * 2654435761u; \
        if (x & 1 << n % 13) \
            x = (x ^ n) * 5 + (x >> n % 29); \
        else \
            x = (x + n) * 3 ^ x >> n % 31; \
        for (int i = 0; i < n % 4; i++) \
            x = x << 7 ^ x >> 9 ^ n; \
        return x; \
    }
#define NAME(n) f##n,
#define TEN(each, n) \
    each(n##0) each(n##1) each(n##2) each(n##3) each(n##4) each(n##5) each(n##6) each(n##7) each(n##8) each(n##9)
#define HUNDRED(each, n) \
    TEN(each, n##0) TEN(each, n##1) TEN(each, n##2) TEN(each, n##3) TEN(each, n##4) \
    TEN(each, n##5) TEN(each, n##6) TEN(each, n##7) TEN(each, n##8) TEN(each, n##9)
#define THOUSAND(each, n) \
    HUNDRED(each, n##0) HUNDRED(each, n##1) HUNDRED(each, n##2) HUNDRED(each, n##3) HUNDRED(each, n##4) \
    HUNDRED(each, n##5) HUNDRED(each, n##6) HUNDRED(each, n##7) HUNDRED(each, n##8) HUNDRED(each, n##9)
#if THOUSANDS == 1
#define ALL(each) THOUSAND(each, 1)
#else
#define ALL(each) \
    THOUSAND(each, 1) THOUSAND(each, 2) THOUSAND(each, 3) THOUSAND(each, 4) \
    THOUSAND(each, 5) THOUSAND(each, 6) THOUSAND(each, 7) THOUSAND(each, 8)
#endif

ALL(ONE)
static function *const functions[] = { ALL(NAME) };

static uint64_t work(unsigned n)
{
    uint64_t x = 1;
    for (unsigned round = 0; round < 800 * n / THOUSANDS; round++)
        for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++)
            x = functions[i](x);
    return x;
}
