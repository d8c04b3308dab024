// Reads the engine's frames: what an error's stack lacks after an await. The
// layout of its structures (QuickJS-NG 0.17.0, 32 bits) is knowledge of others'
// insides: see host/docs/upstream-internals.md. Package frames reads the same from
// outside, when a run is stopped.
//
// A suspended async function is found from the promise that it awaits: one of the
// promise's reactions has a handler that resumes the function. Its own promise leads
// on to the function that awaits it, and so on.

#include "layout.h"

#define MAX_STEPS 256 // from promise to promise: a chain may be a ring

// resolved returns the promise that a function resolves, or 0.
static u32 resolved(JSValue f) {
  u32 o = instance_of(f, CLASS_RESOLVE);
  return o ? instance_of(value_at(data_of(o)), CLASS_PROMISE) : 0;
}

// --- positions ---------------------------------------------------------------

// number reads a number of 7 bits a byte.
static u32 number(const u8 **p, const u8 *end) {
  u32 n = 0;
  for (int shift = 0; *p < end && shift < 35; shift += 7) {
    u8 b = *(*p)++;
    n |= (u32)(b & 0x7f) << shift;
    if (!(b & 0x80)) break;
  }
  return n;
}

static int signed_number(const u8 **p, const u8 *end) {
  u32 n = number(p, end);
  return (int)(n >> 1) ^ -(int)(n & 1);
}

struct place {
  int line, column;
};

// place_of returns where in its file an instruction of code is.
static struct place place_of(u32 code, u32 pc) {
  struct place here = {(int)at(code + CODE_LINE), (int)at(code + CODE_COLUMN)};
  const u8 *p = (const u8 *)at(code + CODE_LINES), *end = p + at(code + CODE_LINES_SIZE);
  for (u32 reached = 0; p && p < end;) {
    struct place next = here;
    u32 op = *p++;
    if (op == 0) {
      reached += number(&p, end);
      next.line += signed_number(&p, end);
    } else {
      reached += (op - 1) / 5;
      next.line += (int)((op - 1) % 5) - 1;
    }
    next.column += signed_number(&p, end);
    if (pc < reached) break;
    here = next;
  }
  return here;
}

// --- lists of frames -----------------------------------------------------------

// trace is an array that is being made, undefined while it is empty: four elements for each frame (the function,
// the line, the column, the file), or for a step of Promise.all and its like its
// name, the element's index and two undefined.
struct trace {
  JSContext ctx;
  JSValue array;
  u32 size;  // elements
  u32 limit; // frames
  u32 last;  // the last frame that was found, whether it was added or not
};

static void push(struct trace *t, JSValue v) {
  if (!t->size) t->array = JS_NewArray(t->ctx);
  JS_DefinePropertyValueUint32(t->ctx, t->array, t->size, v, JS_PROP_C_W_E);
  t->size++;
}

static int full(const struct trace *t) { return t->size >= 4 * t->limit; }

static u32 code_of(u32 frame) { return data_of(object(value_at(frame + FRAME_FUNCTION))); }

// push_frame adds a frame of code that has positions: the runtime's own has none.
static void push_frame(struct trace *t, u32 frame) {
  u32 code = code_of(frame);
  if (!at(code + CODE_LINES)) return;
  t->last = frame;
  if (full(t)) return;
  struct place here = place_of(code, at(frame + FRAME_PC) - at(code + CODE_BYTES) - 1);
  push(t, JS_DupValue(t->ctx, value_at(frame + FRAME_FUNCTION)));
  push(t, JS_NewNumber(t->ctx, here.line));
  push(t, JS_NewNumber(t->ctx, here.column));
  push(t, JS_AtomToString(t->ctx, at(code + CODE_FILE)));
}

static const char *const combinators[] = {"Promise.all", "Promise.allSettled", "Promise.any"};

static void push_combinator(struct trace *t, u32 record) {
  const char *name = combinators[*(const unsigned short *)(record + DATA_MAGIC) % 4 % 3];
  u32 size = 0;
  while (name[size]) size++;
  if (full(t)) return;
  push(t, JS_NewStringLen(t->ctx, name, size));
  push(t, JS_NewNumber(t->ctx, (int)(u32)value_at(record + DATA + 8)));
  push(t, JS_UNDEFINED);
  push(t, JS_UNDEFINED);
}

// --- from a promise to who awaits it ---------------------------------------------

static u32 generator_promise(u32 generator) {
  u32 list = generator + GENERATOR_QUEUE, request = at(list + 4);
  return request && request != list ? instance_of(value_at(request + REQUEST_PROMISE), CLASS_PROMISE) : 0;
}

// only returns the only reaction in a list, or 0.
static u32 only(u32 list) {
  u32 first = at(list + 4);
  return first && first != list && at(first + 4) == list ? first : 0;
}

