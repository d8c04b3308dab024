// What callers pass for bytes.
import { Buffer } from "../node/buffer.js";
import { invalidArgument } from "../node/errors.js";

export const view = "of type string or an instance of Buffer, TypedArray, or DataView";
export const anyBytes = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, or DataView";
export const anyKey = "of type string or an instance of ArrayBuffer, Buffer, TypedArray, DataView, KeyObject, or CryptoKey";

// bytes returns the bytes of text in an encoding, or of a buffer, without
// copying. It returns undefined of anything else.
export function bytes(value, encoding) {
  if (typeof value === "string") return Buffer.from(value, encoding === "buffer" ? "utf8" : encoding);
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return new Uint8Array(value);
  return undefined;
}

// needBytes is bytes for the argument name, which must be one.
export function needBytes(value, name, must = anyBytes, encoding = undefined) {
  return bytes(value, encoding) ?? reject(name, must, value);
}

// needView is needBytes for what may not be a bare ArrayBuffer.
export function needView(value, name, encoding) {
  if (typeof value === "string" || ArrayBuffer.isView(value)) return bytes(value, encoding);
  return reject(name, view, value);
}

function reject(name, must, value) {
  throw invalidArgument(name, must, value);
}

// copied returns bytes that no other code can change: slice of a Buffer shares its
// memory.
export function copied(value) {
  return new Uint8Array(value);
}

// out returns a Buffer, or text in an encoding.
export function out(buffer, encoding) {
  return encoding && encoding !== "buffer" ? buffer.toString(encoding) : buffer;
}

// tight returns the bytes as an ArrayBuffer of their own.
export function tight(value) {
  return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
}
