/* Code that is patched while it is in use, as inline caches of compilers are: a function with one instruction that
 * changes after so many calls. */
#include "machine.h"

#ifndef CALLS
#define CALLS 1000
#endif
/* How many instructions it alternates between. */
#ifndef KINDS
#define KINDS 1000
#endif

static uint64_t work(unsigned n)
{
    uint32_t *page = code_pages(1), *at = page;
    /* a0 = sum, a1 = rounds; the constant in the loop is what changes. */
    uint32_t *loop = at;
    *at++ = ADDI(A0, A0, 0);
    *at++ = SLLI(A2, A0, 7);
    *at++ = XOR(A0, A0, A2);
    *at++ = SRLI(A2, A0, 9);
    *at++ = XOR(A0, A0, A2);
    *at++ = ADDI(A1, A1, -1);
    *at = BNEZ(A1, (int)((loop - at) * 4));
    at++;
    *at++ = RET;
    written(page, at);
    uint64_t sum = 1;
    for (unsigned round = 0; round < n * (2000000u / (CALLS + 500)); round++) {
        *loop = ADDI(A0, A0, (int)(round % KINDS));
        written(loop, loop + 1);
        for (unsigned call = 0; call < CALLS; call++)
            sum = ((function *)page)(sum, 4);
    }
    return sum;
}
