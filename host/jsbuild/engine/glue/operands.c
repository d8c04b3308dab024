// Names what an instruction failed on, for messages such as "user.name is not a
// function": the engine's own name nothing. The code of the function is followed from
// its begin to that instruction, with where each value on the stack comes from in
// place of the values. So a path is as the source has it: names of variables,
// properties and calls.

#include "bytecode.h"

// --- names ---------------------------------------------------------------------

struct name {
  JSContext ctx;
  u32 size;
  char text[200];
};

static void put(struct name *n, const char *text, u32 size) {
  for (u32 i = 0; i < size && n->size < sizeof n->text; i++) n->text[n->size++] = text[i];
}

static void put_words(struct name *n, const char *words) {
  u32 size = 0;
  while (words[size]) size++;
  put(n, words, size);
}

static void put_value(struct name *n, JSValue v) {
  u32 size;
  const char *text = JS_ToCStringLen2(n->ctx, &size, v, 0);
  if (!text) {
    JS_FreeValue(n->ctx, JS_GetException(n->ctx));
    return;
  }
  put(n, text, size);
  JS_FreeCString(n->ctx, text);
}

static void put_atom(struct name *n, JSAtom atom) {
  JSValue v = JS_AtomToString(n->ctx, atom);
  put_value(n, v);
  JS_FreeValue(n->ctx, v);
}

static void put_number(struct name *n, int number) { put_value(n, JS_NewNumber(n->ctx, number)); }

static void path(struct name *n, struct code *c, u32 slot, int steps);

// below_top puts how the source writes the value that lies so many below the top of the
// stack when an instruction is reached.
static void below_top(struct name *n, struct code *c, u32 place, u32 below, int steps) {
  int depth = follow(c, place);
  path(n, c, depth > (int)below ? c->slots[(u32)depth - 1 - below] : UNKNOWN, steps);
}

// variable is one that an instruction reads: of the function's own, by its index, or of
// an outer one.
struct variable {
  enum { NO_VARIABLE, OWN, OUTER } of;
  u32 index;
};

static struct variable variable_of(const struct code *c, u32 place, int second) {
  const u8 *p = c->bytes + place;
  u32 op = *p, argc = u16_at((const u8 *)c->at + CODE_ARGC);
  if (op == GET_LOCAL || op == GET_LOCAL_CHECK) return (struct variable){OWN, argc + u16_at(p + 1)};
  if (op == GET_LOCAL8) return (struct variable){OWN, argc + p[1]};
  if (op == GET_TWO_LOCALS) return (struct variable){OWN, argc + (u32)second};
  if (op >= GET_LOCAL0 && op <= GET_LOCAL3) return (struct variable){OWN, argc + op - GET_LOCAL0};
  if (op == GET_ARGUMENT) return (struct variable){OWN, u16_at(p + 1)};
  if (op >= GET_ARGUMENT0 && op <= GET_ARGUMENT3) return (struct variable){OWN, op - GET_ARGUMENT0};
  if (op == GET_OUTER || op == GET_OUTER_CHECK) return (struct variable){OUTER, u16_at(p + 1)};
  if (op >= GET_OUTER0 && op <= GET_OUTER3) return (struct variable){OUTER, op - GET_OUTER0};
  return (struct variable){NO_VARIABLE, 0};
}

// put_variable puts the name of a variable that an instruction reads, and reports
// whether it is one.
static int put_variable(struct name *n, const struct code *c, u32 place, int second) {
  u32 op = c->bytes[place];
  struct variable v = variable_of(c, place, second);
  if (op == GET_GLOBAL || op == GET_GLOBAL_UNDEFINED) put_atom(n, u32_at(c->bytes + place + 1));
  else if (v.of == OWN) put_atom(n, at(at(c->at + CODE_VARIABLES) + v.index * VARIABLE));
  else if (v.of == OUTER) put_atom(n, at(at(c->at + CODE_CLOSURE) + v.index * CLOSURE + CLOSURE_NAME));
  else return 0;
  return 1;
}

