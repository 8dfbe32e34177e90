# Machine-mode guest that loads from and stores to every 64 KiB of the physical address space below RAM, and
# far above it, then reports and powers off. Faults are counted and skipped; whatever the machine does with an
# access to nothing, it must go on running this program.
        .option norvc
        .globl  _start
        .equ    UART, 0x10000000
        .equ    POWER, 0x100000
_start: csrr    t0, mhartid
        bnez    t0, park
        la      t0, trap
        csrw    mtvec, t0
        li      s1, 0                   # faults
        li      s2, 0                   # address
        li      s3, 0x80000000
        li      s4, 0x10000
        li      s5, UART
        li      s6, POWER
below:  beq     s2, s5, 1f              # these two would hear us
        beq     s2, s6, 1f
        lw      t1, 0(s2)
        sw      zero, 0(s2)
        lb      t1, 3(s2)
        sh      zero, 2(s2)
        ld      t1, 0(s2)
1:      add     s2, s2, s4
        bne     s2, s3, below

        li      s2, 0x1000000000        # beyond any RAM this guest is given
        li      s3, 46
above:  ld      t1, 0(s2)
        sd      zero, 0(s2)
        amoadd.w t1, zero, (s2)
        lr.d    t1, (s2)
        sc.d    t1, zero, (s2)
        slli    s2, s2, 1
        addi    s3, s3, -1
        bnez    s3, above

        la      s2, text
2:      lbu     t1, 0(s2)
        beqz    t1, 3f
        sb      t1, 0(s5)
        addi    s2, s2, 1
        j       2b
3:      li      t1, 0x5555
        sw      t1, 0(s6)
park:   wfi
        j       park

        .balign 4
trap:   csrr    t6, mepc
        addi    t6, t6, 4
        csrw    mepc, t6
        addi    s1, s1, 1
        mret

text:   .asciz  "still running\r\n"
