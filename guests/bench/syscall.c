/* The cheapest system call, again and again: entry to and return from the kernel. */
#include "bench.h"
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t work(unsigned n)
{
    uint64_t wrong = 0, count = 0;
    long parent = getppid();
    for (; count < 100000ull * n; count++)
        wrong += syscall(SYS_getppid) != parent;
    return mix(wrong, count);
}
