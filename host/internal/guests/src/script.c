// A guest that does what its configuration value "script" says, for tests.
//
// A script is a sequence of records: one byte for the function, a length in
// four bytes (little endian), and that many bytes of argument. The output is
// the answers in order: a length in four bytes, all ones for none, and the
// bytes. A function with its high bit set gets the argument's first eight bytes
// as raw offset in place of a block, and the next eight as its second one.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define ENV(name) IMPORT("extism:host/env", name)
#define USHER(name) IMPORT("usher:host/v1", name)
#define WASI(name) IMPORT("wasi_snapshot_preview1", name)

ENV("alloc") u64 x_alloc(u64);
ENV("length") u64 x_length(u64);
ENV("load_u8") u32 x_load(u64);
ENV("store_u8") void x_store(u64, u32);
ENV("output_set") void x_output(u64, u64);
ENV("error_set") void x_error(u64);
ENV("config_get") u64 x_config(u64);
ENV("var_get") u64 x_var_get(u64);
ENV("var_set") void x_var_set(u64, u64);
ENV("http_request") u64 x_http(u64, u64);
ENV("http_status_code") u32 x_status(void);
ENV("http_headers") u64 x_headers(void);
ENV("log_warn") void x_warn(u64);
ENV("free") void x_free(u64);
USHER("secret_get") u64 u_secret(u64);
USHER("http_send") u64 u_send(u64);
USHER("cache_get") u64 u_cache_get(u64);
USHER("cache_set") u64 u_cache_set(u64);
USHER("cache_delete") u64 u_cache_delete(u64);
USHER("log_write") void u_log(u32, u64);
USHER("clock_sleep") void u_sleep(u64);
WASI("clock_time_get") u32 w_clock(u32, u64, void *);
WASI("random_get") u32 w_random(void *, u32);
WASI("fd_write") u32 w_write(u32, void *, u32, void *);

#define NONE 0xffffffffu
#define SIZE (1 << 20)
static u8 script[SIZE], answers[SIZE];
static u32 used;

static u64 block(const u8 *bytes, u32 n) {
  u64 p = x_alloc(n);
  for (u32 i = 0; i < n; i++) x_store(p + i, bytes[i]);
  return p;
}

static u64 word(const u8 *b) {
  u64 v = 0;
  for (int i = 7; i >= 0; i--) v = v << 8 | b[i];
  return v;
}

static void put32(u32 v) {
  for (int i = 0; i < 4; i++) answers[used++] = v >> (8 * i);
}

static void answer_block(u64 p) {
  if (!p) { put32(NONE); return; }
  u32 n = x_length(p);
  put32(n);
  for (u32 i = 0; i < n && used < SIZE - 8; i++) answers[used++] = x_load(p + i);
}

static void answer_word(u64 v) {
  put32(8);
  for (int i = 0; i < 8; i++) answers[used++] = v >> (8 * i);
}

static void none(void) { put32(NONE); }

static u32 split(const u8 *b, u32 n) { // where a NUL divides an argument in two
  u32 i = 0;
  while (i < n && b[i]) i++;
  return i;
}

static void write(u32 fd, const u8 *b, u32 n) {
  u32 vector[2] = {(u32)(__SIZE_TYPE__)b, n}, written;
  w_write(fd, vector, 1, &written);
}

static int step(u8 function, const u8 *b, u32 n) {
  int raw = function & 0x80;
  u64 one = raw ? word(b) : 0, two = raw ? word(b + 8) : 0, v = 0;
#define ARG (raw ? one : block(b, n))
  switch (function & 0x7f) {
  case 0: answer_block(u_secret(ARG)); break;
  case 1: answer_block(u_send(ARG)); break;
  case 2: answer_block(u_cache_get(ARG)); break;
  case 3: answer_block(u_cache_set(ARG)); break;
  case 4: answer_block(u_cache_delete(ARG)); break;
  case 5: raw ? u_log((u32)two, one) : u_log(b[0], block(b + 1, n - 1)); none(); break;
  case 6: u_sleep(word(b)); none(); break;
  case 7: answer_block(x_config(ARG)); break;
  case 8: answer_block(x_var_get(ARG)); break;
  case 9: {
    u32 s = split(b, n);
    raw ? x_var_set(one, two) : x_var_set(block(b, s), s < n ? block(b + s + 1, n - s - 1) : 0);
    none();
    break;
  }
  case 10: {
    u32 s = split(b, n);
    answer_block(raw ? x_http(one, two) : x_http(block(b, s), s < n ? block(b + s + 1, n - s - 1) : 0));
    break;
  }
  case 11: w_clock(0, 0, &v); answer_word(v); break;
  case 12: w_random(&v, 8); answer_word(v); break;
  case 13: x_error(ARG); none(); break;
  case 14: return b[0];
  case 15: __builtin_trap();
  case 16: answer_block(x_headers()); break;
  case 17: answer_word(x_status()); break;
  case 18: write(1, b, n); none(); break;
  case 19: write(2, b, n); none(); break;
  case 20: x_warn(ARG); none(); break;
  case 21: raw ? x_output(one, two) : (void)0; none(); break;
  case 22: answer_word(x_load(one)); break;
  case 23: x_free(one); none(); break;
  case 24: answer_word(x_length(one)); break;
  }
  return 0;
}

__attribute__((export_name("onExecutePostUserRegistration"))) int entry(void) {
  u64 p = x_config(block((const u8 *)"script", 6));
  u32 n = p ? (u32)x_length(p) : 0, at = 0;
  int code = 0;
  for (u32 i = 0; i < n && i < SIZE; i++) script[i] = x_load(p + i);
  while (at + 5 <= n && !code) {
    u32 length = script[at + 1] | script[at + 2] << 8 | script[at + 3] << 16 | (u32)script[at + 4] << 24;
    if (length > n - at - 5) break;
    code = step(script[at], script + at + 5, length);
    at += 5 + length;
  }
  u64 out = block(answers, used);
  if (used) x_output(out, used);
  return code;
}
