// modPow and modInv of numbers of up to 1,300 bits
const bigInt = require("big-integer");
const { triples } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  for (const [a, e, m] of triples(20)) console.log(bigInt(a, 16).modPow(bigInt(e, 16), bigInt(m, 16)).toString(16));
};
