// The hashes of @noble/hashes, and what it derives from them. A result is undefined to
// leave the work to the original.
const compute = require("usher:compute");

// names are the host's names of hashes, by the original's function.
const names = new WeakMap();
const hostNames = {
  sha1: "sha1", md5: "md5", ripemd160: "ripemd160", sha224: "sha224", sha256: "sha256", sha384: "sha384", sha512: "sha512",
  sha512_224: "sha512-224", sha512_256: "sha512-256", sha3_224: "sha3-224", sha3_256: "sha3-256", sha3_384: "sha3-384", sha3_512: "sha3-512",
};

// leastBytes is what is worth a call of the host.
const leastBytes = 128;

const isBytes = (value) => value instanceof Uint8Array;
const bytesOf = (value) => (typeof value === "string" ? new TextEncoder().encode(value) : value);

// hasher returns the original's maker of hashes, whose result asks the host about
// long messages.
exports.hasher = (name, make) => (...args) => {
  const original = make(...args);
  const hash = (message, ...rest) => {
    const fast = rest.length === 0 && isBytes(message) && message.length >= leastBytes && compute.digest(hostNames[name], message);
    return fast || original(message, ...rest);
  };
  Object.defineProperties(hash, Object.getOwnPropertyDescriptors(original));
  names.set(hash, hostNames[name]);
  return hash;
};

exports.hmac = (hash, key, message) => {
  const name = names.get(hash);
  if (!name || !isBytes(key) || !isBytes(message)) return undefined;
  return compute.hmac(name, key, message);
};

exports.pbkdf2 = (hash, password, salt, { c, dkLen = 32 } = {}) => {
  const [name, p, s] = [names.get(hash), bytesOf(password), bytesOf(salt)];
  if (!name || !isBytes(p) || !isBytes(s) || ![c, dkLen].every((n) => Number.isInteger(n) && n > 0)) return undefined;
  return compute.pbkdf2(name, p, s, c, dkLen);
};

const usualMaximum = 2 ** 30 + 1024;

exports.scrypt = (password, salt, { N, r, p, dkLen = 32, maxmem = usualMaximum, onProgress } = {}) => {
  const [secret, grain] = [bytesOf(password), bytesOf(salt)];
  if (!isBytes(secret) || !isBytes(grain) || ![N, r, p, dkLen].every((n) => Number.isInteger(n) && n > 0)) return undefined;
  if (128 * r * (N + p) > maxmem || (onProgress !== undefined && typeof onProgress !== "function")) return undefined;
  const key = compute.scrypt(secret, grain, N, r, p, dkLen);
  if (key) onProgress?.(1);
  return key;
};
