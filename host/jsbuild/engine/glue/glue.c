// The glue between QuickJS-NG and the guest ABI. It is linked with the engine
// into one module: it calls the engine's API, gives the runtime its primitives
// (see runtime/src/native.js) and exports the functions that the host and the build
// call.
//
// Its few statics and its own small stack are at the bottom of the engine's stack.
// The engine's limit (STACK_BYTES) keeps the engine's stack from growing into them.

#include "engine.h"

#define STACK_BYTES (512 * 1024)

// The garbage collector first looks for cycles when a run has this much memory. Most
// never have.
#define COLLECT_BYTES (16 * 1024 * 1024)

// The free memory in a snapshot for a run. An instance whose memory grows can't be
// pooled; free memory that is not used costs nothing.
#define RUN_BYTES (512 * 1024)

static JSRuntime rt;
static JSContext ctx;
static JSValue handlers; // what the runtime registered: define, prepare, describe, start, tick, uncaught, explain
static JSValue native;   // the primitives
static JSValue rejection = JS_UNDEFINED;
static int failed; // the run has set an error
static u32 job;    // the engine's job that runs; 0 when none does
static struct block deferred; // bytecode that each run evaluates first
static struct block answer;   // of the last call of the build
static u8 *first;             // the heap's first block
static u64 random_state[2];   // of Math.random; zero until it is used

// The host finds the engine's structures by this: see package frames.
__attribute__((used)) static const struct {
  char mark[8];
  JSRuntime *rt;
  u32 *job;
} anchor = {{'u', 's', 'h', 'e', 'r', ':', 'j', 's'}, &rt, &job};

// --- blocks of bytes -------------------------------------------------------

static struct block block_of(u32 size) {
  struct block b = {malloc(size ? size : 1), size};
  if (!b.at) trap(); // the engine's own failures are catchable errors; this one is rare and small
  return b;
}

static void block_free(struct block *b) {
  if (b->at) free(b->at);
  b->at = 0;
  b->size = 0;
}

// load copies a block of the call's exchange memory.
static struct block load(u64 offset) {
  struct block b = block_of((u32)length(offset));
  u32 i = 0;
  for (; i + 8 <= b.size; i += 8) *(unaligned_u64 *)(b.at + i) = load_u64(offset + i);
  for (; i < b.size; i++) b.at[i] = (u8)load_u8(offset + i);
  return b;
}

// load_input copies the run's input, with a zero behind it.
static struct block load_input(void) {
  struct block b = block_of((u32)input_length() + 1);
  b.at[--b.size] = 0;
  u32 i = 0;
  for (; i + 8 <= b.size; i += 8) *(unaligned_u64 *)(b.at + i) = input_load_u64(i);
  for (; i < b.size; i++) b.at[i] = (u8)input_load_u8(i);
  return b;
}

static u64 store(const u8 *at, u32 size) {
  u64 offset = alloc(size);
  u32 i = 0;
  for (; i + 8 <= size; i += 8) store_u64(offset + i, *(const unaligned_u64 *)(at + i));
  for (; i < size; i++) store_u8(offset + i, at[i]);
  return offset;
}

// --- values ----------------------------------------------------------------

static JSValue string_of(struct block b) {
  JSValue v = JS_NewStringLen(ctx, (const char *)b.at, b.size);
  block_free(&b);
  return v;
}

// string_at returns the string at an offset; undefined when there is none.
static JSValue string_at(u64 offset) {
  if (!offset) return JS_UNDEFINED;
  JSValue v = string_of(load(offset));
  extism_free(offset);
  return v;
}

static double number(JSValue v) {
  double d = 0;
  JS_ToFloat64(ctx, &d, v);
  return d;
}

// --- primitives ------------------------------------------------------------

// give stores a string, or an array of bytes, in exchange memory: at 0 when it
// is empty. It fails with a pending exception when v is neither and has no
// string form.
static int give(JSValue v, u64 *offset) {
  u32 size;
  u8 *bytes = JS_GetTypedArrayType(v) < 0 ? 0 : JS_GetUint8Array(ctx, &size, v);
  if (bytes) {
    *offset = store(bytes, size);
    return 1;
  }
  const char *text = JS_ToCStringLen2(ctx, &size, v, 0);
  if (!text) return 0;
  *offset = size ? store((const u8 *)text, size) : 0;
  JS_FreeCString(ctx, text);
  return 1;
}

