// Carries the frame of asynchronous calls (see runtime/src/node/async-context.js)
// through the promises of the engine. The engine is linked so that it asks here for
// the reactions of a promise and for the arguments of a job before it takes them (see
// ../make/patch.go). Until a program uses such frames, it gets its own back.
//
// What resumes an async function is new for each await: the frame becomes a property
// of it, and the glue sets that frame before its job. Other callbacks are replaced by
// ones that the runtime bound.

#include "engine.h"

// Where the engine (QuickJS-NG 0.17.0, 32 bits) has what is read here.
enum {
  RT_JOBS = 692, // list of the jobs
  JOB_ARGC = 16,
  JOB_ARGV = 24,
  OBJECT_CLASS = 10,
  CLASS_ASYNC_RESOLVE = 56, // resumes an async function
  CLASS_ASYNC_REJECT = 57,
};

static JSContext ctx;
static JSValue carrier; // {bind(callback), current(), swap(frame)}; 0 until there are frames
static JSAtom frame_of; // the property
static JSValue taken[3]; // what the engine got last: it has made copies of its own since

static const u8 *word(u32 at) { return (const u8 *)at; }
static u32 word_at(u32 at) { return *(const u32 *)word(at); }

static int resumes(JSValue v) {
  if (v >> 32 != 0xffffffff) return 0;
  u32 class = *(const unsigned short *)word((u32)v + OBJECT_CLASS);
  return class == CLASS_ASYNC_RESOLVE || class == CLASS_ASYNC_REJECT;
}

static JSValue call(const char *name, int argc, JSValue *argv) {
  JSValue f = JS_GetPropertyStr(ctx, carrier, name);
  JSValue got = JS_Call(ctx, f, carrier, argc, argv);
  JS_FreeValue(ctx, f);
  if (got != JS_EXCEPTION) return got;
  JS_FreeValue(ctx, JS_GetException(ctx)); // out of memory
  return JS_UNDEFINED;
}

static JSValue carried(JSValue callback) {
  if (!resumes(callback)) return JS_IsFunction(ctx, callback) ? call("bind", 1, &callback) : JS_UNDEFINED;
  JS_DefinePropertyValue(ctx, callback, frame_of, call("current", 0, 0), JS_PROP_C_W_E);
  return JS_DupValue(ctx, callback);
}

static void take(u32 i, JSValue v) {
  JS_FreeValue(ctx, taken[i]);
  taken[i] = v;
}

// carry_frames makes every later reaction carry the frame that it was made in.
void carry_frames(JSContext context, JSValue functions) {
  ctx = context;
  for (u32 i = 0; i < 3; i++) taken[i] = JS_UNDEFINED;
  frame_of = JS_NewAtomLen(ctx, "frame", 5);
  carrier = JS_DupValue(ctx, functions);
}

// usher_reactions returns the two reactions to take instead of those at an address.
EXPORT("usher_reactions") const JSValue *usher_reactions(const JSValue *reactions) {
  if (!carrier) return reactions;
  for (u32 i = 0; i < 2; i++) take(i, carried(reactions[i]));
  return taken;
}

// usher_job returns the arguments to take for a job. The job of three is a thenable's,
// the last of them its then.
EXPORT("usher_job") const JSValue *usher_job(int argc, const JSValue *argv) {
  static JSValue copy[3];
  if (!carrier || argc != 3 || !JS_IsFunction(ctx, argv[2])) return argv;
  take(2, carried(argv[2]));
  copy[0] = argv[0];
  copy[1] = argv[1];
  copy[2] = taken[2];
  return copy;
}

// enter_frame sets the frame of a job that the engine is about to run, if that resumes
// an async function, and reports whether it did. Without a job it is the list's head.
int enter_frame(JSRuntime rt, u32 job) {
  if (!carrier || job == rt + RT_JOBS || word_at(job + JOB_ARGC) != 5) return 0;
  JSValue handler = *(const JSValue *)word(job + JOB_ARGV + 16);
  if (!resumes(handler)) return 0;
  JSValue frame = JS_GetPropertyStr(ctx, handler, "frame");
  JS_FreeValue(ctx, call("swap", 1, &frame));
  JS_FreeValue(ctx, frame);
  return 1;
}

void leave_frame(void) {
  JSValue none = JS_NULL;
  JS_FreeValue(ctx, call("swap", 1, &none));
}
