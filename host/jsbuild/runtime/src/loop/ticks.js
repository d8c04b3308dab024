// process.nextTick and queueMicrotask: what runs before the loop goes on.
import { bind, endTurn } from "./context.js";
import { checkCallback } from "./callback.js";
import { guarded } from "./uncaught.js";

const then = Promise.prototype.then;
const settled = Promise.resolve();

let ticks = [];

// nextTick calls callback with args when the code that is running has returned:
// before promises go on when the loop called that code, and else, as in Node,
// when all of them have.
export function nextTick(callback, ...args) {
  checkCallback(callback);
  ticks.push([bind(callback), args]);
}

// turn runs one step of the loop, and the ticks that it leaves.
export function turn(step, argument) {
  try {
    return step(argument);
  } finally {
    if (ticks.length > 0) runTicks();
    endTurn();
  }
}

function runTicks() {
  while (ticks.length > 0) {
    const batch = ticks;
    ticks = [];
    for (const [callback, args] of batch) guarded(callback, ...args);
  }
}

// ticking reports whether ticks are queued.
export function ticking() {
  return ticks.length > 0;
}

export function queueMicrotask(callback) {
  checkCallback(callback);
  const bound = bind(callback);
  then.call(settled, () => guarded(bound));
}

export function dropTicks() {
  if (ticks.length > 0) ticks = [];
}

Object.defineProperty(globalThis, "queueMicrotask", { value: queueMicrotask, writable: true, configurable: true, enumerable: true });
