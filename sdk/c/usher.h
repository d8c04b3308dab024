// usher.h: write actions for Usher in C. One header, no C library.
//
//   #include "usher.h"
//
//   USHER_ACTION(onExecutePostUserRegistration) {
//     const char *email = usher_str(event, "user.email");
//     if (!email) return usher_fail("event.user.email is missing");
//     usher_log("%s registered", email);
//     return usher_ok("{\"seen\":true}");
//   }
//
// Build it with sdk/c/build, or:
//
//   clang --target=wasm32 -Oz -nostdlib -ffreestanding -Wl,--no-entry \
//     -Wl,--strip-all -o action.wasm action.c
//
// Every run has a fresh instance: nothing is freed, and nothing outlives it.
// Text is UTF-8 and ends with NUL; what a function returns stays valid for the
// whole run. Include it in one source file only.
#ifndef USHER_H
#define USHER_H

typedef __SIZE_TYPE__ usher_size;
typedef unsigned long long usher_u64;

// USHER_ACTION(entry) begins an action; a body in braces follows, in which
// `event` is the event's JSON. It returns usher_ok(…) or usher_fail(…).
#define USHER_ACTION(entry)                                              \
  static int entry##_body(const char *event);                            \
  __attribute__((export_name(#entry))) int entry(void) {                 \
    return entry##_body(usher_event());                                  \
  }                                                                      \
  static int entry##_body(const char *event)

// ---- What an action calls ---------------------------------------------------
// A path names a value in JSON: keys and array indexes with dots between,
// "user.email", "transaction.acr_values.0". Where a key is there twice, the
// last counts. "" names the whole text.
//
// Formats know %s (text), %q (text as a JSON string; NULL as null), %d (int),
// %l (long long) and %%.

// The run's input: {"event":{…},"execution":{"id","action","version","binding_id","attempt"}}.
static const char *usher_input(void);
// The event in it.
static const char *usher_event(void);

// The text at path, unescaped; NULL when there is none or it is not a string. A
// NUL in it becomes U+FFFD.
static const char *usher_str(const char *json, const char *path);
// The whole number at path; otherwise fallback.
static long long usher_int(const char *json, const char *path, long long fallback);
// Whether true is at path.
static int usher_true(const char *json, const char *path);
// The JSON text of the value at path; NULL when there is none.
static const char *usher_raw(const char *json, const char *path);

// Text made from a format.
static const char *usher_fmt(const char *format, ...);

// The value of a secret; NULL when it is not set.
static const char *usher_secret(const char *name);
// A setting, which is not secret; NULL when it is not set.
static const char *usher_config(const char *name);

// A request to send. What is NULL or 0 keeps its default.
typedef struct usher_request {
  const char *method; // GET, or POST with a body
  const char *url;
  const char *authorization; // the whole field: "Bearer …"
  const char *content_type;
  const char *headers; // more fields, as JSON members: "\"x-a\":\"1\",\"x-b\":\"2\""
  const char *body;
  int timeout_ms;
} usher_request;

// An answer, whatever its status. Without one, status is 0, code is "refused",
// "invalid", "timeout", "network" or "limit", and error says why; else both
// are "". No member is NULL.
typedef struct usher_response {
  int status;
  const char *body;
  usher_size length; // of body, which may hold NUL
  const char *code;
  const char *error;
  const char *answer; // all of it, as JSON: usher_str(r.answer, "headers.location.0")
} usher_response;

// Sends a request and waits for the answer.
static usher_response usher_send(usher_request request);
// Posts JSON made from a format.
static usher_response usher_post_json(const char *url, const char *format, ...);
// Whether the status is a success, 200 to 299.
static inline int usher_is_ok(usher_response r) { return r.status >= 200 && r.status <= 299; }

// The cached text at key; NULL when there is none. All actions of a trigger
// share one cache, which may forget at any time.
static const char *usher_cache_get(const char *key);
// Stores text at key for ttl_ms; 0 is the host's default of 15 minutes. Returns
// NULL, or the error's code.
static const char *usher_cache_set(const char *key, const char *value, long long ttl_ms);
// Forgets what is at key. Returns NULL, or the error's code.
static const char *usher_cache_delete(const char *key);

// For a trigger that decides, such as pre-user-registration: each gives the host a
// command, which counts from the call on, and does not end the run. They return NULL,
// or the error's code: "trigger" (it does not decide), "invalid" or "limit".
//
// Refuses the registration: the reason is for the operator's log, the message for
// the user; NULL is the host's neutral message. The first deny of a flow counts.
static const char *usher_deny(const char *reason, const char *user_message);
// Refuses what the user entered, and the registration; up to 100 characters each.
static const char *usher_validation_error(const char *code, const char *message);
// Sets a key of the new user's metadata to a JSON value; "null" removes the key. All
// actions of a flow may set 32 KiB of each kind.
static const char *usher_set_user_metadata(const char *key, const char *json);
static const char *usher_set_app_metadata(const char *key, const char *json);
// Sets the new user's id: 1 to 255 of a-z, A-Z, 0-9 and @._+-.
static const char *usher_set_user_id(const char *id);

// Writes one line to the run's log, as information, a warning or an error.
static void usher_log(const char *format, ...);
static void usher_warn(const char *format, ...);
static void usher_error(const char *format, ...);
// Waits, on the run's own clock.
static void usher_sleep(long long millis);

// Ends the run well, with JSON as its output, or NULL for none.
static int usher_ok(const char *json);
// Ends the run as a failure that the operator reads about, and that is tried again.
static int usher_fail(const char *format, ...);
// Ends the run as a failure after which it is not tried again, as no attempt would help.
static int usher_fail_finally(const char *format, ...);

// ---- How it is done ----------------------------------------------------------

#define USHER_FN static __attribute__((unused))
#define USHER_IMPORT(module, name) extern __attribute__((import_module(module), import_name(name)))

USHER_IMPORT("extism:host/env", "alloc") usher_u64 usher_host_alloc(usher_u64 length);
USHER_IMPORT("extism:host/env", "free") void usher_host_free(usher_u64 offset);
USHER_IMPORT("extism:host/env", "length") usher_u64 usher_host_length(usher_u64 offset);
USHER_IMPORT("extism:host/env", "load_u64") usher_u64 usher_host_load(usher_u64 offset);
USHER_IMPORT("extism:host/env", "load_u8") int usher_host_load_u8(usher_u64 offset);
USHER_IMPORT("extism:host/env", "store_u64") void usher_host_store(usher_u64 offset, usher_u64 value);
USHER_IMPORT("extism:host/env", "store_u8") void usher_host_store_u8(usher_u64 offset, int value);
USHER_IMPORT("extism:host/env", "input_length") usher_u64 usher_host_input_length(void);
USHER_IMPORT("extism:host/env", "input_load_u64") usher_u64 usher_host_input_load(usher_u64 at);
USHER_IMPORT("extism:host/env", "input_load_u8") int usher_host_input_load_u8(usher_u64 at);
USHER_IMPORT("extism:host/env", "output_set") void usher_host_output(usher_u64 offset, usher_u64 length);
USHER_IMPORT("extism:host/env", "error_set") void usher_host_error(usher_u64 offset);
USHER_IMPORT("extism:host/env", "config_get") usher_u64 usher_host_config(usher_u64 name);
USHER_IMPORT("usher:host/v1", "secret_get") usher_u64 usher_host_secret(usher_u64 name);
USHER_IMPORT("usher:host/v1", "http_send") usher_u64 usher_host_http(usher_u64 request);
USHER_IMPORT("usher:host/v1", "cache_get") usher_u64 usher_host_cache_get(usher_u64 key);
USHER_IMPORT("usher:host/v1", "cache_set") usher_u64 usher_host_cache_set(usher_u64 request);
USHER_IMPORT("usher:host/v1", "cache_delete") usher_u64 usher_host_cache_delete(usher_u64 key);
USHER_IMPORT("usher:host/v1", "access_deny") usher_u64 usher_host_deny(usher_u64 request);
USHER_IMPORT("usher:host/v1", "validation_error") usher_u64 usher_host_validation_error(usher_u64 request);
USHER_IMPORT("usher:host/v1", "user_metadata_set") usher_u64 usher_host_user_metadata(usher_u64 request);
USHER_IMPORT("usher:host/v1", "app_metadata_set") usher_u64 usher_host_app_metadata(usher_u64 request);
USHER_IMPORT("usher:host/v1", "user_id_set") usher_u64 usher_host_user_id(usher_u64 request);
USHER_IMPORT("usher:host/v1", "retry_stop") usher_u64 usher_host_retry_stop(void);
USHER_IMPORT("usher:host/v1", "log_write") void usher_host_log(int level, usher_u64 message);
USHER_IMPORT("usher:host/v1", "clock_sleep") void usher_host_sleep(usher_u64 millis);

// The compiler may call these for struct copies, whatever its options.
__attribute__((weak)) void *memcpy(void *to, const void *from, usher_size n) {
  for (usher_size i = 0; i < n; i++) ((char *)to)[i] = ((const char *)from)[i];
  return to;
}

__attribute__((weak)) void *memset(void *to, int value, usher_size n) {
  for (usher_size i = 0; i < n; i++) ((char *)to)[i] = (char)value;
  return to;
}

USHER_FN usher_size usher_len(const char *text) {
  usher_size n = 0;
  while (text[n]) n++;
  return n;
}

USHER_FN int usher_same(const char *a, usher_size an, const char *b, usher_size bn) {
  if (an != bn) return 0;
  for (usher_size i = 0; i < an; i++)
    if (a[i] != b[i]) return 0;
  return 1;
}

// ---- Memory: an arena that grows and is never freed ----

extern char __heap_base;

USHER_FN usher_u64 usher_put(const char *data, usher_size n);

USHER_FN char *usher_alloc(usher_size n) {
  static usher_size next, end;
  if (!next) {
    next = (usher_size)&__heap_base;
    end = __builtin_wasm_memory_size(0) << 16;
  }
  usher_size at = (next + 7) & ~(usher_size)7;
  if (at < next || at + n < at) __builtin_trap();
  if (at + n > end) {
    usher_size pages = (at + n - end + 65535) >> 16;
    if (__builtin_wasm_memory_grow(0, pages) == (usher_size)-1) {
      usher_host_error(usher_put("out of memory: raise memory_bytes in the limits", 47));
      __builtin_trap();
    }
    end += pages << 16;
  }
  next = at + n;
  return (char *)at;
}

// Bytes cross to the host and back in words of 8. The last word overlaps the
// one before it, because moving single bytes costs as much a byte as a word
// does; only what is shorter than a word goes by bytes.

USHER_FN usher_u64 usher_put(const char *data, usher_size n) {
  usher_u64 to = usher_host_alloc(n), word;
  if (n < 8) {
    for (usher_size i = 0; i < n; i++) usher_host_store_u8(to + i, (unsigned char)data[i]);
    return to;
  }
  for (usher_size i = 0; i + 8 <= n; i += 8) {
    __builtin_memcpy(&word, data + i, 8);
    usher_host_store(to + i, word);
  }
  if (n % 8) {
    __builtin_memcpy(&word, data + n - 8, 8);
    usher_host_store(to + n - 8, word);
  }
  return to;
}

USHER_FN usher_u64 usher_put_text(const char *text) { return usher_put(text, usher_len(text)); }

// usher_take copies a block out of the host's memory and gives it back; NULL
// for offset 0.
USHER_FN const char *usher_take(usher_u64 from) {
  if (!from) return 0;
  usher_size n = (usher_size)usher_host_length(from);
  usher_u64 word;
  char *data = usher_alloc(n + 1);
  for (usher_size i = 0; i < n && n < 8; i++) data[i] = (char)usher_host_load_u8(from + i);
  for (usher_size i = 0; i + 8 <= n; i += 8) {
    word = usher_host_load(from + i);
    __builtin_memcpy(data + i, &word, 8);
  }
  if (n > 8 && n % 8) {
    word = usher_host_load(from + n - 8);
    __builtin_memcpy(data + n - 8, &word, 8);
  }
  data[n] = 0;
  usher_host_free(from);
  return data;
}

USHER_FN const char *usher_ask(usher_u64 (*f)(usher_u64), const char *text) {
  usher_u64 message = usher_put_text(text), answer = f(message);
  usher_host_free(message);
  return usher_take(answer);
}

USHER_FN const char *usher_input(void) {
  static const char *input;
  if (input) return input;
  usher_size n = (usher_size)usher_host_input_length();
  usher_u64 word;
  char *data = usher_alloc(n + 1);
  for (usher_size i = 0; i < n && n < 8; i++) data[i] = (char)usher_host_input_load_u8(i);
  for (usher_size i = 0; i + 8 <= n; i += 8) {
    word = usher_host_input_load(i);
    __builtin_memcpy(data + i, &word, 8);
  }
  if (n > 8 && n % 8) {
    word = usher_host_input_load(n - 8);
    __builtin_memcpy(data + n - 8, &word, 8);
  }
  data[n] = 0;
  return input = data;
}

USHER_FN const char *usher_event(void) {
  const char *event = usher_raw(usher_input(), "event");
  return event ? event : "{}";
}

// ---- Reading JSON, which the host made and so is well formed ----

USHER_FN const char *usher_space(const char *p) {
  while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t') p++;
  return p;
}

USHER_FN const char *usher_skip_string(const char *p) {
  for (p++; *p && *p != '"'; p++)
    if (*p == '\\' && p[1]) p++;
  return *p ? p + 1 : p;
}

// usher_skip returns the end of the value at p. It counts brackets instead of
// calling itself, so that no depth exhausts the stack.
USHER_FN const char *usher_skip(const char *p) {
  int depth = 0;
  do {
    if (*p == '"') {
      p = usher_skip_string(p);
    } else if (*p == '{' || *p == '[') {
      depth++, p++;
    } else if (*p == '}' || *p == ']') {
      depth--, p++;
    } else if (depth) {
      p++;
    } else {
      while (*p && *p != ',' && *p != '}' && *p != ']' && *p != ' ' && *p != '\n' && *p != '\r' && *p != '\t') p++;
    }
  } while (depth && *p);
  return p;
}

USHER_FN int usher_hex4(const char *p) {
  int value = 0;
  for (int i = 0; i < 4; i++) {
    int c = p[i] | 32, digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

USHER_FN char *usher_utf8(char *to, unsigned rune) {
  if (rune < 0x80) {
    *to++ = (char)rune;
  } else if (rune < 0x800) {
    *to++ = (char)(0xC0 | rune >> 6);
    *to++ = (char)(0x80 | (rune & 63));
  } else if (rune < 0x10000) {
    *to++ = (char)(0xE0 | rune >> 12);
    *to++ = (char)(0x80 | (rune >> 6 & 63));
    *to++ = (char)(0x80 | (rune & 63));
  } else {
    *to++ = (char)(0xF0 | rune >> 18);
    *to++ = (char)(0x80 | (rune >> 12 & 63));
    *to++ = (char)(0x80 | (rune >> 6 & 63));
    *to++ = (char)(0x80 | (rune & 63));
  }
  return to;
}

// usher_unicode reads the escape \uXXXX at *p, with its second half when there
// is one. NUL and half a pair become U+FFFD.
USHER_FN unsigned usher_unicode(const char **p) {
  int high = usher_hex4(*p + 2);
  *p += high < 0 ? 2 : 6;
  if (high < 0xD800 || high > 0xDFFF) return high > 0 ? (unsigned)high : 0xFFFD;
  if (high > 0xDBFF || (*p)[0] != '\\' || (*p)[1] != 'u') return 0xFFFD;
  int low = usher_hex4(*p + 2);
  if (low < 0xDC00 || low > 0xDFFF) return 0xFFFD;
  *p += 6;
  return 0x10000 + ((unsigned)(high - 0xD800) << 10) + (unsigned)(low - 0xDC00);
}

// usher_unescape decodes the string at p. No escape is shorter than what it
// stands for, so the text needs no more room than its JSON.
USHER_FN const char *usher_unescape(const char *p, usher_size *length) {
  const char *end = usher_skip_string(p);
  char *text = usher_alloc((usher_size)(end - p)), *to = text;
  for (p++; *p && *p != '"';) {
    if (*p != '\\') {
      *to++ = *p++;
    } else if (p[1] == 'u') {
      to = usher_utf8(to, usher_unicode(&p));
    } else {
      char c = p[1];
      *to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
      p += c ? 2 : 1;
    }
  }
  *to = 0;
  *length = (usher_size)(to - text);
  return text;
}

// usher_is_key reports whether the string at p is the key of n bytes.
USHER_FN int usher_is_key(const char *p, const char *key, usher_size n) {
  const char *end = usher_skip_string(p);
  for (const char *c = p; c < end; c++)
    if (*c == '\\') {
      usher_size length;
      const char *text = usher_unescape(p, &length);
      return usher_same(text, length, key, n);
    }
  return usher_same(p + 1, (usher_size)(end - p) - 2, key, n);
}

// usher_member returns the value of a key in the object at p, or NULL.
USHER_FN const char *usher_member(const char *p, const char *key, usher_size n) {
  const char *found = 0;
  for (p = usher_space(p + 1); *p == '"'; p = usher_space(p)) {
    int match = usher_is_key(p, key, n);
    p = usher_space(usher_skip_string(p));
    if (*p == ':') p = usher_space(p + 1);
    if (match) found = p;
    p = usher_space(usher_skip(p));
    if (*p == ',') p++;
  }
  return found;
}

// usher_item returns an element of the array at p, or NULL.
USHER_FN const char *usher_item(const char *p, const char *key, usher_size n) {
  usher_size index = 0;
  for (usher_size i = 0; i < n; i++) {
    if (key[i] < '0' || key[i] > '9' || i == 9) return 0;
    index = index * 10 + (usher_size)(key[i] - '0');
  }
  for (p = usher_space(p + 1); *p && *p != ']'; p = usher_space(p)) {
    if (!index--) return p;
    p = usher_space(usher_skip(p));
    if (*p == ',') p++;
  }
  return 0;
}

USHER_FN const char *usher_find(const char *json, const char *path) {
  const char *p = json ? usher_space(json) : 0;
  while (p && *path) {
    usher_size n = 0;
    while (path[n] && path[n] != '.') n++;
    p = *p == '{' ? usher_member(p, path, n) : *p == '[' && n ? usher_item(p, path, n) : 0;
    path += path[n] ? n + 1 : n;
  }
  return p;
}

USHER_FN const char *usher_str(const char *json, const char *path) {
  const char *p = usher_find(json, path);
  usher_size length;
  return p && *p == '"' ? usher_unescape(p, &length) : 0;
}

USHER_FN long long usher_int(const char *json, const char *path, long long fallback) {
  const char *p = usher_find(json, path);
  if (!p) return fallback;
  int minus = *p == '-';
  const char *digit = p + minus;
  usher_u64 value = 0, most = ((usher_u64)1 << 63) - 1;
  for (; *digit >= '0' && *digit <= '9'; digit++) {
    if (value > (most - (usher_u64)(*digit - '0')) / 10) return fallback;
    value = value * 10 + (usher_u64)(*digit - '0');
  }
  if (digit == p + minus || digit != usher_skip(p)) return fallback;
  return minus ? -(long long)value : (long long)value;
}

USHER_FN int usher_true(const char *json, const char *path) {
  const char *p = usher_find(json, path);
  return p && *p == 't';
}

USHER_FN const char *usher_raw(const char *json, const char *path) {
  const char *p = usher_find(json, path);
  if (!p || !*p) return 0;
  usher_size n = (usher_size)(usher_skip(p) - p);
  char *text = usher_alloc(n + 1);
  memcpy(text, p, n);
  text[n] = 0;
  return text;
}

// ---- Writing text ----

typedef struct usher_text {
  char *to; // NULL to count only
  usher_size n;
} usher_text;

USHER_FN void usher_char(usher_text *t, char c) {
  if (t->to) t->to[t->n] = c;
  t->n++;
}

USHER_FN void usher_chars(usher_text *t, const char *text) {
  while (*text) usher_char(t, *text++);
}

USHER_FN void usher_quote(usher_text *t, const char *text) {
  if (!text) {
    usher_chars(t, "null");
    return;
  }
  usher_char(t, '"');
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\') {
      usher_char(t, '\\');
      usher_char(t, *text);
    } else if (c < 0x20) {
      usher_chars(t, "\\u00");
      usher_char(t, "0123456789abcdef"[c >> 4]);
      usher_char(t, "0123456789abcdef"[c & 15]);
    } else {
      usher_char(t, *text);
    }
  }
  usher_char(t, '"');
}

USHER_FN void usher_number(usher_text *t, long long value) {
  char digits[20];
  int n = 0;
  usher_u64 rest = value < 0 ? 0 - (usher_u64)value : (usher_u64)value;
  do digits[n++] = (char)('0' + rest % 10);
  while (rest /= 10);
  if (value < 0) usher_char(t, '-');
  while (n) usher_char(t, digits[--n]);
}

USHER_FN void usher_write(usher_text *t, const char *f, __builtin_va_list args) {
  for (; *f; f++) {
    if (*f != '%' || !f[1]) {
      usher_char(t, *f);
      continue;
    }
    switch (*++f) {
    case 's': {
      const char *text = __builtin_va_arg(args, const char *);
      usher_chars(t, text ? text : "(none)");
      break;
    }
    case 'q': usher_quote(t, __builtin_va_arg(args, const char *)); break;
    case 'd': usher_number(t, __builtin_va_arg(args, int)); break;
    case 'l': usher_number(t, __builtin_va_arg(args, long long)); break;
    default: usher_char(t, *f);
    }
  }
}

// usher_vfmt goes over the format twice: to count, then to write.
USHER_FN const char *usher_vfmt(const char *format, __builtin_va_list args) {
  __builtin_va_list again;
  __builtin_va_copy(again, args);
  usher_text t = {0, 0};
  usher_write(&t, format, again);
  __builtin_va_end(again);
  t.to = usher_alloc(t.n + 1);
  t.n = 0;
  usher_write(&t, format, args);
  t.to[t.n] = 0;
  return t.to;
}

#define USHER_FORMAT(text)               \
  __builtin_va_list usher_args;          \
  __builtin_va_start(usher_args, format); \
  const char *text = usher_vfmt(format, usher_args); \
  __builtin_va_end(usher_args)

USHER_FN const char *usher_fmt(const char *format, ...) {
  USHER_FORMAT(text);
  return text;
}

// ---- The host's functions ----

USHER_FN const char *usher_secret(const char *name) { return usher_ask(usher_host_secret, name); }

USHER_FN const char *usher_config(const char *name) { return usher_ask(usher_host_config, name); }

USHER_FN const char *usher_member_text(const char *name, const char *value) {
  return value ? usher_fmt(",%q:%q", name, value) : "";
}

USHER_FN const char *usher_headers(usher_request r) {
  const char *members = usher_fmt("%s%s%s%s", usher_member_text("content-type", r.content_type),
                                  usher_member_text("authorization", r.authorization),
                                  r.headers ? "," : "", r.headers ? r.headers : "");
  return *members ? members + 1 : members; // without the first comma
}

// usher_base64 decodes base64 as the host writes it.
USHER_FN const char *usher_base64(const char *from, usher_size *length) {
  char *data = usher_alloc(usher_len(from) / 4 * 3 + 4), *to = data;
  unsigned bits = 0, count = 0;
  for (; *from && *from != '='; from++) {
    char c = *from;
    unsigned six = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 :
                   c >= '0' && c <= '9' ? c - '0' + 52 : c == '+' ? 62 : 63;
    bits = bits << 6 | six;
    if (++count % 4 == 0) {
      *to++ = (char)(bits >> 16), *to++ = (char)(bits >> 8), *to++ = (char)bits;
    }
  }
  if (count % 4 == 3) *to++ = (char)(bits >> 10), *to++ = (char)(bits >> 2);
  if (count % 4 == 2) *to++ = (char)(bits >> 4);
  *to = 0;
  *length = (usher_size)(to - data);
  return data;
}

USHER_FN usher_response usher_read_response(const char *answer) {
  usher_response r = {0, "", 0, "", "", answer ? answer : "{}"};
  r.status = (int)usher_int(r.answer, "status", 0);
  const char *body = usher_find(r.answer, "body"), *base64 = usher_str(r.answer, "body_base64");
  if (base64) r.body = usher_base64(base64, &r.length);
  else if (body && *body == '"') r.body = usher_unescape(body, &r.length);
  const char *code = usher_str(r.answer, "error.code"), *error = usher_str(r.answer, "error.message");
  if (code) r.code = code;
  if (error) r.error = error;
  return r;
}

USHER_FN usher_response usher_send(usher_request r) {
  const char *method = r.method ? r.method : r.body ? "POST" : "GET";
  const char *body = r.body ? usher_fmt(",\"body\":%q", r.body) : "";
  const char *timeout = r.timeout_ms > 0 ? usher_fmt(",\"timeout_ms\":%d", r.timeout_ms) : "";
  const char *request = usher_fmt("{\"method\":%q,\"url\":%q,\"headers\":{%s}%s%s}", method, r.url ? r.url : "",
                                  usher_headers(r), body, timeout);
  return usher_read_response(usher_ask(usher_host_http, request));
}

USHER_FN usher_response usher_post_json(const char *url, const char *format, ...) {
  USHER_FORMAT(body);
  return usher_send((usher_request){.url = url, .content_type = "application/json", .body = body});
}

USHER_FN const char *usher_cache_get(const char *key) {
  return usher_str(usher_ask(usher_host_cache_get, key), "value");
}

USHER_FN const char *usher_cache_code(const char *answer) {
  const char *type = usher_str(answer, "type"), *code = usher_str(answer, "code");
  if (type && usher_same(type, usher_len(type), "success", 7)) return 0;
  return code ? code : "unknown";
}

USHER_FN const char *usher_cache_set(const char *key, const char *value, long long ttl_ms) {
  const char *ttl = ttl_ms ? usher_fmt(",\"ttl\":%l", ttl_ms) : "";
  return usher_cache_code(usher_ask(usher_host_cache_set, usher_fmt("{\"key\":%q,\"value\":%q%s}", key, value, ttl)));
}

USHER_FN const char *usher_cache_delete(const char *key) {
  return usher_cache_code(usher_ask(usher_host_cache_delete, key));
}

// usher_command gives a command and returns the code of its error.
USHER_FN const char *usher_command(usher_u64 (*f)(usher_u64), const char *request) {
  const char *answer = usher_ask(f, request);
  if (!answer) return 0;
  const char *code = usher_str(answer, "code");
  return code ? code : "unknown";
}

USHER_FN const char *usher_deny(const char *reason, const char *user_message) {
  return usher_command(usher_host_deny, usher_fmt("{\"reason\":%q,\"user_message\":%q}", reason, user_message));
}

USHER_FN const char *usher_validation_error(const char *code, const char *message) {
  return usher_command(usher_host_validation_error, usher_fmt("{\"code\":%q,\"message\":%q}", code, message));
}

USHER_FN const char *usher_set_user_metadata(const char *key, const char *json) {
  return usher_command(usher_host_user_metadata, usher_fmt("{\"key\":%q,\"value\":%s}", key, json));
}

USHER_FN const char *usher_set_app_metadata(const char *key, const char *json) {
  return usher_command(usher_host_app_metadata, usher_fmt("{\"key\":%q,\"value\":%s}", key, json));
}

USHER_FN const char *usher_set_user_id(const char *id) {
  return usher_command(usher_host_user_id, usher_fmt("{\"user_id\":%q}", id));
}

USHER_FN void usher_log_at(int level, const char *text) {
  usher_u64 message = usher_put_text(text);
  usher_host_log(level, message);
  usher_host_free(message);
}

USHER_FN void usher_log(const char *format, ...) {
  USHER_FORMAT(text);
  usher_log_at(2, text);
}

USHER_FN void usher_warn(const char *format, ...) {
  USHER_FORMAT(text);
  usher_log_at(3, text);
}

USHER_FN void usher_error(const char *format, ...) {
  USHER_FORMAT(text);
  usher_log_at(4, text);
}

USHER_FN void usher_sleep(long long millis) { usher_host_sleep(millis > 0 ? (usher_u64)millis : 0); }

USHER_FN int usher_ok(const char *json) {
  if (json) usher_host_output(usher_put_text(json), usher_len(json));
  return 0;
}

USHER_FN int usher_fail(const char *format, ...) {
  USHER_FORMAT(text);
  usher_host_error(usher_put_text(text));
  return 1;
}

USHER_FN int usher_fail_finally(const char *format, ...) {
  USHER_FORMAT(text);
  usher_host_retry_stop(); // of an action that decides, it has no effect
  usher_host_error(usher_put_text(text));
  return 1;
}

#endif // USHER_H
