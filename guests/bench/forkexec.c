/* A process after another: fork, exec of this same program, wait. */
#define PREPARE
#include "bench.h"
#include <sys/wait.h>
#include <unistd.h>

/* The child is told by its environment what it is. */
static void prepare(unsigned n)
{
    if (getenv("CHILD"))
        _exit((int)(n & 127));
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 100 * n; i++) {
        int status = 0;
        char text[16];
        snprintf(text, sizeof text, "%u", i);
        char *arguments[] = { "child", text, 0 }, *environment[] = { "CHILD=1", 0 };
        pid_t child = fork();
        if (child == 0) {
            execve("/proc/self/exe", arguments, environment);
            _exit(255);
        }
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
            broken("a child was lost");
        sum = mix(sum, (uint64_t)WEXITSTATUS(status));
    }
    return sum;
}
