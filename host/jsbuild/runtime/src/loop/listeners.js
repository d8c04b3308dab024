// The action's listeners for uncaught errors. node/process.js has them: each returns
// whether there were listeners.

let listeners = { exception: () => false, rejection: () => false, handled: () => false };

export function useListeners(all) {
  listeners = all;
}

// listening returns them.
export function listening() {
  return listeners;
}
