/* Fast SNMPv2c client on libnetsnmp, one line of JSON on stdout. It spends 2-3 % of a bulk walk's time,
 * so what it measures is the master and the subagent.
 *   snmp_client PORT walk    ROOT REPS [MAX]          GETBULK walk of one subtree, stop after MAX varbinds
 *   snmp_client PORT next    ROOT [MAX]               GETNEXT walk
 *   snmp_client PORT columns ENTRY LIST REPS          GETBULK with one repeater for each column of a table entry: 1,2,5
 *   snmp_client PORT get     - N [PAUSE_US]           N random single-OID GETs of the OIDs on standard input: latencies
 * PORT is a UDP port on 127.0.0.1, community "public". Exit status 1 and {"error":...} when anything is wrong:
 * an error status, an OID that does not increase, no answer within 20 s.  */
#define _GNU_SOURCE
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>
#include <time.h>
typedef struct { oid o[MAX_OID_LEN]; size_t n; } name_t;
static void *session;
static double clock_s(clockid_t c) { struct timespec t; clock_gettime(c, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
static void fail(const char *why) { printf("{\"error\":\"%s\"}\n", why); exit(1); }
static netsnmp_pdu *ask(netsnmp_pdu *p) {
    netsnmp_pdu *r = NULL;
    if (snmp_sess_synch_response(session, p, &r) != STAT_SUCCESS || !r) fail("no answer");
    if (r->errstat) fail(snmp_errstring(r->errstat));
    return r;
}
static name_t parse(const char *s) { name_t k = {{0}, 0}; while (*s == '.' || (*s >= '0' && *s <= '9')) { if (*s == '.') { s++; continue; } k.o[k.n++] = strtoul(s, (char **)&s, 10); } return k; }
static int below(const name_t *root, const netsnmp_variable_list *v) {
    return v->type != SNMP_ENDOFMIBVIEW && v->name_length > root->n && !memcmp(v->name, root->o, root->n * sizeof(oid));
}
static int by_value(const void *a, const void *b) { double x = *(double *)a, y = *(double *)b; return x < y ? -1 : x > y; }
static long requests;
/* walk root; returns the number of varbinds */
static long walk(name_t root, int reps, long max) {
    name_t at = root; long count = 0;
    for (int more = 1; more;) {
        netsnmp_pdu *p = snmp_pdu_create(reps ? SNMP_MSG_GETBULK : SNMP_MSG_GETNEXT);
        if (reps) { p->non_repeaters = 0; p->max_repetitions = reps; }
        snmp_add_null_var(p, at.o, at.n);
        netsnmp_pdu *r = ask(p); requests++;
        if (!r->variables) more = 0;
        for (netsnmp_variable_list *v = r->variables; v; v = v->next_variable) {
            if (!below(&root, v)) { more = 0; break; }
            if (snmp_oid_compare(at.o, at.n, v->name, v->name_length) >= 0) fail("OID not increasing");
            memcpy(at.o, v->name, v->name_length * sizeof(oid)); at.n = v->name_length;
            count++;
        }
        if (max && count >= max) more = 0;
        snmp_free_pdu(r);
    }
    return count;
}
static long columns(name_t entry, const char *list, int reps) {
    int n = 0; long count = 0; oid wanted[MAX_OID_LEN]; name_t at[MAX_OID_LEN];
    for (const char *s = list; *s && n < MAX_OID_LEN; s += *s == ',') wanted[n++] = strtoul(s, (char **)&s, 10);
    for (int c = 0; c < n; c++) { at[c] = entry; at[c].o[at[c].n++] = wanted[c]; }
    for (int more = 1; more;) {
        netsnmp_pdu *p = snmp_pdu_create(SNMP_MSG_GETBULK); p->non_repeaters = 0; p->max_repetitions = reps;
        for (int c = 0; c < n; c++) snmp_add_null_var(p, at[c].o, at[c].n);
        netsnmp_pdu *r = ask(p); requests++; int i = 0, inside = 0;
        for (netsnmp_variable_list *v = r->variables; v; v = v->next_variable, i++) {
            int c = i % n;
            if (!below(&entry, v) || v->name[entry.n] != wanted[c]) continue;
            inside++; count++; memcpy(at[c].o, v->name, v->name_length * sizeof(oid)); at[c].n = v->name_length;
        }
        if (inside < i || !i) more = 0;
        snmp_free_pdu(r);
    }
    return count;
}
int main(int ac, char **av) {
    if (ac < 5 && !(ac == 4 && !strcmp(av[2], "next"))) { fprintf(stderr, "see the head of snmp_client.c\n"); return 2; }
    setenv("MIBS", "", 1); snmp_disable_stderrlog();
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1); init_snmp("snmp_client");
    netsnmp_session s; snmp_sess_init(&s); char peer[64]; snprintf(peer, sizeof peer, "udp:127.0.0.1:%s", av[1]);
    s.peername = peer; s.version = SNMP_VERSION_2c; s.community = (u_char *)"public"; s.community_len = 6; s.timeout = 20000000; s.retries = 0;
    session = snmp_sess_open(&s); if (!session) fail("cannot open the session");
    const char *mode = av[2]; name_t root = parse(av[3]);
    if (!strcmp(mode, "get")) {
        long n = atol(av[4]), pause = ac > 5 ? atol(av[5]) : 0, known = 0; char line[1024]; name_t *names = NULL;
        while (fgets(line, sizeof line, stdin)) { names = realloc(names, (known + 1) * sizeof *names); names[known++] = parse(line); }
        if (!known) fail("no names on standard input");
        double *t = malloc(n * sizeof *t); srand(42); long bad = 0;
        for (long i = 0; i < n; i++) {
            name_t *k = &names[((long)rand() << 16 ^ rand()) % known]; netsnmp_pdu *p = snmp_pdu_create(SNMP_MSG_GET); snmp_add_null_var(p, k->o, k->n);
            double a = clock_s(CLOCK_MONOTONIC); netsnmp_pdu *r = ask(p); t[i] = clock_s(CLOCK_MONOTONIC) - a;
            if (r->variables->type >= 0x80) bad++;
            snmp_free_pdu(r); if (pause) usleep(pause);
        }
        qsort(t, n, sizeof *t, by_value);
        printf("{\"mode\":\"get\",\"n\":%ld,\"known\":%ld,\"missing\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f}\n",
               n, known, bad, t[n / 2] * 1e6, t[n * 99 / 100] * 1e6, t[n * 999 / 1000] * 1e6, t[n - 1] * 1e6);
        return 0;
    }
    double w = clock_s(CLOCK_MONOTONIC), c = clock_s(CLOCK_PROCESS_CPUTIME_ID); long count;
    if (!strcmp(mode, "walk")) count = walk(root, atoi(av[4]), ac > 5 ? atol(av[5]) : 0);
    else if (!strcmp(mode, "next")) count = walk(root, 0, ac > 4 ? atol(av[4]) : 0);
    else if (!strcmp(mode, "columns") && ac > 5) count = columns(root, av[4], atoi(av[5]));
    else { fprintf(stderr, "see the head of snmp_client.c\n"); return 2; }
    w = clock_s(CLOCK_MONOTONIC) - w; c = clock_s(CLOCK_PROCESS_CPUTIME_ID) - c;
    printf("{\"mode\":\"%s\",\"varbinds\":%ld,\"requests\":%ld,\"wall_s\":%.6f,\"per_s\":%.0f,\"client_cpu_s\":%.6f}\n", mode, count, requests, w, count / w, c);
    return 0;
}
