// Exceptions that no one caught: in a timer, a tick or a microtask. The first
// of them is why the run fails.

let exceptions = [];

// guarded calls callback with args and keeps what it throws.
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
