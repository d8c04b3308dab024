// hashes, HMAC, PBKDF2 with 20,000 rounds, AES with a passphrase
const CryptoJS = require("crypto-js");
const { bytes } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  for (const length of [10, 300, 5000]) {
    const words = CryptoJS.lib.WordArray.create(bytes(length));
    for (const name of ["MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3", "RIPEMD160"]) {
      if (length > 500 && name === "SHA3") continue;
      console.log(name, CryptoJS[name](words).toString(), CryptoJS["Hmac" + name]("ü".repeat(length), "key").toString());
    }
  }
  console.log(CryptoJS.PBKDF2("pässword", "salt", { iterations: 20000 }).toString());
  console.log(CryptoJS.PBKDF2("p", CryptoJS.enc.Hex.parse("abcdef"), { keySize: 3, iterations: 1000, hasher: CryptoJS.algo.SHA1 }).toString());
  console.log(CryptoJS.EvpKDF("p", "s", { keySize: 8, iterations: 10 }).toString(), CryptoJS.SHA3("x", { outputLength: 224 }).toString());
  console.log(CryptoJS.AES.decrypt(CryptoJS.AES.encrypt("hello", "secret").toString(), "secret").toString(CryptoJS.enc.Utf8));
};
