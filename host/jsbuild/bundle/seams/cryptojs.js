// What CryptoJS computes of words: hashes, HMAC and PBKDF2. A result is undefined to
// leave the work to the original. C is CryptoJS itself.
const compute = require("usher:compute");
const { fromBytes, toBytes } = require("usher-seam:words");

const hostNames = { MD5: "md5", SHA1: "sha1", SHA224: "sha224", SHA256: "sha256", SHA384: "sha384", SHA512: "sha512", RIPEMD160: "ripemd160" };

function nameOf(C, hasher) {
  return Object.entries(hostNames).find(([name]) => C.algo[name] !== undefined && C.algo[name] === hasher)?.[1];
}

// bytesOf returns the bytes of a string, or of words; undefined of anything else.
function bytesOf(value) {
  if (typeof value === "string") return value.isWellFormed() ? new TextEncoder().encode(value) : undefined;
  if (!Array.isArray(value?.words) || !(value.sigBytes >= 0)) return undefined;
  return toBytes(value.words, value.sigBytes);
}

const made = (C, bytes) => bytes && C.lib.WordArray.create(fromBytes(bytes), bytes.length);

// leastBytes is what is worth a call of the host.
const leastBytes = 256;

exports.hash = (C, hasher, message, cfg) => {
  const [name, bytes] = [cfg === undefined && nameOf(C, hasher), bytesOf(message)];
  return name && bytes?.length >= leastBytes ? made(C, compute.digest(name, bytes)) : undefined;
};

exports.hmac = (C, hasher, message, key) => {
  const [name, bytes, secret] = [nameOf(C, hasher), bytesOf(message), bytesOf(key)];
  return name && secret && bytes?.length >= leastBytes ? made(C, compute.hmac(name, secret, bytes)) : undefined;
};

exports.pbkdf2 = (C, { hasher, iterations, keySize }, password, salt) => {
  const [name, secret, grain] = [nameOf(C, hasher), bytesOf(password), bytesOf(salt)];
  if (!name || !secret || !grain || ![iterations, keySize].every((n) => Number.isInteger(n) && n > 0)) return undefined;
  return made(C, compute.pbkdf2(name, secret, grain, iterations, keySize * 4));
};
