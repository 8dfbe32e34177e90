/* A compiler at work: fresh functions are written one behind another into a buffer, which is used again from its
 * beginning when it is full; each runs a while. */
#include "machine.h"

enum { PAGES = 32 };

static uint32_t *emit(uint32_t *at, unsigned length)
{
    uint32_t *loop = at;
    *at++ = ADDI(A2, A0, 1);
    for (unsigned i = 0; i < length; i++)
        switch (number() % 5) {
        case 0: *at++ = ADDI(A0, A0, (int)(number() % 2048)); break;
        case 1: *at++ = SLLI(A2, A0, number() % 63 + 1); break;
        case 2: *at++ = SRLI(A2, A0, number() % 63 + 1); break;
        case 3: *at++ = XOR(A0, A0, A2); break;
        default: *at++ = ADD(A0, A0, A2); break;
        }
    *at++ = ADDI(A1, A1, -1);
    *at = BNEZ(A1, (int)((loop - at) * 4));
    at++;
    *at++ = RET;
    return at;
}

static uint64_t work(unsigned n)
{
    uint32_t *pages = code_pages(PAGES), *at = pages, *end = pages + PAGES * 1024;
    uint64_t sum = 1;
    for (unsigned i = 0; i < n * 2000; i++) {
        unsigned length = 20 + number() % 80;
        if (end - at < 200)
            at = pages;
        uint32_t *start = at;
        at = emit(start, length);
        written(start, at);
        for (unsigned call = 0; call < 20; call++)
            sum = mix(sum, ((function *)start)(sum, 10));
    }
    return sum;
}
