// Follows the bytecode of a function: for each value on the stack, which instruction it
// comes from.

#include "bytecode.h"

// Instructions that move values on the stack: how many they take, and which of these
// they leave, counted from the lowest.
static const struct {
  u8 op, takes;
  const char *leaves;
} moves[] = {
    {15, 2, "1"}, {16, 3, "12"}, {17, 1, "00"}, {18, 2, "001"}, {19, 2, "0101"}, {20, 3, "012012"},
    {21, 2, "101"}, {22, 3, "2012"}, {23, 4, "30123"}, {24, 3, "102"}, {25, 4, "1203"}, {26, 5, "12304"},
    {27, 2, "10"}, {28, 4, "2301"}, {29, 3, "120"}, {30, 3, "201"}, {31, 4, "1230"}, {32, 5, "12340"},
};

// find returns the index of a place, or the count of all.
static u32 find(const struct jumps *j, u32 place) {
  u32 i = 0;
  while (i < j->count && j->list[i].place != place) i++;
  return i;
}

// reach notes that a place is reached with a depth of the stack and a slot on its top. It
// reports whether there was room.
static int reach(struct jumps *j, u32 place, u32 depth, u32 top) {
  if (find(j, place) < j->count) return 1;
  if (j->count == MAX_JUMPS) return 0;
  j->list[j->count].place = place;
  j->list[j->count].depth = depth;
  j->list[j->count].top = top;
  j->count++;
  return 1;
}

// keeps reports whether an instruction leaves a value on the stack as it was.
static int keeps(u8 op) {
  return op == SET_LOCAL || op == SET_ARGUMENT || op == SET_OUTER || op == SET_LOCAL8 || (op >= SET_LOCAL0 && op <= SET_LOCAL3) ||
         (op >= SET_ARGUMENT0 && op <= SET_ARGUMENT3) || (op >= SET_OUTER0 && op <= SET_OUTER3) || (op >= CHECK_OBJECT && op <= TO_KEY2);
}

// move does what an instruction that moves values does, and returns the new depth; -1
// for others.
static int move(struct code *c, u8 op, u32 depth) {
  for (u32 i = 0; i < sizeof moves / sizeof *moves; i++) {
    if (moves[i].op != op) continue;
    u32 taken[5], takes = moves[i].takes;
    if (depth < takes) return -1;
    depth -= takes;
    for (u32 k = 0; k < takes; k++) taken[k] = c->slots[depth + k];
    for (const char *l = moves[i].leaves; *l && depth < c->room; l++) c->slots[depth++] = taken[*l - '0'];
    return (int)depth;
  }
  return -1;
}

// effect applies an instruction to the slots, and returns the new depth; -1 when that
// is not known.
static int effect(struct code *c, u32 place, u32 depth) {
  u8 op = c->bytes[place];
  const u8 *e = entry(op);
  int moved = move(c, op, depth);
  if (moved >= 0 || keeps(op)) return moved >= 0 ? moved : (int)depth;
  u32 pops = e[1], pushes = e[2];
  if (e[3] == POPS || e[3] == POPS16) pops += u16_at(c->bytes + place + 1);
  if (e[3] == POPS_BY_NUMBER) pops += (u32)(op - CALL0);
  if (e[3] == ATOM_LABEL || e[3] == ATOM_LABEL16 || depth < pops) return -1;
  u32 below = (op == GET_FIELD2 || op == GET_ELEMENT2) && depth >= pops; // the object stays below
  depth -= pops;
  if (below) depth++, pushes--;
  for (u32 i = 0; i < pushes && depth < c->room; i++) c->slots[depth++] = (place + 1) | (i ? SECOND : 0);
  return (int)depth;
}

// jump notes where an instruction may go on, and reports whether that is known.
static int jump(struct code *c, u32 place, u32 depth) {
  const u8 *p = c->bytes + place, *e = entry(*p);
  int by;
  switch (e[3]) {
  case LABEL8: by = (signed char)p[1]; break;
  case LABEL16: by = (short)u16_at(p + 1); break;
  case LABEL: by = (int)u32_at(p + 1); break;
  default: return 1;
  }
  u32 top = depth && *p != GOSUB ? c->slots[depth - 1] : UNKNOWN;
  return reach(by < 0 ? &c->back : &c->forward, place + 1 + (u32)by, depth + (*p == GOSUB), top) || by < 0;
}

static int ends(u8 op) {
  return op == GOTO || op == GOTO8 || op == GOTO16 || op == RETURN || op == RETURN_UNDEFINED || op == RETURN_ASYNC || op == THROW || op == THROW_ERROR || op == RET ||
         op == TAIL_CALL || op == TAIL_CALL_METHOD;
}

// join enters a place by a jump of the list, if there is one to it, and returns the depth
// there: that of before, or -1, when there is none. A depth that is not that of before, if
// this is one, is returned as -2.
static int join(struct code *c, struct jumps *j, u32 place, int before) {
  u32 i = find(j, place);
  if (i == j->count) return before;
  int depth = (int)j->list[i].depth;
  u32 top = j->list[i].top;
  if (j == &c->forward) j->list[i] = j->list[--j->count];
  if (before >= 0 && depth != before) return -2;
  if (depth <= 0 || depth > (int)c->room) return depth;
  u32 *slot = &c->slots[depth - 1];
  if (before >= 0 && *slot != top && !(*slot && c->bytes[*slot - 1] == UNDEFINED)) top = UNKNOWN; // a pattern begins with undefined
  *slot = top;
  return depth;
}

int follow(struct code *c, u32 until) {
  int depth = 0;
  c->forward.count = 0;
  for (u32 place = 0; place < c->size; place += entry(c->bytes[place])[0]) {
    c->jumped = depth < 0;
    depth = join(c, &c->forward, place, depth);
    if (depth != -2) depth = join(c, &c->back, place, depth);
    if (place == until || depth == -2) return depth;
    if (depth < 0) continue;
    depth = effect(c, place, (u32)depth);
    if (depth >= 0 && !jump(c, place, (u32)depth)) return -1;
    if (ends(c->bytes[place])) depth = -1;
  }
  return -1;
}

void learn(struct code *c) {
  c->back.count = 0;
  for (u32 pass = 0, known = 1; pass < MAX_PASSES && known != c->back.count; pass++) {
    known = c->back.count;
    follow(c, c->size);
  }
}

u32 failing(const struct code *c, u32 pc) {
  u32 place = 0;
  for (u32 next; place < c->size; place = next) {
    next = place + entry(c->bytes[place])[0];
    if (next >= pc) break;
  }
  return place;
}
