// The BigInteger of jsbn, which node-forge, jsrsasign, jsencrypt, node-rsa and others
// have copies of. Each function gets the numbers of the original, and returns the
// result as one, or undefined to leave the work to the original.
const { fromHex, inverse, least, power, toHex } = require("usher-seam:numbers");

const hexOf = (n) => (typeof n?.toString === "function" ? n.toString(16) : "");

function made(like, n) {
  return new like.constructor(toHex(n), 16);
}

exports.modPow = (base, exponent, modulus) => {
  const m = hexOf(modulus);
  if (m.length < least || typeof base?.constructor !== "function") return undefined;
  const numbers = [hexOf(base), hexOf(exponent), m].map(fromHex);
  if (numbers.includes(undefined) || numbers[1] === 0n) return undefined;
  return made(base, power(...numbers));
};

exports.modInverse = (n, modulus) => {
  const m = hexOf(modulus);
  if (m.length < least || typeof n?.constructor !== "function") return undefined;
  const numbers = [hexOf(n), m].map(fromHex);
  if (numbers.includes(undefined) || numbers[1] <= 1n) return undefined;
  const found = inverse(...numbers);
  return found === undefined ? undefined : made(n, found);
};

exports.gcd = (one, two) => {
  let [a, b] = [one, two].map((n) => fromHex(hexOf(n)));
  if (!a || !b || typeof one.constructor !== "function") return undefined;
  while (b > 0n) [a, b] = [b, a % b];
  return made(one, a);
};

// Curves of jsrsasign, y² = x³ + ax + b: a point times a number.
const { multiply } = require("usher-seam:weierstrass");

exports.multiply = (point, times) => {
  const { curve } = point;
  const numbers = [curve?.q, curve?.a?.toBigInteger?.(), point.getX?.()?.toBigInteger?.(), point.getY?.()?.toBigInteger?.(), times].map((n) => fromHex(hexOf(n)));
  if (numbers.includes(undefined)) return undefined;
  const [p, a, x, y, k] = numbers;
  const found = multiply({ p, a }, [x, y], k);
  if (!found) return curve.getInfinity();
  const [X, Y] = found.map((n) => curve.fromBigInteger(made(curve.q, n)));
  return new point.constructor(curve, X, Y);
};
