// Keys from passwords and from other keys.
import { checkFunction, checkString, invalidArgument, nodeError, outOfRange } from "../node/errors.js";
import { anyKey, copied, needBytes, tight } from "./bytes.js";
import { bytesOf } from "./call.js";
import { CryptoKey } from "./cryptokey.js";
import { invalidDigest } from "./hash.js";
import { KeyObject, secretBytes } from "./key.js";
import { later } from "./later.js";
import { canonicalHash } from "./names.js";

const maxInt = 2 ** 31 - 1;

function checkInt(value, name, min) {
  if (typeof value !== "number") throw invalidArgument(name, "of type number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > maxInt) throw outOfRange(name, `>= ${min} && <= ${maxInt}`, value);
  return value;
}

function pbkdf2Head(iterations, length, digest) {
  checkString(digest, "digest");
  checkInt(iterations, "iterations", 1);
  checkInt(length, "keylen", 0);
  return { op: "pbkdf2", iterations, length, hash: canonicalHash(digest) ?? invalidDigest(digest) };
}

export function pbkdf2Sync(password, salt, iterations, length, digest) {
  const parts = [needBytes(password, "password"), needBytes(salt, "salt")];
  return bytesOf(pbkdf2Head(iterations, length, digest), ...parts);
}

export function pbkdf2(password, salt, iterations, length, digest, callback) {
  if (typeof digest === "function") [digest, callback] = [undefined, digest];
  const parts = [copied(needBytes(password, "password")), copied(needBytes(salt, "salt"))];
  const head = pbkdf2Head(iterations, length, digest);
  checkFunction(callback, "callback");
  later(callback, () => [bytesOf(head, ...parts)]);
}

function hkdfArguments(digest, key, salt, info, length) {
  checkString(digest, "digest");
  const bytes = key instanceof KeyObject || key instanceof CryptoKey ? secretBytes(key) : needBytes(key, "ikm", anyKey);
  const parts = [bytes, needBytes(salt, "salt"), needBytes(info, "info")];
  if (parts[2].length > 1024) throw outOfRange("info", "must not contain more than 1024 bytes", parts[2].length);
  return [{ op: "hkdf", length: checkInt(length, "length", 0), hash: canonicalHash(digest) ?? invalidDigest(digest) }, ...parts];
}

export function hkdfSync(...args) {
  return tight(bytesOf(...hkdfArguments(...args)));
}

export function hkdf(digest, key, salt, info, length, callback) {
  const args = hkdfArguments(digest, key, salt, info, length);
  later(callback, () => [tight(bytesOf(...args))]);
}

const memory = 32 * 1024 * 1024;

function scryptHead(length, options = {}) {
  const n = options.N ?? options.cost ?? 16384;
  const r = options.r ?? options.blockSize ?? 8;
  const p = options.p ?? options.parallelization ?? 1;
  const maxmem = options.maxmem ?? memory;
  checkInt(length, "keylen", 0);
  for (const [name, value] of [["N", n], ["r", r], ["p", p]]) checkInt(value, name, 0);
  if (128 * n * r > maxmem) {
    throw nodeError(RangeError, "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", "Invalid scrypt params: error:030000AC:digital envelope routines::memory limit exceeded");
  }
  return { op: "scrypt", length, n: n || 16384, r: r || 8, p: p || 1 };
}

export function scryptSync(password, salt, length, options) {
  return bytesOf(scryptHead(length, options), needBytes(password, "password"), needBytes(salt, "salt"));
}

export function scrypt(password, salt, length, options, callback) {
  if (typeof options === "function") [options, callback] = [undefined, options];
  const parts = [copied(needBytes(password, "password")), copied(needBytes(salt, "salt"))];
  const head = scryptHead(length, options);
  later(callback, () => [bytesOf(head, ...parts)]);
}
