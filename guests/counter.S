# Counts for ever, through a function and a variable a debugger can name. Runs in whatever mode it is started.
        .option norvc
        .globl  _start, tick, value
_start: li      s0, 0
        la      s1, value
loop:   call    tick
        j       loop

tick:   addi    s0, s0, 1
        sd      s0, 0(s1)
        ret

        .balign 8
value:  .dword  0x1122334455667788
