// util.promisify and util.callbackify.
import { nextTick } from "../loop/ticks.js";
import { checkFunction, hidden, nodeError } from "./errors.js";

const custom = Symbol.for("nodejs.util.promisify.custom");

export function promisify(original) {
  checkFunction(original, "original");
  const own = original[custom];
  if (own) {
    checkFunction(own, "util.promisify.custom");
    hidden(own, custom, own);
    return own;
  }
  function promised(...args) {
    return new Promise((resolve, reject) => {
      Reflect.apply(original, this, [...args, (error, value) => (error ? reject(error) : resolve(value))]);
    });
  }
  Object.setPrototypeOf(promised, Object.getPrototypeOf(original));
  hidden(promised, custom, promised);
  return Object.defineProperties(promised, Object.getOwnPropertyDescriptors(original));
}
promisify.custom = custom;

export function callbackify(original) {
  checkFunction(original, "original");
  function called(...args) {
    const callback = args.pop();
    checkFunction(callback, "last argument");
    Reflect.apply(original, this, args).then(
      (value) => nextTick(callback.bind(this, null, value)),
      (reason) => nextTick(callback.bind(this, reason || falsy(reason))),
    );
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  if (typeof descriptors.length.value === "number") descriptors.length.value++;
  if (typeof descriptors.name.value === "string") descriptors.name.value += "Callbackified";
  return Object.defineProperties(called, descriptors);
}

function falsy(reason) {
  return nodeError(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value", { reason });
}