// literal puts a value that is in the code, and reports whether it is one.
static int literal(struct name *n, const u8 *p) {
  switch (*p) {
  case PUSH_I32: put_number(n, (int)u32_at(p + 1)); break;
  case PUSH_I8: put_number(n, (signed char)p[1]); break;
  case PUSH_I16: put_number(n, (short)u16_at(p + 1)); break;
  case PUSH_STRING: put_words(n, "\""), put_atom(n, u32_at(p + 1)), put_words(n, "\""); break;
  case PRIVATE: put_atom(n, u32_at(p + 1)); break;
  case UNDEFINED: put_words(n, "undefined"); break;
  case NULL_VALUE: put_words(n, "null"); break;
  case THIS: put_words(n, "this"); break;
  case FALSE_VALUE: put_words(n, "false"); break;
  case TRUE_VALUE: put_words(n, "true"); break;
  default:
    if (*p < PUSH_MINUS1 || *p > PUSH_7) return 0;
    put_number(n, *p - PUSH_MINUS1 - 1);
  }
  return 1;
}

// callee returns how far below the top of the stack the function of a call lies, or -1
// when an instruction is none.
static int callee(const u8 *p) {
  switch (*p) {
  case CALL: case TAIL_CALL: case CALL_METHOD: case TAIL_CALL_METHOD: case EVAL: return (int)u16_at(p + 1);
  case CONSTRUCT: return (int)u16_at(p + 1) + 1;
  case APPLY: return 2;
  }
  return *p >= CALL0 && *p <= CALL3 ? *p - CALL0 : -1;
}

static void element(struct name *n, struct code *c, u32 place, int steps) {
  below_top(n, c, place, 1, steps);
  int depth = follow(c, place);
  u32 slot = depth > 0 ? c->slots[depth - 1] : UNKNOWN;
  const u8 *key = c->bytes + (slot & ~SECOND) - 1;
  if (slot != UNKNOWN && *key == PUSH_STRING) {
    put_words(n, ".");
    put_atom(n, u32_at(key + 1));
    return;
  }
  put_words(n, "[");
  path(n, c, slot, steps);
  put_words(n, "]");
}

// path puts how the source writes the value of a slot.
static void path(struct name *n, struct code *c, u32 slot, int steps) {
  u32 place = (slot & ~SECOND) - 1;
  const u8 *p = c->bytes + place;
  if (slot == UNKNOWN || !steps) return put_words(n, "(intermediate value)");
  if (put_variable(n, c, place, (slot & SECOND) != 0) || literal(n, p)) {
    return;
  }
  steps--;
  if (*p == GET_FIELD || *p == GET_FIELD2) {
    below_top(n, c, place, 0, steps);
    follow(c, place);
    put_words(n, c->jumped ? "?." : ".");
    put_atom(n, u32_at(p + 1));
  } else if (*p == GET_LENGTH) {
    below_top(n, c, place, 0, steps);
    put_words(n, ".length");
  } else if (*p == GET_ELEMENT || *p == GET_ELEMENT2) {
    element(n, c, place, steps);
  } else if (*p == GET_PRIVATE) {
    below_top(n, c, place, 1, steps);
    put_words(n, ".");
    below_top(n, c, place, 0, steps);
  } else if (*p == GET_SUPER) {
    put_words(n, "(intermediate value).");
    below_top(n, c, place, 0, steps);
  } else if (callee(p) >= 0 && *p != CONSTRUCT) {
    below_top(n, c, place, (u32)callee(p), steps);
    put_words(n, "(...)");
  } else {
    put_words(n, "(intermediate value)");
  }
}

// --- the failure ---------------------------------------------------------------------

// shown returns a copy of a value of the stack. Others than a program's own may lie
// there: places of handlers, and what is not set yet.
static JSValue shown(JSContext ctx, JSValue v) {
  int tag = (int)(v >> 32);
  return (tag >= 4 && tag <= 6) || (tag <= -2 && tag >= -5) ? JS_UNDEFINED : JS_DupValue(ctx, v);
}

