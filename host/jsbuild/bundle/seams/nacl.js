// The curve of tweetnacl and of its copies: field elements are 16 numbers of 16 bits,
// and points are [X, Y, Z, T]. Each function writes its result where the original does,
// and returns true.
const compute = require("usher:compute");
const { inverse, mod } = require("usher-seam:numbers");
const edwards = require("usher-seam:edwards");

const p = 2n ** 255n - 19n;
const curve = { p, a: p - 1n, d: 37095705934669439343138083508754565189542113879843219016388785533085940283555n };
const base = [
  15112221349535400772501151409588531511454012693041857206046113283949847762202n,
  46316835694926478169428394003475163141307993866256225615783033603165251855960n,
];
const [limbs, limbBits, bytes] = [16, 16n, 32];

function fromField(f) {
  let n = 0n;
  for (let i = limbs - 1; i >= 0; i--) n = (n << limbBits) + BigInt(f[i]);
  return mod(n, p);
}

function toField(f, n) {
  for (let i = 0; i < limbs; i++, n >>= limbBits) f[i] = Number(n & 0xffffn);
}

function fromBytes(b) {
  let text = "0x";
  for (let i = bytes - 1; i >= 0; i--) text += b[i].toString(16).padStart(2, "0");
  return BigInt(text);
}

function toBytes(b, n) {
  for (let i = 0; i < bytes; i++, n >>= 8n) b[i] = Number(n & 0xffn);
}

function write(point, [x, y]) {
  [x, y, 1n, (x * y) % p].forEach((n, i) => toField(point[i], n));
  return true;
}

exports.scalarmult = (result, point, k) => {
  const [x, y, z] = [0, 1, 2].map((i) => fromField(point[i]));
  const i = inverse(z, p);
  if (i === undefined) return false;
  return write(result, edwards.multiply(curve, [(x * i) % p, (y * i) % p], fromBytes(k)));
};

exports.scalarbase = (result, k) => write(result, edwards.multiply(curve, base, fromBytes(k)));

// montgomery is X25519 of RFC 7748.
exports.montgomery = (result, k, point) => {
  const n = (fromBytes(k) & ~7n & (2n ** 255n - 1n)) | (2n ** 254n);
  const u = fromBytes(point) & (2n ** 255n - 1n);
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n];
  let swapped = "0";
  for (const bit of n.toString(2)) {
    if (bit !== swapped) [x2, x3, z2, z3] = [x3, x2, z3, z2];
    swapped = bit;
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3];
    const [aa, bb] = [(a * a) % p, (b * b) % p];
    const e = aa - bb;
    const [da, cb] = [(d * a) % p, (c * b) % p];
    x3 = ((da + cb) * (da + cb)) % p;
    z3 = (u * (((da - cb) * (da - cb)) % p)) % p;
    x2 = (aa * bb) % p;
    z2 = (e * (aa + 121665n * e)) % p;
  }
  if (swapped === "1") [x2, z2] = [x3, z3];
  toBytes(result, mod(x2 * (inverse(z2, p) ?? 0n), p));
  return true;
};

exports.sha512 = (result, message, length) => {
  const digest = compute.digest("sha512", Uint8Array.prototype.slice.call(message, 0, length));
  if (!digest) return false;
  result.set(digest);
  return true;
};
