// The core of bcryptjs: 24 bytes of a password, a salt and a cost.
const compute = require("usher:compute");

exports.crypt = (password, salt, cost) => {
  const found = compute.bcrypt(Uint8Array.from(password), Uint8Array.from(salt), cost);
  return found && Array.from(found);
};
