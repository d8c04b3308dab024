// The context of asynchronous callbacks. Code that stores something for each chain of
// calls, such as AsyncLocalStorage, sets with useContext how a callback is bound to
// the chain that it was made in.

let binder = (callback) => callback;

// useContext makes every later callback of timers, ticks and microtasks pass
// bind, which returns what is called in its stead.
export function useContext(bind) {
  binder = bind;
}

// bind returns callback, bound to the chain of calls that is running.
export function bind(callback) {
  return binder(callback);
}
