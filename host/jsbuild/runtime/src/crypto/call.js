// The one way to the host's cryptography. A request is the length of its head
// in four bytes, the head as JSON, then bytes; so is the answer.
import { Buffer } from "../node/buffer.js";
import { nodeError } from "../node/errors.js";
import { native } from "../native.js";

const lengthBytes = 4;

// domName is the property under which an error keeps the name that the Web
// Cryptography API has for it.
export const domName = Symbol("domName");

// call does one operation and returns the head of the host's answer, with the parts
// of the answer as Buffers.
export function call(head, ...parts) {
  const { info, body } = exchange(JSON.stringify({ ...head, parts: parts.map((part) => part.length) }), parts);
  if (!info) return { info: {}, parts: [body] };
  if (info.error) throw failure(info.error);
  let at = 0;
  return { info, parts: (info.parts ?? []).map((length) => body.subarray(at, (at += length))) };
}

// bytesOf is call for operations whose answer is bytes alone.
export function bytesOf(head, ...parts) {
  return call(head, ...parts).parts[0];
}

// short does an operation that has a short head.
export function short(head, ...parts) {
  const { info, body } = answered(native.crypto(joined(prefixOf(head), parts)));
  if (info) throw failure(info.error);
  return body;
}

function exchange(head, parts) {
  return answered(native.crypto(joined(framed(head), parts)));
}

// answered divides an answer into its head, which may be empty, and its parts.
function answered(answer) {
  const length = answer[0] | (answer[1] << 8) | (answer[2] << 16) | (answer[3] << 24);
  const at = answer.byteOffset + lengthBytes;
  const body = Buffer.from(answer.buffer, at + length, answer.byteLength - lengthBytes - length);
  return { info: length === 0 ? undefined : JSON.parse(Buffer.from(answer.buffer, at, length).toString("utf8")), body };
}

function joined(prefix, parts) {
  let size = prefix.length;
  for (const part of parts) size += part.length;
  const all = new Uint8Array(size);
  all.set(prefix);
  let at = prefix.length;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

// framed puts a head's length before it.
function framed(head) {
  const text = Buffer.from(head, "utf8");
  const { length } = text;
  const all = new Uint8Array(lengthBytes + length);
  all.set([length & 255, (length >> 8) & 255, (length >> 16) & 255, length >>> 24]);
  all.set(text, lengthBytes);
  return all;
}

const prefixes = new Map(); // of short heads, which come again
const maxPrefixes = 100;

function prefixOf(head) {
  const known = prefixes.get(head);
  if (known) return known;
  const made = framed(head);
  if (prefixes.size < maxPrefixes) prefixes.set(head, made);
  return made;
}

const classes = {
  ERR_CRYPTO_INVALID_KEYLEN: RangeError,
  ERR_CRYPTO_INVALID_KEYTYPE: RangeError,
  ERR_CRYPTO_INVALID_SCRYPT_PARAMS: RangeError,
  ERR_OUT_OF_RANGE: RangeError,
  ERR_CRYPTO_INVALID_IV: TypeError,
  ERR_CRYPTO_INVALID_DIGEST: TypeError,
  ERR_CRYPTO_INVALID_CURVE: TypeError,
  ERR_CRYPTO_INVALID_AUTH_TAG: TypeError,
  ERR_INVALID_ARG_VALUE: TypeError,
  ERR_MISSING_PASSPHRASE: TypeError,
};

// failure returns the error that Node would throw, for an error of the host.
function failure({ name, message, code }) {
  const error = code && !code.startsWith("ERR_OSSL") ? nodeError(classes[code] ?? Error, code, message) : openssl(message, code);
  Object.defineProperty(error, domName, { value: name });
  return error;
}

function openssl(message, code) {
  const error = new Error(message);
  const [, library, reason] = /^error:[0-9A-F]{8}:([^:]*):[^:]*:(.*)$/.exec(message) ?? [];
  return Object.assign(error, library && { library, reason }, code && { code });
}
