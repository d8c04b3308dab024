// A guest that calls one host function with much of one byte, for tests.
//
// Its configuration value "flood" says how: one byte for the function, one to
// repeat, how often it is repeated and how often the function is called (four
// bytes each, little endian), the length of what stands before it in the
// argument (four bytes), that, and what stands behind it.

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
ENV("store_u64") void x_store_word(u64, u64);
ENV("output_set") void x_output(u64, u64);
ENV("error_set") void x_error(u64);
ENV("config_get") u64 x_config(u64);
ENV("var_get") u64 x_var_get(u64);
ENV("var_set") void x_var_set(u64, u64);
ENV("http_request") u64 x_http(u64, u64);
ENV("log_warn") void x_warn(u64);
ENV("free") void x_free(u64);
USHER("secret_get") u64 u_secret(u64);
USHER("http_send") u64 u_send(u64);
USHER("http_start") u64 u_start(u64);
USHER("cache_get") u64 u_cache_get(u64);
USHER("cache_set") u64 u_cache_set(u64);
USHER("cache_delete") u64 u_cache_delete(u64);
USHER("crypto_call") u64 u_crypto(u64);
USHER("log_write") void u_log(u32, u64);
WASI("fd_write") u32 w_write(u32, void *, u32, void *);

static u8 line[65536];

static u32 byte(u64 b, u64 i) { return x_load(b + i); }

static u32 word(u64 b, u64 i) { return byte(b, i) | byte(b, i + 1) << 8 | byte(b, i + 2) << 16 | byte(b, i + 3) << 24; }

static u64 argument(u64 script) {
  u32 fill = byte(script, 1), size = word(script, 2), before = word(script, 10);
  u32 behind = x_length(script) - 14 - before;
  u64 b = x_alloc((u64)before + size + behind), at = b;
  for (u32 i = 0; i < before; i++) x_store(at++, byte(script, 14 + i));
  u64 eight = fill * 0x0101010101010101ull;
  for (; size >= 8; size -= 8, at += 8) x_store_word(at, eight);
  for (; size; size--) x_store(at++, fill);
  for (u32 i = 0; i < behind; i++) x_store(at++, byte(script, 14 + before + i));
  return b;
}

static void print(u64 b) {
  u32 n = x_length(b), i = 0, done;
  while (i < n) {
    u32 k = 0;
    for (; k < sizeof line && i < n; i++, k++) line[k] = x_load(b + i);
    struct { u8 *at; u32 n; } out = {line, k};
    w_write(1, &out, 1, &done);
  }
}

static void take(u64 answer) { if (answer) x_free(answer); }

static int failed;

static void call(u32 code, u64 b) {
  switch (code) {
  case 0: take(u_secret(b)); return;
  case 1: take(u_cache_get(b)); return;
  case 2: take(u_cache_set(b)); return;
  case 3: take(u_cache_delete(b)); return;
  case 4: take(x_config(b)); return;
  case 5: take(x_var_get(b)); return;
  case 6: x_var_set(b, b); return;
  case 7: take(u_send(b)); return;
  case 8: u_start(b); return;
  case 9: take(x_http(b, 0)); return;
  case 10: take(x_http(0, b)); return;
  case 11: u_log(2, b); return;
  case 12: x_warn(b); return;
  case 13: print(b); return;
  case 14: x_error(b); failed = 1; return;
  case 15: take(u_crypto(b)); return;
  case 16: x_output(b, x_length(b)); return;
  }
}

__attribute__((export_name("onExecutePostUserRegistration"))) int run(void) {
  u64 name = x_alloc(5);
  for (u32 i = 0; i < 5; i++) x_store(name + i, "flood"[i]);
  u64 script = x_config(name);
  u32 code = byte(script, 0), times = word(script, 6);
  u64 b = argument(script);
  for (u32 i = 0; i < times; i++) {
    // What the host frees with the call is made again.
    if (i && (code == 5 || code == 6 || code == 9 || code == 10 || code == 12)) b = argument(script);
    call(code, b);
  }
  return failed;
}
