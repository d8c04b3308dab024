// The methods of a buffer that take and give bytes and strings.
import { decode, encode, normalize } from "./encoding.js";
import { checkNumber, invalidArgument, nodeError, outOfRange } from "./errors.js";
import { inspect } from "./inspect.js";
import { types } from "./types.js";

const bytes = Uint8Array.prototype;
const most = Number.MAX_SAFE_INTEGER;

export function unknownEncoding(encoding) {
  return nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
}

// known returns the one name of an encoding. What is no string is passed over.
export function known(encoding) {
  if (typeof encoding !== "string") return "utf8";
  const name = normalize(encoding);
  if (name === undefined) throw unknownEncoding(encoding);
  return name;
}

// checkRange throws unless value is a whole number in [0, limit].
export function checkRange(value, name, limit = most) {
  checkNumber(value, name);
  if (Number.isNaN(value) || (!Number.isInteger(value) && Math.abs(value) !== Infinity)) throw outOfRange(name, "an integer", value);
  if (value < 0 || value > limit) throw outOfRange(name, `>= 0 && <= ${limit}`, value);
}

export function checkBytes(value, name) {
  if (!types.isUint8Array(value)) throw invalidArgument(name, "an instance of Buffer or Uint8Array", value);
}

const whole = (value, otherwise) => {
  const number = +value;
  return Number.isNaN(number) ? otherwise : Math.trunc(number);
};

// put writes at most room bytes of text, and no character in part.
function put(target, text, start, room, encoding) {
  const encoded = encode(text, encoding);
  let size = Math.min(encoded.length, room);
  if (encoding === "utf16le") size &= ~1;
  if (encoding === "utf8" && size < encoded.length) while (size > 0 && (encoded[size] & 0xc0) === 0x80) size--;
  bytes.set.call(target, encoded.subarray(0, size), start);
  return size;
}

function compareBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return Math.sign(a.length - b.length);
}

export function compare(a, b) {
  return a === b ? 0 : compareBytes(a, b);
}

// find returns where value is in target, from offset on in a direction.
function find(target, value, offset, encoding, forward) {
  if (typeof offset === "string") [offset, encoding] = [undefined, offset];
  let from = offset === undefined ? NaN : +offset;
  from = Number.isNaN(from) ? (forward ? 0 : target.length) : Math.trunc(from);
  if (from < 0) from += target.length;
  if (typeof value === "number") return findByte(target, value & 255, from, forward);
  const isString = typeof value === "string";
  if (!isString && !types.isUint8Array(value)) throw invalidArgument("value", "one of type number or string or an instance of Buffer or Uint8Array", value);
  const name = isString ? known(encoding) : normalize(encoding);
  return findBytes(target, isString ? encode(value, name) : value, from, forward, name === "utf16le" ? 2 : 1);
}

function findByte(target, byte, from, forward) {
  if (from < 0 && !forward) return -1;
  return forward ? bytes.indexOf.call(target, byte, Math.max(from, 0)) : bytes.lastIndexOf.call(target, byte, Math.min(from, target.length - 1));
}

function findBytes(target, wanted, from, forward, step) {
  if (from < 0 && !forward) return -1;
  const start = Math.max(from, 0);
  if (wanted.length === 0) return Math.min(start, target.length);
  const last = target.length - wanted.length;
  for (let at = forward ? start : Math.min(start, last); forward ? at <= last && at >= 0 : at >= 0; forward ? at++ : at--) {
    at = forward ? bytes.indexOf.call(target, wanted[0], at) : bytes.lastIndexOf.call(target, wanted[0], at);
    if (at < 0 || at > last) return -1;
    let same = at % step === 0 ? 1 : 0;
    while (same > 0 && same < wanted.length && target[at + same] === wanted[same]) same++;
    if (same === wanted.length) return at;
  }
  return -1;
}

