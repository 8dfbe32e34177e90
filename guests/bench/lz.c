/* A small LZ compressor and decompressor: hash table, byte compares, overlapping copies. */
#include "bench.h"

enum { SIZE = 1 << 17, HASH = 1 << 13 };
static uint8_t text[SIZE], packed[SIZE * 2], again[SIZE];
static uint32_t last[HASH];

static unsigned pack(void)
{
    unsigned out = 0, at = 0;
    memset(last, 0, sizeof last);
    while (at + 4 < SIZE) {
        uint32_t word = text[at] | text[at + 1] << 8 | text[at + 2] << 16 | (uint32_t)text[at + 3] << 24;
        uint32_t slot = word * 2654435761u >> 19;
        unsigned from = last[slot], length = 0;
        last[slot] = at + 1;
        if (from && at - --from < 65536)
            while (length < 255 && at + length < SIZE && text[from + length] == text[at + length])
                length++;
        if (length >= 4) {
            unsigned back = at - from;
            packed[out++] = (uint8_t)length;
            packed[out++] = (uint8_t)back;
            packed[out++] = (uint8_t)(back >> 8);
            at += length;
        } else {
            packed[out++] = 0;
            packed[out++] = text[at++];
        }
    }
    while (at < SIZE) {
        packed[out++] = 0;
        packed[out++] = text[at++];
    }
    return out;
}

static unsigned unpack(unsigned size)
{
    unsigned at = 0, out = 0;
    while (at < size) {
        unsigned length = packed[at++];
        if (!length) {
            again[out++] = packed[at++];
            continue;
        }
        unsigned back = packed[at] | packed[at + 1] << 8;
        at += 2;
        while (length--) {
            again[out] = again[out - back];
            out++;
        }
    }
    return out;
}

static uint64_t work(unsigned n)
{
    static const char *words[] = { "lodge ", "guest ", "host ", "translate ", "block ", "of ", "the ", "a ", "\n" };
    uint64_t sum = 0;
    for (unsigned at = 0; at < SIZE;)
        for (const char *c = words[number() % 9]; *c && at < SIZE;)
            text[at++] = (uint8_t)*c++;
    for (unsigned round = 0; round < 40 * n; round++) {
        text[number() % SIZE] ^= 1;
        unsigned size = pack();
        if (unpack(size) != SIZE || memcmp(text, again, SIZE))
            return 0;
        sum = mix(sum, size);
    }
    return sum;
}