static JSValue bytes_at(u64 offset) {
  struct block b = load(offset);
  JSValue v = JS_NewUint8ArrayCopy(ctx, b.at, b.size);
  block_free(&b);
  extism_free(offset);
  return v;
}

// ask passes a string to one of the host's functions and returns its answer.
static JSValue ask(u64 (*call)(u64), JSValue v, int bytes) {
  u64 offset;
  if (!give(v, &offset)) return JS_EXCEPTION;
  u64 got = call(offset);
  extism_free(offset);
  return bytes ? bytes_at(got) : string_at(got);
}

static JSValue random_bytes(u32 size) {
  struct block b = block_of(size);
  random_get(b.at, size);
  JSValue v = JS_NewUint8ArrayCopy(ctx, b.at, size);
  block_free(&b);
  return v;
}

// math_random is xorshift128+, seeded when a run first uses it.
static double math_random(void) {
  while (!(random_state[0] | random_state[1])) random_get((u8 *)random_state, sizeof random_state);
  u64 a = random_state[0], b = random_state[1];
  random_state[0] = b;
  a ^= a << 23;
  random_state[1] = a ^ b ^ (a >> 18) ^ (b >> 5);
  return (double)((random_state[1] + b) >> 11) * 0x1p-53;
}

static double now(void) {
  u64 nanos = 0;
  clock_time_get(0, 1, &nanos);
  return (double)(nanos / 1000) / 1000;
}

static JSValue utf8_encode(JSValue v) {
  u32 size;
  const char *text = JS_ToCStringLen2(ctx, &size, v, 0);
  if (!text) return JS_EXCEPTION;
  JSValue bytes = JS_NewUint8ArrayCopy(ctx, (const u8 *)text, size);
  JS_FreeCString(ctx, text);
  return bytes;
}

// sequence returns the length of the well-formed UTF-8 sequence at at, or, negated,
// the length of the part to replace there: the beginning of a sequence as far as it
// is well formed, one byte at least.
static int sequence(const u8 *at, u32 left) {
  u8 first = at[0], low = 0x80, high = 0xbf;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return -1;
  int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (first == 0xe0) low = 0xa0;                // no longer than it must be
  else if (first == 0xed) high = 0x9f;          // no surrogates
  else if (first == 0xf0) low = 0x90;
  else if (first == 0xf4) high = 0x8f;          // nothing over U+10FFFF
  for (int i = 1; i < length; i++, low = 0x80, high = 0xbf)
    if ((u32)i == left || at[i] < low || at[i] > high) return -i;
  return length;
}

// malformed counts the parts to replace in size bytes. It skips words of ASCII, which
// most text is, at once.
static u32 malformed(const u8 *at, u32 size) {
  u32 count = 0;
  for (u32 i = 0; i < size;) {
    if (i + 8 <= size && !(*(const unaligned_u64 *)(at + i) & 0x8080808080808080)) {
      i += 8;
      continue;
    }
    int n = sequence(at + i, size - i);
    if (n < 0) count++;
    i += n < 0 ? -n : n;
  }
  return count;
}

// replaced copies size bytes with U+FFFD for each malformed part.
static struct block replaced(const u8 *at, u32 size, u32 count) {
  struct block b = block_of(size + 2 * count); // three bytes for one at least
  u32 to = 0;
  for (u32 i = 0; i < size;) {
    int n = sequence(at + i, size - i);
    if (n > 0) {
      memcpy(b.at + to, at + i, n);
      to += n;
    } else {
      memcpy(b.at + to, "\xef\xbf\xbd", 3);
      to += 3;
      n = -n;
    }
    i += n;
  }
  b.size = to;
  return b;
}

