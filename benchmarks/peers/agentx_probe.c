/* An AgentX master that does nothing but ask: how long does an agent take to answer, and how long does it not answer
 * at all? It listens at SOCKET, grants whatever the agent wants, and once the agent has registered (and WARM seconds
 * have passed) sends single Gets back to back, each as soon as the one before is answered, so that any stretch in
 * which the agent does something else is seen in full. snmpd is not in the way. One line of JSON on standard output.
 *   agentx_probe SOCKET WARM_S SECONDS < OIDS        OIDs below 1.3.6.1.4 on standard input, one a line
 * `silences` are how many answers took longer than 0.5, 1, 2 and 5 ms. `work_us` is the most processor time that the
 * agent's main thread took for anything before it answered, which the noise of a busy machine does not move (give both
 * the same core); -1 where the kernel does not tell. Exit status 1 when the agent goes away. */
#include "common.h"
#include <poll.h>
#include <fcntl.h>
typedef struct { uint32_t s[128]; int n; } name_t;
static int fd; static unsigned char head[20], body[65536]; static uint32_t length;
static uint32_t packet; static int stat_fd = -1; static double work;
static double spent(void) { char b[64]; ssize_t n = pread(stat_fd, b, sizeof b - 1, 0); if (n <= 0) return 0; b[n] = 0; return strtoull(b, NULL, 10) * 1e-9; }
static void grant(void) { /* a Response without error to what the agent asks */
    unsigned char r[28]; hdr(r, 18, 1, g32(head + 8), g32(head + 12), 8); memset(r + 20, 0, 8); write_full(fd, r, sizeof r);
}
static int take(void) { /* read one PDU, grant it unless it is a Response; returns its type */
    read_full(fd, head, 20); length = g32(head + 16);
    if (!(head[2] & 0x10) || length > sizeof body) { fprintf(stderr, "not what an agent sends here\n"); exit(1); }
    read_full(fd, body, length);
    if (head[1] != 18) grant();
    return head[1];
}
static int by_value(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
static double once(const name_t *k) { /* one Get; seconds until its answer */
    unsigned char b[1200]; int n = 20; n += enc_oid(b + n, 0, k->s, k->n); memset(b + n, 0, 4); n += 4;
    hdr(b, 5, 1, packet, packet + 1, n - 20); packet++;
    double c = spent(), t = now_s(); write_full(fd, b, n);
    while (take() != 18 || g32(head + 12) != packet) ;
    t = now_s() - t; c = spent() - c; if (c > work) work = c;
    if (g16(body + 4)) { fprintf(stderr, "error %d\n", g16(body + 4)); exit(1); }
    return t;
}
int main(int ac, char **av) {
    if (ac < 4) { fprintf(stderr, "see the head of agentx_probe.c\n"); return 2; }
    name_t *names = NULL; long known = 0; char line[1024];
    while (fgets(line, sizeof line, stdin)) {
        name_t k = {{0}, 0}; char *s = line; int skip = 5;
        while (*s && *s != '\n' && k.n < 128) { if (*s == '.') { s++; continue; } uint32_t v = strtoul(s, &s, 10); if (skip) skip--; else k.s[k.n++] = v; }
        if (k.n) { names = realloc(names, (known + 1) * sizeof *names); names[known++] = k; }
    }
    if (!known) { fprintf(stderr, "no names on standard input\n"); return 2; }
    struct sockaddr_un a; memset(&a, 0, sizeof a); a.sun_family = AF_UNIX; strncpy(a.sun_path, av[1], sizeof a.sun_path - 1);
    unlink(av[1]); int l = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(l, (void *)&a, sizeof a) || listen(l, 1)) { perror(av[1]); return 2; }
    fprintf(stderr, "listening\n");
    fd = accept(l, NULL, NULL);
    struct ucred who; socklen_t size = sizeof who; char path[64]; getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size);
    snprintf(path, sizeof path, "/proc/%d/schedstat", who.pid); stat_fd = open(path, O_RDONLY);
    int registered = 0; double warm = atof(av[2]), until = 0;
    for (;;) { /* serve the agent until it has registered and had its time */
        if (registered && !until) until = now_s() + warm;
        int left = until ? (int)((until - now_s()) * 1000) : 30000;
        if (until && left <= 0) break;
        struct pollfd p = {fd, POLLIN, 0};
        if (!poll(&p, 1, left)) { if (until) break; fprintf(stderr, "the agent does not register\n"); return 1; }
        if (take() == 3) registered = 1;
    }
    double seconds = atof(av[3]), began = now_s(), *t = NULL; long n = 0, room = 0, missing = 0; srand(42);
    long silences[4] = {0}; static const double limits[4] = {0.0005, 0.001, 0.002, 0.005};
    do {
        double took = once(&names[((long)rand() << 16 ^ rand()) % known]);
        if (g16(body + 8) >= 128) missing++;
        if (n == room) t = realloc(t, (room = room ? 2 * room : 1 << 16) * sizeof *t);
        t[n++] = took; for (int i = 0; i < 4; i++) silences[i] += took > limits[i];
    } while (now_s() - began < seconds);
    qsort(t, n, sizeof *t, by_value);
    printf("{\"mode\":\"probe\",\"n\":%ld,\"missing\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"work_us\":%.1f,\"silences\":[%ld,%ld,%ld,%ld]}\n",
           n, missing, t[n / 2] * 1e6, t[n * 99 / 100] * 1e6, t[n * 999 / 1000] * 1e6, t[n - 1] * 1e6, stat_fd < 0 ? -1 : work * 1e6, silences[0], silences[1], silences[2], silences[3]);
    return 0;
}
