// What only the engine knows of a value.
import { native } from "../native.js";

// promiseDetails returns the state of a promise (0 pending, 1 fulfilled, 2 rejected)
// and its result.
export function promiseDetails(promise) {
  const [state, result] = native.promise(promise) ?? [0];
  return { state, result };
}

// proxyDetails returns the target of a proxy, or with both its target and handler,
// null when it is revoked; undefined when value is no proxy.
export function proxyDetails(value, both = true) {
  const details = native.proxy(value);
  return both || details === undefined ? details : details[0];
}

export function isProxy(value) {
  return native.proxy(value) !== undefined;
}

// iteratorEntries returns what an iterator of a map or set has yet to give, and last
// whether that is keys and values in turn.
export function iteratorEntries(iterator) {
  return native.iterator_entries(iterator) ?? [false];
}
