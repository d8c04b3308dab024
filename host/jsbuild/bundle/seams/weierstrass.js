// Points of a curve y² = x³ + ax + b modulo p, as [x, y]; infinity is undefined.
// Inside they are in Jacobian coordinates: x = X/Z², y = Y/Z³, and Z is 0 at infinity.
const { inverse, mod } = require("usher-seam:numbers");

const infinity = [1n, 1n, 0n];

function double({ p, a }, [X, Y, Z]) {
  if (Z === 0n || Y === 0n) return infinity;
  const yy = (Y * Y) % p;
  const s = (4n * X * yy) % p;
  const zz = (Z * Z) % p;
  const m = (3n * X * X + a * ((zz * zz) % p)) % p;
  const x = (m * m - 2n * s) % p;
  return [x, (m * (s - x) - 8n * yy * yy) % p, (2n * Y * Z) % p];
}

function add(curve, one, two) {
  const { p } = curve;
  const [X1, Y1, Z1] = one;
  const [X2, Y2, Z2] = two;
  if (Z1 === 0n) return two;
  if (Z2 === 0n) return one;
  const [zz1, zz2] = [(Z1 * Z1) % p, (Z2 * Z2) % p];
  const [u1, s1] = [(X1 * zz2) % p, (((Y1 * Z2) % p) * zz2) % p];
  const h = mod(X2 * zz1 - u1, p);
  const r = mod(((Y2 * Z1) % p) * zz1 - s1, p);
  if (h === 0n) return r === 0n ? double(curve, one) : infinity;
  const hh = (h * h) % p;
  const hhh = (h * hh) % p;
  const v = (u1 * hh) % p;
  const x = (r * r - hhh - 2n * v) % p;
  return [x, (r * (v - x) - s1 * hhh) % p, (((Z1 * Z2) % p) * h) % p];
}

function affine({ p }, [X, Y, Z]) {
  if (mod(Z, p) === 0n) return undefined;
  const z = inverse(Z, p);
  const zz = (z * z) % p;
  return [mod(X * zz, p), mod(Y * ((zz * z) % p), p)];
}

// times adds the point up, four bits of k at a time.
function times(curve, [x, y], k) {
  const table = [infinity, [x, y, 1n]];
  for (let i = 2; i < 16; i++) table.push(add(curve, table[i - 1], table[1]));
  let sum = infinity;
  for (const digit of k.toString(16)) {
    for (let i = 0; i < 4; i++) sum = double(curve, sum);
    sum = add(curve, sum, table[parseInt(digit, 16)]);
  }
  return sum;
}

exports.multiply = (curve, point, k) => affine(curve, times(curve, point, k));

// multiplyAdd returns k1·one + k2·two.
exports.multiplyAdd = (curve, one, k1, two, k2) => affine(curve, add(curve, times(curve, one, k1), times(curve, two, k2)));
