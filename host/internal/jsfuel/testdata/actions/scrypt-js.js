// scrypt with N 16,384, and a progress callback
const { scrypt, syncScrypt } = require("scrypt-js");
const { bytes, toHex } = require("../lib/inputs.js");

exports.onExecutePostUserRegistration = async () => {
  const [password, salt] = [bytes(20), bytes(16)];
  console.log(toHex(syncScrypt(password, salt, 16384, 8, 1, 64)));
  let last;
  console.log(toHex(await scrypt(password, salt, 1024, 8, 2, 20, (done) => { last = done; })), last);
};
