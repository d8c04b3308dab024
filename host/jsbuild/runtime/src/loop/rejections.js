// Promises that were rejected and that no one took up.
import { native } from "../native.js";

let fresh = new Map(); // reasons by promise, in the order of the rejections; no one was told yet
let open = new Map(); // those for which no one listened
let told = new WeakSet(); // promises of which listeners were told
let late = []; // those of them that were handled since

native.on_rejection((promise, reason, handled) => {
  if (!handled) fresh.set(promise, reason);
  else if (!fresh.delete(promise) && !open.delete(promise) && told.has(promise)) late.push(promise);
});

// rejected tells whether there is something to tell.
export function rejected() {
  return fresh.size + late.length > 0;
}

// tellRejections tells the action's listeners, once, of what was rejected, and
// of what they were told and is handled now. It reports whether anyone listened.
export function tellRejections(listeners) {
  let any = false;
  while (late.length > 0) any = listeners.handled(late.shift()) || any;
  for (const [promise, reason] of fresh) {
    fresh.delete(promise); // also when the listener throws
    if (listeners.rejection(reason, promise)) {
      told.add(promise);
      any = true;
    } else open.set(promise, reason);
  }
  return any;
}

// takeRejections returns the reasons of what is unhandled still, and forgets
// them.
export function takeRejections() {
  if (open.size + fresh.size === 0) return [];
  const reasons = [...open.values(), ...fresh.values()];
  open = new Map();
  fresh = new Map();
  return reasons;
}
