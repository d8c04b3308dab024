// scrypt, for packages that compute it in JavaScript.
const compute = require("usher:compute");

exports.scrypt = (password, salt, n, r, p, length) => {
  if (![n, r, p, length].every((x) => Number.isInteger(x) && x > 0)) return undefined;
  return compute.scrypt(Uint8Array.from(password), Uint8Array.from(salt), n, r, p, length);
};
