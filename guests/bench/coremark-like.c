/* In the manner of CoreMark: linked list, integer matrix and a state machine by turns, each result feeding the
 * next. */
#include "bench.h"

enum { NODES = 512, SIDE = 24 };
struct node { struct node *next; int16_t value, index; };
static struct node nodes[NODES];
static int32_t a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
static char input[512];

__attribute__((noinline)) static struct node *reverse(struct node *head)
{
    struct node *done = 0;
    while (head) {
        struct node *next = head->next;
        head->next = done;
        done = head;
        head = next;
    }
    return done;
}

__attribute__((noinline)) static struct node *find(struct node *head, int16_t value)
{
    while (head && head->value != value)
        head = head->next;
    return head;
}

__attribute__((noinline)) static int32_t matrix(int32_t by)
{
    int32_t sum = 0;
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) {
            int32_t cell = 0;
            for (int k = 0; k < SIDE; k++)
                cell += a[i][k] * b[k][j];
            c[i][j] = cell + by;
            sum ^= cell << (j & 7);
        }
    return sum;
}

__attribute__((noinline)) static unsigned machine(const char *text)
{
    enum { START, SIGN, INT, DOT, EXP, BAD } state = START;
    unsigned counts[6] = { 0 };
    for (; *text; text++) {
        char ch = *text;
        int digit = ch >= '0' && ch <= '9';
        if (ch == ',') { counts[state]++; state = START; continue; }
        switch (state) {
        case START: state = digit ? INT : ch == '+' || ch == '-' ? SIGN : ch == '.' ? DOT : BAD; break;
        case SIGN: state = digit ? INT : ch == '.' ? DOT : BAD; break;
        case INT: state = digit ? INT : ch == '.' ? DOT : ch == 'e' ? EXP : BAD; break;
        case DOT: state = digit ? DOT : ch == 'e' ? EXP : BAD; break;
        case EXP: state = digit ? EXP : BAD; break;
        case BAD: break;
        }
    }
    return counts[INT] + counts[DOT] * 31 + counts[EXP] * 977 + counts[BAD] * 7919;
}

static uint64_t work(unsigned n)
{
    uint64_t sum = 0;
    for (int i = 0; i < NODES; i++) {
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : 0;
        nodes[i].value = (int16_t)(number() & 1023);
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        a[i / SIDE][i % SIDE] = (int32_t)(number() & 255);
        b[i / SIDE][i % SIDE] = (int32_t)(number() & 255);
    }
    for (unsigned i = 0; i + 1 < sizeof input; i++)
        input[i] = "0123456789+-.e,,,"[number() % 17];
    struct node *head = nodes;
    for (unsigned i = 0; i < 6000 * n; i++) {
        head = reverse(head);
        struct node *hit = find(head, (int16_t)(i & 1023));
        int32_t m = matrix((int32_t)(sum & 15));
        input[i % 511] = (char)('0' + (m & 7));
        sum = mix(sum, (uint64_t)(hit ? hit->value : -1) + (uint32_t)m + machine(input));
    }
    return sum;
}
