// Where the engine (QuickJS-NG 0.17.0, 32 bits) has what the glue reads of it. This is
// knowledge of others' insides: see host/docs/upstream-internals.md.

#include "engine.h"

enum {
  RT_ALL = 596,   // list of all objects that the collector knows
  RT_FRAME = 660, // the frame that runs
  RT_JOBS = 692,  // list of the jobs

  OBJECT_CLASS = 10,
  OBJECT_DATA = 24,
  OBJECT_OUTER = 28, // of a function: the variables of outer ones
  OUTER_VALUE = 12,  // of such a variable: where its value is

  FRAME_FUNCTION = 8,
  FRAME_ARGUMENTS = 16,
  FRAME_VARIABLES = 20,
  FRAME_PC = 28,
  FRAME_ARGC = 34, // 16 bits
  FRAME_STACK = 40, // 0 while it runs
  FRAME_OWNER = 44, // of an async function's frame; 0 of others

  CODE_BYTES = 12,
  CODE_SIZE = 16,
  CODE_VARIABLES = 24, // arguments, then local variables: VARIABLE bytes each, the name first
  CODE_CLOSURE = 28,   // CLOSURE bytes each, the name at CLOSURE_NAME
  CODE_ARGC = 32,      // 16 bits, like those of the next two
  CODE_LOCALS = 34,
  CODE_DEPTH = 38, // of the operand stack
  CODE_FILE = 56,
  CODE_LINE = 60,
  CODE_COLUMN = 64,
  CODE_LINES_SIZE = 72,
  CODE_LINES = 76,

  ASYNC_RESOLVE = 8, // of an async function
  ASYNC_ACTIVE = 24,
  ASYNC_FRAME = 48,

  GENERATOR_FRAME = 24, // of an async generator
  GENERATOR_QUEUE = 72,
  REQUEST_PROMISE = 24,

  PROMISE_STATE = 0,
  PROMISE_THEN = 4,  // lists of reactions
  PROMISE_CATCH = 12,
  REACTION_RESOLVE = 8,
  REACTION_HANDLER = 24,

  JOB_ARGC = 16,
  JOB_ARGV = 24,

  VARIABLE = 20,
  CLOSURE = 8,
  CLOSURE_NAME = 4,

  ITERATOR_OBJECT = 0, // of a map's or set's iterator
  ITERATOR_KIND = 8,   // 0 keys, 1 values, 2 both
  ITERATOR_RECORD = 12,
  MAP_RECORDS = 4, // list of the links of records
  RECORD_EMPTY = 4,
  RECORD_LINK = 12,
  RECORD_KEY = 32,
  RECORD_VALUE = 40,

  DATA_COUNT = 5, // of a C function with data
  DATA_MAGIC = 6,
  DATA = 8,
};

enum {
  CLASS_C = 12,
  CLASS_BYTECODE = 13,
  CLASS_C_DATA = 15,
  CLASS_GENERATOR_FUNCTION = 17,
  CLASS_MAP_ITERATOR = 44,
  CLASS_SET_ITERATOR = 45,
  CLASS_PROMISE = 52,
  CLASS_RESOLVE = 53,
  CLASS_ASYNC_FUNCTION = 55,
  CLASS_ASYNC_RESOLVE = 56,
  CLASS_ASYNC_REJECT = 57,
  CLASS_ASYNC_GENERATOR_FUNCTION = 59,
  CLASS_ASYNC_GENERATOR = 60,
  TYPE_ASYNC_FUNCTION = 4, // of the collector's
};

static inline u32 at(u32 p) { return *(const u32 *)p; }
static inline u64 value_at(u32 p) { return *(const u64 *)p; }
static inline u32 object(JSValue v) { return v >> 32 == 0xffffffff ? (u32)v : 0; }
static inline u32 class_of(u32 o) { return o ? *(const unsigned short *)(o + OBJECT_CLASS) : 0; }
static inline u32 data_of(u32 o) { return at(o + OBJECT_DATA); }

// instance_of returns the object if it has the class, and else 0.
static inline u32 instance_of(JSValue v, u32 class) {
  u32 o = object(v);
  return class_of(o) == class ? o : 0;
}
