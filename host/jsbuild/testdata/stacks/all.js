const { fail } = require("deep");

async function one() {
  await null;
}
async function two() {
  await fail("two");
}
exports.onExecutePostUserRegistration = async () => {
  await Promise.all([one(), two()]);
};
