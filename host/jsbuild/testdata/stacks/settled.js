const { fail } = require("deep");

exports.onExecutePostUserRegistration = async () => {
  const all = await Promise.allSettled([fail("a"), fail("b")]);
  throw all[1].reason;
};
