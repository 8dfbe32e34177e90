/* Data beside code: in the pages of functions that are called all the time lie the words that they, and their caller,
 * write all the time; and trampolines, which are code written anew on the stack before each call. */
#include "machine.h"

enum { FUNCTIONS = 16, STRIDE = 32 };

/* A function whose counter lies behind it. */
static void emit(uint32_t *at, unsigned kind)
{
    uint32_t *start = at;
    *at++ = AUIPC(A2);
    *at++ = LD(A3, 64, A2);
    *at++ = ADDI(A3, A3, (int)kind + 1);
    *at++ = SD(A3, 64, A2);
    *at++ = ADD(A0, A0, A3);
    *at++ = ADDI(A1, A1, -1);
    *at = BNEZ(A1, (int)((start + 1 - at) * 4));
    at++;
    *at++ = RET;
}

__attribute__((noipa)) static uint64_t each(uint64_t (*one)(uint64_t), uint64_t x)
{
    for (unsigned i = 0; i < 40; i++)
        x = one(x);
    return x;
}

/* A function within a function that needs its caller's variables: compilers put a trampoline on the stack. */
__attribute__((noipa)) static uint64_t nested(uint64_t x)
{
    uint64_t calls = 0, total = x;
    uint64_t one(uint64_t value)
    {
        calls++;
        total = mix(total, value + calls);
        return total;
    }
    return each(one, x) + calls;
}

static uint64_t work(unsigned n)
{
    uint32_t *page = code_pages(1);
    for (unsigned i = 0; i < FUNCTIONS; i++)
        emit(page + i * STRIDE, i);
    written(page, page + FUNCTIONS * STRIDE);
    volatile uint64_t *own = (uint64_t *)(page + FUNCTIONS * STRIDE);
    uint64_t sum = 1;
    for (unsigned round = 0; round < n * 40000; round++) {
        sum = ((function *)(page + round % FUNCTIONS * STRIDE))(sum, 8);
        own[round % 64] += sum;
        sum ^= own[(round + 1) % 64];
    }
    for (unsigned round = 0; round < n * 1000; round++)
        sum = mix(sum, nested(sum));
    return sum;
}
