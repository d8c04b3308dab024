// modPow, modInverse and gcd of numbers of up to 1,300 bits
const { BigInteger } = require("jsbn");
const { triples } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  for (const [a, e, m] of triples(20)) {
    const [base, exponent, modulus] = [a, e, m].map((n) => new BigInteger(n, 16));
    console.log(base.modPow(exponent, modulus).toString(16));
    console.log(base.gcd(modulus).toString(16), a === "0" || base.negate().gcd(modulus).toString(16));
    if (base.signum() > 0) console.log(base.modInverse(modulus.setBit(0)).toString(16));
  }
  const odd = new BigInteger("f".repeat(60), 16);
  console.log(new BigInteger("5").negate().modPow(new BigInteger("77"), odd).toString(16));
  console.log(new BigInteger("5").modPow(BigInteger.ZERO, odd).toString(16));
};
