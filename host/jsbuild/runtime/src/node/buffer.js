// node:buffer. Strings go through the engine.
import { addNumbers } from "./buffer-numbers.js";
import { checkBytes, checkRange, compare, copyTo, known, methods } from "./buffer-bytes.js";
import { decode, encode, normalize } from "./encoding.js";
import { checkNumber, hidden, invalidArgument, nodeError, outOfRange } from "./errors.js";
import { inspect } from "./inspect.js";
import { types } from "./types.js";
import { refused } from "./unsupported.js";

const kMaxLength = Number.MAX_SAFE_INTEGER;
const kStringMaxLength = 2 ** 29 - 24;

// FastBuffer makes buffers; programs know it as Buffer, which is a function.
class FastBuffer extends Uint8Array {}

const { prototype } = FastBuffer;

export function Buffer(value, encodingOrOffset, length) {
  if (typeof value === "number") {
    if (typeof encodingOrOffset === "string") throw invalidArgument("string", "of type string", value);
    return Buffer.alloc(value);
  }
  return Buffer.from(value, encodingOrOffset, length);
}

Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = prototype;
hidden(prototype, "constructor", Buffer);
Object.defineProperty(Buffer, Symbol.species, { get: () => FastBuffer, configurable: true, enumerable: false });

const accepted = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object";

// Programs call these with new, too, so that they are functions.
Object.assign(Buffer, {
  poolSize: 8192,

  from: function from(value, encodingOrOffset, length) {
    if (typeof value === "string") return adopt(encode(value, known(encodingOrOffset)));
    if (types.isAnyArrayBuffer(value)) return ofArrayBuffer(value, encodingOrOffset, length);
    if (value === null || typeof value !== "object") throw invalidArgument("first argument", accepted, value);
    return ofObject(value, encodingOrOffset, length);
  },

  copyBytesFrom: function copyBytesFrom(view, offset, length) {
    if (!types.isTypedArray(view)) throw invalidArgument("view", "an instance of TypedArray", view);
    if (view.length === 0) return new FastBuffer();
    if (offset !== undefined) checkRange(offset, "offset");
    if (length !== undefined) checkRange(length, "length");
    if (offset >= view.length) return new FastBuffer();
    const start = offset ?? 0;
    const copied = view.slice(start, length === undefined ? undefined : start + length);
    return new FastBuffer(copied.buffer, copied.byteOffset, copied.byteLength);
  },

  of(...items) {
    const buffer = new FastBuffer(items.length);
    for (const [i, item] of items.entries()) buffer[i] = item;
    return buffer;
  },

  alloc: function alloc(size, fill, encoding) {
    checkSize(size);
    const buffer = new FastBuffer(size);
    return fill === undefined || fill === 0 || size === 0 ? buffer : buffer.fill(fill, encoding);
  },

  allocUnsafe: function allocUnsafe(size) {
    checkSize(size);
    return new FastBuffer(size);
  },

  allocUnsafeSlow: function allocUnsafeSlow(size) {
    checkSize(size);
    return new FastBuffer(size);
  },

  isBuffer: function isBuffer(value) {
    return value instanceof Buffer;
  },

  compare: function (buf1, buf2) {
    checkBytes(buf1, "buf1");
    checkBytes(buf2, "buf2");
    return compare(buf1, buf2);
  },

  isEncoding: function isEncoding(name) {
    return typeof name === "string" && name !== "" && normalize(name) !== undefined;
  },

  concat: function concat(list, length) {
    if (!Array.isArray(list)) throw invalidArgument("list", "an instance of Array", list);
    if (list.length === 0) return new FastBuffer();
    if (length !== undefined) checkRange(length, "length");
    const whole = length ?? list.reduce((sum, item) => (item?.length ? sum + item.length : sum), 0);
    const buffer = Buffer.allocUnsafe(whole);
    let at = 0;
    for (const [i, item] of list.entries()) {
      checkBytes(item, `list[${i}]`);
      at += copyTo(item, buffer, at, 0, item.length);
    }
    return buffer;
  },

  byteLength: function byteLength(value, encoding) {
    if (typeof value === "string") return lengthOf(value, normalize(encoding) ?? "utf8");
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return value.byteLength;
    throw invalidArgument("string", "of type string or an instance of Buffer or ArrayBuffer", value);
  },
});

function checkSize(size) {
  checkNumber(size, "size");
  if (!(size >= 0 && size <= kMaxLength)) throw outOfRange("size", `>= 0 && <= ${kMaxLength}`, size);
}

// adopt makes a Buffer of bytes that no other code has.
function adopt(bytes) {
  return Object.setPrototypeOf(bytes, prototype);
}

