// What AsyncLocalStorage keeps: one frame, a map from storages to their values,
// goes along with each chain of calls. Promises, timers and ticks carry the
// frame that they were made in to the callbacks that they run.
import { native } from "../native.js";
import { atTurnEnd, useContext } from "../loop/context.js";

let frame = null; // null: no storage has a value
let used = false; // whether any storage was ever entered

export function current() {
  return frame;
}

// swap makes next the frame and returns the one before.
export function swap(next) {
  const before = frame;
  frame = next;
  return before;
}

// within calls f with args and self in the frame of another time.
export function within(then, f, self, args) {
  const before = swap(then);
  try {
    return Reflect.apply(f, self, args);
  } finally {
    frame = before;
  }
}

// bound returns f in the frame of now.
export function bound(f) {
  if (typeof f !== "function" || !used) return f;
  const then = frame;
  return function (...args) {
    return within(then, f, this, args);
  };
}

// begin is called before the first frame is made: from then on the engine's promises
// carry frames, too, which makes them slower.
export function begin() {
  if (used) return;
  used = true;
  useContext(bound);
  atTurnEnd(() => swap(null));
  native.carry_frames({ bind: bound, current, swap });
}
