// Functions that answer by a callback, and those that do so by a promise.
import { checkFunction } from "../node/errors.js";
import { setImmediate } from "../loop/timers.js";

const custom = Symbol.for("nodejs.util.promisify.custom");

// later calls callback with what work returns, or with the error it throws, in
// a later turn of the loop.
export function later(callback, work) {
  checkFunction(callback, "callback");
  let error = null;
  let results = [];
  try {
    results = work();
  } catch (thrown) {
    error = thrown;
  }
  setImmediate(() => (error ? callback(error) : callback(null, ...results)));
}

// promised makes util.promisify(f) give what make returns of all results.
export function promised(f, make) {
  const promise = (...args) => new Promise((resolve, reject) => f(...args, (error, ...results) => (error ? reject(error) : resolve(make(...results)))));
  Object.defineProperty(f, custom, { value: promise });
  return f;
}
