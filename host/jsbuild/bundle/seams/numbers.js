// Whole numbers for the other modules: as BigInt, with the host's powers.
const compute = require("usher:compute");

// least is the size from which on a number is worth the way, in hexadecimal digits.
exports.least = 16;

const digits = /^[0-9a-f]+$/;

// fromHex returns the BigInt of hexadecimal digits, undefined of anything else.
exports.fromHex = (text) => (digits.test(text) ? BigInt("0x" + text) : undefined);

exports.toHex = (n) => n.toString(16);

// mod returns n modulo m, not negative.
const mod = (exports.mod = (n, m) => {
  const r = n % m;
  return r < 0n ? r + m : r;
});

// power returns base^exponent modulo modulus, by the host when that is worth a call.
exports.power = (base, exponent, modulus) => {
  const [b, e, m] = [mod(base, modulus), exponent, modulus].map((n) => n.toString(16));
  const found = m.length > 64 && e.length > 2 ? compute.power(b, e, m) : undefined;
  return found === undefined ? square(base, exponent, modulus) : BigInt("0x" + found);
};

// square is power by squaring and multiplying.
function square(base, exponent, modulus) {
  let result = 1n % modulus;
  base = mod(base, modulus);
  for (const bit of exponent.toString(2)) {
    result = (result * result) % modulus;
    if (bit === "1") result = (result * base) % modulus;
  }
  return result;
}

// inverse returns the number whose product with n is 1 modulo m, or undefined when
// there is none.
exports.inverse = (n, m) => {
  let [a, b, x, y] = [mod(n, m), m, 1n, 0n];
  while (a > 1n) {
    const q = b / a;
    [a, b, x, y] = [b - q * a, a, y - q * x, x];
  }
  return a === 1n ? mod(x, m) : undefined;
};
