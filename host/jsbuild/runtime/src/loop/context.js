// The context of asynchronous callbacks, and the end of each turn of the loop. Code
// that stores something for each chain of calls, such as AsyncLocalStorage, sets with
// useContext how a callback is bound to the chain that it was made in.

let binder = (callback) => callback;
let ends = null; // what is called when a turn ends

// useContext makes every later callback of timers, ticks and microtasks pass
// bind, which returns what is called in its stead.
export function useContext(bind) {
  binder = bind;
}

// bind returns callback, bound to the chain of calls that is running.
export function bind(callback) {
  return binder(callback);
}

// atTurnEnd makes f be called at the end of each turn from now on.
export function atTurnEnd(f) {
  ends ??= [];
  ends.push(f);
}

export function endTurn() {
  if (ends !== null) for (const f of ends) f();
}