// utf8_decode replaces malformed parts as the Encoding Standard requires, which the
// engine's own decoder does not.
static JSValue utf8_decode(JSValue v) {
  u32 size;
  u8 *bytes = JS_GetUint8Array(ctx, &size, v);
  if (!bytes) return JS_EXCEPTION;
  u32 count = malformed(bytes, size);
  return count ? string_of(replaced(bytes, size, count)) : JS_NewStringLen(ctx, (const char *)bytes, size);
}

// input returns the input's value, without making a string of it. It is never freed:
// a run's memory is discarded as a whole, which costs less.
static JSValue input(void) {
  struct block b = load_input();
  JSValue v = parse_json(ctx, b.at, b.size);
  block_free(&b);
  return JS_DupValue(ctx, v);
}

static JSValue fail(JSValue v) {
  u64 offset;
  if (!give(v, &offset)) return JS_EXCEPTION;
  error_set(offset);
  failed = 1;
  return JS_UNDEFINED;
}

static JSValue output(JSValue v) {
  u64 offset;
  if (!give(v, &offset)) return JS_EXCEPTION;
  output_set(offset, length(offset));
  return JS_UNDEFINED;
}

static JSValue write_log(JSValue level, JSValue text) {
  u64 offset;
  if (!give(text, &offset)) return JS_EXCEPTION;
  log_write((int)number(level), offset);
  extism_free(offset);
  return JS_UNDEFINED;
}

static JSValue keep(JSValue *slot, JSValue v) {
  *slot = JS_DupValue(ctx, v);
  return JS_UNDEFINED;
}

static JSValue pair(JSValue a, JSValue b) {
  JSValue array = JS_NewArray(ctx);
  JS_DefinePropertyValueUint32(ctx, array, 0, a, JS_PROP_C_W_E);
  JS_DefinePropertyValueUint32(ctx, array, 1, b, JS_PROP_C_W_E);
  return array;
}

// promise_details returns the state of a promise (0 pending, 1 fulfilled, 2 rejected)
// and its result.
static JSValue promise_details(JSValue promise) {
  int state = JS_PromiseState(ctx, promise);
  return state < 0 ? JS_UNDEFINED : pair(JS_NewNumber(ctx, state), state ? JS_PromiseResult(ctx, promise) : JS_UNDEFINED);
}

// proxy_details returns the target and the handler of a proxy: null when it is revoked.
static JSValue proxy_details(JSValue proxy) {
  if (!JS_IsProxy(proxy)) return JS_UNDEFINED;
  JSValue target = JS_GetProxyTarget(ctx, proxy), handler = JS_GetProxyHandler(ctx, proxy);
  if (target != JS_EXCEPTION && handler != JS_EXCEPTION) return pair(target, handler);
  JS_FreeValue(ctx, JS_GetException(ctx));
  return pair(JS_NULL, JS_NULL);
}

// The names of the primitives; the engine passes a name's first letter back.
static const char *const primitives[] = {
    "ainput", "boutput", "cerror", "dhttp_start", "ehttp_wait", "fhttp_cancel", "gcache_get", "hcache_set",
    "icache_delete", "jlog", "ksleep", "lnow", "mrandom", "ncrypto", "outf8_encode", "putf8_decode",
    "qon_rejection", "rregister", "smath_random", "tasync_frames", "uwaiting_frames",
    "vcommand", "wpromise", "xproxy", "ycarry_frames", "zoperands", "Aiterator_entries",
};

// command gives a flow that decides one of these commands, by its number.
static JSValue command(JSValue number_of, JSValue request) {
  switch ((int)number(number_of)) {
  case 0: return ask(access_deny, request, 0);
  case 1: return ask(validation_error, request, 0);
  case 2: return ask(user_metadata_set, request, 0);
  case 3: return ask(app_metadata_set, request, 0);
  default: return ask(user_id_set, request, 0);
  }
}

