// node:buffer. Text goes through the engine: the package would decode it byte
// by byte, and knows no base64url.
import * as plain from "buffer/index.js";
import { decode, encode, normalize } from "./encoding.js";
import { hidden, invalidArgument, nodeError } from "./errors.js";
import { inspect } from "./inspect.js";
import { types } from "./types.js";
import { refused } from "./unsupported.js";

const { Buffer: Plain } = plain;
const { prototype } = Plain;
const { fill, indexOf, lastIndexOf } = prototype;
const { compare, concat } = Plain;

// Buffer is the package's, whose prototype it shares.
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
prototype.parent = undefined;

const accepted = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object";

Object.assign(Buffer, {
  poolSize: 8192,
  from(value, encodingOrOffset, length) {
    if (typeof value === "string") return adopt(encode(value, known(encodingOrOffset)));
    if (types.isAnyArrayBuffer(value)) return ofArrayBuffer(value, encodingOrOffset, length);
    if (value === null || (typeof value !== "object" && typeof value !== "function")) throw invalidArgument("first argument", accepted, value);
    return ofObject(value, encodingOrOffset, length);
  },
  of: (...bytes) => Buffer.from(bytes),
  alloc: (size, filling, encoding) => (filling === undefined || filling === 0 ? adopt(new Uint8Array(checkSize(size))) : adopt(new Uint8Array(checkSize(size))).fill(filling, encoding)),
  allocUnsafe: (size) => adopt(new Uint8Array(checkSize(size))),
  allocUnsafeSlow: (size) => adopt(new Uint8Array(checkSize(size))),
  byteLength(value, encoding) {
    if (typeof value === "string") return lengthOf(value, normalize(encoding) ?? "utf8");
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return value.byteLength;
    throw invalidArgument("string", "of type string or an instance of Buffer or ArrayBuffer", value);
  },
  compare(a, b) {
    for (const [name, value] of [["buf1", a], ["buf2", b]]) {
      if (!types.isUint8Array(value)) throw invalidArgument(name, "an instance of Buffer or Uint8Array", value);
    }
    return compare(a, b);
  },
  concat(list, length) {
    if (!Array.isArray(list)) throw invalidArgument("list", "an instance of Array", list);
    const wrong = list.findIndex((item) => !types.isUint8Array(item));
    if (wrong >= 0) throw invalidArgument(`list[${wrong}]`, "an instance of Buffer or Uint8Array", list[wrong]);
    return concat(list, length);
  },
  copyBytesFrom(view, offset = 0, length = view.length - offset) {
    const part = view.subarray(offset, offset + length);
    return Buffer.from(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  },
  isBuffer: (value) => value instanceof Buffer,
  isEncoding: (name) => typeof name === "string" && name !== "" && normalize(name) !== undefined,
});

for (const [name, value] of Object.entries(Buffer)) Plain[name] = value;

function known(encoding) {
  if (typeof encoding !== "string" && encoding !== undefined && encoding !== null) return "utf8";
  return normalize(encoding) ?? unknown(encoding);
}

function unknown(encoding) {
  throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
}

function checkSize(size) {
  if (typeof size !== "number") throw invalidArgument("size", "of type number", size);
  if (!(size >= 0 && size <= plain.kMaxLength)) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "size" is out of range. It must be >= 0 && <= ${plain.kMaxLength}. Received ${size}`);
  return size;
}

// adopt makes a Buffer of bytes that no other code has.
function adopt(bytes) {
  return Object.setPrototypeOf(bytes, prototype);
}

function ofArrayBuffer(buffer, offset = 0, length = undefined) {
  const start = +offset || 0;
  if (start > buffer.byteLength) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
  if (length > buffer.byteLength - start) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"length" is outside of buffer bounds');
  return adopt(new Uint8Array(buffer, start, length === undefined ? undefined : Math.max(+length || 0, 0)));
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

// Text in and out of a buffer.

function toString(encoding, start = 0, end = this.length) {
  const from = Math.max(Math.trunc(start) || 0, 0);
  const to = Math.min(Math.trunc(end) || 0, this.length);
  if (from >= to) return "";
  return decode(from === 0 && to === this.length ? this : this.subarray(from, to), normalize(encoding) ?? unknown(encoding));
}

function write(text, offset, length, encoding) {
  if (typeof text !== "string") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", "argument must be a string");
  if (typeof offset === "string") [offset, length, encoding] = [0, undefined, offset];
  if (typeof length === "string") [length, encoding] = [undefined, length];
  const start = offset ?? 0;
  if (!(start >= 0 && start <= this.length)) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The value of "offset" is out of range. It must be >= 0 && <= ${this.length}. Received ${start}`);
  return put(this, text, start, Math.min(length ?? Infinity, this.length - start), known(encoding));
}

