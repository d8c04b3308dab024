// Promises that were rejected and that no one took up.
import { native } from "../native.js";

let open = new Map(); // reasons by promise, in the order of the rejections

native.on_rejection((promise, reason, handled) => {
  if (handled) open.delete(promise);
  else open.set(promise, reason);
});

// takeRejections returns the reasons of what is unhandled still, and forgets
// them.
export function takeRejections() {
  if (open.size === 0) return [];
  const reasons = [...open.values()];
  open = new Map();
  return reasons;
}
