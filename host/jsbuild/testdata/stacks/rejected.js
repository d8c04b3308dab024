exports.onExecutePostUserRegistration = async () => {
  await new Promise((resolve, reject) => {
    setImmediate(() => reject(new Error("rejected")));
  });
};
