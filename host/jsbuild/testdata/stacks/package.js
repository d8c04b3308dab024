const { fail } = require("deep");

async function send() {
  await fail("from a package");
}
exports.onExecutePostUserRegistration = async (event, api) => {
  const { user } = event;
  await send(user);
};
