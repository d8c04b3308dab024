// encrypt and decrypt with a password, PBKDF2
const sjcl = require("sjcl");

exports.onExecutePostUserRegistration = async () => {
  const hex = sjcl.codec.hex.fromBits;
  console.log(hex(sjcl.misc.pbkdf2("pässword", "salt", 10000, 256)), hex(sjcl.misc.pbkdf2("p", sjcl.codec.hex.toBits("abcdef"), 1000, 136)));
  console.log(sjcl.decrypt("secret", sjcl.encrypt("secret", "hello")));
};
