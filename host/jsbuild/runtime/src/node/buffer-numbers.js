// The numbers in a buffer: readUInt8 to writeBigInt64BE, with Node's checks.
import { checkNumber, invalidArgument, nodeError, outOfRange } from "./errors.js";

// bounds throws for an offset, or a size, that is not in [least, most].
function bounds(value, most, name = "offset", least = 0) {
  checkNumber(value, name);
  if (!Number.isInteger(value) && Math.abs(value) !== Infinity) throw outOfRange(name, "an integer", value);
  if (most < 0) throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "Attempt to access memory outside buffer bounds");
  throw outOfRange(name, `>= ${least} and <= ${most}`, value);
}

// check throws unless size bytes at offset are in bytes.
function check(bytes, offset, size) {
  if (typeof offset !== "number" || bytes[offset] === undefined || bytes[offset + size - 1] === undefined) bounds(offset, bytes.length - size);
}

// checkSize throws unless size is one that readUIntBE and its like know.
function checkSize(offset, size) {
  if (offset === undefined) throw invalidArgument("offset", "of type number", offset);
  if (!Number.isInteger(size) || size < 1 || size > 6) bounds(size, 6, "byteLength", 1);
}

// Unsigned integers of up to six bytes.

function readLE(bytes, offset, size) {
  let value = bytes[offset + --size];
  while (size > 0) value = value * 256 + bytes[offset + --size];
  return value;
}

function readBE(bytes, offset, size) {
  let value = bytes[offset];
  for (let i = 1; i < size; i++) value = value * 256 + bytes[offset + i];
  return value;
}

const signed = (value, size) => (value >= 2 ** (8 * size - 1) ? value - 2 ** (8 * size) : value);

function writeLE(bytes, value, offset, size) {
  for (let i = 0; i < size; i++, value = Math.floor(value / 256)) bytes[offset + i] = value;
}

function writeBE(bytes, value, offset, size) {
  for (let i = size - 1; i >= 0; i--, value = Math.floor(value / 256)) bytes[offset + i] = value;
}

// checkValue throws unless value fits into size bytes.
function checkValue(value, size, isSigned) {
  const bits = 8 * size;
  const [least, most] = isSigned ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  if (!(value > most || value < least)) return;
  if (size <= 4) throw outOfRange("value", `>= ${least} and <= ${most}`, value);
  throw outOfRange("value", isSigned ? `>= -(2 ** ${bits - 1}) and < 2 ** ${bits - 1}` : `>= 0 and < 2 ** ${bits}`, value);
}

// Floats and 64-bit integers go through one view of eight bytes.
const scratch = new Uint8Array(8);
const view = new DataView(scratch.buffer);

function loaded(bytes, offset, size) {
  for (let i = 0; i < size; i++) scratch[i] = bytes[offset + i];
  return view;
}

function stored(bytes, offset, size) {
  for (let i = 0; i < size; i++) bytes[offset + i] = scratch[i];
  return offset + size;
}

function checkBig(value, isSigned) {
  const [least, most] = isSigned ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n];
  if (value > most || value < least) throw outOfRange("value", isSigned ? ">= -(2n ** 63n) and < 2n ** 63n" : ">= 0n and < 2n ** 64n", value);
}

// Each maker below returns the two functions of a kind of number.

function integer(size, little, isSigned) {
  const read = little ? readLE : readBE;
  const write = little ? writeLE : writeBE;
  return [
    function (offset = 0) {
      check(this, offset, size);
      const value = read(this, offset, size);
      return isSigned ? signed(value, size) : value;
    },
    function (value, offset = 0) {
      const number = +value;
      checkValue(number, size, isSigned);
      check(this, offset, size);
      write(this, number, offset, size);
      return offset + size;
    },
  ];
}

function sized(little, isSigned) {
  const read = little ? readLE : readBE;
  const write = little ? writeLE : writeBE;
  return [
    function (offset, byteLength) {
      checkSize(offset, byteLength);
      check(this, offset, byteLength);
      const value = read(this, offset, byteLength);
      return isSigned ? signed(value, byteLength) : value;
    },
    function (value, offset, byteLength) {
      checkSize(offset, byteLength);
      const number = +value;
      checkValue(number, byteLength, isSigned);
      check(this, offset, byteLength);
      write(this, number, offset, byteLength);
      return offset + byteLength;
    },
  ];
}

// other takes the kinds that a DataView has: kind is the name of its methods.
function other(kind, size, little, verify = (value) => +value) {
  return [
    function (offset = 0) {
      check(this, offset, size);
      return loaded(this, offset, size)[`get${kind}`](0, little);
    },
    function (value, offset = 0) {
      const number = verify(value);
      check(this, offset, size);
      view[`set${kind}`](0, number, little);
      return stored(this, offset, size);
    },
  ];
}

const big = (isSigned) => (value) => (checkBig(value, isSigned), value);

// numberMethods adds the methods to a buffer's prototype.
export function addNumbers(prototype) {
  function add(kind, [read, write]) {
    for (const [verb, f] of [["read", read], ["write", write]]) {
      Object.defineProperty(f, "name", { value: verb + kind });
      for (const name of [kind, kind.replace("UInt", "Uint")]) prototype[verb + name] = f;
    }
  }
  for (const isSigned of [false, true]) {
    const kind = isSigned ? "Int" : "UInt";
    add(`${kind}8`, integer(1, true, isSigned));
    for (const end of ["LE", "BE"]) {
      for (const bits of [16, 32]) add(kind + bits + end, integer(bits / 8, end === "LE", isSigned));
      add(kind + end, sized(end === "LE", isSigned));
      add(`Big${kind}64${end}`, other(isSigned ? "BigInt64" : "BigUint64", 8, end === "LE", big(isSigned)));
    }
  }
  for (const end of ["LE", "BE"]) {
    add(`Float${end}`, other("Float32", 4, end === "LE"));
    add(`Double${end}`, other("Float64", 8, end === "LE"));
  }
}
