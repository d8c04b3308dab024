// Uncaught exceptions: in a timer, a tick or a microtask. The run fails with the
// first of them.

let exceptions = [];

// guarded calls callback with args and stores what it throws.
export function guarded(callback, ...args) {
  try {
    callback(...args);
  } catch (exception) {
    exceptions.push(exception);
  }
}

// takeUncaught returns what was thrown since it was last called, in order.
export function takeUncaught() {
  const taken = exceptions;
  if (taken.length > 0) exceptions = [];
  return taken;
}
