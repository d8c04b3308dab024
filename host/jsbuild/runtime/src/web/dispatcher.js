// The dispatcher of a request, as undici has it: here it says only whether the
// request may go the way that it stands for.
export const allows = Symbol("dispatcher.allows"); // of a dispatcher: a function that throws when it can't be followed

let global;

export function setGlobalDispatcher(dispatcher) {
  global = dispatcher;
}

export function getGlobalDispatcher() {
  return global;
}

// checkDispatcher throws when a request to url can't go by dispatcher, or by the
// program's global one.
export function checkDispatcher(dispatcher, url) {
  const chosen = dispatcher ?? global;
  if (chosen === undefined || chosen === null) return;
  if (typeof chosen[allows] !== "function") throw new TypeError("the option dispatcher must be a dispatcher of the package undici");
  chosen[allows](url);
}
