exports.onExecutePostUserRegistration = (event) => {};
