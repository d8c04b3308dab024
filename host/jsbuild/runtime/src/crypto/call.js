// The one way to the host's cryptography. A request is the length of its head
// in four bytes, the head as JSON, then bytes; so is the answer.
import { Buffer } from "../node/buffer.js";
import { nodeError } from "../node/errors.js";
import { native } from "../native.js";

const lengthBytes = 4;

// domName is the property under which an error keeps the name that the Web
// Cryptography API has for it.
export const domName = Symbol("domName");

// call does one operation and returns what the host tells with the parts of
// its answer, each a Buffer.
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
  const { info, body } = exchange(head, parts);
  if (info) throw failure(info.error);
  return body;
}

function exchange(head, parts) {
  const answer = native.crypto(request(head, parts));
  const length = answer[0] | (answer[1] << 8) | (answer[2] << 16) | (answer[3] << 24);
  const all = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  const body = all.subarray(lengthBytes + length);
  return { info: length === 0 ? undefined : JSON.parse(all.toString("utf8", lengthBytes, lengthBytes + length)), body };
}

function request(head, parts) {
  const text = Buffer.from(head, "utf8");
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, lengthBytes + text.length));
  new DataView(all.buffer).setUint32(0, text.length, true);
  all.set(text, lengthBytes);
  let at = lengthBytes + text.length;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const classes = {
  ERR_CRYPTO_INVALID_KEYLEN: RangeError,
  ERR_CRYPTO_INVALID_SCRYPT_PARAMS: RangeError,
  ERR_OUT_OF_RANGE: RangeError,
  ERR_CRYPTO_INVALID_IV: TypeError,
  ERR_CRYPTO_INVALID_DIGEST: TypeError,
  ERR_CRYPTO_INVALID_CURVE: TypeError,
  ERR_CRYPTO_INVALID_AUTH_TAG: TypeError,
  ERR_INVALID_ARG_VALUE: TypeError,
  ERR_MISSING_PASSPHRASE: TypeError,
};

// failure makes the error that Node would throw of what the host says.
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