static JSValue primitive(char letter, JSValue a, JSValue b) {
  u64 offset;
  switch (letter) {
  case 'a': return input();
  case 'b': return output(a);
  case 'c': return fail(a);
  case 'd':
    if (!give(a, &offset)) return JS_EXCEPTION;
    a = JS_NewNumber(ctx, (double)(i64)http_start(offset));
    extism_free(offset);
    return a;
  case 'e':
    offset = http_wait((u64)(i64)number(a));
    return offset ? string_at(offset) : JS_NULL;
  case 'f': http_cancel((u64)(i64)number(a)); return JS_UNDEFINED;
  case 'g': return ask(cache_get, a, 0);
  case 'h': return ask(cache_set, a, 0);
  case 'i': return ask(cache_delete, a, 0);
  case 'j': return write_log(a, b);
  case 'k': clock_sleep((u64)(i64)number(a)); return JS_UNDEFINED;
  case 'l': return JS_NewNumber(ctx, now());
  case 'm': return random_bytes((u32)number(a));
  case 'n': return ask(crypto_call, a, 1);
  case 'o': return utf8_encode(a);
  case 'p': return utf8_decode(a);
  case 'q': return keep(&rejection, a);
  case 'r': return keep(&handlers, a);
  case 's': return JS_NewNumber(ctx, math_random());
  case 't': return async_frames(ctx, rt, job, (u32)number(a));
  case 'u': return waiting_frames(ctx, rt, (u32)number(a));
  case 'v': return command(a, b);
  case 'y': carry_frames(ctx, a); return JS_UNDEFINED;
  case 'w': return promise_details(a);
  case 'x': return proxy_details(a);
  case 'z': return operands(ctx, rt, (u32)number(a));
  case 'A': return iterator_entries(ctx, a);
  }
  return JS_UNDEFINED;
}

// --- calls from the engine -------------------------------------------------

// host_call runs a primitive. The engine boxes values; it owns the arguments.
EXPORT("host_call") JSValue *host_call(const char *name, u32 size, JSValue *this, u32 argc, JSValue **argv) {
  (void)size, (void)this;
  JSValue got = primitive(name[0], argc > 0 ? *argv[0] : JS_UNDEFINED, argc > 1 ? *argv[1] : JS_UNDEFINED);
  if (got == JS_EXCEPTION) return 0;
  JSValue *box = malloc(sizeof *box);
  if (box) *box = got;
  return box;
}

// usher_source returns what a spread into an object takes for its source: for a string
// an object of it, which stays until the next.
EXPORT("usher_source") JSValue usher_source(JSValue source) {
  static JSValue taken;
  int tag = (int)(source >> 32);
  if (tag != -7 && tag != -6) return source; // a string, or one that is yet to be joined
  JSValue global = JS_GetGlobalObject(ctx), f = JS_GetPropertyStr(ctx, global, "Object");
  JSValue o = JS_Call(ctx, f, JS_UNDEFINED, 1, &source);
  JS_FreeValue(ctx, f);
  JS_FreeValue(ctx, global);
  if (o == JS_EXCEPTION) {
    JS_FreeValue(ctx, JS_GetException(ctx));
    return source;
  }
  if (taken) JS_FreeValue(ctx, taken);
  return taken = o;
}

EXPORT("host_promise_rejection") void host_promise_rejection(JSValue *promise, JSValue *reason, int handled) {
  if (rejection != JS_UNDEFINED) {
    JSValue args[3] = {*promise, *reason, handled ? JS_TRUE : JS_FALSE};
    JSValue got = JS_Call(ctx, rejection, JS_UNDEFINED, 3, args);
    if (got == JS_EXCEPTION) JS_FreeValue(ctx, JS_GetException(ctx));
    else JS_FreeValue(ctx, got);
  }
  qjs_free_value(promise);
  qjs_free_value(reason);
}

// The host meters and interrupts; every zone is UTC; nothing is loaded by name.
EXPORT("host_interrupt") int host_interrupt(void) { return 0; }
EXPORT("host_get_timezone_offset") int host_get_timezone_offset(int high, int low) { return (void)high, (void)low, 0; }
EXPORT("host_module_normalize") void *host_module_normalize(void *base, void *name) { return (void)base, (void)name, (void *)0; }
EXPORT("host_module_load") void *host_module_load(void *name, void *size) { return (void)name, (void)size, (void *)0; }

// --- calls into the runtime ------------------------------------------------

