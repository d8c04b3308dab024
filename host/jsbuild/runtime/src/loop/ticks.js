// process.nextTick and queueMicrotask: what runs before the loop goes on.
import { bind } from "./context.js";
import { checkCallback } from "./callback.js";
import { guarded } from "./uncaught.js";

const then = Promise.prototype.then;
const settled = Promise.resolve();

let ticks = [];
let scheduled = false;
let inTurn = false; // the loop itself will run the ticks, ahead of the microtasks

// nextTick calls callback with args as soon as the code that is running
// returns, before promises go on where the loop can have it so.
export function nextTick(callback, ...args) {
  checkCallback(callback);
  ticks.push([bind(callback), args]);
  if (inTurn || scheduled) return;
  scheduled = true;
  then.call(settled, runTicks);
}

// turn runs one step of the loop, and the ticks that it leaves.
export function turn(step) {
  inTurn = true;
  try {
    return step();
  } finally {
    runTicks();
    inTurn = false;
  }
}

function runTicks() {
  scheduled = false;
  for (let i = 0; i < ticks.length; i++) guarded(ticks[i][0], ...ticks[i][1]);
  ticks = [];
}

export function queueMicrotask(callback) {
  checkCallback(callback);
  const bound = bind(callback);
  then.call(settled, () => guarded(bound));
}

export function dropTicks() {
  ticks = [];
}

Object.defineProperty(globalThis, "queueMicrotask", { value: queueMicrotask, writable: true, configurable: true, enumerable: true });
