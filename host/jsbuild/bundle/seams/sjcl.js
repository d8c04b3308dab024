// PBKDF2 of sjcl, with its own HMAC-SHA-256. Bits are 32-bit words, the last of which
// may be partial. The result is undefined to leave the work to the original.
const compute = require("usher:compute");
const { fromBytes, toBytes } = require("usher-seam:words");

function bytesOf(sjcl, value) {
  if (typeof value === "string") return value.isWellFormed() ? new TextEncoder().encode(value) : undefined;
  if (!Array.isArray(value)) return undefined;
  const bits = sjcl.bitArray.bitLength(value);
  return bits % 8 === 0 ? toBytes(value, bits / 8) : undefined;
}

exports.pbkdf2 = (sjcl, password, salt, iterations = 10000, bits = 256, prf = sjcl.misc.hmac) => {
  if (prf !== sjcl.misc.hmac || ![iterations, bits].every((n) => Number.isInteger(n) && n > 0) || bits % 8 !== 0) return undefined;
  const [secret, grain] = [password, salt].map((value) => bytesOf(sjcl, value));
  const key = secret && grain && compute.pbkdf2("sha256", secret, grain, iterations, bits / 8);
  return key && sjcl.bitArray.clamp(fromBytes(key), bits);
};