// call calls a handler that the runtime registered, or returns undefined when it
// registered none of that name.
static JSValue call(const char *name, int argc, JSValue *argv) {
  JSValue f = JS_GetPropertyStr(ctx, handlers, name);
  JSValue got = JS_IsFunction(ctx, f) ? JS_Call(ctx, f, JS_UNDEFINED, argc, argv) : JS_UNDEFINED;
  JS_FreeValue(ctx, f);
  return got;
}

static const char untold[] = "an error that could not be told";

// text_of puts {name, message, code, stack} of an exception into a block, or
// its plain text before there is a runtime to explain it.
static struct block text_of(JSValue error) {
  JSValue told = call("explain", 1, &error);
  if (told == JS_EXCEPTION) JS_FreeValue(ctx, JS_GetException(ctx));
  u32 size = 0;
  const char *text = JS_ToCStringLen2(ctx, &size, told == JS_EXCEPTION || told == JS_UNDEFINED ? error : told, 0);
  JS_FreeValue(ctx, error);
  if (!text) {
    JS_FreeValue(ctx, JS_GetException(ctx));
    text = untold;
    size = sizeof untold - 1;
  }
  struct block b = block_of(size);
  memcpy(b.at, text, size);
  return b;
}

// done frees a call's result. A failure becomes the run's error.
static int done(JSValue got) {
  if (got != JS_EXCEPTION) {
    JS_FreeValue(ctx, got);
    return 1;
  }
  struct block b = text_of(JS_GetException(ctx));
  error_set(store(b.at, b.size));
  block_free(&b);
  return 0;
}

// drain runs every queued job. It passes exceptions of jobs to the runtime.
static int drain(void) {
  for (;;) {
    JSContext at;
    job = next_job(rt);
    int entered = enter_frame(rt, job);
    int ran = JS_ExecutePendingJob(rt, &at);
    if (entered) leave_frame();
    job = 0;
    if (!ran) return 1;
    if (ran > 0) continue;
    JSValue error = JS_GetException(ctx);
    JSValue got = call("uncaught", 1, &error);
    JS_FreeValue(ctx, error);
    if (!done(got)) return 0;
  }
}

static JSValue define(struct block bytecode) {
  JSValue f = JS_ReadObject(ctx, bytecode.at, bytecode.size, JS_READ_OBJ_BYTECODE);
  if (f != JS_EXCEPTION) f = JS_EvalFunction(ctx, f);
  if (f == JS_EXCEPTION) return f;
  JSValue got = call("define", 1, &f);
  JS_FreeValue(ctx, f);
  return got;
}

// run runs the action, from its start until no work is left.
static int run(const char *entry, u32 size) {
  JS_UpdateStackTop(rt);
  failed = 0;
  if (deferred.at && !done(define(deferred))) return 1;
  JSValue name = JS_NewStringLen(ctx, entry, size);
  if (!done(call("start", 1, &name)) || !drain()) return 1;
  for (;;) {
    JSValue more = call("tick", 0, 0);
    if (more != JS_TRUE) return !done(more) || failed;
    if (!drain()) return 1;
  }
}

EXPORT("onExecutePostUserRegistration") int post_user_registration(void) { return run("onExecutePostUserRegistration", 29); }
EXPORT("onExecutePreUserRegistration") int pre_user_registration(void) { return run("onExecutePreUserRegistration", 28); }

// --- calls of the build ----------------------------------------------------
// Each returns 1, or 0 for a failure; usher_answer returns the result or the error.

static int answered(JSValue got) {
  block_free(&answer);
  if (got == JS_EXCEPTION) {
    answer = text_of(JS_GetException(ctx));
    return 0;
  }
  u32 size;
  const char *text = JS_ToCStringLen2(ctx, &size, got, 0);
  if (text) {
    answer = block_of(size);
    memcpy(answer.at, text, size);
    JS_FreeCString(ctx, text);
  }
  JS_FreeValue(ctx, got);
  return 1;
}

// usher_alloc allocates size bytes and a zero after them.
EXPORT("usher_alloc") u8 *usher_alloc(u32 size) {
  u8 *at = block_of(size + 1).at;
  at[size] = 0;
  return at;
}

EXPORT("usher_answer") u64 usher_answer(void) { return (u64)(u32)answer.at << 32 | answer.size; }
EXPORT("usher_heap") u8 *usher_heap(void) { return first; }