static void add(JSContext ctx, JSValue array, u32 index, JSValue v) { JS_DefinePropertyValueUint32(ctx, array, index, v, JS_PROP_C_W_E); }

// property returns the first property that the code gets from a place on.
static JSValue property(JSContext ctx, const struct code *c, u32 place) {
  for (u32 steps = 0; steps < 8 && place < c->size; steps++, place += entry(c->bytes[place])[0]) {
    u8 op = c->bytes[place];
    if (op == GET_FIELD || op == GET_FIELD2) return JS_AtomToString(ctx, u32_at(c->bytes + place + 1));
  }
  return JS_UNDEFINED;
}

// spreads distinguishes a spread into the arguments of a call from one into an array.
static const char *spreads(const struct code *c, u32 place) {
  for (u32 steps = 0; steps < 16 && place < c->size; steps++, place += entry(c->bytes[place])[0]) {
    if (c->bytes[place] == APPLY) return "spread";
    if (callee(c->bytes + place) >= 0) break;
  }
  return "of";
}

// held returns the value of the variable that a slot comes from.
static JSValue held(JSContext ctx, u32 frame, const struct code *c, u32 slot) {
  if (slot == UNKNOWN) return JS_UNDEFINED;
  struct variable v = variable_of(c, (slot & ~SECOND) - 1, (slot & SECOND) != 0);
  u32 argc = u16_at((const u8 *)c->at + CODE_ARGC);
  if (v.of == NO_VARIABLE) return JS_UNDEFINED;
  if (v.of == OUTER) return shown(ctx, value_at(at(at(at(object(value_at(frame + FRAME_FUNCTION)) + OBJECT_OUTER) + 4 * v.index) + OUTER_VALUE)));
  return shown(ctx, value_at(v.index < argc ? at(frame + FRAME_ARGUMENTS) + 8 * v.index : at(frame + FRAME_VARIABLES) + 8 * (v.index - argc)));
}

// kind is what the failure of an instruction is called, and how far below the top its
// operand lies. Instructions may have freed their operands, but for those where it says
// that they are whole.
struct kind {
  const char *name;
  u32 below;
  int whole;
};

static struct kind kind_of(const struct code *c, u32 place) {
  const u8 *p = c->bytes + place;
  int below = callee(p);
  if (below >= 0) return (struct kind){*p == CONSTRUCT || (*p == APPLY && u16_at(p + 1) == 1) ? "new" : "call", (u32)below, 1};
  switch (*p) {
  case FOR_OF: case FOR_AWAIT_OF: return (struct kind){"of", 0, 1};
  case APPEND: return (struct kind){spreads(c, place), 0, 1};
  case TO_OBJECT: return (struct kind){"object", 0, 1};
  case IN: return (struct kind){"in", 1, 1};
  case INSTANCEOF: return (struct kind){"instanceof", 1, 1};
  case DELETE: return (struct kind){"delete", 1, 1};
  case PUT_FIELD: return (struct kind){"put", 1, 0};
  case PUT_ELEMENT: return (struct kind){"put", 2, 0};
  case CLASS: return (struct kind){"class", 1, 0};
  case CLASS_COMPUTED: return (struct kind){"class", 2, 0};
  }
  return (struct kind){"other", 0, 0};
}

static JSValue string(JSContext ctx, const char *words) {
  u32 size = 0;
  while (words[size]) size++;
  return JS_NewStringLen(ctx, words, size);
}

