function fail(message) {
  const error = { message, name: "Custom" };
  Error.captureStackTrace(error, fail);
  return error;
}
async function check() {
  await null;
  throw Object.assign(new Error("captured"), { stack: fail("captured").stack });
}
exports.onExecutePostUserRegistration = async () => {
  await check();
};
