exports.onExecutePostUserRegistration = async () => {
  await new Promise(() => {});
};
