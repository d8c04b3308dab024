// Promises with unhandled rejections.
import { native } from "../native.js";

let fresh = new Map(); // reasons by promise, in the order of the rejections; not yet reported
let open = new Map(); // those for which no one listened
let reported = new WeakSet(); // promises that were reported to listeners
let late = []; // those of them that were handled since

native.on_rejection((promise, reason, handled) => {
  if (!handled) fresh.set(promise, reason);
  else if (!fresh.delete(promise) && !open.delete(promise) && reported.has(promise)) late.push(promise);
});

// rejected reports whether there is a rejection to report.
export function rejected() {
  return fresh.size + late.length > 0;
}

// reportRejections reports to the action's listeners, once each, the new rejections
// and those that they know and that are handled now. It returns whether there were
// listeners.
export function reportRejections(listeners) {
  let any = false;
  while (late.length > 0) any = listeners.handled(late.shift()) || any;
  for (const [promise, reason] of fresh) {
    fresh.delete(promise); // also when the listener throws
    if (listeners.rejection(reason, promise)) {
      reported.add(promise);
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