function swap(target, size) {
  if (target.length % size !== 0) throw nodeError(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${8 * size}-bits`);
  for (let i = 0; i < target.length; i += size) bytes.reverse.call(bytes.subarray.call(target, i, i + size));
  return target;
}

// copyTo copies what is left of source into target, and returns how much that was.
export function copyTo(source, target, targetStart, sourceStart, sourceEnd) {
  if (targetStart >= target.length || sourceStart >= sourceEnd) return 0;
  const size = Math.min(sourceEnd - sourceStart, target.length - targetStart);
  bytes.set.call(target, bytes.subarray.call(source, sourceStart, sourceStart + size), targetStart);
  return size;
}

// fillOf returns what fill repeats: a byte, or bytes.
function fillOf(value, encoding) {
  if (typeof value === "string") {
    if (encoding !== undefined && typeof encoding !== "string") throw invalidArgument("encoding", "of type string", encoding);
    if (value === "") return 0;
    const encoded = encode(value, known(encoding));
    if (encoded.length === 0) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'value' is invalid. Received ${inspect(value)}`);
    return encoded;
  }
  if (!ArrayBuffer.isView(value)) return typeof value === "boolean" ? +value : value & 255;
  if (value.byteLength === 0) throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'value' is invalid. Received ${inspect(value)}`);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

function repeat(target, pattern, start, end) {
  if (typeof pattern === "number") return void bytes.fill.call(target, pattern, start, end);
  for (let at = start; at < end; at += pattern.length) bytes.set.call(target, pattern.subarray(0, end - at), at);
}

export const methods = {
  copy: function copy(target, targetStart, sourceStart, sourceEnd) {
    checkBytes(target, "target");
    const to = targetStart === undefined ? 0 : whole(targetStart, 0);
    if (to < 0) throw outOfRange("targetStart", ">= 0", to);
    const from = sourceStart === undefined ? 0 : whole(sourceStart, 0);
    if (from < 0 || from > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, from);
    const end = sourceEnd === undefined ? this.length : whole(sourceEnd, 0);
    if (end < 0) throw outOfRange("sourceEnd", ">= 0", end);
    return copyTo(this, target, to, from, Math.min(end, this.length));
  },

  toString: function toString(encoding, start, end) {
    const from = start === undefined ? 0 : Math.max(whole(start, 0), 0);
    const to = end === undefined ? this.length : Math.min(whole(end, 0), this.length);
    if (from >= to) return "";
    const name = normalize(encoding);
    if (name === undefined) throw unknownEncoding(encoding);
    return decode(from === 0 && to === this.length ? this : bytes.subarray.call(this, from, to), name);
  },

  equals: function equals(otherBuffer) {
    checkBytes(otherBuffer, "otherBuffer");
    return this === otherBuffer || (this.byteLength === otherBuffer.byteLength && compareBytes(this, otherBuffer) === 0);
  },

  compare: function (target, targetStart, targetEnd, sourceStart, sourceEnd) {
    checkBytes(target, "target");
    if (targetStart !== undefined) checkRange(targetStart, "targetStart");
    if (targetEnd !== undefined) checkRange(targetEnd, "targetEnd", target.length);
    if (sourceStart !== undefined) checkRange(sourceStart, "sourceStart");
    if (sourceEnd !== undefined) checkRange(sourceEnd, "sourceEnd", this.length);
    return compareBytes(bytes.subarray.call(this, sourceStart ?? 0, sourceEnd ?? this.length), bytes.subarray.call(target, targetStart ?? 0, targetEnd ?? target.length));
  },

  indexOf: function indexOf(value, byteOffset, encoding) {
    return find(this, value, byteOffset, encoding, true);
  },

  lastIndexOf: function lastIndexOf(value, byteOffset, encoding) {
    return find(this, value, byteOffset, encoding, false);
  },

  includes: function includes(value, byteOffset, encoding) {
    return find(this, value, byteOffset, encoding, true) !== -1;
  },

  fill: function fill(value, offset, end, encoding) {
    if (typeof value === "string") {
      if (typeof offset === "string") [offset, end, encoding] = [undefined, undefined, offset];
      else if (typeof end === "string") [end, encoding] = [undefined, end];
    }
    if (offset !== undefined) checkRange(offset, "offset");
    if (offset !== undefined && end !== undefined) checkRange(end, "end", this.length);
    const pattern = fillOf(value, encoding);
    if ((offset ?? 0) < (end ?? this.length)) repeat(this, pattern, offset ?? 0, end ?? this.length);
    return this;
  },

  write: function write(string, offset, length, encoding) {
    if (typeof string !== "string") throw nodeError(TypeError, "ERR_INVALID_ARG_TYPE", "argument must be a string");
    if (typeof offset === "string") [offset, length, encoding] = [undefined, undefined, offset];
    if (typeof length === "string") [length, encoding] = [undefined, length];
    if (offset !== undefined) checkRange(offset, "offset", this.length);
    if (length !== undefined) checkRange(length, "length", this.length);
    const start = offset ?? 0;
    return put(this, string, start, Math.min(length ?? Infinity, this.length - start), known(encoding));
  },

  toJSON: function toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  },

  subarray: function subarray(start, end) {
    return bytes.subarray.call(this, whole(start, 0), end === undefined ? this.length : whole(end, 0));
  },

  slice: function slice(start, end) {
    return this.subarray(start, end);
  },

  swap16: function swap16() {
    return swap(this, 2);
  },

  swap32: function swap32() {
    return swap(this, 4);
  },

  swap64: function swap64() {
    return swap(this, 8);
  },
};

methods.toLocaleString = methods.toString;

// Node's own, which throw instead of cutting what is out of range.
for (const encoding of ["ascii", "base64", "base64url", "latin1", "hex", "utf16le", "utf8"]) {
  const name = encoding === "utf16le" ? "ucs2" : encoding;
  Object.assign(methods, {
    [`${name}Slice`](...range) {
      const [start = 0, end = this.length] = range;
      if (start < 0 || start > this.length || end < 0) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", "Index out of range");
      return this.toString(encoding, start, end);
    },
    [`${name}Write`]: function (string, ...range) {
      const [offset = 0, length = this.length - offset] = range;
      if (offset < 0 || offset > this.length) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", '"offset" is outside of buffer bounds');
      return this.write(string, offset, Math.min(length, this.length - offset), encoding);
    },
  });
  Object.defineProperty(methods[`${name}Write`], "name", { value: `${name}Write` });
}
