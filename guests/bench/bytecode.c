/* A bytecode interpreter: an indirect jump for each operation. */
#include "bench.h"

enum { PUSH, ADD, SUB, MUL, DUP, SWAP, LOAD, STORE, JNZ, DEC, HALT };

static uint64_t run(const int32_t *code)
{
    int64_t stack[64], var[8] = { 0 }, *top = stack;
    for (const int32_t *pc = code;;) {
        switch (*pc++) {
        case PUSH: *++top = *pc++; break;
        case ADD: top--; top[0] += top[1]; break;
        case SUB: top--; top[0] -= top[1]; break;
        case MUL: top--; top[0] = (int64_t)((uint64_t)top[0] * (uint64_t)top[1]); break;
        case DUP: top[1] = top[0]; top++; break;
        case SWAP: { int64_t t = top[0]; top[0] = top[-1]; top[-1] = t; break; }
        case LOAD: *++top = var[*pc++]; break;
        case STORE: var[*pc++] = *top--; break;
        case JNZ: pc = *top-- ? code + *pc : pc + 1; break;
        case DEC: --*top; break;
        case HALT: return (uint64_t)var[1];
        }
    }
}

static uint64_t work(unsigned n)
{
    int32_t code[] = {
        PUSH, 0, STORE, 0, PUSH, 1, STORE, 1,
        /* 8: */ LOAD, 1, PUSH, 31, MUL, LOAD, 0, ADD, DUP, PUSH, 7, SUB, SWAP, STORE, 2, STORE, 1,
        LOAD, 0, DEC, DUP, STORE, 0, JNZ, 8, HALT,
    };
    code[1] = (int32_t)(2500000 * n);
    return run(code);
}
