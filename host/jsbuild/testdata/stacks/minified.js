const { b } = require("minified");

exports.onExecutePostUserRegistration = async () => {
  await b();
};
