// The bytecode of the engine's functions (see host/docs/upstream-internals.md). Sizes and
// effects of instructions are the engine's own table.

#include "layout.h"

enum {
  OPCODES = 1088336, // the table: a name's address, size, pops, pushes, format; 8 bytes each
  TEMPORARY = 185,   // from here on the table has instructions of the compiler's first
  TEMPORARIES = 19,
  MAX_JUMPS = 64, // forward that are under way at one time; back, of all
  MAX_PASSES = 8, // over the code: one for each loop in a loop
  MAX_STEPS = 8,    // of a path
  UNKNOWN = 0,
};

enum { // formats of operands
  LABEL8 = 9,
  LABEL16 = 12,
  POPS = 13,
  POPS_BY_NUMBER = 14,
  POPS16 = 15,
  LABEL = 23,
  ATOM = 24,
  ATOM_LABEL = 27,
  ATOM_LABEL16 = 28,
};

enum {
  PUSH_I32 = 1, PUSH_STRING = 4, PRIVATE = 5, UNDEFINED = 6, NULL_VALUE = 7, THIS = 8, FALSE_VALUE = 9, TRUE_VALUE = 10,
  NIP = 15, DUP = 17, DUP2 = 19, SWAP = 27,
  CLASS = 85, CLASS_COMPUTED = 86, CONSTRUCT = 33, CHECK_CONSTRUCTOR = 43, INIT_CONSTRUCTOR = 44, CALL = 34, TAIL_CALL = 35, CALL_METHOD = 36, TAIL_CALL_METHOD = 37, APPLY = 39, RETURN = 40, RETURN_UNDEFINED = 41,
  RETURN_ASYNC = 47, THROW = 48, THROW_ERROR = 49, EVAL = 50, GET_GLOBAL_UNDEFINED = 55, GET_GLOBAL = 56, GET_FIELD = 64, GET_FIELD2 = 65,
  PUT_FIELD = 66, GET_PRIVATE = 67, GET_ELEMENT = 70, GET_ELEMENT2 = 71, PUT_ELEMENT = 72, GET_SUPER = 73, APPEND = 81, GET_LOCAL = 87, SET_LOCAL = 89,
  GET_ARGUMENT = 90, SET_ARGUMENT = 92, GET_OUTER = 93, SET_OUTER = 95, GET_LOCAL_CHECK = 97, GET_OUTER_CHECK = 100, GOTO = 106,
  CATCH = 107, GOSUB = 108, RET = 109, CHECK_OBJECT = 111, TO_OBJECT = 112, TO_KEY2 = 114, FOR_OF = 126, FOR_AWAIT_OF = 127, DELETE = 151, INSTANCEOF = 169, IN = 170,
  PUSH_MINUS1 = 185, PUSH_7 = 193, PUSH_I8 = 194, PUSH_I16 = 195, GET_LOCAL8 = 199, SET_LOCAL8 = 201, GET_TWO_LOCALS = 202, GET_LOCAL0 = 203, GET_LOCAL3 = 206,
  SET_LOCAL0 = 211, SET_LOCAL3 = 214, GET_ARGUMENT0 = 215, GET_ARGUMENT3 = 218, SET_ARGUMENT0 = 223, SET_ARGUMENT3 = 226,
  GET_OUTER0 = 227, GET_OUTER3 = 230, SET_OUTER0 = 235, SET_OUTER3 = 238, GET_LENGTH = 239, GOTO8 = 242, GOTO16 = 243, CALL0 = 244, CALL3 = 247,
};

// jumps are places that are jumped to, each with the depth of the stack there and the
// slot on its top.
struct jumps {
  u32 count;
  struct {
    u32 place, depth, top;
  } list[MAX_JUMPS];
};

// code is a function. Its slots are of the stack: where the value comes from as the
// instruction's place + 1, with SECOND for the second value that it leaves.
struct code {
  const u8 *bytes;
  u32 size, at, room;
  u32 *slots;
  struct jumps forward, back;
  int jumped; // whether the last place that was looked for is reached by jumps alone
};

#define SECOND 0x80000000

static inline u32 u16_at(const u8 *p) { return p[0] | (u32)p[1] << 8; }
static inline u32 u32_at(const u8 *p) { return u16_at(p) | u16_at(p + 2) << 16; }

static inline const u8 *entry(u8 op) {
  u32 index = op < TEMPORARY ? op : op + TEMPORARIES;
  return (const u8 *)(OPCODES + 8 * index + 4);
}

// follow follows the code up to a place, and returns the depth of the stack there, or a
// number below 0 when it is not known. It sets the slots.
int follow(struct code *c, u32 until);

// learn follows the code to its end until all jumps back are known: the body of a loop
// may begin at one. It comes before follow.
void learn(struct code *c);

// failing returns where the instruction begins that ends, or has its operands, at pc.
u32 failing(const struct code *c, u32 pc);