// second_of returns the second operand of the failed instruction at a place: a key, the
// right-hand side, or the first argument.
static JSValue second_of(JSContext ctx, u32 frame, struct code *c, u32 place, struct kind k, u32 value, u32 slot) {
  u8 op = c->bytes[place];
  if (op == PUT_FIELD) return JS_AtomToString(ctx, u32_at(c->bytes + place + 1));
  if (op == PUT_ELEMENT) return held(ctx, frame, c, slot);
  if (op == TO_OBJECT) return property(ctx, c, place);
  if (op == CONSTRUCT) return k.below > 1 ? shown(ctx, value_at(value + 16)) : JS_UNDEFINED;
  return k.whole && k.below ? shown(ctx, value_at(value + 8)) : JS_UNDEFINED;
}

// native returns what failed in a function of the engine's, or in a class that was called.
static JSValue native(JSContext ctx, u32 frame) {
  JSValue array = JS_NewArray(ctx);
  add(ctx, array, 0, string(ctx, "native"));
  add(ctx, array, 1, JS_UNDEFINED);
  add(ctx, array, 2, JS_DupValue(ctx, value_at(frame + FRAME_FUNCTION)));
  for (u32 i = 0; i < 2 && i < u16_at((const u8 *)frame + FRAME_ARGC); i++) add(ctx, array, 3 + i, shown(ctx, value_at(at(frame + FRAME_ARGUMENTS) + 8 * i)));
  return array;
}

// in_code returns what failed in a function of JavaScript.
static JSValue in_code(JSContext ctx, u32 frame, struct code *c) {
  static struct name n;
  u32 place = failing(c, at(frame + FRAME_PC) - (u32)c->bytes);
  if (place >= c->size) return JS_UNDEFINED;
  if (c->bytes[place] == CHECK_CONSTRUCTOR || c->bytes[place] == INIT_CONSTRUCTOR) return native(ctx, frame);
  struct kind k = kind_of(c, place);
  learn(c);
  int depth = follow(c, place);
  if (depth <= (int)k.below) return JS_UNDEFINED;
  u32 index = (u32)depth - 1 - k.below, slot = c->slots[index], next = k.below ? c->slots[index + 1] : UNKNOWN;
  u32 value = at(frame + FRAME_VARIABLES) + 8 * (u16_at((const u8 *)c->at + CODE_LOCALS) + index);
  JSValue array = JS_NewArray(ctx);
  add(ctx, array, 0, string(ctx, k.name));
  add(ctx, array, 2, k.whole ? shown(ctx, value_at(value)) : held(ctx, frame, c, slot));
  add(ctx, array, 3, second_of(ctx, frame, c, place, k, value, next));
  n.ctx = ctx, n.size = 0;
  path(&n, c, slot, MAX_STEPS);
  add(ctx, array, 1, JS_NewStringLen(ctx, n.text, n.size));
  return array;
}

// operands returns what failed last, below so many frames of the runtime, as an array:
// in a function of JavaScript a word for the instruction, how the source writes its
// operand, the operand itself and its second one; in one of the engine's the word
// native, undefined, the function and its first two arguments; undefined when it is not
// known.
JSValue operands(JSContext ctx, JSRuntime rt, u32 below) {
  static struct code c;
  u32 frame = at(rt + RT_FRAME);
  while (frame && below--) frame = at(frame);
  if (!frame) return JS_UNDEFINED;
  u32 function = object(value_at(frame + FRAME_FUNCTION)), class = class_of(function);
  if (class != CLASS_BYTECODE && class != CLASS_GENERATOR_FUNCTION && class != CLASS_ASYNC_FUNCTION && class != CLASS_ASYNC_GENERATOR_FUNCTION) {
    if (class != CLASS_C) return JS_UNDEFINED;
    return native(ctx, frame);
  }
  c.at = data_of(function);
  c.bytes = (const u8 *)at(c.at + CODE_BYTES);
  c.size = at(c.at + CODE_SIZE);
  c.room = u16_at((const u8 *)c.at + CODE_DEPTH) + 8;
  c.slots = malloc(c.room * sizeof *c.slots);
  if (!c.slots) return JS_UNDEFINED;
  JSValue array = in_code(ctx, frame, &c);
  free(c.slots);
  return array;
}