static void add(JSValue object, const char *name) {
  u32 size = 0;
  while (name[size]) size++;
  JSValue *f = qjs_new_host_function(name, size, 0);
  JS_SetPropertyStr(ctx, object, name + 1, *f);
  free(f);
}

// usher_open makes the engine's context with the primitives as __native.
EXPORT("usher_open") int usher_open(void) {
  first = block_of(8).at;
  if (qjs_init()) return 0;
  rt = qjs_get_runtime_ptr();
  ctx = qjs_get_context_ptr();
  JS_SetMaxStackSize(rt, STACK_BYTES);
  JS_UpdateStackTop(rt);
  qjs_set_promise_rejection_handler(1);
  JSValue global = JS_GetGlobalObject(ctx);
  native = JS_NewObject(ctx);
  for (u32 i = 0; i < sizeof primitives / sizeof *primitives; i++) add(native, primitives[i]);
  JS_SetPropertyStr(ctx, native, "building", JS_TRUE);
  JS_SetPropertyStr(ctx, global, "__native", JS_DupValue(ctx, native));
  JS_FreeValue(ctx, global);
  return 1;
}

// usher_compile compiles a script without its source and, unless its lines
// matter, without their numbers; usher_answer has the bytecode.
EXPORT("usher_compile") int usher_compile(char *source, u32 size, const char *name, u32 lines) {
  JSValue f = JS_Eval(ctx, source, size, name, JS_EVAL_FLAG_COMPILE_ONLY);
  free(source);
  if (f == JS_EXCEPTION) return answered(f);
  block_free(&answer);
  u32 written;
  int flags = JS_WRITE_OBJ_BYTECODE | (lines ? JS_WRITE_OBJ_STRIP_SOURCE : JS_WRITE_OBJ_STRIP_DEBUG);
  u8 *bytes = JS_WriteObject(ctx, &written, f, flags);
  JS_FreeValue(ctx, f);
  if (!bytes) return answered(JS_EXCEPTION);
  answer.at = bytes;
  answer.size = written;
  return 1;
}

// usher_evaluate evaluates bytecode: the runtime itself, or a part of it.
EXPORT("usher_evaluate") int usher_evaluate(u8 *bytes, u32 size) {
  JSValue f = JS_ReadObject(ctx, bytes, size, JS_READ_OBJ_BYTECODE);
  free(bytes);
  if (f != JS_EXCEPTION) f = JS_EvalFunction(ctx, f);
  if (f != JS_EXCEPTION) {
    JS_FreeValue(ctx, f);
    f = drain() ? JS_UNDEFINED : JS_EXCEPTION;
  }
  return answered(f);
}

// usher_define evaluates an action's bytecode and, if touch is set, loads the modules
// that its handler will require; usher_answer describes the exports.
EXPORT("usher_define") int usher_define(u8 *bytes, u32 size, u32 touch) {
  JS_UpdateStackTop(rt);
  JSValue got = define((struct block){bytes, size});
  free(bytes);
  if (got != JS_EXCEPTION) {
    JS_FreeValue(ctx, got);
    got = touch ? call("prepare", 0, 0) : JS_UNDEFINED;
  }
  if (got == JS_EXCEPTION) return answered(got);
  JS_FreeValue(ctx, got);
  if (!drain()) return 0;
  return answered(call("describe", 0, 0));
}

// usher_defer stores an action's bytecode for the start of each run.
EXPORT("usher_defer") void usher_defer(u8 *bytes, u32 size) {
  deferred.at = bytes;
  deferred.size = size;
}

// usher_collect collects garbage.
EXPORT("usher_collect") void usher_collect(void) {
  block_free(&answer);
  JS_RunGC(rt);
}

// usher_settle prepares the memory for the snapshot.
EXPORT("usher_settle") void usher_settle(void) {
  JS_SetPropertyStr(ctx, native, "building", JS_FALSE);
  JS_SetGCThreshold(rt, COLLECT_BYTES);
  JS_RunGC(rt);
  free(block_of(RUN_BYTES).at);
}
