const { each } = require("deep");

exports.onExecutePostUserRegistration = async () => {
  each([1], function visit(one) {
    throw new Error(`no ${one}`);
  });
};