function ofArrayBuffer(buffer, offset = 0, length = undefined) {
  const start = +offset || 0;
  if (start > buffer.byteLength) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  if (length > buffer.byteLength - start) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  return new FastBuffer(buffer, start, length === undefined ? undefined : Math.max(+length || 0, 0));
}

function ofObject(value, encodingOrOffset, length) {
  const primitive = typeof value.valueOf === "function" ? value.valueOf() : value;
  if (primitive !== null && primitive !== undefined && primitive !== value && (typeof primitive === "string" || typeof primitive === "object")) return Buffer.from(primitive, encodingOrOffset, length);
  if (value.length !== undefined || types.isAnyArrayBuffer(value.buffer)) return adopt(new Uint8Array(typeof value.length === "number" ? value : 0));
  if (value.type === "Buffer" && Array.isArray(value.data)) return adopt(new Uint8Array(value.data));
  const converted = value[Symbol.toPrimitive]?.("string");
  if (typeof converted === "string") return Buffer.from(converted, encodingOrOffset);
  throw invalidArgument("first argument", accepted, value);
}

function lengthOf(text, encoding) {
  if (encoding === "utf8") return encode(text, encoding).length;
  if (encoding === "utf16le") return text.length * 2;
  if (encoding === "hex") return text.length >>> 1;
  return encoding.startsWith("base64") ? (text.replace(/={1,2}$/, "").length * 3) >>> 2 : text.length;
}

addNumbers(prototype);
Object.assign(prototype, methods);
Object.defineProperties(prototype, {
  parent: { get() { return this instanceof Buffer ? this.buffer : undefined; }, enumerable: true },
  offset: { get() { return this instanceof Buffer ? this.byteOffset : undefined; }, enumerable: true },
});

const manyBytes = 4096; // of which own properties would not be looked for

prototype.inspect = prototype[inspect.custom] = function inspect_(recurseTimes, options) {
  const most = buffer.INSPECT_MAX_BYTES;
  const rest = this.length - most;
  const parts = [(this.toString("hex", 0, most).match(/../g) ?? []).join(" ") + (rest > 0 ? ` ... ${rest} more byte${rest > 1 ? "s" : ""}` : "")];
  const extra = this.length > manyBytes ? [] : Object.keys(this).slice(this.length);
  for (const key of extra) parts.push(`${key}: ${inspect(this[key], options)}`);
  return `<${this.constructor.name} ${parts.filter(Boolean).join(", ")}>`;
};
Object.defineProperty(prototype.inspect, "name", { value: "inspect" });

function viewOf(input) {
  if (!types.isAnyArrayBuffer(input) && !ArrayBuffer.isView(input)) throw invalidArgument("input", "an instance of ArrayBuffer, Buffer, or TypedArray", input);
  return new Uint8Array(input.buffer ?? input, input.byteOffset ?? 0, input.byteLength);
}

function isUtf8(input) {
  const view = viewOf(input);
  const again = encode(decode(view, "utf8"), "utf8");
  return again.length === view.length && again.every((byte, i) => byte === view[i]);
}

const transcoded = new Set(["utf8", "utf16le", "latin1", "ascii"]);

function transcode(source, fromEncoding, toEncoding) {
  checkBytes(source, "source");
  const [from, to] = [normalize(fromEncoding), normalize(toEncoding)];
  if (!transcoded.has(from) || !transcoded.has(to)) throw Object.assign(new Error("Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]"), { code: "U_ILLEGAL_ARGUMENT_ERROR", errno: 1 });
  const text = decode(source, from);
  const least = { latin1: 0xff, ascii: 0x7f }[to];
  return Buffer.from(least ? Array.from(text, (c) => (c.codePointAt(0) > least ? "?" : c)).join("") : text, to);
}

export const buffer = {
  Buffer,
  SlowBuffer: function SlowBuffer(length) {
    return Buffer.allocUnsafeSlow(length);
  },
  transcode,
  isUtf8,
  isAscii: function isAscii(input) {
    return viewOf(input).every((byte) => byte < 0x80);
  },
  kMaxLength,
  kStringMaxLength,
  INSPECT_MAX_BYTES: 50,
  constants: { MAX_LENGTH: kMaxLength, MAX_STRING_LENGTH: kStringMaxLength },
  resolveObjectURL: refused("buffer.resolveObjectURL", "keep the Blob itself"),
};

Object.setPrototypeOf(buffer.SlowBuffer.prototype, Uint8Array.prototype);
Object.setPrototypeOf(buffer.SlowBuffer, Uint8Array);

for (const name of ["Blob", "File", "atob", "btoa"]) {
  Object.defineProperty(buffer, name, { get: () => globalThis[name], enumerable: true, configurable: true });
}

Object.defineProperty(globalThis, "Buffer", { value: Buffer, writable: true, configurable: true, enumerable: false });
