/* A crowd of cheap viewers: N socket.io clients over websocket in one process, so that the client is not what is measured.
 *
 *     viewers PORT NAMESPACE COUNT OUT          (127.0.0.1; NAMESPACE is "/" or "/twin")
 *
 * Speaks engine.io 4 and socket.io 5 itself: upgrade, CONNECT, answers pings. At most IN_FLIGHT viewers are joining at a
 * time; one has joined when its first whole state is there: the first event in namespace "/", the first attachment in
 * any other. No extension is offered, so nothing is compressed.
 *
 * stdin:   "stall K"  the last K viewers leave, come back, and read nothing after their CONNECT; they come back every
 *                     STALL_S seconds (a viewer that does not read cannot know that it was shown out)
 *          "quit"     write the log and end
 * stdout:  "joined N FIRST_CONNECT_NS LAST_STATE_NS" once all have joined; "done LOST REOPENED" at the end
 * OUT.records   for each websocket message: u64 time ns (CLOCK_MONOTONIC, when its last byte was read), u64 hash,
 *               u32 viewer, u32 bytes on the wire with the websocket header | kind << 30
 * OUT.payloads  for each different event or attachment: u64 hash, u32 kind, u32 length, bytes (cluster.all is left out)
 * Kinds: 0 other (placeholder, ping, handshake), 1 text event, 2 attachment.
 *
 * Called by bench/crowd.py, which compiles it; viewers.py is the same in Python, for a machine without a C compiler. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STALL_S = 8, IN_FLIGHT = 400, BUFFER = 65536, SEEN = 1 << 17, STDIN = -1 };
enum { CONNECTING, UPGRADING, OPENING, WAITING, JOINED };
enum { OTHER, EVENT, ATTACHMENT };

typedef struct { uint64_t time_ns, hash; uint32_t viewer, wire; } Record;
typedef struct { int fd, state, stalls; uint8_t *data; size_t used, room; uint64_t since_ns; } Viewer;

static Viewer *viewers;
static Record *records;
static size_t record_count, record_room;
static uint64_t seen[SEEN], first_ns, last_ns;
static int poller, port, count, started, joined, joining, lost, reopened, told, in_root;
static const char *namespace;
static FILE *payloads;

static void die(const char *what) { perror(what); exit(1); }

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t hash_of(const uint8_t *p, size_t n) {
    uint64_t h = n * 0x9E3779B97F4A7C15u, x = 0;
    for (; n >= 8; p += 8, n -= 8) { memcpy(&x, p, 8); h = (h ^ x) * 0xD6E8FEB86659FD93u; h ^= h >> 32; }
    x = 0; memcpy(&x, p, n);
    h = (h ^ x) * 0xD6E8FEB86659FD93u; h ^= h >> 29;
    return h ? h : 1;
}

static void watch(Viewer *v, int op, uint32_t events) {
    struct epoll_event e = {.events = events, .data.u32 = (uint32_t)(v - viewers)};
    if (epoll_ctl(poller, op, v->fd, &e) < 0) die("epoll_ctl");
}

static void start(Viewer *v) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int yes = 1, small = 4096;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (v->fd < 0) die("socket");
    setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (v->stalls) setsockopt(v->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    if (connect(v->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) die("connect");
    v->state = CONNECTING;
    v->used = 0;
    v->since_ns = now_ns();
    watch(v, EPOLL_CTL_ADD, EPOLLOUT);
    if (!first_ns) first_ns = now_ns();
}

static void fill(void) {
    while (started < count && joining < IN_FLIGHT) { joining++; start(&viewers[started++]); }
}

static void again(Viewer *v) {
    close(v->fd);
    start(v);
}

static void gone(Viewer *v) {
    if (v->stalls) { reopened++; again(v); return; }
    lost++;
    if (v->state != JOINED) { joining--; fill(); }
    close(v->fd);
    v->fd = -1;
}

/* Client frames are masked with zeros: allowed, and free. */
static void say(Viewer *v, const char *text) {
    uint8_t frame[256];
    size_t n = strlen(text);
    if (n > 125) exit(2);
    frame[0] = 0x81; frame[1] = (uint8_t)(0x80 | n); memset(frame + 2, 0, 4); memcpy(frame + 6, text, n);
    if (send(v->fd, frame, n + 6, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET) die("send");
}

static void keep(Viewer *v, int kind, const uint8_t *p, size_t n, size_t wire) {
    uint64_t hash = 0;
    int all = kind == EVENT && n > 15 && !memcmp(p, "42[\"cluster.all", 15);
    if (kind != OTHER && !all) {
        size_t at = (hash = hash_of(p, n)) % SEEN;
        while (seen[at] && seen[at] != hash) at = (at + 1) % SEEN;
        if (!seen[at]) {
            uint32_t head[2] = {(uint32_t)kind, (uint32_t)n};
            seen[at] = hash;
            fwrite(&hash, 8, 1, payloads); fwrite(head, 4, 2, payloads); fwrite(p, 1, n, payloads);
        }
    }
    if (record_count == record_room) {
        record_room = record_room ? record_room * 2 : 1 << 16;
        if (!(records = realloc(records, record_room * sizeof *records))) die("realloc");
    }
    records[record_count++] = (Record){now_ns(), hash, (uint32_t)(v - viewers), (uint32_t)wire | (uint32_t)kind << 30};
}

static void message(Viewer *v, int opcode, const uint8_t *p, size_t n, size_t wire) {
    int kind = opcode == 2 ? ATTACHMENT : n > 1 && p[0] == '4' && p[1] == '2' ? EVENT : OTHER;
    keep(v, kind, p, n, wire);
    if (v->state == OPENING && n && p[0] == '0') {
        char hello[64];
        snprintf(hello, sizeof hello, in_root ? "40" : "40%s,", namespace);
        say(v, hello);
        v->state = WAITING;
        if (v->stalls) { v->state = JOINED; watch(v, EPOLL_CTL_MOD, EPOLLRDHUP); }
    } else if (kind == OTHER && n == 1 && p[0] == '2') say(v, "3");
    else if (v->state == WAITING && kind == (in_root ? EVENT : ATTACHMENT)) {
        v->state = JOINED; joined++; joining--; last_ns = now_ns();
        fill();
    }
}

/* Takes whole websocket frames off the front; returns how many bytes were used. Servers here never fragment. */
static size_t frames(Viewer *v) {
    size_t at = 0;
    while (v->used - at >= 2) {
        const uint8_t *p = v->data + at;
        uint64_t n = p[1] & 127;
        size_t head = n == 126 ? 4 : n == 127 ? 10 : 2;
        if (v->used - at < head) break;
        if (n == 126) n = (uint64_t)p[2] << 8 | p[3];
        else if (n == 127) { n = 0; for (int i = 2; i < 10; i++) n = n << 8 | p[i]; }
        if (v->used - at < head + n) break;
        if (!(p[0] & 0x80)) { fprintf(stderr, "a fragmented message\n"); exit(2); }
        if ((p[0] & 15) == 8) return SIZE_MAX;
        if ((p[0] & 15) < 3) message(v, p[0] & 15, p + head, n, head + n);
        at += head + n;
    }
    return at;
}

static void readable(Viewer *v) {
    if (v->room - v->used < BUFFER / 2) {
        v->room = v->room ? v->room * 2 : BUFFER;
        if (!(v->data = realloc(v->data, v->room))) die("realloc");
    }
    ssize_t n = recv(v->fd, v->data + v->used, v->room - v->used - 1, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) { gone(v); return; }
    v->used += (size_t)n;
    size_t taken = 0;
    if (v->state == UPGRADING) {
        v->data[v->used] = 0;
        char *end = strstr((char *)v->data, "\r\n\r\n");
        if (!end) return;
        if (strncmp((char *)v->data, "HTTP/1.1 101", 12)) { gone(v); return; }
        v->state = OPENING;
        taken = (size_t)(end + 4 - (char *)v->data);
        memmove(v->data, v->data + taken, v->used -= taken);
    }
    taken = frames(v);
    if (taken == SIZE_MAX) { gone(v); return; }
    memmove(v->data, v->data + taken, v->used -= taken);
    if (!v->used && v->room > 4 * BUFFER) { free(v->data); v->data = NULL; v->room = 0; }
}

static void writable(Viewer *v) {
    char ask[256];
    int n = snprintf(ask, sizeof ask, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n", port);
    if (send(v->fd, ask, (size_t)n, MSG_NOSIGNAL) < 0) { gone(v); return; }
    v->state = UPGRADING;
    watch(v, EPOLL_CTL_MOD, EPOLLIN);
}

/* Stalled viewers have another go: what they hold on the server is never far from the limit for long. */
static void stall_again(void) {
    for (int i = 0; i < count; i++)
        if (viewers[i].stalls && now_ns() - viewers[i].since_ns > STALL_S * 1000000000ull) gone(&viewers[i]);
}

static int command(void) {
    char line[64];
    int k;
    if (!fgets(line, sizeof line, stdin) || !strncmp(line, "quit", 4)) return 0;
    if (sscanf(line, "stall %d", &k) == 1)
        for (int i = count - k; i < count; i++) { viewers[i].stalls = 1; again(&viewers[i]); }
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 5) { fprintf(stderr, "viewers PORT NAMESPACE COUNT OUT\n"); return 2; }
    char path[4096];
    port = atoi(argv[1]); namespace = argv[2]; count = atoi(argv[3]); in_root = !strcmp(namespace, "/");
    snprintf(path, sizeof path, "%s.payloads", argv[4]);
    if (!(payloads = fopen(path, "wb"))) die(path);
    if (!(viewers = calloc((size_t)count, sizeof *viewers))) die("calloc");
    if ((poller = epoll_create1(0)) < 0) die("epoll_create1");
    struct epoll_event in = {.events = EPOLLIN, .data.u32 = (uint32_t)STDIN}, ready[512];
    if (epoll_ctl(poller, EPOLL_CTL_ADD, 0, &in) < 0) die("epoll_ctl stdin");
    setvbuf(stdin, NULL, _IONBF, 0);
    fill();
    for (int on = 1; on;) {
        int n = epoll_wait(poller, ready, 512, 1000);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.u32 == (uint32_t)STDIN) { on = command(); continue; }
            Viewer *v = &viewers[ready[i].data.u32];
            if (v->fd < 0) continue;
            if (v->state == CONNECTING) { if (ready[i].events & (EPOLLERR | EPOLLHUP)) gone(v); else writable(v); }
            else if (v->stalls && v->state == JOINED) gone(v);
            else readable(v);
        }
        stall_again();
        if (!told && joined + lost == count) {
            told = 1;
            printf("joined %d %llu %llu\n", joined, (unsigned long long)first_ns, (unsigned long long)last_ns);
            fflush(stdout);
        }
    }
    snprintf(path, sizeof path, "%s.records", argv[4]);
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(records, sizeof *records, record_count, out) != record_count || fclose(out) || fclose(payloads)) die(path);
    printf("done %d %d\n", lost, reopened);
    return 0;
}
