// Random bytes and numbers, from the run's own source.
import { Buffer } from "../node/buffer.js";
import { invalidArgument, nodeError, outOfRange } from "../node/errors.js";
import { native } from "../native.js";
import { bytes } from "./bytes.js";
import { later } from "./later.js";

const maxBytes = 2 ** 31 - 1;
const quota = 65536;

function checkSize(size) {
  if (typeof size !== "number") throw invalidArgument("size", "of type number", size);
  if (!(size >= 0 && size <= maxBytes)) throw outOfRange("size", `>= 0 && <= ${maxBytes}`, size);
}

function buffer(size) {
  const all = native.random(size);
  return Buffer.from(all.buffer, all.byteOffset, all.byteLength);
}

export function randomBytes(size, callback) {
  checkSize(size);
  if (callback === undefined) return buffer(size);
  return later(callback, () => [buffer(size)]);
}

export function randomFillSync(target, offset = 0, size = undefined) {
  const all = bytes(typeof target === "string" ? undefined : target);
  if (!all) throw invalidArgument("buf", "an instance of ArrayBuffer or ArrayBufferView", target);
  const unit = target.BYTES_PER_ELEMENT ?? 1;
  const from = offset * unit;
  const length = size === undefined ? all.length - from : size * unit;
  if (!(from >= 0 && from <= all.length)) throw outOfRange("offset", `>= 0 && <= ${all.length}`, offset);
  if (!(length >= 0 && from + length <= all.length)) throw outOfRange("size + offset", `<= ${all.length}`, from + length);
  all.set(native.random(length), from);
  return target;
}

export function randomFill(target, ...rest) {
  const callback = rest.pop();
  return later(callback, () => [randomFillSync(target, ...rest)]);
}

const maxRange = 2 ** 48 - 1;

// randomInt returns a whole number n, min <= n < max.
export function randomInt(...args) {
  const callback = typeof args.at(-1) === "function" ? args.pop() : undefined;
  const [min, max] = args.length < 2 ? [0, args[0]] : args;
  for (const [name, value] of [["min", min], ["max", max]]) {
    if (!Number.isSafeInteger(value)) throw invalidArgument(name, "a safe integer", value);
  }
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  if (max - min > maxRange) throw outOfRange("max - min", `<= ${maxRange}`, max - min);
  if (callback === undefined) return min + below(max - min);
  return later(callback, () => [min + below(max - min)]);
}

// below returns a number under range, each as likely as the others.
function below(range) {
  const limit = 2 ** 48 - (2 ** 48 % range);
  for (;;) {
    const n = buffer(6).readUIntBE(0, 6);
    if (n < limit) return n % range;
  }
}

export function randomUUID() {
  const all = buffer(16);
  all[6] = (all[6] & 0x0f) | 0x40;
  all[8] = (all[8] & 0x3f) | 0x80;
  const hex = all.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

// getRandomValues fills a typed array of whole numbers, of the global crypto
// as of the module.
export function getRandomValues(array) {
  if (!ArrayBuffer.isView(array) || array instanceof DataView || array instanceof Float32Array || array instanceof Float64Array) {
    throw new DOMException("The data argument must be an integer-type TypedArray", "TypeMismatchError");
  }
  if (array.byteLength > quota) throw new DOMException("The requested length exceeds 65,536 bytes", "QuotaExceededError");
  return randomFillSync(array);
}

// timingSafeEqual compares in a time that does not depend on the content.
export function timingSafeEqual(a, b) {
  const [x, y] = [a, b].map((value, i) => bytes(typeof value === "string" ? undefined : value) ?? notBytes(`buf${i + 1}`, value));
  if (x.length !== y.length) throw nodeError(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  let differ = 0;
  for (let i = 0; i < x.length; i++) differ |= x[i] ^ y[i];
  return differ === 0;
}

function notBytes(name) {
  throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", `The "${name}" argument must be an instance of ArrayBuffer, Buffer, TypedArray, or DataView.`);
}
