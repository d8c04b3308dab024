// Deep equality, loose as assert.deepEqual has it or strict as
// util.isDeepStrictEqual has it.
import { types } from "./types.js";

const tagOf = (value) => Object.prototype.toString.call(value);

export function isDeepEqual(a, b, strict) {
  return equal(a, b, strict, []);
}

export function isDeepStrictEqual(a, b) {
  return isDeepEqual(a, b, true);
}

// equal compares a and b; seen holds the pairs that are being compared above.
function equal(a, b, strict, seen) {
  if (a === b) return a !== 0 || !strict || Object.is(a, b);
  const objects = isObject(a) && isObject(b);
  if (!objects) return strict ? Object.is(a, b) : looselyEqual(a, b);
  if (strict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (tagOf(a) !== tagOf(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (!equalContents(a, b, strict)) return false;
  const above = seen.find(([x, y]) => x === a || y === b);
  if (above) return above[0] === a && above[1] === b;
  const within = [...seen, [a, b]];
  return equalKeys(a, b, strict, within) && equalMembers(a, b, strict, within);
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

function looselyEqual(a, b) {
  if (isObject(a) || isObject(b) || typeof a === "function" || typeof b === "function") return false;
  return a == b || (a !== a && b !== b);
}

// equalContents compares what a and b hold besides their properties.
function equalContents(a, b, strict) {
  if (types.isDate(a)) return types.isDate(b) && Object.is(a.getTime(), b.getTime());
  if (types.isRegExp(a)) return types.isRegExp(b) && a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
  if (types.isNativeError(a) || a instanceof Error) return equalErrors(a, b);
  if (types.isArrayBufferView(a)) return types.isArrayBufferView(b) && equalViews(a, b, strict);
  if (types.isAnyArrayBuffer(a)) return types.isAnyArrayBuffer(b) && equalBytes(new Uint8Array(a), new Uint8Array(b));
  if (types.isBoxedPrimitive(a)) return types.isBoxedPrimitive(b) && Object.is(a.valueOf(), b.valueOf());
  if (types.isWeakMap(a) || types.isWeakSet(a) || types.isPromise(a)) return false;
  if (types.isSet(a) || types.isMap(a)) return types.isMap(a) === types.isMap(b) && a.size === b.size;
  return !Array.isArray(a) || a.length === b.length;
}

function equalErrors(a, b) {
  return (types.isNativeError(b) || b instanceof Error) && a.message === b.message && a.name === b.name && equal(a.cause, b.cause, true, []) && equal(a.errors, b.errors, true, []);
}

function equalViews(a, b, strict) {
  if (a.byteLength !== b.byteLength) return false;
  if (!strict && (types.isFloat32Array(a) || types.isFloat64Array(a))) return a.every((value, i) => value == b[i]);
  return equalBytes(bytesOf(a), bytesOf(b));
}

function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function equalBytes(a, b) {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function keysOf(value, strict) {
  const keys = Object.keys(value);
  if (strict) keys.push(...Object.getOwnPropertySymbols(value).filter((s) => Object.prototype.propertyIsEnumerable.call(value, s)));
  return types.isArrayBufferView(value) ? keys.filter((key) => typeof key === "symbol" || !/^\d+$/.test(key)) : keys;
}

function equalKeys(a, b, strict, seen) {
  const keys = keysOf(a, strict);
  if (keys.length !== keysOf(b, strict).length) return false;
  if (!keys.every((key) => Object.prototype.propertyIsEnumerable.call(b, key))) return false;
  return keys.every((key) => equal(a[key], b[key], strict, seen));
}

function equalMembers(a, b, strict, seen) {
  if (types.isSet(a)) return equalSets(a, b, strict, seen);
  if (types.isMap(a)) return equalMaps(a, b, strict, seen);
  return true;
}

function equalSets(a, b, strict, seen) {
  const rest = new Set(b);
  const others = [...a].filter((value) => !rest.delete(value));
  return others.every((value) => {
    for (const candidate of rest) {
      if (equal(value, candidate, strict, seen)) return rest.delete(candidate);
    }
    return false;
  });
}

function equalMaps(a, b, strict, seen) {
  const rest = new Map(b);
  return [...a].every(([key, value]) => {
    if (rest.has(key) && equal(value, rest.get(key), strict, seen)) return rest.delete(key);
    for (const [k, v] of rest) {
      if ((isObject(key) || !strict) && equal(key, k, strict, seen) && equal(value, v, strict, seen)) return rest.delete(k);
    }
    return false;
  });
}
