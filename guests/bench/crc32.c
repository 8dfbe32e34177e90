/* Table-driven CRC-32 over a buffer: loads, shifts, a short dependency chain. */
#include "bench.h"

static uint32_t table[256];
static uint8_t data[1 << 16];

static uint64_t work(unsigned n)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)number();
    uint32_t crc = ~0u;
    for (unsigned round = 0; round < 700 * n; round++)
        for (unsigned i = 0; i < sizeof data; i++)
            crc = table[(crc ^ data[i]) & 255] ^ (crc >> 8);
    return crc;
}
