// A parser of the run's input. The engine's own makes a string and an atom of each
// key and reads letter by letter, which took more than half of a small run. This one
// finds the atoms of keys by their bytes and reads plain values itself. It passes
// every other token to the engine's parser, and the whole input when it can't parse
// it: the values are the same.

#include "engine.h"

#define MAX_DEPTH 32 // the engine parses deeper input; our stack is small

static u8 *at;        // the next byte
static const u8 *end; // of the text
static u32 depth;     // of the current value

// NONE means that this parser can't parse the text.
#define NONE TAGGED(9, 0)

static JSValue value(JSContext ctx);

static void space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

// by_engine lets the engine parse the token from start to at.
static JSValue by_engine(JSContext ctx, u8 *start) {
  u8 next = *at;
  *at = 0;
  JSValue v = JS_ParseJSON(ctx, (const char *)start, at - start, "input");
  *at = next;
  return v;
}

#define EACH(byte) (0x0101010101010101 * (u64)(byte))

// ordinary reports that none of eight letters is a quote, a backslash, a control or
// beyond ASCII. It may report false for such letters, but never true for others.
static int ordinary(u64 w) {
  u64 low = (w - EACH(' ')) | ((w ^ EACH('"')) - EACH(1)) | ((w ^ EACH('\\')) - EACH(1));
  return !((w | low) & EACH(0x80));
}

// quoted skips the string that begins here and reports whether it is plain: ASCII
// without escapes. It returns -1 when the string does not end.
static int quoted(void) {
  int plain = 1;
  u8 *p = at + 1;
  for (; *p != '"'; p++) {
    while (p + 8 <= end && ordinary(*(unaligned_u64 *)p)) p += 8;
    if (*p == '"') break;
    if (*p == '\\') p++, plain = 0;
    if (*p >= 0x80) plain = 0;
    if (*p < ' ') return -1;
  }
  at = p + 1;
  return plain;
}

static JSValue string(JSContext ctx) {
  u8 *start = at;
  int plain = quoted();
  if (plain < 0) return NONE;
  return plain ? JS_NewStringLen(ctx, (const char *)start + 1, at - start - 2) : by_engine(ctx, start);
}

// key returns the atom of the key that begins here, 0 when there is none.
static JSAtom key(JSContext ctx) {
  if (*at != '"') return 0;
  u8 *start = at;
  int plain = quoted();
  if (plain < 0) return 0;
  if (plain) return JS_NewAtomLen(ctx, (const char *)start + 1, at - start - 2);
  JSValue text = by_engine(ctx, start);
  if (text == JS_EXCEPTION) return 0;
  JSAtom atom = JS_ValueToAtom(ctx, text);
  JS_FreeValue(ctx, text);
  return atom;
}

static int digit(void) { return *at >= '0' && *at <= '9'; }

// number reads short whole numbers itself.
static JSValue number(JSContext ctx) {
  u8 *start = at;
  u32 n = 0;
  for (; digit() && at - start < 9; at++) n = n * 10 + (*at - '0');
  int whole = at > start && (*start != '0' || at == start + 1);
  if (whole && (*at == ',' || *at == '}' || *at == ']')) return TAGGED(0, n);
  while (digit() || *at == '-' || *at == '+' || *at == '.' || *at == 'e' || *at == 'E') at++;
  return at > start ? by_engine(ctx, start) : NONE;
}

static JSValue word(const char *text, JSValue v) {
  for (; *text; text++, at++)
    if (*at != (u8)*text) return NONE;
  return v;
}

static JSValue object(JSContext ctx) {
  JSValue made = JS_NewObject(ctx);
  at++;
  space();
  if (*at == '}') return at++, made;
  for (;; at++) {
    space();
    JSAtom name = key(ctx);
    if (!name) return NONE;
    space();
    if (*at++ != ':') return NONE;
    JSValue v = value(ctx);
    if (v == NONE || JS_DefinePropertyValue(ctx, made, name, v, JS_PROP_C_W_E) < 0) return NONE;
    JS_FreeAtom(ctx, name);
    space();
    if (*at == '}') return at++, made;
    if (*at != ',') return NONE;
  }
}

static JSValue array(JSContext ctx) {
  JSValue made = JS_NewArray(ctx);
  at++;
  space();
  if (*at == ']') return at++, made;
  for (u32 i = 0;; i++, at++) {
    JSValue v = value(ctx);
    if (v == NONE || JS_DefinePropertyValueUint32(ctx, made, i, v, JS_PROP_C_W_E) < 0) return NONE;
    space();
    if (*at == ']') return at++, made;
    if (*at != ',') return NONE;
  }
}

static JSValue nested(JSContext ctx, JSValue (*read)(JSContext)) {
  if (depth == MAX_DEPTH) return NONE;
  depth++;
  JSValue v = read(ctx);
  depth--;
  return v;
}

static JSValue any(JSContext ctx) {
  switch (*at) {
  case '{': return nested(ctx, object);
  case '[': return nested(ctx, array);
  case '"': return string(ctx);
  case 't': return word("true", JS_TRUE);
  case 'f': return word("false", JS_FALSE);
  case 'n': return word("null", JS_NULL);
  }
  return number(ctx);
}

// value reads what comes next; it is NONE, never an exception.
static JSValue value(JSContext ctx) {
  space();
  JSValue v = any(ctx);
  return v == JS_EXCEPTION ? NONE : v;
}

// parse_json returns the value of JSON that a zero byte ends, as JSON.parse
// does, or an exception. It does not free half-built values: the run's memory is
// freed as a whole.
JSValue parse_json(JSContext ctx, u8 *text, u32 size) {
  at = text;
  end = text + size;
  depth = 0;
  JSValue v = value(ctx);
  space();
  if (v != NONE && at == end) return v;
  JS_FreeValue(ctx, JS_GetException(ctx)); // of a token
  return JS_ParseJSON(ctx, (const char *)text, size, "input");
}
