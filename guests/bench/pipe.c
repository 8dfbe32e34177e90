/* Two processes hand a number back and forth through pipes: a switch of address spaces for each. */
#include "bench.h"
#include <sys/wait.h>
#include <unistd.h>

static uint64_t work(unsigned n)
{
    int there[2], back[2];
    if (pipe(there) || pipe(back))
        broken("no pipes");
    uint64_t value = 1;
    if (fork() == 0) {
        close(there[1]);
        close(back[0]);
        while (read(there[0], &value, sizeof value) == sizeof value) {
            value = mix(value, 3);
            if (write(back[1], &value, sizeof value) != sizeof value)
                break;
        }
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    for (unsigned i = 0; i < 1000 * n; i++)
        if (write(there[1], &value, sizeof value) != sizeof value || read(back[0], &value, sizeof value) != sizeof value)
            broken("a pipe closed early");
    close(there[1]);
    wait(0);
    return value;
}
