// Those in the action who want to know of what nobody caught. node/process.js
// has them: each returns whether anyone listened.

let listeners = { exception: () => false, rejection: () => false, handled: () => false };

export function useListeners(all) {
  listeners = all;
}

// listening returns them.
export function listening() {
  return listeners;
}
