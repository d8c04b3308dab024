// powers in a red of numbers of up to 1,300 bits, and by Montgomery's reduction
const BN = require("bn.js");
const { triples } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  for (const [a, e, m] of triples(20)) {
    const modulus = new BN(m, 16).setn(0, true);
    const exponent = new BN(e, 16);
    for (const red of [BN.red(modulus), BN.mont(modulus)]) {
      const base = new BN(a, 16).umod(modulus).toRed(red);
      console.log(base.redPow(exponent).fromRed().toString(16), base.redPow(new BN(0)).fromRed().toString(16));
    }
  }
  const p192 = BN.red("p192");
  console.log(new BN(12345).toRed(p192).redPow(new BN("f".repeat(40), 16)).fromRed().toString(16));
};
