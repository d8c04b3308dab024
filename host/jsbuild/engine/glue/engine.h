// What the glue imports: the engine's API (QuickJS-NG), WASI, and the host's
// functions. A JSValue is boxed in 64 bits: a tag above a 32-bit payload, or a
// shifted double.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;
typedef u64 __attribute__((aligned(1))) unaligned_u64;

struct block {
  u8 *at;
  u32 size;
};

typedef u64 JSValue;
typedef u32 JSRuntime; // a pointer of the engine's
typedef u32 JSContext;
typedef u32 JSAtom;

#define TAGGED(tag, value) ((u64)(u32)(tag) << 32 | (value))
#define JS_FALSE TAGGED(1, 0)
#define JS_TRUE TAGGED(1, 1)
#define JS_NULL TAGGED(2, 0)
#define JS_UNDEFINED TAGGED(3, 0)
#define JS_EXCEPTION TAGGED(6, 0)

#define JS_PROP_C_W_E 7 // configurable, writable, enumerable
#define JS_EVAL_FLAG_COMPILE_ONLY (1 << 5)
#define JS_READ_OBJ_BYTECODE (1 << 0)
#define JS_WRITE_OBJ_BYTECODE (1 << 0)
#define JS_WRITE_OBJ_STRIP_SOURCE (1 << 4)
#define JS_WRITE_OBJ_STRIP_DEBUG (1 << 5)

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(from, name) __attribute__((import_module(from), import_name(name)))
#define ENGINE(name) IMPORT("engine", #name)
#define EXTISM(name) IMPORT("extism:host/env", name)
#define USHER(name) IMPORT("usher:host/v1", name)
#define WASI(name) IMPORT("wasi_snapshot_preview1", name)

#define trap __builtin_trap

ENGINE(malloc) void *malloc(u32 size);
ENGINE(free) void free(void *at);
ENGINE(memcpy) void *memcpy(void *to, const void *from, u32 size);
ENGINE(qjs_init) int qjs_init(void);
ENGINE(qjs_get_runtime_ptr) JSRuntime qjs_get_runtime_ptr(void);
ENGINE(qjs_get_context_ptr) JSContext qjs_get_context_ptr(void);
ENGINE(qjs_set_promise_rejection_handler) void qjs_set_promise_rejection_handler(int on);
ENGINE(qjs_new_host_function) JSValue *qjs_new_host_function(const char *name, u32 size, u32 constructor);
ENGINE(qjs_free_value) void qjs_free_value(JSValue *box);
ENGINE(JS_SetMaxStackSize) void JS_SetMaxStackSize(JSRuntime, u32 size);
ENGINE(JS_UpdateStackTop) void JS_UpdateStackTop(JSRuntime);
ENGINE(JS_SetGCThreshold) void JS_SetGCThreshold(JSRuntime, u32 bytes);
ENGINE(JS_RunGC) void JS_RunGC(JSRuntime);
ENGINE(JS_ExecutePendingJob) int JS_ExecutePendingJob(JSRuntime, JSContext *at);
ENGINE(JS_FreeValue) void JS_FreeValue(JSContext, JSValue);
ENGINE(JS_DupValue) JSValue JS_DupValue(JSContext, JSValue);
ENGINE(JS_GetException) JSValue JS_GetException(JSContext);
ENGINE(JS_GetGlobalObject) JSValue JS_GetGlobalObject(JSContext);
ENGINE(JS_GetPropertyStr) JSValue JS_GetPropertyStr(JSContext, JSValue, const char *name);
ENGINE(JS_SetPropertyStr) int JS_SetPropertyStr(JSContext, JSValue, const char *name, JSValue);
ENGINE(JS_NewObject) JSValue JS_NewObject(JSContext);
ENGINE(JS_NewArray) JSValue JS_NewArray(JSContext);
ENGINE(JS_NewAtomLen) JSAtom JS_NewAtomLen(JSContext, const char *, u32 size);
ENGINE(JS_ValueToAtom) JSAtom JS_ValueToAtom(JSContext, JSValue);
ENGINE(JS_AtomToString) JSValue JS_AtomToString(JSContext, JSAtom);
ENGINE(JS_FreeAtom) void JS_FreeAtom(JSContext, JSAtom);
ENGINE(JS_DefinePropertyValue) int JS_DefinePropertyValue(JSContext, JSValue, JSAtom, JSValue, int flags);
ENGINE(JS_DefinePropertyValueUint32) int JS_DefinePropertyValueUint32(JSContext, JSValue, u32 index, JSValue, int flags);
ENGINE(JS_NewNumber) JSValue JS_NewNumber(JSContext, double);
ENGINE(JS_ToFloat64) int JS_ToFloat64(JSContext, double *, JSValue);
ENGINE(JS_NewStringLen) JSValue JS_NewStringLen(JSContext, const char *, u32 size);
ENGINE(JS_ToCStringLen2) const char *JS_ToCStringLen2(JSContext, u32 *size, JSValue, int cesu8);
ENGINE(JS_FreeCString) void JS_FreeCString(JSContext, const char *);
ENGINE(JS_GetTypedArrayType) int JS_GetTypedArrayType(JSValue);
ENGINE(JS_GetUint8Array) u8 *JS_GetUint8Array(JSContext, u32 *size, JSValue);
ENGINE(JS_NewUint8ArrayCopy) JSValue JS_NewUint8ArrayCopy(JSContext, const u8 *, u32 size);
ENGINE(JS_PromiseState) int JS_PromiseState(JSContext, JSValue); // below 0: no promise
ENGINE(JS_PromiseResult) JSValue JS_PromiseResult(JSContext, JSValue);
ENGINE(JS_IsProxy) int JS_IsProxy(JSValue);
ENGINE(JS_GetProxyTarget) JSValue JS_GetProxyTarget(JSContext, JSValue);
ENGINE(JS_GetProxyHandler) JSValue JS_GetProxyHandler(JSContext, JSValue);
ENGINE(JS_IsFunction) int JS_IsFunction(JSContext, JSValue);
ENGINE(JS_Call) JSValue JS_Call(JSContext, JSValue f, JSValue self, int argc, JSValue *argv);
ENGINE(JS_Eval) JSValue JS_Eval(JSContext, const char *, u32 size, const char *name, int flags);
ENGINE(JS_EvalFunction) JSValue JS_EvalFunction(JSContext, JSValue);
ENGINE(JS_ParseJSON) JSValue JS_ParseJSON(JSContext, const char *, u32 size, const char *name);
ENGINE(JS_ReadObject) JSValue JS_ReadObject(JSContext, const u8 *, u32 size, int flags);
ENGINE(JS_WriteObject) u8 *JS_WriteObject(JSContext, u32 *size, JSValue, int flags);

