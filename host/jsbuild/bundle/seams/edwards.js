// Points of a twisted Edwards curve ax² + y² = 1 + dx²y² modulo p, as [x, y], on which
// adding is complete: a is a square and d is none. Inside they are X/Z, Y/Z, T = XY/Z.
const { inverse, mod } = require("usher-seam:numbers");

const zero = [0n, 1n, 1n, 0n];

function add({ p, a, d }, [X1, Y1, Z1, T1], [X2, Y2, Z2, T2]) {
  const A = (X1 * X2) % p;
  const B = (Y1 * Y2) % p;
  const C = (((T1 * d) % p) * T2) % p;
  const D = (Z1 * Z2) % p;
  const E = ((X1 + Y1) * (X2 + Y2) - A - B) % p;
  const [F, G, H] = [D - C, D + C, (B - a * A) % p];
  return [(E * F) % p, (G * H) % p, (F * G) % p, (E * H) % p];
}

function times(curve, [x, y], k) {
  const { p } = curve;
  const table = [zero, [x, y, 1n, (x * y) % p]];
  for (let i = 2; i < 16; i++) table.push(add(curve, table[i - 1], table[1]));
  let sum = zero;
  for (const digit of k.toString(16)) {
    for (let i = 0; i < 4; i++) sum = add(curve, sum, sum);
    if (digit !== "0") sum = add(curve, sum, table[parseInt(digit, 16)]);
  }
  return sum;
}

function affine({ p }, [X, Y, Z]) {
  const z = inverse(Z, p);
  return [mod(X * z, p), mod(Y * z, p)];
}

exports.multiply = (curve, point, k) => affine(curve, times(curve, point, k));

exports.multiplyAdd = (curve, one, k1, two, k2) => affine(curve, add(curve, times(curve, one, k1), times(curve, two, k2)));
