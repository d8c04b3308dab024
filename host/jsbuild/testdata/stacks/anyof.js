const { fail } = require("deep");

exports.onExecutePostUserRegistration = async () => {
  try {
    await Promise.any([fail("a")]);
  } catch (error) {
    throw error.errors[0];
  }
};