EXTISM("input_length") u64 input_length(void);
EXTISM("input_load_u8") u32 input_load_u8(u64 offset);
EXTISM("input_load_u64") u64 input_load_u64(u64 offset);
EXTISM("alloc") u64 alloc(u64 size);
EXTISM("free") void extism_free(u64 offset);
EXTISM("length") u64 length(u64 offset);
EXTISM("load_u8") u32 load_u8(u64 offset);
EXTISM("load_u64") u64 load_u64(u64 offset);
EXTISM("store_u8") void store_u8(u64 offset, u32 byte);
EXTISM("store_u64") void store_u64(u64 offset, u64 bytes);
EXTISM("output_set") void output_set(u64 offset, u64 size);
EXTISM("error_set") void error_set(u64 offset);

USHER("http_start") u64 http_start(u64 request);
USHER("http_wait") u64 http_wait(u64 ms);
USHER("http_cancel") void http_cancel(u64 handle);
USHER("cache_get") u64 cache_get(u64 key);
USHER("cache_set") u64 cache_set(u64 request);
USHER("cache_delete") u64 cache_delete(u64 key);
USHER("log_write") void log_write(int level, u64 message);
USHER("clock_sleep") void clock_sleep(u64 ms);
USHER("access_deny") u64 access_deny(u64 request);
USHER("validation_error") u64 validation_error(u64 request);
USHER("user_metadata_set") u64 user_metadata_set(u64 request);
USHER("app_metadata_set") u64 app_metadata_set(u64 request);
USHER("user_id_set") u64 user_id_set(u64 request);
USHER("crypto_call") u64 crypto_call(u64 request);

WASI("random_get") int random_get(u8 *at, u32 size);
WASI("clock_time_get") int clock_time_get(int clock, u64 precision, u64 *nanos);

// parse_json is in json.c.
JSValue parse_json(JSContext, u8 *text, u32 size);

// These are in frames.c.
u32 next_job(JSRuntime rt);
JSValue async_frames(JSContext ctx, JSRuntime rt, u32 job, u32 limit);
JSValue waiting_frames(JSContext ctx, JSRuntime rt, u32 limit);

// This is in operands.c.
JSValue operands(JSContext ctx, JSRuntime rt, u32 below);

// This is in iterators.c.
JSValue iterator_entries(JSContext ctx, JSValue iterator);

// These are in reactions.c.
void carry_frames(JSContext ctx, JSValue functions);
int enter_frame(JSRuntime rt, u32 job);
void leave_frame(void);
