// The reduction of bn.js: a number to a power. It gets the reduction itself, and
// returns the result as a number of it, or undefined to leave the work to the original.
const { fromHex, least, power, toHex } = require("usher-seam:numbers");

exports.pow = (red, base, exponent) => {
  if (base?.red !== red || typeof base.fromRed !== "function") return undefined;
  const m = red.m.toString(16);
  if (m.length < least) return undefined;
  const numbers = [base.fromRed().toString(16), exponent.toString(16), m].map(fromHex);
  if (numbers.includes(undefined) || numbers[1] <= 1n) return undefined;
  return new red.m.constructor(toHex(power(...numbers)), 16).toRed(red);
};