// by_data takes the step for a handler that is a C function with data: an element of
// Promise.all and its like, or the await of an async generator.
static u32 by_data(struct trace *t, u32 handler) {
  u32 record = data_of(handler), count = *(const u8 *)(record + DATA_COUNT);
  if (count == 5) {
    push_combinator(t, record);
    return resolved(value_at(record + DATA + 24));
  }
  u32 generator = count == 1 ? instance_of(value_at(record + DATA), CLASS_ASYNC_GENERATOR) : 0;
  if (!generator) return 0;
  generator = data_of(generator);
  push_frame(t, generator + GENERATOR_FRAME);
  return generator_promise(generator);
}

// step adds the frame that waits for promise, if there is one, and returns the
// promise to go on with, or 0.
static u32 step(struct trace *t, u32 promise) {
  u32 data = data_of(promise);
  if (at(data + PROMISE_STATE)) return 0;
  u32 reaction = only(data + PROMISE_THEN);
  if (!reaction) return 0;
  u32 handler = object(value_at(reaction + REACTION_HANDLER)), next = 0;
  switch (class_of(handler)) {
  case CLASS_ASYNC_RESOLVE: {
    u32 async = data_of(handler);
    if (!*(const u8 *)(async + ASYNC_ACTIVE)) return 0;
    push_frame(t, async + ASYNC_FRAME);
    return resolved(value_at(async + ASYNC_RESOLVE));
  }
  case CLASS_C_DATA: next = by_data(t, handler); break;
  case CLASS_RESOLVE: {
    u32 rejected = only(data + PROMISE_CATCH);
    u32 other = rejected ? instance_of(value_at(rejected + REACTION_HANDLER), CLASS_C_DATA) : 0;
    next = other ? by_data(t, other) : 0; // Promise.any
    if (!next) next = resolved((JSValue)0xffffffff << 32 | handler);
    break;
  }
  }
  return next ? next : resolved(value_at(reaction + REACTION_RESOLVE));
}

static void follow(struct trace *t, u32 promise) {
  for (u32 steps = 0; promise && steps < MAX_STEPS; steps++) promise = step(t, promise);
}

// promise_of returns the promise of an async function or generator by its frame,
// or 0.
static u32 promise_of(u32 frame) {
  switch (class_of(object(value_at(frame + FRAME_FUNCTION)))) {
  case CLASS_ASYNC_FUNCTION: return resolved(value_at(frame - ASYNC_FRAME + ASYNC_RESOLVE));
  case CLASS_ASYNC_GENERATOR_FUNCTION: return generator_promise(frame - GENERATOR_FRAME);
  }
  return 0;
}

// is_code reports whether a frame is of a function in JavaScript. The frames of others
// may lie below: an async generator is resumed by one.
static int is_code(u32 frame) {
  u32 class = class_of(object(value_at(frame + FRAME_FUNCTION)));
  return class == CLASS_BYTECODE || class == CLASS_GENERATOR_FUNCTION || class == CLASS_ASYNC_FUNCTION || class == CLASS_ASYNC_GENERATOR_FUNCTION;
}

// next_job returns the job that the engine runs next.
u32 next_job(JSRuntime rt) { return at(rt + RT_JOBS + 4); }

// async_frames returns the frames of the async functions that wait for the code that
// runs: limit at most. Job is the engine's job that runs, or 0: a stack that does not
// begin with a job is whole.
JSValue async_frames(JSContext ctx, JSRuntime rt, u32 job, u32 limit) {
  struct trace t = {ctx, JS_UNDEFINED, 0, limit, 0};
  if (!job || job == rt + RT_JOBS) return t.array;
  u32 promise = 0;
  for (u32 frame = at(rt + RT_FRAME); frame; frame = at(frame)) promise = is_code(frame) ? promise_of(frame) : promise;
  if (!promise && at(job + JOB_ARGC) == 5) promise = resolved(value_at(job + JOB_ARGV));
  follow(&t, promise);
  return t.array;
}

// suspended returns the frame of an object of the collector's, if that is an async
// function that waits and that has positions, and else 0.
static u32 suspended(u32 o) {
  if ((*(const u8 *)(o - 5) & 0x7f) != TYPE_ASYNC_FUNCTION || !*(const u8 *)(o + ASYNC_ACTIVE)) return 0;
  u32 frame = o + ASYNC_FRAME;
  return at(frame + FRAME_STACK) && at(code_of(frame) + CODE_LINES) ? frame : 0;
}

// waiting_frames returns the stack of what the async function that was called first
// waits for: of those for which it waits, the one that was called last begins it.
JSValue waiting_frames(JSContext ctx, JSRuntime rt, u32 limit) {
  u32 list = rt + RT_ALL, first = 0;
  for (u32 o = at(list + 4); o != list && !first; o = at(o + 4)) first = suspended(o);
  for (u32 o = at(list); first && o != list; o = at(o)) {
    u32 frame = suspended(o);
    if (!frame) continue;
    struct trace t = {ctx, JS_UNDEFINED, 0, limit, frame};
    push_frame(&t, frame);
    follow(&t, promise_of(frame));
    if (t.last == first) return t.array;
    JS_FreeValue(ctx, t.array);
  }
  return JS_UNDEFINED;
}
