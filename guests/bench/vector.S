# The inner loops of vector.c on the vector extension (The RISC-V Instruction Set Manual, volume I, "V" 1.0).
# Written to work at any VLEN. Arguments and results follow the C calling convention; every vector register is
# the callee's to use.

    .option arch, +v
    .text

    .macro function name
    .globl \name
    .type \name, @function
    .balign 4
\name:
    .endm

# size_t v_strlen(const char *text): loads that stop at the first fault instead of trapping.
function v_strlen
    mv      a3, a0
1:  vsetvli a1, x0, e8, m8, ta, ma
    vle8ff.v v8, (a3)
    csrr    a1, vl
    vmseq.vi v0, v8, 0
    vfirst.m a2, v0
    add     a3, a3, a1
    bltz    a2, 1b
    add     a0, a0, a1
    add     a3, a3, a2
    sub     a0, a3, a0
    ret

# int v_strcmp(const char *a, const char *b)
function v_strcmp
    li      a4, 0
1:  vsetvli a2, x0, e8, m4, ta, ma
    vle8ff.v v8, (a0)
    vle8ff.v v16, (a1)
    csrr    a2, vl
    vmseq.vi v0, v8, 0
    vmsne.vv v1, v8, v16
    vmor.mm v0, v0, v1
    vfirst.m a3, v0
    bgez    a3, 2f
    add     a0, a0, a2
    add     a1, a1, a2
    j       1b
2:  add     a0, a0, a3
    add     a1, a1, a3
    lbu     a4, (a0)
    lbu     a5, (a1)
    sub     a0, a4, a5
    ret

# void v_memcpy(void *to, const void *from, size_t count)
function v_memcpy
1:  vsetvli t0, a2, e8, m8, ta, ma
    vle8.v  v8, (a1)
    add     a1, a1, t0
    sub     a2, a2, t0
    vse8.v  v8, (a0)
    add     a0, a0, t0
    bnez    a2, 1b
    ret

# void v_memset(void *to, int byte, size_t count)
function v_memset
    vsetvli t0, x0, e8, m8, ta, ma
    vmv.v.x v8, a1
1:  vsetvli t0, a2, e8, m8, ta, ma
    vse8.v  v8, (a0)
    sub     a2, a2, t0
    add     a0, a0, t0
    bnez    a2, 1b
    ret

# void v_saxpy(float *y, const float *x, size_t count, float a): y += a * x
function v_saxpy
1:  vsetvli t0, a2, e32, m4, ta, ma
    vle32.v v8, (a1)
    vle32.v v16, (a0)
    slli    t1, t0, 2
    add     a1, a1, t1
    sub     a2, a2, t0
    vfmacc.vf v16, fa0, v8
    vse32.v v16, (a0)
    add     a0, a0, t1
    bnez    a2, 1b
    ret

# int64_t v_dot(const int32_t *a, const int32_t *b, size_t count): widening multiply-add, one reduction at the end.
function v_dot
    vsetvli t0, x0, e64, m8, ta, ma
    vmv.v.i v16, 0
1:  vsetvli t0, a2, e32, m4, tu, ma
    vle32.v v8, (a0)
    vle32.v v12, (a1)
    slli    t1, t0, 2
    add     a0, a0, t1
    add     a1, a1, t1
    sub     a2, a2, t0
    vwmacc.vv v16, v8, v12
    bnez    a2, 1b
    vsetvli t0, x0, e64, m8, ta, ma
    vmv.s.x v8, x0
    vredsum.vs v8, v16, v8
    vmv.x.s a0, v8
    ret

# void v_add(int32_t *sum, const int32_t *a, const int32_t *b, size_t count)
function v_add
1:  vsetvli t0, a3, e32, m4, ta, ma
    vle32.v v8, (a1)
    vle32.v v12, (a2)
    slli    t1, t0, 2
    add     a1, a1, t1
    add     a2, a2, t1
    sub     a3, a3, t0
    vadd.vv v8, v8, v12
    vse32.v v8, (a0)
    add     a0, a0, t1
    bnez    a3, 1b
    ret

# size_t v_compare(const int32_t *a, int32_t least, int32_t most, size_t count): how many lie between; also puts
# the out-of-range ones to zero through a mask, as filters do.
function v_compare
    li      t2, 0
1:  vsetvli t0, a3, e32, m4, ta, ma
    vle32.v v8, (a0)
    vmsge.vx v1, v8, a1
    vmsle.vx v2, v8, a2
    vmand.mm v0, v1, v2
    vcpop.m t1, v0
    vmv.v.i v12, 0
    vmerge.vvm v12, v12, v8, v0
    vse32.v v12, (a0)
    add     t2, t2, t1
    slli    t1, t0, 2
    add     a0, a0, t1
    sub     a3, a3, t0
    bnez    a3, 1b
    mv      a0, t2
    ret
    .section .note.GNU-stack, "", @progbits
