# A guest that jumps into nowhere: no memory at the target, none at the trap vector either.
# It can never run another instruction; a machine that notices says so instead of spinning.
        .globl  _start
_start: li      t0, 0x700000000000
        csrw    stvec, t0
        li      t1, 0x400
        jr      t1
