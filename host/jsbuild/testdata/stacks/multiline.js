const { fail } = require("deep");

exports.onExecutePostUserRegistration = async (event) => {
  const list = [1]
    .map((x) => x)
    .filter((x) => x);
  await fail(
    `with ${list.length}`,
  );
};