// put writes at most room bytes of text, and no character in part.
function put(target, text, start, room, encoding) {
  const bytes = encode(text, encoding);
  let size = Math.min(bytes.length, room);
  if (encoding === "utf16le") size &= ~1;
  if (encoding === "utf8" && size < bytes.length) while (size > 0 && (bytes[size] & 0xc0) === 0x80) size--;
  target.set(bytes.subarray(0, size), start);
  return size;
}

function method(name, f) {
  Object.defineProperty(prototype, name, { value: f, writable: true, enumerable: true, configurable: true });
}

method("toString", toString);
method("toLocaleString", toString);
method("write", write);
method("fill", function (value, start, end, encoding) {
  if (typeof value !== "string") return fill.call(this, value, start, end);
  if (typeof start === "string") [start, end, encoding] = [undefined, undefined, start];
  if (typeof end === "string") [end, encoding] = [undefined, end];
  const bytes = encode(value, known(encoding));
  if (bytes.length === 0 && value !== "") throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'value' is invalid. Received ${inspect(value)}`);
  return fill.call(this, bytes.length === 0 ? 0 : adopt(bytes), start, end);
});

for (const [name, original] of Object.entries({ indexOf, lastIndexOf })) {
  method(name, function (value, offset, encoding) {
    if (typeof offset === "string") [offset, encoding] = [undefined, offset];
    return original.call(this, typeof value === "string" ? adopt(encode(value, known(encoding))) : value, offset);
  });
}

method("includes", function (...args) {
  return this.indexOf(...args) !== -1;
});

for (const encoding of ["utf8", "hex", "base64", "base64url", "ascii", "latin1", "utf16le"]) {
  const suffix = encoding === "utf16le" ? "ucs2" : encoding;
  method(`${suffix}Slice`, function (start, end) {
    return this.toString(encoding, start, end);
  });
  method(`${suffix}Write`, function (text, offset, length) {
    return this.write(text, offset, length, encoding);
  });
}

method("equals", function (other) {
  if (!types.isUint8Array(other)) throw invalidArgument("otherBuffer", "an instance of Buffer or Uint8Array", other);
  return this === other || compare(this, other) === 0;
});

delete prototype.inspect;

const manyBytes = 4096; // of which own properties would not be looked for

method(inspect.custom, function (_, options) {
  const most = buffer.INSPECT_MAX_BYTES;
  const rest = this.length - most;
  const parts = [(this.toString("hex", 0, most).match(/../g) ?? []).join(" ") + (rest > 0 ? ` ... ${rest} more byte${rest > 1 ? "s" : ""}` : "")];
  const extra = this.length > manyBytes ? [] : Object.keys(this).slice(this.length);
  for (const key of extra) parts.push(`${key}: ${inspect(this[key], options)}`);
  return `<${this.constructor.name} ${parts.filter(Boolean).join(", ")}>`;
});

function isUtf8(bytes) {
  const view = new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength);
  const again = encode(decode(view, "utf8"), "utf8");
  return again.length === view.length && again.every((byte, i) => byte === view[i]);
}

export const buffer = {
  Buffer,
  INSPECT_MAX_BYTES: 50,
  SlowBuffer: Buffer.allocUnsafeSlow,
  constants: { MAX_LENGTH: plain.kMaxLength, MAX_STRING_LENGTH: 2 ** 29 - 24 },
  isAscii: (bytes) => new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength).every((byte) => byte < 0x80),
  isUtf8,
  kMaxLength: plain.kMaxLength,
  kStringMaxLength: 2 ** 29 - 24,
  resolveObjectURL: refused("buffer.resolveObjectURL", "keep the Blob itself"),
  transcode: (source, from, to) => Buffer.from(Buffer.from(source).toString(from), to),
  get Blob() {
    return globalThis.Blob;
  },
  get File() {
    return globalThis.File;
  },
  get atob() {
    return globalThis.atob;
  },
  get btoa() {
    return globalThis.btoa;
  },
};

Object.defineProperty(globalThis, "Buffer", { value: Buffer, writable: true, configurable: true, enumerable: false });
