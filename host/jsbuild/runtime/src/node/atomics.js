// Atomics, which the engine is built without. An action is one thread, so that
// each operation is atomic by itself.
import { native } from "../native.js";

const arrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const integers = new Set(["Int8Array", "Uint8Array", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array", "BigInt64Array", "BigUint64Array"]);
const waitable = new Set(["Int32Array", "BigInt64Array"]);

// check returns index, which must be one of array's.
function check(array, index, kinds = integers, what = "an integer typed array") {
  if (!kinds.has(arrayTag.call(array))) throw new TypeError(`${shown(array)} is not ${what}.`);
  const i = Math.trunc(Number(index)) || 0;
  if (i < 0 || i >= array.length) throw new RangeError("Invalid atomic access index");
  return i;
}

function shown(value) {
  return value !== null && typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
}

// number is value as the elements of array are; storing cuts it to their size.
function number(array, value) {
  if (!arrayTag.call(array).startsWith("Big")) return Math.trunc(Number(value)) || 0;
  if (typeof value === "number") throw new TypeError(`Cannot convert ${value} to a BigInt`);
  return BigInt(value);
}

// exchanging returns an operation that stores what next makes of the old value
// and the operand, and returns the old value.
const exchanging = (next) => (array, index, value) => {
  const i = check(array, index);
  const operand = number(array, value);
  const old = array[i];
  array[i] = next(old, operand);
  return old;
};

const add = exchanging((old, value) => old + value);
const and = exchanging((old, value) => old & value);
const or = exchanging((old, value) => old | value);
const sub = exchanging((old, value) => old - value);
const xor = exchanging((old, value) => old ^ value);
const exchange = exchanging((_, value) => value);

const operations = {
  load(array, index) {
    return array[check(array, index)];
  },
  store(array, index, value) {
    const i = check(array, index);
    const stored = number(array, value);
    array[i] = stored;
    return stored;
  },
  add(array, index, value) {
    return add(array, index, value);
  },
  sub(array, index, value) {
    return sub(array, index, value);
  },
  and(array, index, value) {
    return and(array, index, value);
  },
  or(array, index, value) {
    return or(array, index, value);
  },
  xor(array, index, value) {
    return xor(array, index, value);
  },
  exchange(array, index, value) {
    return exchange(array, index, value);
  },
  compareExchange(array, index, expected, replacement) {
    const i = check(array, index);
    const one = new array.constructor([number(array, expected)]);
    const next = number(array, replacement);
    const old = array[i];
    if (old === one[0]) array[i] = next;
    return old;
  },
  isLockFree(size) {
    return [1, 2, 4, 8].includes(Math.trunc(Number(size)));
  },
  // wait sleeps by the run's clock: no other thread can end it earlier.
  wait(array, index, value, timeout) {
    const ms = different(array, index, value, timeout);
    if (ms === null) return "not-equal";
    if (ms === Infinity) throw new Error("Atomics.wait() would wait for ever: an action is one thread, so no other can notify it");
    if (ms > 0) native.sleep(Math.ceil(ms));
    return "timed-out";
  },
  waitAsync(array, index, value, timeout) {
    const ms = different(array, index, value, timeout);
    if (ms === null) return { async: false, value: "not-equal" };
    if (ms === 0) return { async: false, value: "timed-out" };
    return { async: true, value: new Promise((resolve) => sleeper(array, Number(index), ms, resolve)) };
  },
  notify(array, index, count) {
    const i = check(array, index, waitable, "an int32 or BigInt64 typed array");
    const most = count === undefined ? Infinity : Math.max(Math.trunc(Number(count)) || 0, 0);
    const woken = sleepers.filter((s) => s.buffer === array.buffer && s.at === array.byteOffset + i * array.BYTES_PER_ELEMENT).slice(0, most);
    for (const s of woken) s.wake("ok");
    return woken.length;
  },
};

const sleepers = []; // by waitAsync

function sleeper(array, index, ms, resolve) {
  const timer = ms === Infinity ? undefined : setTimeout(() => s.wake("timed-out"), ms);
  const s = {
    buffer: array.buffer,
    at: array.byteOffset + index * array.BYTES_PER_ELEMENT,
    wake(result) {
      clearTimeout(timer);
      sleepers.splice(sleepers.indexOf(s), 1);
      resolve(result);
    },
  };
  sleepers.push(s);
}

// different returns null when array does not hold value at index, and else the ms to wait.
function different(array, index, value, timeout) {
  const i = check(array, index, waitable, "an int32 or BigInt64 typed array");
  if (!(array.buffer instanceof SharedArrayBuffer)) throw new TypeError(`${shown(array)} is not a shared typed array.`);
  const expected = number(array, value);
  const ms = timeout === undefined || Number.isNaN(Number(timeout)) ? Infinity : Math.max(Number(timeout), 0);
  return array[i] === expected ? ms : null;
}

if (globalThis.Atomics === undefined) {
  const Atomics = {};
  for (const [name, value] of Object.entries(operations)) Object.defineProperty(Atomics, name, { value, writable: true, configurable: true });
  Object.defineProperty(Atomics, Symbol.toStringTag, { value: "Atomics", configurable: true });
  Object.defineProperty(globalThis, "Atomics", { value: Atomics, writable: true, configurable: true });
}
