// Shows what an iterator of a map or set has yet to give, without taking it.

#include "layout.h"

static void push(JSContext ctx, JSValue array, u32 *size, JSValue v) {
  JS_DefinePropertyValueUint32(ctx, array, *size, JS_DupValue(ctx, v), JS_PROP_C_W_E);
  *size += 1;
}

// iterator_entries returns what an iterator of a map or set gives from now on, one
// after another, and last whether it gives keys and values in turn. It returns undefined
// for other values.
JSValue iterator_entries(JSContext ctx, JSValue iterator) {
  u32 o = object(iterator), class = class_of(o);
  if (class != CLASS_MAP_ITERATOR && class != CLASS_SET_ITERATOR) return JS_UNDEFINED;
  u32 data = data_of(o), map = object(value_at(data + ITERATOR_OBJECT)), kind = at(data + ITERATOR_KIND), size = 0;
  int set = class == CLASS_SET_ITERATOR;
  JSValue array = JS_NewArray(ctx);
  u32 list = map ? data_of(map) + MAP_RECORDS : 0, record = at(data + ITERATOR_RECORD);
  u32 link = !map ? 0 : at((record ? record + RECORD_LINK : list) + 4);
  for (; link != list; link = at(link + 4)) {
    u32 r = link - RECORD_LINK;
    if (*(const u8 *)(r + RECORD_EMPTY)) continue;
    JSValue key = value_at(r + RECORD_KEY), value = set ? key : value_at(r + RECORD_VALUE);
    if (kind != 1) push(ctx, array, &size, key);
    if (kind != 0) push(ctx, array, &size, value);
  }
  push(ctx, array, &size, kind == 2 ? JS_TRUE : JS_FALSE);
  return array;
}
