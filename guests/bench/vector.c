/* Loops of vector.S, one a program: the compiler is told which as KERNEL. Each result is checked against plain C
 * once, so that the checksums of two equally wrong machines do not pass. */
#define PREPARE
#include "bench.h"
#include <sys/auxv.h>

size_t v_strlen(const char *text);
int v_strcmp(const char *a, const char *b);
void v_memcpy(void *to, const void *from, size_t count);
void v_memset(void *to, int byte, size_t count);
void v_saxpy(float *y, const float *x, size_t count, float a);
int64_t v_dot(const int32_t *a, const int32_t *b, size_t count);
void v_add(int32_t *sum, const int32_t *a, const int32_t *b, size_t count);
size_t v_compare(int32_t *a, int32_t least, int32_t most, size_t count);

enum { BYTES = 1 << 14, WORDS = BYTES / 4 };
static char text[BYTES + 64], other[BYTES + 64];
static int32_t a[WORDS], b[WORDS], c[WORDS];
static float x[WORDS], y[WORDS];

static uint64_t words(void)
{
    uint64_t sum = 0;
    for (int i = 0; i < WORDS; i++)
        sum = mix(sum, (uint32_t)c[i]);
    return sum;
}

/* Each does one round; `i` makes the rounds differ. */

static inline uint64_t run_strlen(unsigned i)
{
    unsigned length = BYTES - i % 61;
    char kept = text[length];
    text[length] = 0;
    size_t found = v_strlen(text + i % 7);
    text[length] = kept;
    return found + i % 7 == length ? found : 0;
}

static inline uint64_t run_strcmp(unsigned i)
{
    unsigned at = BYTES - 1 - i % 61;
    other[at] ^= 1;
    int order = v_strcmp(text, other);
    int right = (uint8_t)text[at] - (uint8_t)other[at];
    other[at] ^= 1;
    return order == right ? at : 0;
}

static inline uint64_t run_memcpy(unsigned i)
{
    unsigned skew = i % 9, size = BYTES - i % 33;
    v_memcpy(other + skew, text, size);
    return i % 64 ? other[size / 2] : memcmp(other + skew, text, size) == 0;
}

static inline uint64_t run_memset(unsigned i)
{
    unsigned skew = i % 9, size = BYTES - i % 33;
    v_memset(other + skew, (int)(i & 127), size);
    return (uint64_t)(other[skew] + other[skew + size / 2] + other[skew + size - 1]) * 8 + (uint8_t)other[skew + size];
}

static inline uint64_t run_saxpy(unsigned i)
{
    uint32_t out;
    v_saxpy(y, x, WORDS, i & 1 ? 0.125f : -0.125f);
    memcpy(&out, &y[i % WORDS], sizeof out);
    return out;
}

static inline uint64_t run_dot(unsigned i)
{
    a[i % WORDS] += (int32_t)i;
    int64_t sum = v_dot(a, b, WORDS), right = 0;
    if (i % 64 == 0) {
        for (int k = 0; k < WORDS; k++)
            right += (int64_t)a[k] * b[k];
        if (right != sum)
            broken("a wrong product");
    }
    return (uint64_t)sum;
}

static inline uint64_t run_add(unsigned i)
{
    a[i % WORDS] += (int32_t)i;
    v_add(c, a, b, WORDS);
    if (i % 64 == 0)
        for (int k = 0; k < WORDS; k++)
            if (c[k] != (int32_t)((uint32_t)a[k] + (uint32_t)b[k]))
                broken("a wrong sum");
    return (uint32_t)c[i % WORDS];
}

static inline uint64_t run_compare(unsigned i)
{
    if (i % 16 == 0)
        memcpy(c, a, sizeof c);
    size_t found = v_compare(c, 100, 0xffffff - (int32_t)(i % 16) * 0x80000, WORDS), right = 0;
    for (int k = 0; i % 64 == 0 && k < WORDS; k++)
        right += c[k] != 0;
    if (i % 64 == 0 && right != found)
        broken("a wrong count");
    return found;
}

#define JOIN(a, b) a##b
#define RUN(kernel) JOIN(run_, kernel)

static void prepare(unsigned n)
{
    (void)n;
    /* The kernel shows single-letter extensions as bits (Linux, Documentation/arch/riscv/uabi.rst). */
    if (!(getauxval(AT_HWCAP) & 1u << ('v' - 'a')))
        missing("no vector unit");
    for (int i = 0; i < BYTES; i++)
        text[i] = other[i] = (char)('a' + number() % 26);
    for (int i = 0; i < WORDS; i++) {
        a[i] = (int32_t)number();
        b[i] = (int32_t)(number() & 0xffff) - 0x8000;
        x[i] = (float)(number() & 1023) / 1024.0f;
        y[i] = (float)(number() & 1023) / 512.0f;
    }
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < 1000 * n; i++)
        sum = mix(sum, RUN(KERNEL)(i));
    return mix(sum, words());
}
