exports.onExecutePostUserRegistration = async () => {
  process.nextTick(function tick() {
    throw new Error("in a tick");
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
};
