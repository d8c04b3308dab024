// encrypt, decrypt, sign and verify with an RSA key
const JSEncrypt = require("jsencrypt");
const { key } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  const rsa = new (JSEncrypt.default ?? JSEncrypt)();
  rsa.setPrivateKey(key);
  console.log(rsa.decrypt(rsa.encrypt("hello")));
};
