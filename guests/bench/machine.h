/* Machine code made at run time. Only for RISC-V: the host does not run these programs. */
#ifndef MACHINE_H
#define MACHINE_H

#include "bench.h"
#include <sys/mman.h>

enum { RA = 1, A0 = 10, A1 = 11, A2 = 12, A3 = 13 };

typedef uint64_t function(uint64_t, uint64_t);

#define ITYPE(imm, rs1, funct3, rd, opcode) \
    ((uint32_t)(imm) << 20 | (uint32_t)(rs1) << 15 | (funct3) << 12 | (uint32_t)(rd) << 7 | (opcode))
#define RTYPE(funct7, rs2, rs1, funct3, rd) \
    ((uint32_t)(funct7) << 25 | (uint32_t)(rs2) << 20 | (uint32_t)(rs1) << 15 | (funct3) << 12 | (uint32_t)(rd) << 7 | 0x33u)
#define ADDI(rd, rs, imm) ITYPE(imm, rs, 0u, rd, 0x13u)
#define SLLI(rd, rs, by) ITYPE(by, rs, 1u, rd, 0x13u)
#define SRLI(rd, rs, by) ITYPE(by, rs, 5u, rd, 0x13u)
#define XOR(rd, a, b) RTYPE(0, b, a, 4u, rd)
#define ADD(rd, a, b) RTYPE(0, b, a, 0u, rd)
#define LD(rd, offset, rs) ITYPE(offset, rs, 3u, rd, 0x03u)
#define SD(rs2, offset, rs1) \
    ((uint32_t)((offset) >> 5 & 0x7f) << 25 | (uint32_t)(rs2) << 20 | (uint32_t)(rs1) << 15 | 3u << 12 | \
     (uint32_t)((offset) & 0x1f) << 7 | 0x23u)
#define AUIPC(rd) ((uint32_t)(rd) << 7 | 0x17u)
#define RET 0x00008067u

/* bne rs, zero, offset */
static inline uint32_t BNEZ(uint32_t rs, int offset)
{
    uint32_t o = (uint32_t)offset;
    return (o >> 12 & 1) << 31 | (o >> 5 & 0x3f) << 25 | rs << 15 | 1u << 12 | (o >> 1 & 0xf) << 8 |
           (o >> 11 & 1) << 7 | 0x63u;
}

/* Pages that may be written and run. */
static inline uint32_t *code_pages(unsigned count)
{
    void *pages = mmap(NULL, count * 4096ul, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        broken("no memory to write and run");
    return pages;
}

/* Code there has been written. */
static inline void written(uint32_t *from, uint32_t *to)
{
    __builtin___clear_cache((char *)from, (char *)to);
}

#endif
